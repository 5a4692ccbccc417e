"""JSON, a matrix, an object of arrays, or records; and JSON Lines, a row or a record per line."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from math import inf, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.errors import Code, InputError, Location
from xent.inputs.batch import Block, ragged_row
from xent.inputs.formats.array import MOST_AXES, Array, tee
from xent.inputs.formats.array_names import array_names
from xent.inputs.formats.cells import NUMBER
from xent.inputs.formats.json_text import JsonPath, located, parsed, too_large
from xent.inputs.formats.text import TextBlock, text_blocks, whole_text
from xent.inputs.read_options import Keys
from xent.inputs.sources.source import Source

# JSON has no numbers for these. Strings stand for them, as this program writes them.
_SPELLED = {"nan": nan, "inf": inf, "-inf": -inf}
_NO_NAMES = "targets are numbers of classes here; names are for tables, whose header tells them"


def read(source: Source) -> dict[str, Array]:
    """Read `[[…], …]`, `{"logits": […], "targets": […]}` or `[{"logits": …, "target": …}, …]`."""
    text = whole_text(source)
    document = parsed(text)
    if isinstance(document, dict):
        names = array_names(document, source.sought, text.location(0))
        arrays = {name: _array(text, document[key], key) for name, key in names.items()}
        keys = source.options.keys
        if keys and keys.column in document:
            arrays["keys"] = _array(text, document[keys.column], keys.column).numbered(keys)
            _require_a_key_each(arrays, keys.noun)
    else:
        arrays = _array(text, document).arrays(source)
    return {name: Array.of_block(source.name, rows.block()) for name, rows in arrays.items()}


def read_lines(source: Source) -> dict[str, Array]:
    """Read one value per line: `[1, 0, 0]`, `0`, or `{"logits": [1, 0, 0], "target": 0}`."""
    pieces = (_lines(text).arrays(source) for text in text_blocks(source) if text.text.strip())
    first = next(pieces, None)
    if first is None:
        return {"": Array.of_rows(source.name, iter(()))}
    # All arrays come from the same lines, and are consumed in step.
    streams = tee(chain([first], pieces), len(first))
    return {
        name: Array.of_rows(source.name, _blocks(name, stream))
        for name, stream in zip(first, streams, strict=True)
    }


def _require_a_key_each(arrays: dict[str, "_Rows"], noun: str) -> None:
    keys = arrays["keys"]
    for role, rows in arrays.items():
        if len(rows.rows) != len(keys.rows):
            raise InputError(
                Code.COUNT_MISMATCH,
                f"{noun} has length {len(keys.rows)}, and {role} length {len(rows.rows)}",
                keys.locate(0),
                "to be joined, each row has a key",
            )


def _array(text: TextBlock, value: Any, *root: str) -> "_Rows":  # noqa: ANN401  any JSON value
    if not isinstance(value, list):  # a single target
        return _Rows([value], lambda _: located(text, root))
    if not value:
        raise InputError(Code.EMPTY_INPUT, "this list is empty", located(text, root))
    return _Rows(value, partial(_place, text, root))


def _place(text: TextBlock, root: JsonPath, *steps: int | str) -> Location:
    return located(text, (*root, *steps))


def _blocks(name: str, pieces: Iterator[dict[str, "_Rows"]]) -> Iterator[Block]:
    for piece in pieces:
        if name not in piece:
            rows = next(iter(piece.values()))
            raise InputError(
                Code.MISSING_ARRAY, "the lines above are of another kind", rows.locate(0)
            )
        yield piece[name].block()


def _lines(text: TextBlock) -> "_Rows":
    lines = [
        TextBlock(text.source, line, text.first_line + number)
        for number, line in enumerate(text.text.split("\n"))
        if line.strip()
    ]

    def place(row: int, *steps: str | int) -> Location:
        return located(lines[row], steps)

    return _Rows([parsed(line) for line in lines], place)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Consecutive rows of JSON values, and the location of each value.

    Attributes:
        rows: A list of numbers for each row, or a number, or an object.
        place: Locates the value that a row number and the steps inside the row lead to.
    """

    rows: list[Any]
    place: Callable[..., Location]

    def arrays(self, source: Source) -> dict[str, "_Rows"]:
        """Return the arrays that are asked for where each row is an object, else one."""
        first, keys = self.rows[0], source.options.keys
        if not isinstance(first, dict):
            return {"": self}
        names = array_names(first, source.sought, self.place(0))
        found = {name: self._fields(key) for name, key in names.items()}
        if keys and keys.column in first:
            found["keys"] = self._fields(keys.column).numbered(keys)
        return found

    def numbered(self, keys: Keys) -> "_Rows":
        """Return the numbers of the keys that these rows are."""
        for row, value in enumerate(self.rows):
            if type(value) not in (str, int):
                raise InputError(
                    Code.WRONG_SHAPE, "a key is a string or a whole number", self.place(row)
                )
        return _Rows([keys.number(str(value)) for value in self.rows], self.place)

    def block(self) -> Block:
        """Return the rows as doubles: (n,) if each row is a number, else (n, …)."""
        return Block(self._values(), self)

    def locate(self, *index: int) -> Location:
        """Locate a value, as the origin of the block."""
        return self.place(*index)

    def _fields(self, key: str) -> "_Rows":
        return _Rows(
            [self._field(row, key) for row in range(len(self.rows))],
            lambda row, *steps: self.place(row, key, *steps),
        )

    def _field(self, row: int, key: str) -> Any:  # noqa: ANN401  any JSON value
        record = self.rows[row]
        if not isinstance(record, dict) or key not in record:
            raise InputError(Code.MISSING_ARRAY, f'this record has no "{key}"', self.place(row))
        return record[key]

    def _values(self) -> NDArray[np.float64]:
        shape, values = [len(self.rows)], self.rows
        while values and isinstance(values[0], list):
            length = len(values[0])
            if set(map(type, values)) != {list} or set(map(len, values)) != {length}:
                raise self._ragged(values, shape)
            shape.append(length)
            if len(shape) > MOST_AXES:
                raise InputError(Code.WRONG_SHAPE, "these lists nest too deeply", self.place(0))
            values = [*chain.from_iterable(values)]
        flat = self._checked(values, lambda at: self.place(*_index(at, shape)))
        return np.array(flat, dtype=np.float64).reshape(shape)

    def _checked(self, values: list[Any], place: Callable[[int], Location]) -> list[float]:
        """Return the values as numbers. Numbers alone, the usual case, take no loop."""
        numbers = [*values]
        if not set(map(type, numbers)) <= {int, float}:
            for at, value in enumerate(numbers):
                if type(value) in (int, float):
                    continue
                if not isinstance(value, str) or value.lower() not in _SPELLED:
                    raise _no_number(value, place(at))
                numbers[at] = _SPELLED[value.lower()]
        for at in _too_large_integers(numbers):
            raise too_large(place(at))
        return numbers

    def _ragged(self, lists: list[Any], shape: list[int]) -> InputError:
        """Return the error for the first list of one level that is not like the others."""
        length = len(lists[0])
        at = next(
            at
            for at, value in enumerate(lists)
            if not isinstance(value, list) or len(value) != length
        )
        place = self.place(*_index(at, shape))
        if not isinstance(lists[at], list):
            return InputError(Code.RAGGED_ROW, "this row is no list, the rows above it are", place)
        return ragged_row(len(lists[at]), length, place)


def _index(at: int, shape: list[int]) -> tuple[int, ...]:
    """Return the index of value number `at` of all."""
    return tuple(map(int, np.unravel_index(at, shape)))


def _too_large_integers(numbers: list[float]) -> Iterator[int]:
    try:
        np.array(numbers, dtype=np.float64)
    except OverflowError:
        for at, value in enumerate(numbers):
            try:
                float(value)
            except OverflowError:
                yield at


def _no_number(value: object, place: Location) -> InputError:
    if value is None:
        return InputError(
            Code.NOT_A_NUMBER,
            "null is not a number",
            place,
            'where a logit is undefined, write NaN or "nan"; else leave the row out',
        )
    if isinstance(value, list | dict):
        return InputError(
            Code.WRONG_SHAPE,
            "one number should stand here, not several",
            place,
            "logits are a matrix, a list of rows; targets are a list",
        )
    hint = None
    if isinstance(value, str) and NUMBER.fullmatch(value):
        hint = "write it without the quotes"
    elif isinstance(value, str) and value[:1].isalpha():
        hint = _NO_NAMES
    return InputError(Code.NOT_A_NUMBER, f"{place.literal} is not a number", place, hint)
