"""One number per row: the log-probability of what was observed, or the loss itself."""

import csv
import json
import os.path
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from xent.errors import Code, Diagnostic, InputError
from xent.inputs.alignment import AlignedArrays, elements
from xent.inputs.batch import Block
from xent.inputs.formats.array import Array, tee
from xent.inputs.formats.cells import NUMBER, listed
from xent.inputs.inline import is_inline
from xent.inputs.named_arrays import NamedArrays, open_source
from xent.inputs.read_options import ReadOptions
from xent.inputs.shapes import is_list
from xent.inputs.sources.source import ByteRange
from xent.losses.layout import Layout
from xent.meaning.column_names import is_loss_name, is_target_log_prob_name, is_target_name
from xent.settings import LossSettings

_DELIMITERS = {"csv": ",", "tsv": "\t", "semicolon": ";", "blank": " "}


def column_names(argument: str | ByteRange, options: ReadOptions) -> tuple[str, ...]:
    """Return the names of the columns of a table; none of anything else, or of a pipe.

    Raises:
        InputError: The file cannot be read.
    """
    if not isinstance(argument, str) or is_inline(argument) or not os.path.isfile(argument):  # noqa: PTH113  no error for any text
        return ()
    source, name = open_source(argument, "logits", options)
    if name == "jsonl":
        return _keys(source.head)
    if name in _DELIMITERS:
        return _header(source.head, _DELIMITERS[name])
    try:
        file = NamedArrays.of(argument, ["logits"], options)
    except InputError:  # it is said when the numbers are read
        return ()
    return next((array.columns for array in file.arrays.values()), ())


def with_score_column(
    argument: str | ByteRange, settings: LossSettings, options: ReadOptions
) -> tuple[ReadOptions, tuple[str, ...], tuple[Diagnostic, ...]]:
    """Choose the column of the numbers by its name, unless the user names it.

    Returns:
        The options with the column, the arrays to ask for, and what to tell the user.

    Raises:
        InputError: Several columns may be meant.
    """
    names = column_names(argument, options)
    has_targets = options.targets_key is not None or any(map(is_target_name, names))
    roles = ("logits", "targets") if has_targets else ("logits",)
    if options.class_columns or options.logits_key or len(names) < 2:
        return options, roles, ()
    is_score = is_loss_name if settings.input_kind == "losses" else is_target_log_prob_name
    found = [name for name in names if is_score(name)]
    if len(found) != 1:
        may_be = (
            f"{listed(found)} may each be" if found else f"none of {listed(names)} is called as"
        )
        raise InputError(
            Code.CLASSES_UNCLEAR,
            f"{argument} has several columns, and {may_be} the {settings.input_kind}",
            hint="say which column: --class-columns NAME",
        )
    note = Diagnostic(
        Code.ARRAYS_CHOSEN,
        f"the {settings.input_kind} are the column {found[0]} of {argument}; --class-columns names "
        "another",
    )
    return replace(options, class_columns=(found[0],)), roles, (note,)


def align_target_scores(
    scores: Array, labels: Array | None, settings: LossSettings
) -> AlignedArrays:
    """Align one number per row as the log-probability of a single class, in nats.

    Args:
        scores: Log-probabilities or losses, in any shape; in text, in a single column.
        labels: What tells the rows apart, such as their classes; None for rows that are alike.
        settings: Which of the two the numbers are, and the base of their logarithms.

    Raises:
        InputError: Several columns of text. Errors in the numbers are raised as they are taken.
    """
    if scores.lines and not is_list(scores.shape):
        raise InputError(
            Code.WRONG_SHAPE,
            f"{scores.name} has {scores.shape[-1]} columns; {settings.input_kind} are one number "
            "per row",
            hint="say which column: --class-columns NAME",
        )
    mine, others = tee(elements(scores), 2)
    targets = (replace(block, values=np.zeros(len(block), np.int64)) for block in others)
    layout = Layout((*scores.shape, 1), len(scores.shape))
    rows = _log_probs(mine, settings)
    return AlignedArrays(layout, rows, targets if labels is None else elements(labels))


def _log_probs(blocks: Iterator[Block], settings: LossSettings) -> Iterator[Block]:
    """Yield the numbers as (n, 1) log-probabilities in nats."""
    is_loss = settings.input_kind == "losses"
    for block in blocks:
        values = np.asarray(block.values, dtype=np.float64)
        outside = values < 0 if is_loss else values > 0
        for row in np.flatnonzero(outside)[:1].tolist():
            raise _outside(block, row, is_loss=is_loss)
        logs = (0.0 - values if is_loss else values) * settings.nats_per_log
        yield replace(block, values=logs[:, np.newaxis])


def _outside(block: Block, row: int, *, is_loss: bool) -> InputError:
    value = f"{block.values[row]:g}"
    if is_loss:
        message = f"{value} is not a cross-entropy loss, which is 0 or more"
        hint = "log-probabilities are --input-kind target-log-probs"
    else:
        message = f"{value} is not a log-probability, which is 0 or less"
        hint = "losses, the negated log-probabilities, are --input-kind losses"
    return InputError(Code.NOT_A_PROBABILITY, message, block.locate(row, 0), hint)


def _header(head: bytes, delimiter: str) -> tuple[str, ...]:
    """Return the names in the first line of a text; none where one of its cells is a number."""
    line = head.decode("utf-8-sig", "replace").lstrip().partition("\n")[0].rstrip("\r")
    cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    names = tuple(cell.strip() for cell in cells)
    return () if any(map(NUMBER.fullmatch, names)) else names


def _keys(head: bytes) -> tuple[str, ...]:
    """Return the keys of the first record of JSON Lines."""
    try:
        record = json.loads(head.lstrip().partition(b"\n")[0])
    except ValueError:
        return ()
    return tuple(record) if isinstance(record, dict) else ()
