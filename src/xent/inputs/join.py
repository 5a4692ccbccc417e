"""Join the rows of several files by a key, such as an id, in the place of their order."""

import shlex
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from xent.errors import Code, Diagnostic, InputError
from xent.inputs.batch import Block
from xent.inputs.formats.array import Array, tee
from xent.inputs.formats.cells import quoted
from xent.inputs.formats.dialect import RowIds
from xent.inputs.named_arrays import NamedArrays
from xent.inputs.read_options import Keys

_KEYS_SHOWN = 3


def joined(
    files: list[NamedArrays], arrays: list[Array], keys: Keys, notes: list[Diagnostic]
) -> list[Array]:
    """Reorder targets and sample weights so that their keys follow those of the logits.

    Args:
        files: Those of the logits, the targets, and any sample weights, which may have no keys if
            they are in the order of the logits.
        arrays: The array that is taken from each.
        keys: The name of the column, and the numbers of the keys.
        notes: Receives a note, after the last row, of rows that are left over.

    Raises:
        InputError: There is no such column, or a key is repeated. Errors in the keys of the logits
            are raised as the rows are taken.
    """
    logits, targets, *_ = files
    if targets is logits:
        raise InputError(
            Code.BAD_SETTING,
            f"--join {keys.column} pairs the rows of two files, but there is only one",
            hint="name TARGETS: xent compute LOGITS TARGETS --join COLUMN",
        )
    _require_keys([logits, targets], keys)
    return [arrays[0], *in_order_of(logits, files[1:], arrays[1:], keys, notes)]


def in_order_of(
    leader: NamedArrays,
    files: list[NamedArrays],
    arrays: list[Array],
    keys: Keys,
    notes: list[Diagnostic],
) -> list[Array]:
    """Reorder arrays so that their keys follow those of another file.

    Args:
        leader: The file whose keys give the order.
        files: The file of each array. Arrays of a file without keys stay as they are.
        arrays: The arrays.
        keys: The name of the column, and the numbers of the keys.
        notes: As in `joined`.

    Raises:
        InputError: As in `joined`.
    """
    _require_keys([leader], keys)
    own = {each: each.arrays["keys"].whole() for each in files if "keys" in each.arrays}
    bearing = [each in own for each in files]
    wanted = iter(tee(leader.arrays["keys"].read(1), sum(bearing)))
    return [
        _reordered(array, own[each], next(wanted), keys, notes) if each in own else array
        for each, array in zip(files, arrays, strict=True)
    ]


def _require_keys(files: list[NamedArrays], keys: Keys) -> None:
    for each in files:
        if "keys" not in each.arrays:
            raise InputError(
                Code.BAD_SETTING,
                f"{each.name} has no column {keys.column} to join by",
                hint="--join is for text, JSON, Parquet and Arrow, whose columns have names",
            )


def _reordered(
    array: Array, own: Block, wanted: Iterator[Block], keys: Keys, notes: list[Diagnostic]
) -> Array:
    """Return the rows of an array in the order in which their keys are wanted.

    The array is held in memory, for any of its rows may come first.
    """
    index = _KeyIndex(array.name, array.whole(), own, keys)
    rows = Array.of_rows(array.name, index.rows(wanted, notes), lines=array.lines)
    return replace(array, shape=rows.shape, read=rows.read)


class _KeyIndex:
    """An index from keys to rows in memory."""

    def __init__(self, name: str, rows: Block, own: Block, keys: Keys) -> None:
        self._name, self._rows, self._own, self._keys = name, rows, own, keys
        numbers, every = _numbers(own), np.arange(len(own))
        self._places = np.full(numbers.max() + 1, -1)
        self._places[numbers[::-1]] = every[::-1]  # of equals the first stays
        for row in np.flatnonzero(self._places[numbers] != every)[:1].tolist():
            first = own.locate(int(self._places[numbers[row]]), 0)
            raise self._repeated(own, row, f"in {replace(first, column=None)}")

    def rows(self, wanted: Iterator[Block], notes: list[Diagnostic]) -> Iterator[Block]:
        """Yield the rows whose keys are wanted, each of them once."""
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
            f"{len(rows)} of {len(self._own)} rows of {self._name} are unmatched and left out: "
            f"the first is {self._key(self._own, first)} in {place}",
        )

    def _repeated(self, block: Block, row: int, first: str) -> InputError:
        return InputError(
            Code.DUPLICATE_KEY,
            f"the {self._keys.noun} {self._key(block, row)} occurs again, first {first}",
            block.locate(row, 0),
            "each key must be unique: remove one of the rows",
        )

    def _key(self, block: Block, row: int) -> str:
        return quoted(self._keys.name(int(_numbers(block)[row])))


def _numbers(keys: Block) -> NDArray[np.intp]:
    return keys.values.ravel().astype(np.intp)


def join_advice(one: RowIds | None, other: RowIds | None) -> str | None:
    """Return a hint to join two tables, where both have an index of one name."""
    if not one or not other or one.column != other.column:
        return None
    counting = [_counts(ids.first) for ids in (one, other)]
    is_unnamed = one.column.lower() in ("", "index", "unnamed: 0")  # as pandas calls it
    if all(counting) or (is_unnamed and any(counting)):
        return None
    name = shlex.quote(one.column)
    return f"--join {name} pairs the rows with the same value in this column"


def differing_ids(one: RowIds | None, other: RowIds | None) -> Iterator[Diagnostic]:
    """Warn of the first two rows that are paired by their order and have different ids."""
    advice = join_advice(one, other)
    if not one or not other or not advice:
        return
    for row, (here, there) in enumerate(zip(one.first, other.first, strict=False)):
        if here != there:
            yield Diagnostic(
                Code.IDS_DIFFER,
                f"rows are paired by their order, but row {row} is {quoted(here)} in "
                f"{one.place.source}, and {quoted(there)} in {other.place.source}",
                one.place,
                advice,
            )
            return


def _counts(ids: tuple[str, ...]) -> bool:
    """Return whether ids only number the rows."""
    return ids in [tuple(map(str, range(at, at + len(ids)))) for at in (0, 1)]
