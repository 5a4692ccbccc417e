"""Arrays from Python, cut into batches."""

from collections.abc import Iterator
from numbers import Real
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

    Tensors may require a gradient, be on another device, or be bfloat16; data frames may hold
    numbers as objects, or a list of numbers in each row.

    Raises:
        InputError: The dtype is not one of real numbers. The message calls the array `name`.
    """
    found = np.asarray(_on_the_host(array))
    if found.dtype.hasobject and hasattr(array, "to_numpy"):
        found = _unboxed(found)
    if found.dtype.name.startswith(("bfloat16", "float8")):  # of ml_dtypes, as in JAX
        found = found.astype(np.float32)
    if found.size and found.dtype.kind not in REAL_KINDS:
        raise InputError(Code.UNSUPPORTED_DTYPE, f"{name} must be real numbers, not {found.dtype}")
    return found


def like_shape(array: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return an array in a shape with fewer axes, where it has others of length 1."""
    if array.ndim > len(shape) > 0 and [x for x in array.shape if x != 1] == [
        x for x in shape if x != 1
    ]:
        return array.reshape(shape)
    return array


def _on_the_host(array: Any) -> Any:  # noqa: ANN401  an array of any library
    """Return an array that NumPy can take, by the methods that the array has."""
    if isinstance(array, list | tuple):
        has_tensors = _holds_tensors(array)
        return [np.asarray(_on_the_host(each)) for each in array] if has_tensors else array
    if hasattr(array, "detach"):
        array = array.detach()
    if hasattr(array, "cpu"):
        array = array.cpu()
    if str(getattr(array, "dtype", "")).startswith(("torch.bfloat16", "torch.float8")):
        array = array.float()
    if hasattr(array, "__cuda_array_interface__") and hasattr(array, "get"):
        array = array.get()
    if hasattr(array, "__dlpack__") and not hasattr(array, "__array__"):
        return np.from_dlpack(array)
    return array


def _holds_tensors(array: Any) -> bool:  # noqa: ANN401  as above
    """Return whether nested lists hold tensors, judged by the first value."""
    while isinstance(array, list | tuple) and len(array):
        array = array[0]
    return hasattr(array, "detach")


def _unboxed(found: NDArray[Any]) -> NDArray[Any]:
    """Return the numbers of a data frame that are Python objects, or lists of numbers."""
    values = found.ravel().tolist()
    if all(isinstance(value, Real) for value in values):
        return found.astype(np.float64)
    if found.ndim == 1 and all(isinstance(value, list | np.ndarray) for value in values):
        rows = [np.asarray(value) for value in values]
        return np.stack(rows) if len({row.shape for row in rows}) == 1 else found
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
    if not probable:
        targets = like_shape(targets, layout.targets_shape)
    elif targets.dtype.kind != "f" and not _is_one_hot(targets, layout.class_axis):
        raise InputError(
            Code.UNSUPPORTED_DTYPE,
            "targets in the shape of the logits are probabilities and must be floats, got "
            f"{targets.dtype}",
            hint="integers in this shape must be one-hot, with a single 1 per row",
        )
    if not probable and targets.shape != layout.targets_shape:
        raise InputError(
            Code.WRONG_SHAPE,
            f"targets of shape {targets.shape} do not fit logits of shape {layout.shape}",
            hint=_fitting_axis(targets.shape, layout)
            or f"class numbers have shape {layout.targets_shape}, probabilities {layout.shape}",
        )
    factors = optional_doubles("sample_weight", sample_weight)
    if factors is not None:
        factors = like_shape(factors, layout.targets_shape)
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


def _is_one_hot(targets: NDArray[Any], class_axis: int) -> bool:
    """Return whether each row has a single 1 among zeros."""
    bits = (targets == 0) | (targets == 1)
    return bool(bits.all() and (targets.sum(axis=class_axis) == 1).all())


def _fitting_axis(targets_shape: tuple[int, ...], layout: Layout) -> str | None:
    """Advise on the class axis that targets of this shape would fit."""
    for axis in range(len(layout.shape)):
        if Layout(layout.shape, axis).targets_shape == targets_shape:
            return f"they fit with class_axis={axis}"
    return None
