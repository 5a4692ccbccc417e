"""Logits that were flattened: a vector of N·C numbers, for N targets.

LightGBM and XGBoost hand such vectors to metrics of one's own, class by class or row by row. The
shape does not tell which, so that they are refused, with what they are and how to reshape them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xent.errors import Code, InputError
from xent.inputs.batch import Block
from xent.inputs.formats.array import Array
from xent.inputs.shapes import alike, is_list
from xent.meaning.row_sums import sums_to_one

# Of a vector that is read to tell whether it was flattened.
_MOST_NUMBERS = 1 << 25


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
    logits, vector = _vector(logits, _MOST_NUMBERS)
    # Two logits for each target at least: a pipe of targets need not end.
    targets, labels = _vector(targets, 0 if vector is None else len(vector) // 2)
    if vector is None or labels is None:
        return logits, targets
    classes, rest = divmod(len(vector), len(labels) or 1)
    if classes > 1 and not rest:
        raise _flat(logits.name, vector, labels, classes)
    return logits, targets


def _is_single(shape: Sequence[int]) -> bool:
    """Return whether a list has one element, which a row of logits may belong to."""
    return all(length == 1 for length in shape)


def _vector(array: Array, most: int) -> tuple[Array, NDArray[np.generic] | None]:
    """Read a list, if it has no more numbers than `most`.

    Returns:
        The array, still to be read; and its numbers, or None where there are more.
    """
    blocks, held, count = array.read(1), [], 0
    if prod(array.shape) > most:  # negative where only reading to the end tells it
        return array, None
    while count <= most and (block := next(blocks, None)) is not None:
        held.append(block)
        count += block.values.size

    def read(leading: int) -> Iterator[Block]:
        return (block.with_rows_along(leading) for block in chain(held, blocks))

    if count > most:
        return replace(array, read=read), None
    whole = np.concatenate([block.values.ravel() for block in held])
    shape = (sum(map(len, held)), *array.shape[1:])
    return replace(array, shape=shape, read=read), whole


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
        order, why = sums[0], "each row sums to 1 only in this order"
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
