"""The arrays that readers return: each is read once, in order, as blocks of rows."""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate, chain
from math import prod
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from xent.errors import Code, Diagnostic, InputError, Location
from xent.inputs.batch import Block, ragged_row
from xent.settings import InputKind

if TYPE_CHECKING:
    from xent.inputs.formats.dialect import Dialect, RowIds

# Beyond all reason, and within the limits of NumPy.
MOST_AXES = 16
# Classes, or columns of a table: deciding about them looks at their cells one by one, at 2 µs each.
MOST_COLUMNS = 1 << 22
_Piece = TypeVar("_Piece")


@dataclass(frozen=True, slots=True)
class Array:
    """An array as a source holds it.

    Attributes:
        name: Its name in messages.
        shape: Its lengths. The first is -1 where only reading to the end tells it: then there
            are two rows at least.
        read: Reads its blocks, once, given how many leading axes count the rows: the values of a
            block have the shape (n, …) with those axes made one, from the first to the last.
        lines: Whether its rows are lines of text, where a list is written as a single column.
        notes: What was detected about it, to tell the user.
        class_names: The names of the classes along its last axis, where they are known.
        named: Whether the source holds names of classes, and these are their numbers.
        dialect: How the text that holds it is written, where that is a table.
        kind: The kind of numbers that the logits are, where their name tells it.
        others: The names of further arrays of the source, which are not read.
        suspects: The names of columns that may hold the targets, where none is called so.
        columns: The names of its columns in a table of named columns, as the file has them.
    """

    name: str
    shape: tuple[int, ...]
    read: Callable[[int], Iterator[Block]]
    lines: bool = False
    notes: tuple[Diagnostic, ...] = ()
    class_names: tuple[str, ...] = ()
    named: bool = False
    dialect: "Dialect | None" = None
    kind: InputKind | None = None
    others: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    suspects: tuple[str, ...] = ()

    @property
    def ids(self) -> "RowIds | None":
        """Return the ids of the first rows, where the text that it stands in has an index."""
        return self.dialect.ids if self.dialect else None

    @classmethod
    def of_rows(cls, name: str, blocks: Iterator[Block], *, lines: bool = False) -> "Array":
        """Return an array whose rows come one after the other, all in one shape."""
        first, second = next(blocks, None), next(blocks, None)
        if first is None:
            return cls(name, (0,), lambda _: iter(()))
        if second is None:
            return replace(cls.of_block(name, first), lines=lines)
        shape = (-1, *first.values.shape[1:])

        def read(leading: int) -> Iterator[Block]:
            for block in _alike(chain([first, second], blocks)):
                yield block.with_rows_along(leading)

        return cls(name, shape, read, lines)

    @classmethod
    def of_block(cls, name: str, block: Block) -> "Array":
        """Return an array that is in memory."""

        def read(leading: int) -> Iterator[Block]:
            yield block.with_rows_along(leading)

        return cls(name, block.values.shape, read)

    def whole(self) -> Block:
        """Read all of it into one block, its axes as they are."""
        blocks = [*self.read(1)]
        if len(blocks) == 1:
            return blocks[0]
        return Block(np.concatenate([block.values for block in blocks]), _Joined(blocks))


def require_columns(name: str, count: int, noun: str) -> None:
    """Refuse rows that are wider than any table of classes.

    Args:
        name: The name of the array or column, for the message.
        count: How many numbers a row has.
        noun: The name of several of them in a sentence.

    Raises:
        InputError: There are more than `MOST_COLUMNS`.
    """
    if count > MOST_COLUMNS:
        raise InputError(
            Code.WRONG_SHAPE,
            f"a row of {name} has {count:,} {noun}, and {MOST_COLUMNS:,} are the most",
        )


def tee(pieces: Iterator[_Piece], number: int) -> list[Iterator[_Piece]]:
    """Return as many iterators over the same pieces.

    As long as they are consumed in step, no more than one piece waits. `itertools.tee` would
    release 57 pieces at a time, whatever their size.
    """
    waiting: list[deque[_Piece]] = [deque() for _ in range(number)]

    def taken(own: deque[_Piece]) -> Iterator[_Piece]:
        while True:
            if not own:
                piece = next(pieces, None)
                if piece is None:
                    return
                for each in waiting:
                    each.append(piece)
                del piece
            yield own.popleft()

    return [taken(own) for own in waiting]


def _alike(blocks: Iterator[Block]) -> Iterator[Block]:
    first = next(blocks)
    tail = first.values.shape[1:]
    for block in chain([first], blocks):
        own = block.values.shape[1:]
        if own != tail:
            raise ragged_row(prod(own), prod(tail), block.locate(0, *(0,) * len(own)))
        yield block


class _Joined:
    """The origin of blocks that were concatenated."""

    def __init__(self, blocks: list[Block]) -> None:
        self._blocks = blocks
        self._ends = [*accumulate(map(len, blocks))]

    def locate(self, *index: int) -> Location:
        """Locate a value in its block."""
        row, *rest = index
        number = bisect_right(self._ends, row)
        before = self._ends[number - 1] if number else 0
        return self._blocks[number].locate(row - before, *rest)
