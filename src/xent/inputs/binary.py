"""Align the logits of independent yes-or-no labels, as rows of the two classes no and yes.

The sigmoid of a logit z is the softmax of the row 0, z at its second class, so that the binary
cross-entropy of z with a label y is the cross-entropy of that row with the probabilities 1 - y
and y.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from xent.errors import Code, Diagnostic, InputError
from xent.inputs.alignment import AlignedArrays, elements, squeeze
from xent.inputs.batch import Block
from xent.inputs.formats.array import Array
from xent.inputs.shapes import alike, format_shape, is_list
from xent.losses.layout import Layout
from xent.settings import LossSettings


def align_binary(logits: Array, targets: Array, settings: LossSettings) -> AlignedArrays:
    """Align each logit with its label.

    Raises:
        InputError: The shapes differ, or there is not one weight per label.
    """
    notes: tuple[Diagnostic, ...] = ()
    lists = is_list(logits.shape) and is_list(targets.shape)
    if not lists and not alike(logits.shape, targets.shape):
        if alike(_bare(logits.shape), targets.shape):
            logits, notes = squeeze(logits, targets.shape)
        elif alike(logits.shape, _bare(targets.shape)):
            targets, notes = squeeze(targets, logits.shape)
    if not lists and logits.shape[1:] != targets.shape[1:]:
        raise InputError(
            Code.WRONG_SHAPE,
            f"labels of shape {format_shape(targets.shape)} do not fit logits of shape "
            f"{format_shape(logits.shape)}",
            hint="each logit needs a label, 0 or 1",
        )
    labels = logits.shape[-1]
    weights = np.ones(1) if settings.pos_weight is None else settings.pos_weight
    if len(weights) not in (1, labels):
        raise InputError(
            Code.COUNT_MISMATCH,
            f"{len(weights)} values of pos_weight, and {labels} to a row of labels",
            hint="give one value, or one per column of labels",
        )
    note = Diagnostic(
        Code.LABELS_AS_ROWS,
        f"{labels} labels per example: row r is label r % {labels} of example r // {labels}",
    )
    return AlignedArrays(
        Layout((*logits.shape, 2), len(logits.shape)),
        _two_logits(elements(logits), settings),
        _two_probabilities(elements(targets), weights),
        notes if is_list(logits.shape) else (*notes, note),
        1 if is_list(logits.shape) else labels,
    )


def _bare(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape without its lengths of 1."""
    return tuple(length for length in shape if length != 1)


def _two_logits(blocks: Iterator[Block], settings: LossSettings) -> Iterator[Block]:
    """Yield each logit z as 0, z, and each probability p as 1 - p, p."""
    for block in blocks:
        yes = np.asarray(block.values, dtype=np.float64)
        no = 1 - yes if settings.input_kind == "probs" else np.zeros(len(yes))
        yield replace(block, values=np.stack([no, yes], axis=1))


def _two_probabilities(blocks: Iterator[Block], weights: NDArray[np.float64]) -> Iterator[Block]:
    """Yield each label y as 1 - y, w·y."""
    for block in blocks:
        labels = np.asarray(block.values, dtype=np.float64)
        outside = ~((labels >= 0) & (labels <= 1))
        if outside.any():
            raise _not_a_label(block, int(outside.argmax()))
        factors = np.resize(weights, len(labels))
        yield replace(block, values=np.stack([1 - labels, factors * labels], axis=1))


def _not_a_label(block: Block, row: int) -> InputError:
    return InputError(
        Code.NOT_A_PROBABILITY,
        f"{block.values[row]:g} is not a yes-or-no label",
        block.locate(row, 0),
        _what_to_do(block.values),
    )


def _what_to_do(labels: NDArray[np.float64]) -> str:
    """Return the hint for labels of which some are neither yes nor no."""
    found = set(np.unique(labels).tolist())
    if found == {0, 255}:
        return "divide the labels of a 0-255 mask by 255"
    if found == {-1, 1}:
        return "convert labels of -1 and 1 to 0 and 1: (labels + 1) / 2"
    return "labels are between 0 and 1; for several classes omit --binary"
