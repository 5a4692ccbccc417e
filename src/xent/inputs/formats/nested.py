"""Nested lists of values, as JSON and printed arrays hold them, as arrays of numbers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from math import inf, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.errors import Code, InputError, Location
from xent.inputs.batch import Block, ragged_row
from xent.inputs.formats.array import MOST_AXES
from xent.inputs.formats.cells import NUMBER, class_number, listed, quoted
from xent.inputs.formats.json_text import too_large
from xent.inputs.formats.plain_numbers import packed
from xent.inputs.read_options import Keys

# JSON has no numbers for these. Strings stand for them, as this program writes them.
_SPELLED = {"nan": nan, "inf": inf, "-inf": -inf}
_NO_NAMES = "targets are numbers of classes here; names are for tables, whose header tells them"

# Locates the value that a path leads to: an index or a key for each level.
Place = Callable[..., Location]


@dataclass(frozen=True, slots=True)
class Rows:
    """Consecutive rows of nested values, and the location of each value.

    Attributes:
        rows: A list of numbers for each row, or a number, or an object.
        place: Locates the value that a row number and the steps inside the row lead to.
        codes: The number of each class by its name, where the values may be names.
    """

    rows: list[Any]
    place: Place
    codes: Mapping[str, int] = field(default_factory=dict)

    def numbered(self, keys: Keys) -> "Rows":
        """Return the numbers of the keys that these rows are."""
        for row, value in enumerate(self.rows):
            if type(value) not in (str, int):
                raise InputError(
                    Code.WRONG_SHAPE, "a key is a string or a whole number", self.place(row)
                )
        return Rows([keys.number(str(value)) for value in self.rows], self.place)

    def coded(self, codes: Mapping[str, int]) -> "Rows":
        """Return the rows, where the values may be names of classes."""
        return Rows(self.rows, self.place, codes)

    def block(self) -> Block:
        """Return the rows as doubles: (n,) if each row is a number, else (n, …)."""
        return Block(self._values(), self)

    def locate(self, *index: int) -> Location:
        """Locate a value, as the origin of the block."""
        return self.place(*index)

    def field(self, key: str) -> "Rows":
        """Return one field of each row, where the rows are records."""
        return Rows(
            [self._field(row, key) for row in range(len(self.rows))],
            lambda row, *steps: self.place(row, key, *steps),
        )

    def fields(self, keys: Sequence[str]) -> "Rows":
        """Return a list of some fields of each row."""
        return Rows(
            [[self._field(row, key) for key in keys] for row in range(len(self.rows))],
            lambda row, *steps: self._place_of(row, *(keys[step] for step in steps[:1])),
        )

    def _place_of(self, row: int, *key: str) -> Location:
        return replace(self.place(row, *key), name="".join(key))

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
        flat = self._doubles(values, lambda at: self.place(*_index(at, shape)))
        return flat.reshape(shape)

    def _doubles(self, values: list[Any], place: Callable[[int], Location]) -> NDArray[np.float64]:
        """Return the values as numbers. Numbers alone, the usual case, take no loop."""
        numbers = values
        if not set(map(type, values)) <= {int, float}:
            numbers = [*values]
            for at, value in enumerate(values):
                if type(value) in (int, float):
                    continue
                if self.codes and type(value) in (str, bool):
                    numbers[at] = self._code(str(value), at)
                    continue
                if not isinstance(value, str) or value.lower() not in _SPELLED:
                    raise _no_number(value, place(at))
                numbers[at] = _SPELLED[value.lower()]
        try:
            return packed(numbers)
        except OverflowError:
            raise too_large(place(_too_large_integer(numbers))) from None

    def _code(self, name: str, row: int) -> float:
        try:
            return class_number(name, self.codes)
        except ValueError:
            raise InputError(
                Code.TARGET_OUT_OF_RANGE,
                f"{quoted(name)} is none of the classes {listed([*self.codes])}",
                self.place(row),
            ) from None

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


def _too_large_integer(numbers: list[float]) -> int:
    """Return the place of the first integer beyond the doubles, one of which is there."""
    for at, value in enumerate(numbers):
        try:
            float(value)
        except OverflowError:
            return at
    raise AssertionError("all numbers are doubles")


def _no_number(value: object, place: Location) -> InputError:
    if value is None:
        return InputError(
            Code.NOT_A_NUMBER,
            "null is not a number",
            place,
            "write NaN for an undefined logit, or remove the row",
        )
    if isinstance(value, list | dict):
        return InputError(
            Code.WRONG_SHAPE,
            "expected one number here, not several",
            place,
            "logits must be a list of rows; targets a list",
        )
    hint = None
    if isinstance(value, str) and NUMBER.fullmatch(value):
        hint = "remove the quotes"
    elif isinstance(value, str) and value[:1].isalpha():
        hint = _NO_NAMES
    return InputError(Code.NOT_A_NUMBER, f"{place.literal} is not a number", place, hint)
