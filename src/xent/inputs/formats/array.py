"""What a reader gives: an array that is read once, in order, as blocks of rows."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate, chain
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from xent.errors import Diagnostic, Location
from xent.inputs.batch import Block, ragged_row

if TYPE_CHECKING:
    from xent.inputs.formats.dialect import Dialect
    from xent.inputs.formats.ids import Ids

# Beyond all reason, and within what NumPy can do.
MOST_AXES = 16


@dataclass(frozen=True, slots=True)
class Form:
    """What the pieces of an array have in common.

    Attributes:
        row_shape: The shape of a row.
        heading: How many lines stand before the first row, where they are text.
    """

    row_shape: tuple[int, ...]
    heading: int = 0


@dataclass(frozen=True, slots=True)
class Array:
    """An array as a source holds it.

    Attributes:
        name: What messages call it.
        shape: Its lengths. The first is -1 where only reading to the end tells it: then there
            are two rows at least.
        read: Reads its blocks, once, given how many leading axes count the rows: the values of a
            block have the shape (n, …) with those axes made one, from the first to the last.
        lines: Whether its rows are lines of text, where a list is written as a single column.
        notes: What the user should know about how it was taken.
        class_names: What the classes along its last axis are called, where that is known.
        named: Whether its numbers stood for the names of classes.
        dialect: How the text is written that it stands in, where that is one of cells.
    """

    name: str
    shape: tuple[int, ...]
    read: Callable[[int], Iterator[Block]]
    lines: bool = False
    notes: tuple[Diagnostic, ...] = ()
    class_names: tuple[str, ...] = ()
    named: bool = False
    dialect: "Dialect | None" = None

    @property
    def form(self) -> Form:
        """What it has in common with other pieces of the same array."""
        heading = bool(self.dialect and self.dialect.table.names)
        return Form(self.shape[1:], int(heading))

    @property
    def ids(self) -> "Ids | None":
        """What the text that it stands in calls its first rows."""
        return self.dialect.ids if self.dialect else None

    @classmethod
    def of_rows(cls, name: str, blocks: Iterator[Block], *, lines: bool = False) -> "Array":
        """An array whose rows come one after the other, and all in one shape."""
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
        """An array that is all there."""

        def read(leading: int) -> Iterator[Block]:
            yield block.with_rows_along(leading)

        return cls(name, block.values.shape, read)

    def whole(self) -> Block:
        """All of it in one block, its axes as they are."""
        blocks = [*self.read(1)]
        if len(blocks) == 1:
            return blocks[0]
        return Block(np.concatenate([block.values for block in blocks]), _Joined(blocks))


def _alike(blocks: Iterator[Block]) -> Iterator[Block]:
    first = next(blocks)
    tail = first.values.shape[1:]
    for block in chain([first], blocks):
        own = block.values.shape[1:]
        if own != tail:
            raise ragged_row(prod(own), prod(tail), block.locate(0, *(0,) * len(own)))
        yield block


class _Joined:
    """The origin of blocks that were made one."""

    def __init__(self, blocks: list[Block]) -> None:
        self._blocks = blocks
        self._ends = [*accumulate(map(len, blocks))]

    def locate(self, *index: int) -> Location:
        """Place a value in the block that it stands in."""
        row, *rest = index
        number = bisect_right(self._ends, row)
        before = self._ends[number - 1] if number else 0
        return self._blocks[number].locate(row - before, *rest)
