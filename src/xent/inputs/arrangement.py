"""How logits, targets and weights fit together: which axis is which, and what the targets are."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from xent.errors import Code, Diagnostic, InputError
from xent.inputs.batch import Block, LaidOut
from xent.inputs.formats.array import Array
from xent.losses.layout import Layout, as_rows
from xent.settings import LossSettings

Blocks = Iterator[Block]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The streams of rows that are then taken in step.

    Attributes:
        layout: Where the classes stand among the logits.
        logits: (n, C) blocks.
        targets: (n,) blocks of class numbers, or (n, C) blocks of probabilities.
        notes: What was found out from the shapes.
    """

    layout: Layout
    logits: Blocks
    targets: Blocks
    notes: tuple[Diagnostic, ...] = ()

    @classmethod
    def of(cls, logits: Array, targets: Array, settings: LossSettings) -> "Arrangement":
        """Fit two arrays together by their shapes.

        Raises:
            InputError: They do not fit.
        """
        layout, notes = _layout(logits, targets, settings.class_axis)
        if layout.classes == 1:
            raise _single_column(logits)
        targets = _in_hand(targets)
        if _alike(targets.shape, logits.shape) and not _is_list_of_classes(targets):
            note = Diagnostic(
                Code.TARGETS_AS_PROBABILITIES,
                f"{targets.name} has the shape of the logits: "
                "taken as the probability of each class",
            )
            labels = rows_with_classes(targets, layout)
            return cls(layout, rows_with_classes(logits, layout), labels, (*notes, note))
        _require_class_numbers(targets, layout)
        if len(targets.shape) == 2 and targets.shape[1] == 1 and not targets.lines:
            shape = f"({targets.shape[0]}, 1)" if targets.shape[0] >= 0 else "(N, 1)"
            note = Diagnostic(
                Code.TARGETS_SQUEEZED, f"{targets.name} has shape {shape}: taken as a list"
            )
            notes = (*notes, note)
        return cls(layout, rows_with_classes(logits, layout), elements(targets), notes)


def rows_with_classes(array: Array, layout: Layout) -> Blocks:
    """(n, C) blocks of an array that has the classes along one of its axes."""
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
    """(n,) blocks of all elements, the last axis fastest."""
    layout = Layout((*array.shape, 1), len(array.shape))
    further = prod(array.shape[1:])
    for block in array.read(1):
        origin = LaidOut(block.origin, layout, classes=False)
        yield Block(block.values.ravel(), origin, block.start * further)


def is_list(shape: Sequence[int]) -> bool:
    """Whether it is a list, or a column or a row that stands for one."""
    return len(shape) < 2 or (len(shape) == 2 and 1 in shape)


def require_places(array: Array, layout: Layout) -> None:
    """Refuse an array that has not one value for each row.

    Raises:
        InputError: As said.
    """
    places = layout.targets_shape
    if len(places) < 2 and is_list(array.shape):
        return
    if not _alike(array.shape, places):
        raise InputError(
            Code.WRONG_SHAPE,
            f"{array.name} has shape {shown(array.shape)}, logits of shape "
            f"{shown(layout.shape)} need one value for each of {shown(places)}",
        )


def shown(shape: Iterable[int]) -> str:
    """A shape as NumPy writes it, with N for a length that is not known yet."""
    lengths = ["N" if length < 0 else str(length) for length in shape]
    return f"({lengths[0]},)" if len(lengths) == 1 else f"({', '.join(lengths)})"


def _layout(
    logits: Array, targets: Array, class_axis: int | None
) -> tuple[Layout, tuple[Diagnostic, ...]]:
    """The axes of the logits, and how they were told apart where nobody named them."""
    shape = logits.shape
    if class_axis is not None or len(shape) < 3:
        return Layout.of(shape, class_axis), ()
    axes = range(len(shape))
    fitting = [axis for axis in axes if _alike(Layout(shape, axis).targets_shape, targets.shape)]
    if len(fitting) == 1:
        [axis] = fitting
        why = f"only there do targets of shape {shown(targets.shape)} fit"
    else:
        axis = 1
        why = "as in PyTorch, for the shapes fit other axes as well; --class-axis names another"
    note = f"logits of shape {shown(shape)}: the classes are taken along axis {axis}, {why}"
    return Layout.of(shape, axis), (Diagnostic(Code.CLASS_AXIS_CHOSEN, note),)


def _alike(shape: Sequence[int], other: Sequence[int]) -> bool:
    """Whether two shapes agree, where an unknown length is any from 2 on."""
    return len(shape) == len(other) and all(
        one == two or (-1 in (one, two) and max(one, two) != 1)
        for one, two in zip(shape, other, strict=True)
    )


def _in_hand(array: Array) -> Array:
    """The same array; one that is a single row can be read more than once."""
    if array.shape[0] != 1:
        return array
    return replace(Array.of_block(array.name, array.whole()), lines=array.lines)


def _is_list_of_classes(targets: Array) -> bool:
    """Whether a single row, such as 0,1,2, is none of probabilities, but of class numbers."""
    if len(targets.shape) != 2 or targets.shape[0] != 1:
        return False
    row = targets.whole().values
    return bool((row == np.floor(row)).all() and row.max() > 1)


def _require_class_numbers(targets: Array, layout: Layout) -> None:
    if len(layout.shape) > 2:
        if not _alike(targets.shape, layout.targets_shape):
            raise InputError(
                Code.WRONG_SHAPE,
                f"targets of shape {shown(targets.shape)} do not fit logits of shape "
                f"{shown(layout.shape)}",
                hint=f"with the classes along axis {layout.class_axis} class numbers have shape "
                f"{shown(layout.targets_shape)}, probabilities that of the logits; "
                "--class-axis -1 is for (N, L, V)",
            )
    elif not is_list(targets.shape):
        raise InputError(
            Code.WRONG_SHAPE,
            f"the targets have {targets.shape[-1]} columns; one class a row is needed",
            next(targets.read(1)).locate(0, *(0,) * (len(targets.shape) - 1)),
            f"probabilities have a column for each of the {layout.classes} classes; "
            "or are LOGITS and TARGETS swapped?",
        )


def _single_column(logits: Array) -> InputError:
    return InputError(
        Code.SINGLE_COLUMN,
        "the logits have a single column, and so a single class",
        next(logits.read(1)).locate(0, *(0,) * (len(logits.shape) - 1)),
        "a row needs a value for each class, all on one line; one logit a row, of a yes or no, "
        "is --binary; or are LOGITS and TARGETS swapped?",
    )
