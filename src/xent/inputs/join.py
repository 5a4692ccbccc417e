"""Rows that find their partners by a key, such as an id, and not by their place."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from xent.errors import Code, Diagnostic, InputError
from xent.inputs.argument import Argument
from xent.inputs.batch import Block
from xent.inputs.formats.array import Array
from xent.inputs.formats.branches import branches
from xent.inputs.formats.table import quoted
from xent.inputs.sources.keys import Keys

_KEYS_SHOWN = 3


def in_order(
    arguments: list[Argument], arrays: list[Array], keys: Keys, notes: list[Diagnostic]
) -> list[Array]:
    """Put targets and sample weights into the order in which the logits have their keys.

    Args:
        arguments: Where the logits are, the targets, and any sample weights. These may as well
            have no keys, and then are in that order.
        arrays: The array that is taken from each.
        keys: What the column is called, and the numbers of the keys.
        notes: There it is said in the end if rows are left that nobody wanted.

    Raises:
        InputError: There is no such column, or a key stands twice. Whether each key is there that
            is wanted, and is wanted once, shows only as the rows are taken.
    """
    logits, targets, *_ = arguments
    if targets is logits:
        raise InputError(
            Code.BAD_SETTING,
            f"--join {keys.column} pairs the rows of two files, and there is one",
            hint="name the targets as well: xent compute LOGITS TARGETS --join COLUMN",
        )
    for each in (logits, targets):
        if "keys" not in each.arrays:
            raise InputError(
                Code.BAD_SETTING,
                f"{each.name} has no column {keys.column} to join by",
                hint="--join is for text, JSON, Parquet and Arrow, whose columns have names",
            )
    bearing = [each for each in arguments[1:] if "keys" in each.arrays]
    wanted = dict(zip(bearing, branches(logits.arrays["keys"].read(1), len(bearing)), strict=True))
    return [
        _joined(array, each.arrays["keys"], wanted[each], keys, notes) if each in wanted else array
        for each, array in zip(arguments, arrays, strict=True)
    ]


def _joined(
    array: Array, own: Array, wanted: Iterator[Block], keys: Keys, notes: list[Diagnostic]
) -> Array:
    """The rows of an array in the order in which their keys are wanted.

    It is held in memory, for any of its rows may come first.
    """
    partners = _Partners(array.name, array.whole(), own.whole(), keys)
    rows = Array.of_rows(array.name, partners.in_order_of(wanted, notes), lines=array.lines)
    return replace(array, shape=rows.shape, read=rows.read)


class _Partners:
    """Rows in memory, and the way from a key to its row."""

    def __init__(self, name: str, rows: Block, own: Block, keys: Keys) -> None:
        self._name, self._rows, self._own, self._keys = name, rows, own, keys
        numbers, every = _numbers(own), np.arange(len(own))
        self._places = np.full(numbers.max() + 1, -1)
        self._places[numbers[::-1]] = every[::-1]  # of equals the first stays
        for row in np.flatnonzero(self._places[numbers] != every)[:1].tolist():
            first = own.locate(int(self._places[numbers[row]]), 0)
            raise self._repeated(own, row, f"in {replace(first, column=None)}")

    def in_order_of(self, wanted: Iterator[Block], notes: list[Diagnostic]) -> Iterator[Block]:
        """The rows whose keys are wanted, each of them once."""
        takers = np.full(len(self._rows), -1)
        row = 0
        for block in wanted:
            found = self._found(block)
            every = np.arange(row, row + len(block))
            again = takers[found] >= 0
            first = np.where(again, takers[found], every)
            takers[found[::-1]] = first[::-1]
            for at in np.flatnonzero(takers[found] != every)[:1].tolist():
                raise self._repeated(block, at, f"in row {takers[found[at]]}")
            yield self._rows.taken(found)
            row += len(block)
        notes += self._left(np.flatnonzero(takers < 0))

    def _found(self, wanted: Block) -> NDArray[np.intp]:
        numbers = _numbers(wanted)
        known = numbers < len(self._places)
        places = np.where(known, self._places[np.where(known, numbers, 0)], -1)
        for row in np.flatnonzero(places < 0)[:1].tolist():
            there = [self._key(self._own, at) for at in range(len(self._own))[:_KEYS_SHOWN]]
            more = len(self._own) - _KEYS_SHOWN
            raise InputError(
                Code.KEY_NOT_FOUND,
                f"{self._name} has no {self._keys.noun} {self._key(wanted, row)}",
                wanted.locate(row, 0),
                f"there it is {', '.join(there)}" + (f" and {more} more" if more > 0 else ""),
            )
        return places

    def _left(self, rows: NDArray[np.intp]) -> Iterator[Diagnostic]:
        if not len(rows):
            return
        first = int(rows[0])
        place = replace(self._own.locate(first, 0), column=None)
        yield Diagnostic(
            Code.ROWS_UNMATCHED,
            f"{len(rows)} of {len(self._own)} rows of {self._name} have no partner among the "
            f"logits and are left out: the first is {self._key(self._own, first)} in {place}",
        )

    def _repeated(self, block: Block, row: int, first: str) -> InputError:
        return InputError(
            Code.DUPLICATE_KEY,
            f"the {self._keys.noun} {self._key(block, row)} stands here again, first {first}",
            block.locate(row, 0),
            "a key stands for one row: leave the other out",
        )

    def _key(self, block: Block, row: int) -> str:
        return quoted(self._keys.name(int(_numbers(block)[row])))


def _numbers(keys: Block) -> NDArray[np.intp]:
    return keys.values.ravel().astype(np.intp)
