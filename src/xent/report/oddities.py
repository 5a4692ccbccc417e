"""What is remarkable about the numbers themselves, noticed while they go by."""

from dataclasses import dataclass, field, fields, replace
from enum import IntEnum
from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.inputs.batch import Batch
from xent.losses.row_losses import RowLosses
from xent.settings import LossSettings

# A message names this many rows before it says that there are more.
_ROWS_NAMED = 3
# Probabilities may sum to 1 but for this much: that of ten numbers written with four decimals.
_SUM_TOLERANCE = 5e-4


@dataclass(frozen=True, slots=True)
class SomeRows:
    """How many rows, and the first few of them by number.

    Attributes:
        total: How many.
        first: The numbers of the first, ascending.
    """

    total: int = 0
    first: tuple[int, ...] = ()

    @classmethod
    def of(cls, first_row: int, chosen: NDArray[np.bool_]) -> "SomeRows":
        """Those `chosen` of a batch that begins with row number `first_row`."""
        rows = np.flatnonzero(chosen)
        return cls(len(rows), tuple(first_row + int(row) for row in rows[:_ROWS_NAMED]))

    def __add__(self, other: "SomeRows") -> "SomeRows":
        first = sorted((*self.first, *other.first))[:_ROWS_NAMED]
        return SomeRows(self.total + other.total, tuple(first))

    def after(self, rows: int) -> "SomeRows":
        """The same, numbered behind so many other rows."""
        return SomeRows(self.total, tuple(rows + row for row in self.first))

    def __bool__(self) -> bool:
        return self.total > 0

    def __str__(self) -> str:
        named = ", ".join(map(str, self.first))
        more = self.total - len(self.first)
        plural = "s" if self.total > 1 else ""
        return f"row{plural} {named}" + (f" and {more} more" if more else "")


class Likeness(IntEnum):
    """How much rows of logits look like probabilities; of several rows the largest value."""

    CERTAIN = 0  # nothing but 0 and 1, and a sum of 1
    SHARES = 1  # all in [0, 1], and a sum of 1
    NONE = 2


@dataclass(frozen=True, slots=True)
class Oddities:
    """What is remarkable about the numbers of some rows: counts, and the first rows.

    `Oddities()` is that of no rows; `merge` takes those of two sets of rows together.

    Attributes:
        nonfinite: Inputs that are nan or inf, and harm a loss.
        masked: Inputs that are -inf, and do not.
        nonfinite_rows: Rows with an input that is nan or inf and makes the loss so.
        masked_targets: Rows with -inf for the target itself, or a probability of 0.
        overflowing_rows: Rows with finite numbers and an infinite loss.
        undefined_targets: Rows with nan among the target's probabilities.
        unnormalised_targets: Rows whose target does not sum to 1.
        unnormalised_inputs: Rows of probabilities or their logarithms that do not sum to 1.
        likeness: How much rows of logits look like probabilities.
    """

    nonfinite: int = 0
    masked: int = 0
    nonfinite_rows: SomeRows = field(default_factory=SomeRows)
    masked_targets: SomeRows = field(default_factory=SomeRows)
    overflowing_rows: SomeRows = field(default_factory=SomeRows)
    undefined_targets: SomeRows = field(default_factory=SomeRows)
    unnormalised_targets: SomeRows = field(default_factory=SomeRows)
    unnormalised_inputs: SomeRows = field(default_factory=SomeRows)
    likeness: Likeness = Likeness.CERTAIN

    @classmethod
    def of(cls, batch: Batch, losses: RowLosses, settings: LossSettings) -> "Oddities":
        """Look at one batch."""
        with np.errstate(all="ignore"):
            return cls(
                **_of_values(batch, losses, settings),
                **({} if settings.binary else _of_sums(batch, losses, settings)),
            )

    def merge(self, other: "Oddities") -> "Oddities":
        """Those of both sets of rows together."""

        def together(name: str) -> Any:  # noqa: ANN401  each field has its own type
            one, two = getattr(self, name), getattr(other, name)
            return max(one, two) if isinstance(one, Likeness) else one + two

        return Oddities(**{part.name: together(part.name) for part in fields(self)})

    def counts(self) -> dict[str, list[int]]:
        """All of it by name as whole numbers: how many there are, then the first rows."""
        return {
            part.name: [own.total, *own.first] if isinstance(own, SomeRows) else [int(own)]
            for part in fields(self)
            for own in [getattr(self, part.name)]
        }

    @classmethod
    def of_counts(cls, counts: dict[str, list[int]]) -> "Oddities":
        """The reverse of `counts`."""
        found: dict[str, Any] = {}
        for part in fields(cls):
            total, *first = map(index, counts[part.name])
            kind = type(getattr(cls(), part.name))
            found[part.name] = SomeRows(total, tuple(first)) if kind is SomeRows else kind(total)
        return cls(**found)

    def after(self, rows: int) -> "Oddities":
        """The same, numbered behind so many other rows."""
        numbered: dict[str, Any] = {
            part.name: some.after(rows)
            for part in fields(self)
            if isinstance(some := getattr(self, part.name), SomeRows)
        }
        return replace(self, **numbered)


def _of_values(batch: Batch, losses: RowLosses, settings: LossSettings) -> dict[str, Any]:
    values, nll = batch.logits.values, losses.nll
    if np.isfinite(values).all() and np.isfinite(nll[losses.counted]).all():
        return {}
    # A nan in an ignored row does no harm, and -inf is a mask wherever the loss is finite.
    harmed = losses.counted & ~np.isfinite(nll)
    masked, undefined = np.isneginf(values), harmed & np.isnan(nll)
    nonfinite = harmed & (np.isnan(values) | np.isposinf(values)).any(axis=1)
    nonfinite |= undefined & masked.any(axis=1)
    impossible = masked.any(axis=1) | (settings.input_kind == "probs")
    endless = harmed & ~undefined & ~nonfinite
    chosen = {
        "nonfinite_rows": nonfinite,
        "undefined_targets": undefined & ~nonfinite,
        "masked_targets": endless & impossible,
        "overflowing_rows": endless & ~impossible,
    }
    return {
        "nonfinite": int(np.count_nonzero(~np.isfinite(values[nonfinite]))),
        "masked": int(np.count_nonzero(masked[losses.counted & ~harmed])),
        **{name: SomeRows.of(batch.first_row, rows) for name, rows in chosen.items()},
    }


def _of_sums(batch: Batch, losses: RowLosses, settings: LossSettings) -> dict[str, Any]:
    found: dict[str, Any] = {}
    values = batch.logits.values
    if batch.has_probabilities:
        far = far_from_1(batch.targets.values)
        found["unnormalised_targets"] = SomeRows.of(batch.first_row, far)
    if settings.input_kind != "logits":
        shares = values if settings.input_kind == "probs" else np.exp(values)
        far = (far_from_1(shares) | np.isnan(shares).any(axis=1)) & losses.counted
        found["unnormalised_inputs"] = SomeRows.of(batch.first_row, far)
    else:
        # The first row nearly always tells, which spares the look at all of them.
        first = _likeness(values[:1])
        found["likeness"] = first if first is Likeness.NONE else max(first, _likeness(values[1:]))
    return found


def _likeness(values: NDArray[np.float64]) -> Likeness:
    if far_from_1(values).any() or np.isnan(values).any():
        return Likeness.NONE
    return Likeness.SHARES if ((values > 0) & (values < 1)).any() else Likeness.CERTAIN


def far_from_1(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(n,) whether a row holds something negative, or does not sum to 1; not where it is nan."""
    sums = values.sum(axis=1, dtype=np.float64)
    negative = (values < 0).any(axis=1)
    far: NDArray[np.bool_] = (np.abs(sums - 1) > _SUM_TOLERANCE) | negative
    return far
