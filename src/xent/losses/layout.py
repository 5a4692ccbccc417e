"""The axes of classes and rows in an array of any number of dimensions."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.errors import Code, InputError


@dataclass(frozen=True, slots=True)
class Layout:
    """The axes of logits.

    A row is what has one loss: all classes at one place of the other axes.

    Attributes:
        shape: The lengths of the axes; the first is -1 where only reading to the end tells it.
        class_axis: The axis along which the classes stand, counted from 0.
    """

    shape: tuple[int, ...]
    class_axis: int

    @classmethod
    def of(cls, shape: tuple[int, ...], class_axis: int | None = None) -> "Layout":
        """Lay out logits as PyTorch does, (N, C, d1, …) or (C,), or with the classes elsewhere.

        Raises:
            InputError: There is no such axis, or no class along it.
        """
        if not shape:
            raise InputError(Code.WRONG_SHAPE, "logits must have shape (N, C, …) or (C,), got ()")
        axis = min(1, len(shape) - 1) if class_axis is None else class_axis
        if not -len(shape) <= axis < len(shape):
            raise InputError(
                Code.WRONG_SHAPE, f"logits of shape {shape} have no axis {axis} for the classes"
            )
        axis %= len(shape)
        if shape[axis] == 0:
            raise InputError(
                Code.WRONG_SHAPE, f"logits must have at least one class, their shape is {shape}"
            )
        return cls(shape, axis)

    @property
    def classes(self) -> int:
        """C, the number of classes."""
        return self.shape[self.class_axis]

    @property
    def targets_shape(self) -> tuple[int, ...]:
        """Return the shape of the logits without the axis of the classes."""
        return self.shape[: self.class_axis] + self.shape[self.class_axis + 1 :]

    def place(self, row: int) -> tuple[int, ...]:
        """Return the index of a row's class number among the targets."""
        if not self.targets_shape:
            return ()
        further = self.targets_shape[1:]
        first, rest = divmod(row, prod(further))
        return first, *map(int, np.unravel_index(rest, further))

    def index(self, row: int, column: int) -> tuple[int, ...]:
        """Return the index of a class of a row among the logits."""
        place = self.place(row)
        return *place[: self.class_axis], column, *place[self.class_axis :]

    def pieces(self, elements: int, rows: int) -> Iterator[tuple[int, Any]]:
        """Cut the first axis into pieces of about so many elements and rows, if it has no classes.

        Yields:
            The number of a piece's first row, and the index that takes the piece from an array.
        """
        if self.class_axis == 0:
            yield 0, ...
            return
        row_count = max(1, prod(self.targets_shape[1:]))
        step = max(1, min(elements // (row_count * self.classes), rows // row_count))
        for start in range(0, max(1, self.shape[0]), step):
            yield start * prod(self.targets_shape[1:]), slice(start, start + step)


def as_rows(values: NDArray[Any], class_axis: int) -> NDArray[Any]:
    """Reshape values with their classes along one axis to (rows, C)."""
    last = np.moveaxis(values, class_axis, -1)
    return last.reshape(prod(last.shape[:-1]), last.shape[-1])


def from_rows(rows: NDArray[Any], shape: tuple[int, ...], class_axis: int) -> NDArray[Any]:
    """Reverse `as_rows`: reshape rows to `shape`."""
    places = shape[:class_axis] + shape[class_axis + 1 :]
    return np.moveaxis(rows.reshape(*places, shape[class_axis]), -1, class_axis)
