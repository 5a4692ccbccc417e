"""Zip the blocks of several sources: each row of one belongs to a row of each of the others."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xent.errors import Code, InputError, Location
from xent.inputs.alignment import Blocks
from xent.inputs.batch import Batch, Block

# Further rows of one source that are counted where another has no more.
MOST_COUNTED = 1 << 20


@dataclass(frozen=True, slots=True)
class Stream:
    """The rows of one source.

    Attributes:
        noun: The name of one of them in a sentence.
        source: The name of the source.
        blocks: The rows.
    """

    noun: str
    source: str
    blocks: Blocks


def zip_batches(
    streams: list[Stream],
    advice: str | None = None,
    *,
    weighted: bool = False,
    grouped: bool = False,
) -> Iterator[Batch]:
    """Yield batches of the logits, the targets, any sample weights, and any groups.

    Args:
        streams: The rows of each, in this order.
        advice: The hint for streams that differ in length, where one is known.
        weighted: Whether there are sample weights.
        grouped: Whether there are groups.

    Raises:
        InputError: The streams differ in length, a weight is not finite, or there is no row.
    """
    row = 0
    for scores, labels, *rest in zip_blocks(streams, advice):
        factors = _sample_weight(rest[0]) if weighted else None
        groups = rest[-1].values.astype(np.int64) if grouped else None
        yield Batch(scores, labels, factors, row, groups)
        row += len(scores)
    if not row:
        raise InputError(Code.EMPTY_INPUT, "sequences of length 1 have no next position to score")


def _sample_weight(factors: Block) -> NDArray[np.float64]:
    """Return the weights of some rows.

    Raises:
        InputError: One of them is not finite.
    """
    weight = np.asarray(factors.values, dtype=np.float64)
    for row in np.flatnonzero(~np.isfinite(weight))[:1].tolist():
        raise InputError(
            Code.NOT_A_NUMBER, "a sample weight must be finite", factors.locate(row, 0)
        )
    return weight


def zip_blocks(streams: list[Stream], advice: str | None) -> Iterator[list[Block]]:
    """Zip streams of blocks, cut wherever a block of one of them ends."""
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
        left = [_counted(block, stream) for block, stream in zip(blocks, rest, strict=True)]
        raise _mismatch(streams, row, left, first, advice)


def _counted(block: Block | None, stream: Iterator[Block]) -> int:
    """Count the rows that are left, up to the block with number `MOST_COUNTED`.

    A pipe need not end.
    """
    count = len(block) if block else 0
    while count <= MOST_COUNTED and (block := next(stream, None)):
        count += len(block)
    return count


def _mismatch(
    streams: list[Stream],
    before: int,
    left: list[int],
    first: list[Block | None],
    advice: str | None,
) -> InputError:
    """Return the error for streams that differ in length.

    Args:
        streams: The streams.
        before: How many rows of each were taken, until one of them had no more.
        left: How many rows each has left, as `_counted` counts them.
        first: The first block of each.
        advice: The hint, where one is known.
    """
    counts = [before + more for more in left]
    rows, logits = counts[0], streams[0].source
    number = next(number for number, count in enumerate(counts) if count != rows)
    partner, count = streams[number], counts[number]
    classes = first[0].values.shape[1] if first[0] else 0
    start = first[number]
    place = start.locate(0, 0) if start else Location(partner.source)
    if advice:
        hint = advice
    elif rows == 1:
        hint = f"the logits are one row of {classes} values: put each on its own line if these are "
        "several rows"
    elif rows == count + 1 and Path(logits).exists() and _counts_columns(first[0]):
        hint = f"one too few: the first line of {logits} may be a header; use --header yes"
    elif count == classes:
        hint = f"the logits have {count} columns too: they may be transposed; use --class-axis 0"
    elif count == rows + 1 and place.line == 1 and Path(partner.source).exists():
        hint = f"one too many: line 1 of {partner.source}, {place.text!r}, may be a header"
    elif rows == count + 1 and Path(logits).exists():
        hint = f"one too few: {logits} may have a header of numbers, or end too early"
    else:
        hint = f"each row of logits needs one {partner.noun}: check that the same run has written "
        "both"
    return InputError(
        Code.COUNT_MISMATCH,
        f"{_at_least(left[0])}{_count(rows, 'row')} of logits in {logits}, "
        f"but {_at_least(left[number])}{_count(count, partner.noun)} in {partner.source}",
        hint=hint,
    )


def _counts_columns(block: Block | None) -> bool:
    """Return whether the first row of the logits counts its columns, from 0 or from 1."""
    row = block.values[0] if block else np.zeros(0)
    return any((row == np.arange(start, start + len(row))).all() for start in (0, 1))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _at_least(left: int) -> str:
    return "at least " if left > MOST_COUNTED else ""
