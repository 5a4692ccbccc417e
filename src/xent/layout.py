"""Where the classes and the rows stand in an array of any number of dimensions."""

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
        shape: The shape of the logits.
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
            raise InputError(Code.WRONG_SHAPE, "logits must have shape (N, C, …) or (C,), not ()")
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
        """The shape of class numbers for these logits: theirs without the axis of classes."""
        return self.shape[: self.class_axis] + self.shape[self.class_axis + 1 :]

    def pieces(self, elements: int) -> Iterator[tuple[int, Any]]:
        """Cut the first axis into pieces of about so many elements, if it has no classes.

        Yields:
            Where a piece starts, and the index that takes it from an array.
        """
        if self.class_axis == 0:
            yield 0, ...
            return
        step = max(1, elements // max(1, prod(self.shape[1:])))
        for start in range(0, max(1, self.shape[0]), step):
            yield start, slice(start, start + step)

    def rows(self, array: NDArray[Any]) -> NDArray[Any]:
        """An array of the logits' shape as (rows, C)."""
        return np.moveaxis(array, self.class_axis, -1).reshape(
            prod(self.targets_shape), self.classes
        )

    def restored(self, rows: NDArray[Any]) -> NDArray[Any]:
        """An array of (rows, C) in the logits' shape."""
        return np.moveaxis(rows.reshape(*self.targets_shape, self.classes), -1, self.class_axis)
