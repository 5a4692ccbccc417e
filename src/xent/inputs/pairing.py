"""Logits, targets and weights, from wherever they come, become one stream of batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xent.batch import Batch, Block
from xent.errors import Code, Diagnostic, InputError, Location
from xent.inputs.argument import Argument
from xent.inputs.arrangement import Arrangement, Blocks, elements, require_places
from xent.inputs.array import Array, Form
from xent.inputs.binary import binary_arrangement
from xent.inputs.branches import branches
from xent.inputs.join import joined
from xent.inputs.keys import Keys
from xent.inputs.reading import FOUND_OUT, Reading
from xent.inputs.shift import shifted, without_first
from xent.inputs.source import Passage, Source
from xent.settings import LossSettings

_NAMES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the user's arguments lead to.

    Attributes:
        batches: Logits with their targets, in the order of the rows, each batch a bounded piece.
        notes: What the user should know about how the arguments were taken; more may follow with
            the last batch.
        forms: What the rows of the logits are like, those of the targets, and of any weights.
        class_names: What the classes are called, where that is known.
        sources: What has been opened.
    """

    batches: Iterator[Batch]
    notes: Sequence[Diagnostic] = ()
    forms: tuple[Form, ...] = ()
    class_names: tuple[str, ...] = ()
    sources: Sequence[Source] = ()

    @property
    def position(self) -> int:
        """How many bytes of files have been read."""
        return sum(source.position for source in self.sources)


def read_inputs(
    logits: str | Passage,
    targets: str | Passage | None,
    settings: LossSettings,
    *,
    sample_weight: str | Passage | None = None,
    reading: Reading = FOUND_OUT,
) -> Inputs:
    """Open what the user named.

    Args:
        logits: A path, `-`, inline numbers, or a passage from a file.
        targets: The same; None where `logits` holds both.
        settings: Which axis is which, and what the targets are.
        sample_weight: As `targets`; None for rows that all weigh the same.
        reading: How they are to be read.

    Raises:
        InputError: A source cannot be read. What is wrong with further rows shows only as the
            batches are taken.
    """
    if [logits, targets, sample_weight].count("-") > 1:
        raise InputError(
            Code.STDIN_TWICE,
            "only one of the inputs can be read from standard input",
            hint='give one as a file, or pipe both in one: {"logits": [[…]], "targets": […]}',
        )
    both = ["logits", "targets"]
    first = Argument.of(logits, both if targets is None else both[:1], reading)
    # The logits may tell what the classes are called that the targets name.
    reading = replace(reading, class_names=first.class_names)
    second = first if targets is None else Argument.of(targets, both[1:], reading)
    scores, labels, found = _scores_and_labels(first, second)
    notes = [*found]
    partners = {second: labels}
    if sample_weight is not None:
        third = Argument.of(sample_weight, ["sample_weight"], reading)
        partners[third] = third.array("sample_weight")
    if reading.keys:
        partners = _joined(first, partners, reading.keys, notes)
    labels, *factors = partners.values()
    arrange = binary_arrangement if settings.binary else Arrangement.of
    arrangement = arrange(scores, labels, settings)
    if settings.shift:
        arrangement = shifted(arrangement)
    streams = [
        Stream("row", scores.name, arrangement.logits),
        Stream("target", labels.name, arrangement.targets),
    ]
    for array in factors:
        require_places(array, arrangement.layout)
        weights = elements(array)
        if settings.shift:
            weights = without_first(weights, arrangement.layout)
        streams.append(Stream("sample weight", array.name, weights))
    notes += arrangement.notes
    along_columns = not settings.binary and settings.class_axis in (None, 1, -1)
    names = scores.class_names if along_columns else ()
    by_number = Code.TARGETS_AS_PROBABILITIES not in [note.code for note in notes]
    if names and by_number and not labels.named:
        notes.append(_numbering(names))
    forms = tuple(array.form for array in (scores, labels, *factors))
    sources = tuple(argument.source for argument in {first: None, **partners})
    return Inputs(_batches(streams), notes, forms, names, sources)


def _joined(
    first: Argument, partners: dict[Argument, Array], keys: Keys, notes: list[Diagnostic]
) -> dict[Argument, Array]:
    """The targets and sample weights in the order in which the logits have their keys."""
    if first in partners:
        raise InputError(
            Code.BAD_SETTING,
            f"--join {keys.column} pairs the rows of two files, and there is one",
            hint="name the targets as well: xent compute LOGITS TARGETS --join COLUMN",
        )
    [targets, *_] = partners
    for each in (first, targets):
        if "keys" not in each.arrays:
            raise InputError(
                Code.BAD_SETTING,
                f"{each.name} has no column {keys.column} to join by",
                hint="--join is for text, JSON, Parquet and Arrow, whose columns have names",
            )
    bearing = [each for each in partners if "keys" in each.arrays]
    wanted = branches(first.arrays["keys"].read(1), len(bearing))
    ordered = {
        each: joined(partners[each], each.arrays["keys"], stream, keys, notes)
        for each, stream in zip(bearing, wanted, strict=True)
    }
    return {**partners, **ordered}


def _numbering(names: tuple[str, ...]) -> Diagnostic:
    """Which number means which class, where the targets are numbers and the columns have names."""
    shown = ", ".join(f"{number} is {name}" for number, name in [*enumerate(names)][:_NAMES_SHOWN])
    more = len(names) - _NAMES_SHOWN
    return Diagnostic(
        Code.CLASSES_BY_NUMBER,
        f"the targets are numbers of columns: {shown}" + (f" and {more} more" if more > 0 else ""),
        hint=None
        if [*names] == sorted(names)
        else "in alphabetical order, as scikit-learn numbers them, they would be others",
    )


def _scores_and_labels(
    first: Argument, second: Argument
) -> tuple[Array, Array, tuple[Diagnostic, ...]]:
    scores = first.array("logits")
    if second is not first:
        labels = second.array("targets")
        note = Diagnostic(
            Code.TARGETS_UNUSED,
            f"{first.name} holds targets too; those of {labels.name} are used",
        )
        unused = (note,) if "targets" in first.arrays else ()
        return scores, labels, (*scores.notes, *labels.notes, *unused)
    if "targets" not in first.arrays:
        raise InputError(
            Code.MISSING_TARGETS,
            f"no targets: {first.name} holds logits alone",
            hint="name the targets as well: xent compute LOGITS TARGETS",
        )
    labels = first.array("targets")
    return scores, labels, (*scores.notes, *labels.notes)


@dataclass(frozen=True, slots=True)
class Stream:
    """Rows that have a partner in each of the other streams.

    Attributes:
        noun: What one of them is called.
        source: Where they come from.
        blocks: The rows.
    """

    noun: str
    source: str
    blocks: Blocks


def _batches(streams: list[Stream]) -> Iterator[Batch]:
    row = 0
    for scores, labels, *factors in _in_step(streams):
        yield Batch(scores, labels, _sample_weight(*factors), row)
        row += len(scores)
    if not row:
        raise InputError(
            Code.EMPTY_INPUT, "sequences of one position have no next one: nothing is left to score"
        )


def _sample_weight(factors: Block | None = None) -> NDArray[np.float64] | None:
    if factors is None:
        return None
    weight = np.asarray(factors.values, dtype=np.float64)
    for row in np.flatnonzero(~np.isfinite(weight))[:1].tolist():
        raise InputError(
            Code.NOT_A_NUMBER, "a sample weight must be finite", factors.locate(row, 0)
        )
    return weight


def _in_step(streams: list[Stream]) -> Iterator[list[Block]]:
    """Cut all streams wherever a block of one of them ends."""
    rest = [filter(len, stream.blocks) for stream in streams]
    first = blocks = [next(stream, None) for stream in rest]
    row = 0
    while all(blocks):
        rows = min(len(block) for block in blocks if block)
        yield [block.part(0, rows) for block in blocks if block]
        row += rows
        blocks = [
            (block.part(rows, len(block)) or next(stream, None)) if block else None
            for block, stream in zip(blocks, rest, strict=True)
        ]
    if any(blocks):
        counts = [
            row + sum(map(len, stream), len(block) if block else 0)
            for block, stream in zip(blocks, rest, strict=True)
        ]
        raise _mismatch(streams, counts, first)


def _mismatch(streams: list[Stream], counts: list[int], first: list[Block | None]) -> InputError:
    """The error for streams that do not end together, given their first blocks."""
    rows, logits = counts[0], streams[0].source
    number = next(number for number, count in enumerate(counts) if count != rows)
    partner, count = streams[number], counts[number]
    classes = first[0].values.shape[1] if first[0] else 0
    start = first[number]
    place = start.locate(0, 0) if start else Location(partner.source)
    if rows == 1:
        hint = f"the logits are one row of {classes} values: does each belong on a line of its own?"
    elif count == classes:
        hint = f"the logits have {count} columns too: are they transposed, (C, N) for (N, C)?"
    elif count == rows + 1 and place.line == 1 and Path(partner.source).exists():
        hint = f"one too many: is line 1 of {partner.source}, {place.text!r}, a header?"
    elif rows == count + 1 and Path(logits).exists():
        hint = f"one too few: has {logits} a header of numbers, or a last line cut short?"
    else:
        hint = f"each row of logits needs one {partner.noun}: were both written by the same run?"
    return InputError(
        Code.COUNT_MISMATCH,
        f"{_count(rows, 'row')} of logits in {logits}, "
        f"but {_count(count, partner.noun)} in {partner.source}",
        hint=hint,
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
