"""Align logits, targets and weights: which axis is which, and what the targets are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import prod

import numpy as np

from xent.errors import Code, Diagnostic, InputError
from xent.inputs.batch import Block, LaidOut
from xent.inputs.flat_vector import require_rows
from xent.inputs.formats.array import Array, require_columns
from xent.inputs.shapes import alike, format_shape, is_list, without_unit_axes
from xent.losses.layout import Layout, as_rows
from xent.meaning.targets import are_labels, are_one_hot
from xent.settings import LossSettings

Blocks = Iterator[Block]


@dataclass(frozen=True, slots=True)
class AlignedArrays:
    """Logits and targets as streams of rows that correspond one to one.

    Attributes:
        layout: The axis of the classes among the logits.
        logits: (n, C) blocks.
        targets: (n,) blocks of class numbers, or (n, C) blocks of probabilities.
        notes: What was detected from the shapes.
        labels: The number of independent labels to which the rows belong in turn.
    """

    layout: Layout
    logits: Blocks
    targets: Blocks
    notes: tuple[Diagnostic, ...] = ()
    labels: int = 1

    @classmethod
    def of(cls, logits: Array, targets: Array, settings: LossSettings) -> "AlignedArrays":
        """Align two arrays by their shapes.

        Raises:
            InputError: The shapes do not fit.
        """
        squeezed: tuple[Diagnostic, ...] = ()
        if settings.class_axis is None and _has_axes_too_many(logits.shape, targets.shape):
            logits, squeezed = squeeze(logits, targets.shape)
        if settings.class_axis is None:
            logits, targets = require_rows(logits, targets)
        layout, notes = _detect_layout(logits, targets, settings.class_axis)
        notes = (*squeezed, *notes)
        require_columns(logits.name, layout.classes, "classes")
        if layout.classes == 1:
            raise _single_column(logits)
        targets = _rereadable(targets)
        if alike(targets.shape, logits.shape) and not _is_list_of_classes(targets):
            note = Diagnostic(
                Code.TARGETS_AS_PROBABILITIES,
                f"{targets.name} has the shape of the logits: "
                "read as the probability of each class",
            )
            labels = _distributions(rows_with_classes(targets, layout), targets)
            return cls(layout, rows_with_classes(logits, layout), labels, (*notes, note))
        _require_class_numbers(targets, layout)
        if len(targets.shape) == 2 and targets.shape[1] == 1 and not targets.lines:
            shape = f"({targets.shape[0]}, 1)" if targets.shape[0] >= 0 else "(N, 1)"
            note = Diagnostic(
                Code.TARGETS_SQUEEZED, f"{targets.name} has shape {shape} and is read as a list"
            )
            notes = (*notes, note)
        return cls(layout, rows_with_classes(logits, layout), elements(targets), notes)


def rows_with_classes(array: Array, layout: Layout) -> Blocks:
    """Yield the (n, C) blocks of an array that has the classes along one of its axes."""
    axis = layout.class_axis
    if axis == 0:
        whole = array.whole()
        here = Layout(whole.values.shape, 0)
        yield Block(as_rows(whole.values, 0), LaidOut(whole.origin, here, classes=True))
        return
    further = prod(layout.shape[axis + 1 :])
    for block in array.read(axis):
        origin = LaidOut(block.origin, layout, classes=True)
        yield Block(as_rows(block.values, 1), origin, block.start * further)


def elements(array: Array) -> Blocks:
    """Yield the (n,) blocks of all elements, the last axis fastest."""
    layout = Layout((*array.shape, 1), len(array.shape))
    further = prod(array.shape[1:])
    for block in array.read(1):
        origin = LaidOut(block.origin, layout, classes=False)
        yield Block(block.values.ravel(), origin, block.start * further)


def repeated(array: Array, times: int) -> Blocks:
    """Yield the (n,) blocks of all elements, each of them as often as a row has labels."""
    for block in elements(array):
        yield block.taken(np.repeat(np.arange(len(block)), times))


def squeeze(array: Array, other: Sequence[int]) -> tuple[Array, tuple[Diagnostic, ...]]:
    """Leave out axes of length 1, and tell of it.

    Args:
        array: The array that has them.
        other: The shape of the array that lacks them.
    """
    bare = without_unit_axes(array)
    note = Diagnostic(
        Code.AXES_SQUEEZED,
        f"{array.name} has shape {format_shape(array.shape)}, for {format_shape(other)}: its axes "
        f"of length 1 are removed, and it is read as {format_shape(bare.shape)}",
    )
    return bare, (note,)


def require_one_per_row(array: Array, layout: Layout) -> None:
    """Refuse an array that does not have one value per row.

    Raises:
        InputError: The array has another shape.
    """
    places = layout.targets_shape
    if len(places) < 2 and is_list(array.shape):
        return
    if not alike(array.shape, places):
        raise InputError(
            Code.WRONG_SHAPE,
            f"{array.name} has shape {format_shape(array.shape)}, logits of shape "
            f"{format_shape(layout.shape)} need one value for each of {format_shape(places)}",
        )


def shifted(aligned: AlignedArrays) -> AlignedArrays:
    """Pair the logits at each position of a sequence with the target at the next.

    The last position has no next one, and the first target is predicted by none.

    The positions are the last axis other than that of the classes; the rows of a matrix are one
    sequence.
    """
    layout = aligned.layout
    return replace(
        aligned,
        logits=_without_last(aligned.logits, layout),
        targets=without_first(aligned.targets, layout),
    )


def without_first(blocks: Blocks, layout: Layout) -> Blocks:
    """Yield the rows without the first position of each sequence."""
    places = layout.targets_shape
    if len(places) > 1:
        yield from _without(blocks, places[-1], 0)
        return
    left_out = 1
    for block in blocks:
        yield block.part(left_out, len(block))
        left_out = 0


def _detect_layout(
    logits: Array, targets: Array, class_axis: int | None
) -> tuple[Layout, tuple[Diagnostic, ...]]:
    """Return the axes of the logits, and a note where the axis of the classes was detected."""
    shape = logits.shape
    if class_axis is not None or len(shape) < 3:
        return Layout.of(shape, class_axis), ()
    axes = range(len(shape))
    fitting = [axis for axis in axes if alike(Layout(shape, axis).targets_shape, targets.shape)]
    if len(fitting) == 1:
        [axis] = fitting
        why = f"only there do targets of shape {format_shape(targets.shape)} fit"
    else:
        axis = 1
        why = "as in PyTorch, for the shapes fit other axes as well; --class-axis names another"
    note = f"logits of shape {format_shape(shape)}: the classes are taken along axis {axis}, {why}"
    return Layout.of(shape, axis), (Diagnostic(Code.CLASS_AXIS_CHOSEN, note),)


def _has_axes_too_many(logits: Sequence[int], targets: Sequence[int]) -> bool:
    """Return whether logits fit targets only without their axes of length 1."""
    bare = [length for length in logits if length != 1]
    if len(logits) < 3 or len(bare) in (0, 1, len(logits)) or _fits(logits, targets):
        return False
    return _fits(bare, targets) or (len(bare) == 2 and is_list(targets))


def _fits(logits: Sequence[int], targets: Sequence[int]) -> bool:
    """Return whether targets have the shape of logits, or lack one of their axes."""
    lacking = [Layout(tuple(logits), axis).targets_shape for axis in range(len(logits))]
    return any(alike(shape, targets) for shape in (logits, *lacking))


def _distributions(rows: Blocks, targets: Array) -> Blocks:
    """Return the same rows of probabilities.

    Raises:
        InputError: The first of them are yes-or-no labels.
    """
    first = next(rows)
    if are_labels(first.values):
        row = int(np.flatnonzero(~are_one_hot(first.values))[0])
        ones = int(first.values[row].sum())
        where = "there are" if len(targets.shape) == 1 else "a row has"
        raise InputError(
            Code.LABELS_NOT_CLASSES,
            f"the targets of {targets.name} are 0 and 1, and {where} {_count(ones)}: they are "
            "yes-or-no labels, not classes",
            first.locate(row, 0),
            "--binary scores each label by itself",
            options=("--binary",),
        )
    return chain([first], rows)


def _count(ones: int) -> str:
    return f"{ones or 'no'} 1{'s' if ones > 1 else ''}"


def _rereadable(array: Array) -> Array:
    """Return an array that can be read more than once if it is a single row."""
    if array.shape[0] != 1:
        return array
    return replace(Array.of_block(array.name, array.whole()), lines=array.lines)


def _is_list_of_classes(targets: Array) -> bool:
    """Return whether the targets are a single row of class numbers, such as 0,1,2."""
    if len(targets.shape) != 2 or targets.shape[0] != 1:
        return False
    row = targets.whole().values
    return bool((row == np.floor(row)).all() and row.max() > 1)


def _require_class_numbers(targets: Array, layout: Layout) -> None:
    if len(layout.shape) > 2:
        if not alike(targets.shape, layout.targets_shape):
            raise InputError(
                Code.WRONG_SHAPE,
                f"targets of shape {format_shape(targets.shape)} do not fit logits of shape "
                f"{format_shape(layout.shape)}",
                hint=f"with the classes along axis {layout.class_axis} class numbers have shape "
                f"{format_shape(layout.targets_shape)}, probabilities that of the logits; "
                "--class-axis -1 is for (N, L, V)",
            )
    elif not is_list(targets.shape):
        raise InputError(
            Code.WRONG_SHAPE,
            f"the targets have {targets.shape[-1]} columns; one class per row is needed",
            next(targets.read(1)).locate(0, *(0,) * (len(targets.shape) - 1)),
            f"probabilities need one column per class, {layout.classes}; LOGITS and TARGETS may "
            "be swapped",
        )


def _single_column(logits: Array) -> InputError:
    block = next(logits.read(1))
    values = block.values.ravel()
    place = block.locate(0, *(0,) * (len(logits.shape) - 1))
    message = "the logits have a single column, so there is only one class"
    if ((values >= 0) & (values <= 1)).all():
        hint = "if these are probabilities of yes, use --binary --input-kind probs"
        options = ("--binary", "--input-kind", "probs")
        return InputError(Code.SINGLE_COLUMN, message, place, hint, options=options)
    return InputError(
        Code.SINGLE_COLUMN,
        message,
        place,
        "each row needs one value per class, on one line; for one logit per yes-or-no label use "
        "--binary",
        options=("--binary",),
    )


def _without_last(blocks: Blocks, layout: Layout) -> Blocks:
    """Yield the rows without the last position of each sequence."""
    places = layout.targets_shape
    if len(places) > 1:
        yield from _without(blocks, places[-1], places[-1] - 1)
        return
    held = next(blocks)
    for block in blocks:
        yield held
        held = block
    yield held.part(0, len(held) - 1)


def _without(blocks: Blocks, length: int, position: int) -> Iterator[Block]:
    """Yield sequences of one length without one of their positions."""
    for block in blocks:
        places = (block.start + np.arange(len(block))) % length
        yield block.taken(np.flatnonzero(places != position))
