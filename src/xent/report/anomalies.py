"""What is remarkable about the numbers, counted on the fly, and the sentences that say so.

These are the rules of a checkup that cost nothing: `xent compute` warns with their sentences, and
`xent check` takes the same sentences and adds the proof. Each bears the code that `xent rule`
explains.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from enum import IntEnum, IntFlag
from functools import partial
from math import log
from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.errors import Code, Diagnostic
from xent.inputs.batch import Batch
from xent.losses.loss_sum import LossSum
from xent.losses.row_losses import RowLosses
from xent.meaning.row_sums import exponentials_sum_to_one, sums_to_hundred, sums_to_one
from xent.settings import LossSettings

# A message names this many rows before it says that there are more.
_ROWS_NAMED = 3
# Fewer rows do not tell where the mean stands.
_FEW_ROWS = 30
# The share of a level within which a loss is said to stand at it.
_AT_LEVEL = 0.01
# Of fewer rows the powers of 2 or 10 sum to 1 by chance, as those of -1, -1 do.
_FEW_LOGARITHMS = 10
# What rounding makes of a mean.
_ROUNDING = 1e-14
_NOUNS = {
    "logits": ("logit", "logits"),
    "log-probs": ("log-probability", "log-probabilities"),
    "probs": ("probability", "probabilities"),
    "target-log-probs": ("log-probability", "log-probabilities"),
    "losses": ("loss", "losses"),
}


@dataclass(frozen=True, slots=True)
class CountedRows:
    """How many rows, and the first few of them by number.

    Attributes:
        total: How many.
        first: The numbers of the first, ascending.
    """

    total: int = 0
    first: tuple[int, ...] = ()

    @classmethod
    def of(cls, first_row: int, chosen: NDArray[np.bool_]) -> "CountedRows":
        """Count the `chosen` rows, (n,), of a batch that begins with row number `first_row`."""
        rows = np.flatnonzero(chosen)
        return cls(len(rows), tuple(first_row + int(row) for row in rows[:_ROWS_NAMED]))

    def __add__(self, other: "CountedRows") -> "CountedRows":
        first = sorted((*self.first, *other.first))[:_ROWS_NAMED]
        return CountedRows(self.total + other.total, tuple(first))

    def after(self, rows: int) -> "CountedRows":
        """Renumber the rows as if `rows` others came before them."""
        return CountedRows(self.total, tuple(rows + row for row in self.first))

    def __bool__(self) -> bool:
        return self.total > 0

    def __str__(self) -> str:
        named = ", ".join(map(str, self.first))
        more = self.total - len(self.first)
        plural = "s" if self.total > 1 else ""
        return f"row{plural} {named}" + (f" and {more} more" if more else "")


class Likeness(IntEnum):
    """How much rows of logits look like probabilities; of several rows the largest value."""

    ONE_HOT = 0  # nothing but 0 and 1, and a sum of 1
    PROBABILITIES = 1  # all in [0, 1], and a sum of 1
    NONE = 2


class Sums(IntFlag):
    """What the rows of logits sum to, all of them: they themselves, or their powers."""

    NONE = 0
    ONE = 1
    HUNDRED = 2
    ONE_OF_POWERS_OF_E = 4
    ONE_OF_POWERS_OF_2 = 8
    ONE_OF_POWERS_OF_10 = 16
    ANY = 31


_SUMS: dict[Sums, Callable[[NDArray[Any]], NDArray[np.bool_]]] = {
    Sums.ONE: sums_to_one,
    Sums.HUNDRED: sums_to_hundred,
    Sums.ONE_OF_POWERS_OF_E: exponentials_sum_to_one,
    Sums.ONE_OF_POWERS_OF_2: partial(exponentials_sum_to_one, base=2),
    Sums.ONE_OF_POWERS_OF_10: partial(exponentials_sum_to_one, base=10),
}


@dataclass(frozen=True, slots=True)
class Anomalies:
    """Counts of what is remarkable about the numbers of some rows, and the first such rows.

    `Anomalies()` stands for no rows; `merge` is associative and commutative. The names of the
    fields are keys of the states that `xent merge` reads.

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
        sums: What all rows of logits sum to; nothing in states that were written without.
    """

    nonfinite: int = 0
    masked: int = 0
    nonfinite_rows: CountedRows = field(default_factory=CountedRows)
    masked_targets: CountedRows = field(default_factory=CountedRows)
    overflowing_rows: CountedRows = field(default_factory=CountedRows)
    undefined_targets: CountedRows = field(default_factory=CountedRows)
    unnormalised_targets: CountedRows = field(default_factory=CountedRows)
    unnormalised_inputs: CountedRows = field(default_factory=CountedRows)
    likeness: Likeness = Likeness.ONE_HOT
    sums: Sums = Sums.ANY

    @classmethod
    def of(cls, batch: Batch, losses: RowLosses, settings: LossSettings) -> "Anomalies":
        """Count the anomalies of one batch."""
        with np.errstate(all="ignore"):
            return cls(
                **_of_values(batch, losses, settings),
                **(
                    {}
                    if settings.binary or settings.is_per_target
                    else _of_sums(batch, losses, settings)
                ),
            )

    def merge(self, other: "Anomalies") -> "Anomalies":
        """Count the anomalies of both sets of rows together."""

        def merged(name: str) -> Any:  # noqa: ANN401  each field has its own type
            one, two = getattr(self, name), getattr(other, name)
            if isinstance(one, Sums):
                return one & two
            return max(one, two) if isinstance(one, Likeness) else one + two

        return Anomalies(**{each.name: merged(each.name) for each in fields(self)})

    def after(self, rows: int) -> "Anomalies":
        """Renumber the rows as if `rows` others came before them."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        for name, value in values.items():
            if isinstance(value, CountedRows):
                values[name] = value.after(rows)
        return Anomalies(**values)

    def counts(self) -> dict[str, list[int]]:
        """Return all fields as whole numbers: how many there are, then the first rows."""
        return {
            each.name: [value.total, *value.first]
            if isinstance(value, CountedRows)
            else [int(value)]
            for each in fields(self)
            for value in [getattr(self, each.name)]
        }

    @classmethod
    def of_counts(cls, counts: dict[str, list[int]]) -> "Anomalies":
        """Reverse `counts`.

        Raises:
            KeyError: A field is missing.
            TypeError: A count is not a whole number.
            ValueError: A count is missing, or the likeness is not known.
        """
        found: dict[str, Any] = {}
        for name, default in ((each.name, getattr(cls(), each.name)) for each in fields(cls)):
            total, *first = map(index, counts.get(name, [0]) if name == "sums" else counts[name])
            rows = isinstance(default, CountedRows)
            found[name] = CountedRows(total, tuple(first)) if rows else type(default)(total)
        return cls(**found)


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
    infinite = harmed & ~undefined & ~nonfinite
    chosen = {
        "nonfinite_rows": nonfinite,
        "undefined_targets": undefined & ~nonfinite,
        "masked_targets": infinite & impossible,
        "overflowing_rows": infinite & ~impossible,
    }
    return {
        "nonfinite": int(np.count_nonzero(~np.isfinite(values[nonfinite]))),
        "masked": int(np.count_nonzero(masked[losses.counted & ~harmed])),
        **{name: CountedRows.of(batch.first_row, rows) for name, rows in chosen.items()},
    }


def _of_sums(batch: Batch, losses: RowLosses, settings: LossSettings) -> dict[str, Any]:
    found: dict[str, Any] = {}
    values = batch.logits.values
    if batch.has_probabilities:
        targets = batch.targets.values
        far = ~sums_to_one(targets) & ~np.isnan(targets).any(axis=1)
        found["unnormalised_targets"] = CountedRows.of(batch.first_row, far)
    if settings.input_kind != "probs":
        found["sums"] = _sums(values)
    if settings.input_kind != "logits":
        is_one = sums_to_one if settings.input_kind == "probs" else exponentials_sum_to_one
        far = ~is_one(values) & losses.counted
        found["unnormalised_inputs"] = CountedRows.of(batch.first_row, far)
    else:
        # The first row nearly always tells, which spares the look at all of them.
        first = _likeness(values[:1])
        found["likeness"] = first if first is Likeness.NONE else max(first, _likeness(values[1:]))
    return found


def _sums(values: NDArray[Any]) -> Sums:
    """Return what all rows sum to; the first row nearly always tells that they do not."""
    found = Sums.NONE
    for each, holds in _SUMS.items():
        if holds(values[:1]).all() and holds(values[1:]).all():
            found |= each
    return found


def _likeness(values: NDArray[Any]) -> Likeness:
    if not sums_to_one(values).all() or (values > 1).any():
        return Likeness.NONE
    return Likeness.PROBABILITIES if ((values > 0) & (values < 1)).any() else Likeness.ONE_HOT


def diagnose(
    anomalies: Anomalies, loss_sum: LossSum, settings: LossSettings, classes: int
) -> Iterator[Diagnostic]:
    """Say what was remarkable, now that all rows are counted.

    Args:
        anomalies: The counts over all rows.
        loss_sum: The losses of these rows.
        settings: What the user decided about the loss.
        classes: C.
    """
    yield from _about_weights(loss_sum, settings)
    yield from _about_values(anomalies, loss_sum, settings)
    yield from _about_sums(anomalies, loss_sum, settings)
    yield from _about_level(loss_sum, settings, classes)


def _about_weights(loss_sum: LossSum, settings: LossSettings) -> Iterator[Diagnostic]:
    if not loss_sum.counted:
        yield Diagnostic(
            Code.ROWS_IGNORED,
            f"no row counts, {loss_sum.ignored} are ignored: the mean of no rows is nan",
            hint="rows whose target equals --ignore-index are ignored",
        )
    elif loss_sum.weight.scaled <= 0 and settings.reduction != "sum":
        weight = float(loss_sum.weight)
        yield Diagnostic(
            Code.WEIGHTS_CANCEL,
            f"the weights of the counted rows add up to {weight:g}: "
            + ("the mean has the wrong sign" if weight else "there is no mean"),
            hint="use positive weights, or --reduction sum, which does not divide",
        )


def _about_values(
    anomalies: Anomalies, loss_sum: LossSum, settings: LossSettings
) -> Iterator[Diagnostic]:
    one, many = _NOUNS[settings.input_kind]
    if anomalies.nonfinite_rows:
        yield Diagnostic(
            Code.NONFINITE_LOGITS,
            f"{_count(anomalies.nonfinite, f'{one} is', f'{many} are')} nan or inf, in "
            f"{anomalies.nonfinite_rows}: the loss is {float(loss_sum.total)}",
            hint="check how they were calculated: a division by 0 and an overflow in half "
            "precision are common causes",
        )
    if anomalies.undefined_targets:
        yield Diagnostic(
            Code.UNDEFINED_TARGETS,
            f"the targets hold nan in {anomalies.undefined_targets}",
            hint="a division by 0?",
        )
    if anomalies.masked_targets and settings.input_kind != "logits" and settings.label_smoothing:
        yield Diagnostic(
            Code.MASKED_TARGET,
            "label smoothing gives a share of the target to classes of probability 0 in "
            f"{anomalies.masked_targets}: the loss is inf",
            hint="omit --label-smoothing for probabilities that are exactly 0",
        )
    elif anomalies.masked_targets and settings.input_kind == "probs":
        yield Diagnostic(
            Code.MASKED_TARGET,
            f"the target class has probability 0 in {anomalies.masked_targets}: the loss is inf",
            hint="the votes of trees or neighbours and rounded probabilities can be exactly 0; "
            "scikit-learn clips them at 2.2e-16",
        )
    elif anomalies.masked_targets:
        yield Diagnostic(
            Code.MASKED_TARGET,
            f"the {one} of the target is -inf in {anomalies.masked_targets}: the loss is inf",
            hint="the mask excludes the target, or label smoothing includes the masked classes"
            if settings.label_smoothing
            else "the mask excludes the target itself; it may be shifted by one position",
        )
    if anomalies.overflowing_rows:
        yield Diagnostic(
            Code.LOSS_OVERFLOW,
            f"the loss exceeds the largest double in {anomalies.overflowing_rows}",
            hint="no model returns logits that far apart; check their unit",
        )
    if anomalies.masked:
        yield Diagnostic(
            Code.MASKED_LOGITS,
            f"{_count(anomalies.masked, f'{one} is', f'{many} are')} -inf at classes other than "
            "the target: they count as masked, with probability 0",
        )


def _about_sums(
    anomalies: Anomalies, loss_sum: LossSum, settings: LossSettings
) -> Iterator[Diagnostic]:
    if anomalies.unnormalised_targets:
        yield Diagnostic(
            Code.TARGETS_NOT_NORMALISED,
            f"the targets are probabilities, but do not sum to 1 in "
            f"{anomalies.unnormalised_targets}",
            hint="divide each row by its sum, or give one column of class numbers; the values are "
            "used as they are, as in PyTorch",
        )
    if anomalies.unnormalised_inputs:
        what = "probabilities" if settings.input_kind == "probs" else "exponentials"
        yield Diagnostic(
            Code.INPUTS_NOT_NORMALISED,
            f"the {what} do not sum to 1 in {anomalies.unnormalised_inputs}",
            hint="they are used as they are, while Keras divides each row by its sum; if these are "
            "logits, omit --input-kind"
            if settings.input_kind == "probs"
            else "they are used as they are; if these are logits, omit --input-kind",
        )
    # Rows of nothing but 0 and 1 are typed by a learner; no softmax gives them.
    if anomalies.likeness is Likeness.PROBABILITIES:
        yield PROBABILITIES_AS_LOGITS
    elif not settings.binary and loss_sum.rows:
        yield from _about_other_sums(anomalies, loss_sum, settings)


def _about_other_sums(
    anomalies: Anomalies, loss_sum: LossSum, settings: LossSettings
) -> Iterator[Diagnostic]:
    sums, few = anomalies.sums, loss_sum.rows < _FEW_LOGARITHMS
    one_hot = anomalies.likeness is Likeness.ONE_HOT
    if settings.input_kind == "log-probs" and Sums.ONE in sums:
        yield PROBABILITIES_AS_LOG_PROBS
    elif settings.input_kind == "logits" and Sums.HUNDRED in sums:
        yield PERCENTAGES_AS_LOGITS
    elif settings.input_kind == "logits" and one_hot and loss_sum.accuracy != 1 and not few:
        yield Diagnostic(
            Code.ONE_HOT_PREDICTIONS,
            f"each row of logits is one-hot: these are predictions, of which "
            f"{loss_sum.accuracy:.1%} are right",
            hint="predictions have no cross-entropy: export logits or probabilities",
        )
    elif not few and Sums.ONE_OF_POWERS_OF_E not in sums:
        for base, flag in ((2, Sums.ONE_OF_POWERS_OF_2), (10, Sums.ONE_OF_POWERS_OF_10)):
            if flag in sums:
                yield wrong_base(base)


def wrong_base(base: int) -> Diagnostic:
    """Return the warning for logarithms to another base than e."""
    return Diagnostic(
        Code.LOG_BASE_MISMATCH,
        f"the powers of {base} of each row sum to 1: these are logarithms to base {base}",
        hint=f"softmax needs natural logarithms: multiply by ln {base}",
    )


PERCENTAGES_AS_LOGITS = Diagnostic(
    Code.PROBABILITIES_AS_LOGITS,
    "each row of logits sums to 100: these are percentages",
    hint="divide them by 100 and take the logarithm",
)
PROBABILITIES_AS_LOG_PROBS = Diagnostic(
    Code.PROBABILITIES_AS_LOG_PROBS,
    "all log-probabilities lie between 0 and 1, and each row sums to 1: they are probabilities",
    hint="--input-kind probs takes their logarithm",
)
PROBABILITIES_AS_LOGITS = Diagnostic(
    Code.PROBABILITIES_AS_LOGITS,
    "all logits lie between 0 and 1, and each row sums to 1: they are probabilities",
    hint="--input-kind probs skips the softmax, which is applied twice now",
)


def _about_level(loss_sum: LossSum, settings: LossSettings, classes: int) -> Iterator[Diagnostic]:
    """Compare the mean with a uniform guess, if there are rows enough to tell."""
    uneven = settings.weight is not None or settings.pos_weight is not None
    if uneven or classes < 2 or not loss_sum.counted:
        return
    nats, chance = loss_sum.mean, log(classes)
    # Rows of equal logits have that loss exactly, however few they are.
    exactly = abs(nats - chance) <= _ROUNDING * chance
    if loss_sum.counted < _FEW_ROWS and not exactly:
        return
    guess = f"{'ln' if settings.unit == 'nats' else 'log2'} {classes}"
    guess += f" = {chance / settings.nats_per_unit:.4f}"
    if abs(nats - chance) < _AT_LEVEL * chance:
        yield Diagnostic(
            Code.AT_CHANCE,
            f"the mean loss is that of a uniform guess, {guess}",
            hint="the model does not distinguish the classes of these rows",
        )
    elif nats > (1 + 2 * _AT_LEVEL) * chance:
        yield Diagnostic(
            Code.WORSE_THAN_CHANCE,
            f"the mean loss of {nats / settings.nats_per_unit:.4f} is above {guess}: a uniform "
            "guess would do better",
            hint="the model is confidently wrong, or these are not its targets; xent check tells "
            "which",
        )


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
