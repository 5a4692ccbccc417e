"""Arrays from Python, cut into batches."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xent.errors import Code, InputError
from xent.inputs.batch import MOST_ROWS, REAL_KINDS, ArrayOrigin, Batch, Block, LaidOut
from xent.losses.layout import Layout, as_rows

# Elements in a batch that is cut from an array: what is made of a row for the loss is small
# enough then for its memory to be used again for the next batch.
_ELEMENTS = 1 << 20


def optional_doubles(name: str, array: ArrayLike | None) -> NDArray[np.float64] | None:
    """Convert anything array-like to doubles, and None to None."""
    return None if array is None else np.asarray(real_array(name, array), dtype=np.float64)


def real_array(name: str, array: ArrayLike) -> NDArray[Any]:
    """Convert anything array-like to an array of real numbers.

    Raises:
        InputError: The dtype is not one of real numbers. The message calls the array `name`.
    """
    found = np.asarray(array)
    if found.size and found.dtype.kind not in REAL_KINDS:
        raise InputError(Code.UNSUPPORTED_DTYPE, f"{name} must be real numbers, not {found.dtype}")
    return found


def array_batches(
    logits: NDArray[Any],
    targets: NDArray[Any],
    sample_weight: ArrayLike | None,
    layout: Layout,
) -> Iterator[tuple[Any, Batch]]:
    """Cut arrays into batches.

    Args:
        logits: An array of `layout.shape`.
        targets: Class numbers of `layout.targets_shape`, or probabilities of `layout.shape`.
        sample_weight: Factors of `layout.targets_shape`.
        layout: Where classes and rows stand.

    Yields:
        The index that takes the batch's part from the arrays, and the batch.

    Raises:
        InputError: The shapes do not fit.
    """
    probable = targets.shape == layout.shape
    if probable and targets.dtype.kind != "f":
        raise InputError(
            Code.UNSUPPORTED_DTYPE,
            f"targets in the shape of the logits are probabilities: floats, not {targets.dtype}",
        )
    if not probable and targets.shape != layout.targets_shape:
        raise InputError(
            Code.WRONG_SHAPE,
            f"targets of shape {targets.shape} do not fit logits of shape {layout.shape}",
            hint=_fitting_axis(targets.shape, layout)
            or f"class numbers have shape {layout.targets_shape}, probabilities {layout.shape}",
        )
    factors = optional_doubles("sample_weight", sample_weight)
    if factors is not None and factors.shape != layout.targets_shape:
        raise InputError(
            Code.WRONG_SHAPE,
            f"sample_weight has shape {factors.shape}, the rows {layout.targets_shape}",
        )
    for start, some in layout.pieces(_ELEMENTS, MOST_ROWS):
        scores = as_rows(logits[some], layout.class_axis)
        labels = as_rows(targets[some], layout.class_axis) if probable else targets[some].ravel()
        yield (
            some,
            Batch(
                Block(scores, LaidOut(ArrayOrigin("logits"), layout, classes=True), start),
                Block(labels, LaidOut(ArrayOrigin("targets"), layout, classes=probable), start),
                None if factors is None else factors[some].ravel(),
                start,
            ),
        )


def _fitting_axis(targets_shape: tuple[int, ...], layout: Layout) -> str | None:
    """Advise on the class axis that targets of this shape would fit."""
    for axis in range(len(layout.shape)):
        if Layout(layout.shape, axis).targets_shape == targets_shape:
            return f"they fit with the classes along axis {axis}: class_axis={axis}"
    return None
