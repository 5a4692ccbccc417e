"""Rows on their way from a source to the loss, each of which knows where it came from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from xent.errors import Code, InputError, Location
from xent.inputs.formats.cells import listed
from xent.losses.cross_entropy import row_losses
from xent.losses.layout import Layout
from xent.losses.row_losses import RowLosses
from xent.meaning.row_sums import sums_to_hundred
from xent.settings import LossSettings

# NumPy's letters for booleans, integers and floats: the dtypes that hold real numbers.
REAL_KINDS = "biuf"
# Columns that a message names.
_COLUMNS_SHOWN = 6
# Rows in a batch or block at most.
MOST_ROWS = 1 << 15


class Origin(Protocol):
    """What can say where a value of a block stands in its source."""

    def locate(self, *index: int) -> Location:
        """Place the value at `index`, counted from the origin's own start."""


@dataclass(frozen=True, slots=True)
class ArrayOrigin:
    """The origin of values from an array, which has indices and no lines.

    Attributes:
        source: What the array is called.
    """

    source: str

    def locate(self, *index: int) -> Location:
        """Place a value by its index, as NumPy counts."""
        return Location(self.source, index=index)


@dataclass(frozen=True, slots=True)
class LaidOut:
    """The origin of rows that were taken from an array of any number of dimensions.

    Attributes:
        origin: The array's own.
        layout: Where in the array a row's values stand.
        classes: Whether they are one for each class, not one for each row.
    """

    origin: Origin
    layout: Layout
    classes: bool

    def locate(self, *index: int) -> Location:
        """Place the value at a row and a column."""
        row, column = index
        place = self.layout.index(row, column) if self.classes else self.layout.place(row)
        return self.origin.locate(*place)


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive rows as one source held them.

    Attributes:
        values: (n, columns), (n,) or (n, …); any real dtype.
        origin: Where they come from.
        start: The origin's row of `values[0]`.
    """

    values: NDArray[Any]
    origin: Origin
    start: int = 0

    def __len__(self) -> int:
        return len(self.values)

    def part(self, start: int, stop: int) -> "Block":
        """Rows `start` to `stop`, as a view that keeps its origin."""
        return Block(self.values[start:stop], self.origin, self.start + start)

    def taken(self, rows: NDArray[np.intp]) -> "Block":
        """Some of its rows, in any order, each of which knows where it stood."""
        return Block(self.values[rows], _Taken(self, rows))

    def with_rows_along(self, axes: int) -> "Block":
        """Merge so many leading axes into one."""
        counted, row = self.values.shape[:axes], self.values.shape[axes:]
        return replace(
            self,
            values=self.values.reshape(prod(counted), *row),
            start=self.start * prod(counted[1:]),
        )

    def locate(self, row: int, *index: int) -> Location:
        """Place the value of this block at `row` and the indices inside the row."""
        return self.origin.locate(self.start + row, *index)


@dataclass(frozen=True, slots=True)
class _Taken:
    """The origin of rows that were taken from a block."""

    block: Block
    rows: NDArray[np.intp]

    def locate(self, *index: int) -> Location:
        """Place a value where it stands in the block."""
        row, *rest = index
        return self.block.locate(int(self.rows[row]), *rest)


@dataclass(frozen=True, slots=True)
class Batch:
    """Logits and the targets of the same rows. Whatever is checked about them is checked here.

    Attributes:
        logits: (n, C), any real dtype.
        targets: (n,) class numbers, integers or integral floats, as the source wrote them; or
            (n, C) the probability of each class.
        sample_weight: (n,) a factor for each row; None for 1 throughout.
        first_row: The number of `logits[0]` among all rows, from 0.
        groups: (n,) the number of the group of each row; None where rows have no groups.
    """

    logits: Block
    targets: Block
    sample_weight: NDArray[np.float64] | None = None
    first_row: int = 0
    groups: NDArray[np.int64] | None = None

    def part(self, start: int, stop: int) -> "Batch":
        """Rows `start` to `stop`, as a view."""
        factors, groups = self.sample_weight, self.groups
        return Batch(
            self.logits.part(start, stop),
            self.targets.part(start, stop),
            None if factors is None else factors[start:stop],
            self.first_row + start,
            None if groups is None else groups[start:stop],
        )

    @property
    def has_probabilities(self) -> bool:
        """Return whether the targets are probabilities of classes, not numbers of classes."""
        return self.targets.values.ndim == 2

    @property
    def classes(self) -> int:
        """C, the number of classes."""
        return int(self.logits.values.shape[1])

    def weighs_evenly(self, settings: LossSettings) -> bool:
        """Return whether each counted row has the weight 1, which spares some arithmetic."""
        return self.sample_weight is None and (settings.weight is None or self.has_probabilities)

    def losses(self, settings: LossSettings) -> RowLosses:
        """Calculate the loss of each row.

        Raises:
            InputError: The class weights are not one per class, a target names no class, a
                probability is outside [0, 1], or probabilities are to be ignored by number.
        """
        self._check(settings)
        targets, counted = self.class_indices(settings)
        return row_losses(
            self.logits.values,
            targets,
            counted,
            settings,
            target_probs=self.targets.values if self.has_probabilities else None,
            sample_weight=self.sample_weight,
        )

    def _check(self, settings: LossSettings) -> None:
        if settings.weight is not None and len(settings.weight) != self.classes:
            raise InputError(
                Code.COUNT_MISMATCH,
                f"{len(settings.weight)} class weights for {self.classes} classes",
                hint="weight needs one value per class, in their order",
            )
        if self.has_probabilities and settings.ignore_index >= 0:
            raise InputError(
                Code.BAD_SETTING,
                f"targets that are probabilities cannot equal ignore_index {settings.ignore_index}",
            )
        if settings.input_kind == "probs":
            self._check_probabilities()

    def class_indices(self, settings: LossSettings) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Check the targets and count them from 0.

        Returns:
            The class of each row, and which rows count. A row that does not count keeps
            `ignore_index` as its class. Where targets are probabilities it is the most probable
            class, and all rows count.

        Raises:
            InputError: A target is not an integer, or names no class.
        """
        if self.has_probabilities:
            return self.targets.values.argmax(axis=1), np.ones(len(self.targets), dtype=np.bool_)
        base = int(settings.one_based)
        targets = self._integers()
        counted = targets != settings.ignore_index
        if settings.is_per_target:  # there is one class, whatever the targets tell of the row
            return np.where(counted, 0, settings.ignore_index), counted
        outside = counted & ((targets < base) | (targets >= base + self.classes))
        if outside.any():
            raise self._out_of_range(int(outside.argmax()), targets[counted], base)
        if base:
            targets = np.where(counted, targets - base, settings.ignore_index)
        return targets, counted

    def _check_probabilities(self) -> None:
        values = self.logits.values
        # A nan is not a probability either, but what follows from it is said elsewhere.
        outside = (values < 0) | (values > 1)
        if outside.any():
            row, column = map(int, np.argwhere(outside)[0])
            place = self.logits.locate(row, column)
            where = f" in column {place.name}" if place.name else ""
            hint, options = self._hint_outside(outside)
            raise InputError(
                Code.NOT_A_PROBABILITY,
                f"{values[row, column]}{where} is not a probability",
                place,
                hint,
                options=options,
            )

    def _hint_outside(self, outside: NDArray[np.bool_]) -> tuple[str, tuple[str, ...]]:
        """Return what numbers outside [0, 1] may be, and the options that say so."""
        values = self.logits.values
        row, column = map(int, np.argwhere(outside)[0])
        is_first = self.logits.locate(row, column).line == 1
        if is_first and len(values) > 1 and not outside[1:].any():
            return "if line 1 is a header, use --header yes", ("--header", "yes")
        if sums_to_hundred(values).all():
            return "each row sums to 100: these are percentages, divide them by 100", ()
        strange = outside.any(axis=0)
        if strange.sum() < self.classes > 2:
            names = [self.logits.locate(row, x).name for x in range(self.classes)]
            return _no_classes(np.flatnonzero(strange), names)
        return "probabilities go from 0 to 1: these may be logits, or log-probs", ()

    def _integers(self) -> NDArray[np.int64]:
        values = self.targets.values
        if values.dtype.kind == "f":
            with np.errstate(invalid="ignore"):
                broken = ~((np.abs(values) < 2.0**63) & (values == np.floor(values)))
            if broken.any():
                raise self._not_integer(int(broken.argmax()))
        elif values.dtype == np.uint64 and (values > np.uint64(2**63 - 1)).any():
            raise self._not_integer(int((values > np.uint64(2**63 - 1)).argmax()))
        return values.astype(np.int64, copy=False)

    def _not_integer(self, row: int) -> InputError:
        value = self.targets.values[row]
        return InputError(
            Code.TARGET_NOT_INTEGER,
            f"target {value} is not the number of a class",
            self.targets.locate(row, 0),
            f"targets are integers from 0 to {self.classes - 1}, one per row of logits",
        )

    def _out_of_range(self, row: int, counted: NDArray[np.int64], base: int) -> InputError:
        low, high = int(counted.min()), int(counted.max())
        value, top = int(self.targets.values[row]), base + self.classes - 1
        outside = np.unique(counted[(counted < base) | (counted > top)])
        if base == 0 and low >= 1 and high == top + 1:
            hint = f"the targets go from {low} to {high}; if they count from 1, use --one-based"
        elif len(outside) == 1 and (value < 0 or value > top + 1):
            hint = f"if {value} marks padding or rows without a label, use --ignore-index {value}"
        else:
            hint = (
                f"the targets go from {low} to {high}, the logits have {self.classes} columns, one "
                "per class: check that the two files belong together"
            )
        return InputError(
            Code.TARGET_OUT_OF_RANGE,
            f"target {value} is outside the {self.classes} classes {base}..{top}",
            self.targets.locate(row, 0),
            hint,
        )


def _no_classes(columns: NDArray[np.intp], names: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return a hint to leave columns out of the logits, and the options that do it.

    Args:
        columns: Their numbers.
        names: The names of all columns of the logits, each empty where it has none.
    """
    if not all(names):
        which = f"columns {', '.join(map(str, columns[:_COLUMNS_SHOWN]))}"
        which = f"column {columns[0]}" if len(columns) == 1 else which
        return f"{which} of the logits may not be a class: --index-column skips a column", ()
    left_out = [names[column] for column in columns]
    rest = [name for name in names if name not in left_out]
    is_one = len(left_out) == 1
    claim = "is not a class, skip it" if is_one else "are not classes, skip them"
    options = tuple(word for name in left_out for word in ("--index-column", name))
    hint = f"if {listed(left_out)} {claim}: the classes that remain are {listed(rest)}"
    return hint, options


def ragged_row(found: int, expected: int, place: Location) -> InputError:
    """Return the error for a row that is not as long as the rows above it."""
    return InputError(
        Code.RAGGED_ROW,
        f"this row has {found} {'value' if found == 1 else 'values'}, the rows above it {expected}",
        place,
        "every row needs one value per class",
    )
