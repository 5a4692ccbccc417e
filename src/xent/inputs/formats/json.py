"""JSON, a matrix, an object of arrays, or records; and JSON Lines, a row or a record per line."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
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
from xent.inputs.formats.plain_numbers import packed, read_values
from xent.inputs.formats.text import TextBlock, text_blocks, whole_text
from xent.inputs.read_options import Keys
from xent.inputs.sources.source import Source

# JSON has no numbers for these. Strings stand for them, as this program writes them.
_SPELLED = {"nan": nan, "inf": inf, "-inf": -inf}
_NO_NAMES = "targets are numbers of classes here; names are for tables, whose header tells them"


def read(source: Source) -> dict[str, Array]:
    """Read `[[…], …]`, `{"logits": […], "targets": […]}` or `[{"logits": …, "target": …}, …]`."""
    text = whole_text(source)
    document = parsed(text, as_doubles=not source.options.keys)
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
    as_doubles = not source.options.keys  # a key may be an integer of any length
    texts = (text for text in text_blocks(source) if not text.is_blank)
    pieces = (_lines(text, as_doubles=as_doubles).arrays(source) for text in texts)
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


def _lines(text: TextBlock, *, as_doubles: bool) -> "_Rows":
    lines = text.text.removesuffix("\n").split("\n")
    # A block with a blank line is read line by line, as one with an error is.
    rows = read_values(text.text, lines) if as_doubles else None
    numbers: Sequence[int] = range(len(lines))
    if rows is None:
        numbers = [number for number, line in enumerate(lines) if line and not line.isspace()]

    def line(row: int) -> TextBlock:
        return TextBlock(text.source, lines[numbers[row]], text.first_line + numbers[row])

    def place(row: int, *steps: str | int) -> Location:
        return located(line(row), steps)

    if rows is None:
        rows = [parsed(line(row), as_doubles=as_doubles) for row in range(len(numbers))]
    return _Rows(rows, place)


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
        return Block(self._values(), replace(self, rows=[]))  # an origin needs no values

    def locate(self, *index: int) -> Location:
        """Locate a value, as the origin of the block."""
        return self.place(*index)

    def _fields(self, key: str) -> "_Rows":
        try:
            values = [record[key] for record in self.rows]
        except (KeyError, TypeError):
            values = [self._field(row, key) for row in range(len(self.rows))]
        return _Rows(
            values,
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
        return self._doubles(values, lambda at: self.place(*_index(at, shape))).reshape(shape)

    def _doubles(self, values: list[Any], place: Callable[[int], Location]) -> NDArray[np.float64]:
        """Return the values as doubles. Numbers alone, the usual case, take no loop."""
        if not set(map(type, values)) <= {int, float}:
            values = [*values]
            for at, value in enumerate(values):
                if type(value) in (int, float):
                    continue
                if not isinstance(value, str) or value.lower() not in _SPELLED:
                    raise _no_number(value, place(at))
                values[at] = _SPELLED[value.lower()]
        try:
            return packed(values)
        except OverflowError:
            raise too_large(place(_first_too_large(values))) from None

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


def _first_too_large(numbers: list[float]) -> int:
    """Return the index of the first integer beyond the largest double, of which there is one."""
    for at, value in enumerate(numbers):
        try:
            float(value)
        except OverflowError:
            return at
    raise AssertionError


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
