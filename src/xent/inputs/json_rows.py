"""Rows of JSON values, made into arrays with every value checked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from math import inf, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.batch import Block, ragged_row
from xent.errors import Code, InputError, Location
from xent.inputs.array_names import array_names
from xent.inputs.json_text import too_large

# JSON has no numbers for these. They are taken as strings, as this program writes them.
_SPELLED = {"nan": nan, "inf": inf, "-inf": -inf}


@dataclass(frozen=True, slots=True)
class JsonRows:
    """Consecutive rows, and where each value of them stands.

    Attributes:
        rows: A list of numbers for each row, or a number, or an object.
        place: Finds the value that a row number and the steps inside the row lead to.
    """

    rows: list[Any]
    place: Callable[..., Location]

    def arrays(self) -> dict[str, "JsonRows"]:
        """The arrays that these rows hold: two where each row is an object, else one."""
        if not isinstance(self.rows[0], dict):
            return {"": self}
        return {
            name: JsonRows(
                [self._field(row, key) for row in range(len(self.rows))],
                lambda row, *steps, key=key: self.place(row, key, *steps),
            )
            for name, key in array_names(self.rows[0], self.place(0)).items()
        }

    def block(self) -> Block:
        """The rows as an array of doubles: (n, columns), or (n,) if each row is a number."""
        return Block(self._values(), self)

    def locate(self, row: int, column: int) -> Location:
        """Place a value, as the origin of the block."""
        return self.place(row, column) if isinstance(self.rows[0], list) else self.place(row)

    def _field(self, row: int, key: str) -> Any:  # noqa: ANN401  any JSON value
        record = self.rows[row]
        if not isinstance(record, dict) or key not in record:
            raise InputError(Code.MISSING_ARRAY, f'this record has no "{key}"', self.place(row))
        return record[key]

    def _values(self) -> NDArray[np.float64]:
        if not isinstance(self.rows[0], list):
            return np.array(self._checked(self.rows, self.place), dtype=np.float64)
        columns = len(self.rows[0])
        if set(map(type, self.rows)) != {list} or set(map(len, self.rows)) != {columns}:
            raise self._ragged(columns)
        flat = self._checked(
            chain.from_iterable(self.rows), lambda at: self.place(*divmod(at, columns))
        )
        return np.array(flat, dtype=np.float64).reshape(len(self.rows), columns)

    def _checked(self, values: Any, place: Callable[[int], Location]) -> list[float]:  # noqa: ANN401
        """The values as numbers. The common case, numbers alone, is checked without a loop."""
        numbers = list(values)
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

    def _ragged(self, columns: int) -> InputError:
        for row, value in enumerate(self.rows):
            if not isinstance(value, list):
                return InputError(
                    Code.RAGGED_ROW, "this row is no list, the rows above it are", self.place(row)
                )
            if len(value) != columns:
                return ragged_row(len(value), columns, self.place(row))
        raise AssertionError("all rows are alike")


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
    hint = "write it without the quotes" if isinstance(value, str) else None
    return InputError(Code.NOT_A_NUMBER, f"{place.literal} is not a number", place, hint)
