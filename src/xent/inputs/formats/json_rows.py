"""Rows of JSON values, made into arrays with every value checked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from math import inf, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.errors import Code, InputError, Location
from xent.inputs.batch import Block, ragged_row
from xent.inputs.formats.array import MOST_AXES
from xent.inputs.formats.array_names import array_names
from xent.inputs.formats.json_text import too_large
from xent.inputs.formats.table import NUMBER
from xent.inputs.sources.keys import Keys
from xent.inputs.sources.source import Source

# JSON has no numbers for these. They are taken as strings, as this program writes them.
_SPELLED = {"nan": nan, "inf": inf, "-inf": -inf}
_NO_NAMES = "targets are numbers of classes here; names are for tables, whose header tells them"


@dataclass(frozen=True, slots=True)
class JsonRows:
    """Consecutive rows, and where each value of them stands.

    Attributes:
        rows: A list of numbers for each row, or a number, or an object.
        place: Finds the value that a row number and the steps inside the row lead to.
    """

    rows: list[Any]
    place: Callable[..., Location]

    def arrays(self, source: Source) -> dict[str, "JsonRows"]:
        """The arrays that these rows hold: those sought where each row is an object, else one."""
        first, keys = self.rows[0], source.reading.keys
        if not isinstance(first, dict):
            return {"": self}
        names = array_names(first, source.sought, self.place(0))
        found = {name: self._fields(key) for name, key in names.items()}
        if keys and keys.column in first:
            found["keys"] = self._fields(keys.column).numbered(keys)
        return found

    def numbered(self, keys: Keys) -> "JsonRows":
        """The same, where each row is a key, with their numbers."""
        for row, value in enumerate(self.rows):
            if type(value) not in (str, int):
                raise InputError(
                    Code.WRONG_SHAPE, "a key is a string or a whole number", self.place(row)
                )
        return JsonRows([keys.number(str(value)) for value in self.rows], self.place)

    def block(self) -> Block:
        """The rows as an array of doubles: (n,) if each row is a number, else (n, …)."""
        return Block(self._values(), self)

    def locate(self, *index: int) -> Location:
        """Place a value, as the origin of the block."""
        return self.place(*index)

    def _fields(self, key: str) -> "JsonRows":
        return JsonRows(
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
        """The values as numbers. The common case, numbers alone, is checked without a loop."""
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
        """What is wrong with the first of the lists at one level that is not like the others."""
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
    """The index of the value that is number `at` among all."""
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
