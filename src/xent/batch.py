"""Rows on their way from a source to the loss, each of which knows where it came from."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xent.errors import Code, InputError, Location

# NumPy's letters for booleans, integers and floats: the dtypes that hold real numbers.
REAL_KINDS = "biuf"


class Origin(Protocol):
    """What can say where a value of a block stands in its source."""

    def locate(self, row: int, column: int) -> Location:
        """Place the value at `row` and `column`, both counted from the origin's own start."""


@dataclass(frozen=True, slots=True)
class ArrayOrigin:
    """The origin of values from an array, which has indices and no lines."""

    source: str
    first_row: int = 0
    ndim: int = 2

    def locate(self, row: int, column: int) -> Location:
        """Place a value by its index, as NumPy counts."""
        return Location(self.source, index=(self.first_row + row, column)[: self.ndim])


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive rows as one source held them.

    Attributes:
        values: (n, columns), or (n,) where the source is one-dimensional; any real dtype.
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

    def locate(self, row: int, column: int = 0) -> Location:
        """Place the value at `row` and `column` of this block."""
        return self.origin.locate(self.start + row, column)


@dataclass(frozen=True, slots=True)
class Batch:
    """Logits and the targets of the same rows. Whatever is checked about them is checked here.

    Attributes:
        logits: (n, C), any real dtype.
        targets: (n,), integers or integral floats, as the source wrote them.
        first_row: The number of `logits[0]` among all rows, from 0.
    """

    logits: Block
    targets: Block
    first_row: int = 0

    @classmethod
    def of(cls, logits: ArrayLike, targets: ArrayLike) -> "Batch":
        """Take two arrays, as the Python API is given them.

        Raises:
            InputError: They are not (N, C) and (N,) arrays of real numbers.
        """
        scores, labels = real_matrix("logits", logits), np.asarray(targets)
        if labels.ndim != 1:
            raise InputError(Code.WRONG_SHAPE, f"targets must have shape (N,), not {labels.shape}")
        if labels.size and labels.dtype.kind not in REAL_KINDS:
            raise InputError(
                Code.UNSUPPORTED_DTYPE, f"targets must be integers, not {labels.dtype}"
            )
        if len(scores) != len(labels):
            raise InputError(
                Code.COUNT_MISMATCH, f"{len(scores)} rows of logits, but {len(labels)} targets"
            )
        return cls(
            Block(scores, ArrayOrigin("logits")), Block(labels, ArrayOrigin("targets", ndim=1))
        )

    @property
    def classes(self) -> int:
        """C, the number of classes."""
        return int(self.logits.values.shape[1])

    def class_indices(
        self, ignore_index: int, *, base: int = 0
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Check the targets and count them from 0.

        Args:
            ignore_index: The target of rows that do not count.
            base: The number of the first class in `targets`.

        Returns:
            The class of each row, and which rows count. A row that does not count keeps
            `ignore_index` as its class.

        Raises:
            InputError: A target is not an integer, or names no class.
        """
        targets = self._integers()
        counted = targets != ignore_index
        outside = counted & ((targets < base) | (targets >= base + self.classes))
        if outside.any():
            raise self._out_of_range(int(outside.argmax()), targets[counted], base)
        return np.where(counted, targets - base, ignore_index), counted

    def _integers(self) -> NDArray[np.int64]:
        values = self.targets.values
        if values.dtype.kind == "f":
            with np.errstate(invalid="ignore"):
                broken = ~((np.abs(values) < 2.0**63) & (values == np.floor(values)))
            if broken.any():
                raise self._not_integer(int(broken.argmax()))
        elif values.dtype == np.uint64 and (values > np.uint64(2**63 - 1)).any():
            raise self._not_integer(int((values > np.uint64(2**63 - 1)).argmax()))
        return values.astype(np.int64)

    def _not_integer(self, row: int) -> InputError:
        value = self.targets.values[row]
        return InputError(
            Code.TARGET_NOT_INTEGER,
            f"target {value} is not the number of a class",
            self.targets.locate(row),
            f"targets are whole numbers from 0 to {self.classes - 1}, one for each row of logits",
        )

    def _out_of_range(self, row: int, counted: NDArray[np.int64], base: int) -> InputError:
        low, high = int(counted.min()), int(counted.max())
        value, top = int(self.targets.values[row]), base + self.classes - 1
        outside = np.unique(counted[(counted < base) | (counted > top)])
        if base == 0 and low >= 1 and high == top + 1:
            hint = (
                f"the smallest target is {low} and the largest {high}: "
                "are they 1-based? try --one-based"
            )
        elif len(outside) == 1 and (value < 0 or value > top + 1):
            hint = (
                f"if {value} marks padding or rows without a label, "
                f"leave them out with --ignore-index {value}"
            )
        else:
            hint = (
                f"the targets go from {low} to {high}, the logits have {self.classes} columns, "
                "one for each class: do the two belong together?"
            )
        return InputError(
            Code.TARGET_OUT_OF_RANGE,
            f"target {value} is outside the {self.classes} classes {base}..{top}",
            self.targets.locate(row),
            hint,
        )


def real_matrix(name: str, array: ArrayLike) -> NDArray[Any]:
    """Take anything array-like as an (N, C) array of real numbers, and name it if it is none."""
    matrix = np.asarray(array)
    if matrix.ndim != 2 or matrix.shape[1] == 0:
        raise InputError(
            Code.WRONG_SHAPE, f"{name} must have shape (N, C) with C >= 1, not {matrix.shape}"
        )
    if matrix.size and matrix.dtype.kind not in REAL_KINDS:
        raise InputError(Code.UNSUPPORTED_DTYPE, f"{name} must be real numbers, not {matrix.dtype}")
    return matrix


def ragged_row(found: int, expected: int, place: Location) -> InputError:
    """The error for a row that is not as long as the rows above it."""
    return InputError(
        Code.RAGGED_ROW,
        f"this row has {found} {'value' if found == 1 else 'values'}, the rows above it {expected}",
        place,
        "every row needs one value for each class",
    )
