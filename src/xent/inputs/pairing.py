"""Two sources, or one that holds both, become one stream of batches."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np

from xent.batch import Batch, Block, Origin, ragged_row
from xent.errors import Code, Diagnostic, InputError, Location
from xent.inputs import FORMATS
from xent.inputs.sniff import format_of
from xent.inputs.source import Source

Blocks = Iterator[Block]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the user's arguments lead to.

    Attributes:
        batches: Logits with their targets, in the order of the rows, each batch a bounded piece.
        notes: What the user should know about how the arguments were taken.
    """

    batches: Iterator[Batch]
    notes: tuple[Diagnostic, ...] = ()


def read_inputs(logits: str, targets: str | None = None, input_format: str | None = None) -> Inputs:
    """Open what the user named.

    Args:
        logits: A path, `-`, or inline numbers.
        targets: The same; None where `logits` holds both.
        input_format: The format of what is not inline, a key of `FORMATS`; None to find out.

    Raises:
        InputError: A source cannot be read. What is wrong with the rows shows only as the
            batches are taken.
    """
    if logits == targets == "-":
        raise InputError(
            Code.STDIN_TWICE,
            "LOGITS and TARGETS cannot both be read from standard input",
            hint='give one as a file, or pipe both in one: {"logits": [[…]], "targets": […]}',
        )
    arrays, name = _arrays(logits, "logits", input_format)
    if targets is None:
        _require("targets", arrays, name)
        return Inputs(_paired(_array(arrays, "logits", name), arrays["targets"], name, name))
    scores, unused = _array(arrays, "logits", name), "targets" in arrays
    arrays, targets_name = _arrays(targets, "targets", input_format)
    labels = _array(arrays, "targets", targets_name)
    note = Diagnostic(
        Code.TARGETS_UNUSED, f"{name} holds targets too; those of {targets_name} are used"
    )
    return Inputs(_paired(scores, labels, name, targets_name), (note,) if unused else ())


def _arrays(argument: str, role: str, input_format: str | None) -> tuple[dict[str, Blocks], str]:
    source = Source.of(argument, role)
    chosen = None if source.inline else input_format
    reader = FORMATS[chosen or format_of(source)].load()
    return reader(source), source.name


def _array(arrays: dict[str, Blocks], role: str, source: str) -> Blocks:
    """The stream for `role`: the one that bears its name, or the one without a name."""
    if "" not in arrays:
        _require(role, arrays, source)
    return arrays[role if role in arrays else ""]


def _require(role: str, arrays: dict[str, Blocks], source: str) -> None:
    if role in arrays:
        return
    if role == "targets":
        raise InputError(
            Code.MISSING_TARGETS,
            f"no targets: {source} holds logits alone",
            hint="name the targets as well: xent compute LOGITS TARGETS",
        )
    raise InputError(Code.MISSING_ARRAY, f"{source} holds targets, but no logits")


def _paired(
    logits: Blocks, targets: Blocks, logits_name: str, targets_name: str
) -> Iterator[Batch]:
    """Cut both streams where either one's block ends, and join the pieces."""
    scores, labels = _matrix(logits, logits_name), _labels(targets, targets_name)
    first_scores, first_labels = next(scores), next(labels)  # neither is ever empty
    some_scores: Block | None = first_scores
    some_labels: Block | None = first_labels
    row = 0
    while some_scores and some_labels:
        rows = min(len(some_scores), len(some_labels))
        yield Batch(some_scores.part(0, rows), some_labels.part(0, rows), first_row=row)
        row += rows
        some_scores = some_scores.part(rows, len(some_scores)) or next(scores, None)
        some_labels = some_labels.part(rows, len(some_labels)) or next(labels, None)
    if some_scores or some_labels:
        raise _mismatch(
            (logits_name, row + _rows_left(some_scores, scores)),
            (targets_name, row + _rows_left(some_labels, labels)),
            first_scores.values.shape[1],
            first_labels.locate(0),
        )


def _rows_left(block: Block | None, rest: Blocks) -> int:
    return sum(map(len, rest), len(block) if block else 0)


def _matrix(blocks: Blocks, name: str) -> Blocks:
    """(n, C) blocks, each with as many columns as the first. A flat array is a single row."""
    first = next(blocks, None)
    if first is None or not first.values.size:
        raise _empty(name, "logits")
    if first.values.ndim == 1:
        flat = np.concatenate([first.values, *(block.values for block in blocks)])
        first, blocks = Block(flat[None, :], Transposed(first.origin)), iter(())
    columns = first.values.shape[1]
    if columns == 1:
        raise InputError(
            Code.SINGLE_COLUMN,
            "the logits have a single column, and so a single class",
            first.locate(0),
            "a row needs a value for each class, all on one line; one logit z a row, of two "
            "classes, is the row 0,z: sed 's/^/0,/'; or are LOGITS and TARGETS swapped?",
        )
    for block in chain([first], blocks):
        if block.values.shape[1] != columns:
            raise ragged_row(block.values.shape[1], columns, block.locate(0))
        yield block


def _labels(blocks: Blocks, name: str) -> Blocks:
    """(n,) blocks, from a column, a row, or a flat array."""
    first = next(blocks, None)
    if first is None or not first.values.size:
        raise _empty(name, "targets")
    if first.values.ndim == 2 and first.values.shape[1] > 1:
        second = next(blocks, None)
        if len(first) > 1 or second:
            raise InputError(
                Code.WRONG_SHAPE,
                f"the targets have {first.values.shape[1]} columns; one class a row is needed",
                first.locate(0),
                "are they one-hot rows, or probabilities? argmax(axis=1) gives the classes; "
                "or are LOGITS and TARGETS swapped?",
            )
        first = Block(first.values[0], Transposed(first.origin))
    for block in chain([first], blocks):
        if block.values.ndim == 2 and block.values.shape[1] > 1:
            raise ragged_row(block.values.shape[1], 1, block.locate(0))
        yield replace(block, values=block.values.ravel())


@dataclass(frozen=True, slots=True)
class Transposed:
    """The origin of a row that is taken as a column, or the other way round."""

    origin: Origin

    def locate(self, row: int, column: int) -> Location:
        """Place a value where it stood before."""
        return self.origin.locate(column, row)


def _empty(name: str, role: str) -> InputError:
    return InputError(Code.EMPTY_INPUT, f"there are no {role} in {name}")


def _mismatch(
    logits: tuple[str, int], targets: tuple[str, int], classes: int, place: Location
) -> InputError:
    (logits_name, rows), (targets_name, count) = logits, targets
    if rows == 1:
        hint = f"the logits are one row of {classes} values: does each belong on a line of its own?"
    elif count == classes:
        hint = f"the logits have {count} columns too: are they transposed, (C, N) for (N, C)?"
    elif count == rows + 1 and place.line == 1 and Path(targets_name).exists():
        hint = f"one too many: is line 1 of {targets_name}, {place.text!r}, a header?"
    elif rows == count + 1 and Path(logits_name).exists():
        hint = f"one too few: has {logits_name} a header of numbers, or a last line cut short?"
    else:
        hint = "each row of logits needs one target: were both written by the same run?"
    return InputError(
        Code.COUNT_MISMATCH,
        f"{_count(rows, 'row')} of logits in {logits_name}, "
        f"but {_count(count, 'target')} in {targets_name}",
        hint=hint,
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
