"""Logits that were flattened: a vector of N·C numbers, for N targets.

LightGBM and XGBoost hand such vectors to metrics of one's own, class by class or row by row. The
shape does not tell which, so that they are refused, with what they are and how to reshape them.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xent.errors import Code, InputError
from xent.inputs.formats.array import Array
from xent.inputs.shapes import alike, is_list
from xent.meaning.row_sums import sums_to_one


def require_rows(logits: Array, targets: Array) -> tuple[Array, Array]:
    """Refuse a vector of logits that can be reshaped into a row for each target.

    Returns:
        The same arrays; those that were read are in memory.

    Raises:
        InputError: There are several targets, and several logits for each of them.
    """
    lists = is_list(logits.shape) and is_list(targets.shape)
    if not lists or alike(logits.shape, targets.shape) or _is_single(targets.shape):
        return logits, targets
    logits, targets = _in_memory(logits), _in_memory(targets)
    values, labels = (array.whole().values.ravel() for array in (logits, targets))
    classes, rest = divmod(len(values), len(labels) or 1)
    if classes > 1 and not rest:
        raise _flat(logits.name, values, labels, classes)
    return logits, targets


def _is_single(shape: Sequence[int]) -> bool:
    """Return whether a list has one element, which a row of logits may belong to."""
    return all(length == 1 for length in shape)


def _in_memory(array: Array) -> Array:
    block = array.whole()
    held = Array.of_block(array.name, block)
    return replace(array, shape=held.shape, read=held.read)


def _flat(
    name: str, values: NDArray[np.generic], labels: NDArray[np.generic], classes: int
) -> InputError:
    """Return the error for a flat vector, with the order of its values where that is evident."""
    rows = len(labels)
    orders = {
        "class by class": (values.reshape(classes, rows).T, f"reshape({classes}, {rows}).T"),
        "row by row": (values.reshape(rows, classes), f"reshape({rows}, {classes})"),
    }
    message = f"{len(values)} values in {name} for {rows} targets: {rows} rows of {classes} classes"
    sums = [order for order, (matrix, _) in orders.items() if sums_to_one(matrix).all()]
    right = {
        order: int((matrix.argmax(axis=1) == labels).sum()) for order, (matrix, _) in orders.items()
    }
    best, other = sorted(right, key=right.__getitem__, reverse=True)
    if len(sums) == 1:
        order, why = sums[0], "only so does each row sum to 1"
    elif right[best] - right[other] > 2 * (right[best] + right[other]) ** 0.5:
        order = best
        why = f"so {right[best]} of {rows} targets have the largest value, else {right[other]}"
    else:
        ways = " or ".join(f"x.{call} if {order}" for order, (_, call) in orders.items())
        return InputError(
            Code.COUNT_MISMATCH,
            f"{message}, written class by class or row by row",
            hint=f"reshape them: {ways}",
        )
    return InputError(
        Code.COUNT_MISMATCH,
        f"{message}, written {order}: {why}",
        hint=f"reshape them: {_reshaped(name, orders[order][1])}",
    )


def _reshaped(name: str, call: str) -> str:
    """Return what reshapes a file, or an array that was not read from a .npy file."""
    if Path(name).suffix != ".npy":
        return f"x.{call}"
    script = f"import numpy; numpy.save('rows.npy', numpy.load({name!r}).{call})"
    return f'python -c "{script}"'
