"""What the first cells of the columns of a table say about them."""

import math
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from xent.inputs.formats.cells import MISSING, NUMBER, is_name, yes_no_codes
from xent.meaning.row_sums import exponentials_sum_to_one, sums_to_one

# Fewer rows that sum to 1 may do so by chance.
_FEW_ROWS = 3
# Fewer whole numbers may be logits by chance.
_MANY_ROWS = 6
# A number with a letter in the place of a digit has no two letters in a row.
_WORD = re.compile(r"[^\W\d_]{2}")
_POINT = re.compile(r"[.,e]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ColumnContent:
    """The first cells of each column, and one question per method.

    Attributes:
        cells: Returns the cells of a column; none where they are neither numbers nor words.
    """

    cells: Callable[[int], Sequence[str]]
    _parsed: dict[int, tuple[float, ...]] = field(default_factory=dict)

    def are_words(self, column: int) -> bool:
        """Tell whether no cell of a column is a number."""
        cells = self.cells(column)
        return bool(cells) and not any(map(NUMBER.fullmatch, cells))

    def are_names(self, column: int) -> bool:
        """Tell whether a column holds names alone, but for missing cells: never scores."""
        cells = [cell for cell in self.cells(column) if cell.lower() not in MISSING]
        return bool(cells) and all(is_name(cell) and _WORD.search(cell) for cell in cells)

    def may_be_labels(self, column: int, names: Collection[str], classes: int) -> bool:
        """Tell whether a column holds names of classes, or numbers of so many, from 0 or 1.

        Rows that are ignored have a negative number. Words that are not the names of the classes
        may be labels where they are as many as the classes, and stand in several rows each.
        """
        cells, numbers = self.cells(column), self.numbers(column)
        if numbers:
            return all(number.is_integer() and number <= classes for number in numbers)
        labels = {*cells}
        if not cells or labels <= {*names} or yes_no_codes(cells):
            return bool(cells)
        return self.are_names(column) and len(labels) == classes and 2 * classes <= len(cells)

    def has_counts(self, column: int) -> bool:
        """Return whether a column holds integers, none negative and not all equal, in many rows."""
        cells, numbers = self.cells(column), self.numbers(column)
        return (
            len(numbers) >= _MANY_ROWS
            and len({*numbers}) > 1
            and all(
                math.isfinite(number) and number >= 0 and number == int(number)
                for number in numbers
            )
            and not any(map(_POINT.search, cells))
        )

    def is_decimal(self, column: int) -> bool:
        """Return whether nearly all numbers of a column are written as decimals."""
        cells = self.cells(column)
        return 10 * sum(bool(_POINT.search(cell)) for cell in cells) >= 9 * len(cells) > 0

    def has_decimals(self, column: int) -> bool:
        """Tell whether a number of a column is not whole."""
        numbers = self.numbers(column)
        return any(number != math.floor(number) for number in numbers if math.isfinite(number))

    def is_argmax(self, column: int, others: tuple[int, ...]) -> bool:
        """Return whether a column holds the predictions that the others lead to."""
        rows = [*zip(*map(self.numbers, others), strict=False)]
        numbers = self.numbers(column)[: len(rows)]
        predicted = [row.index(max(row)) for row in rows]
        return any(predicted == [int(x) - base for x in numbers] for base in (0, 1))

    def sum_to_one(self, columns: tuple[int, ...]) -> bool:
        """Tell whether some columns are probabilities of all classes, or their logarithms.

        They, or their exponentials, sum to 1 in each of several rows.
        """
        found = [self.numbers(x) for x in columns]
        rows = max(map(len, found), default=0)
        if rows < _FEW_ROWS or any(len(numbers) < rows for numbers in found):
            return False
        numbers = np.array(found).T
        # Small whole numbers sum to 1 by chance.
        with np.errstate(invalid="ignore"):
            is_whole = (numbers == np.floor(numbers)).all()
        one = sums_to_one(numbers).all() or exponentials_sum_to_one(numbers).all()
        return bool(not is_whole and one)

    def numbers(self, column: int) -> tuple[float, ...]:
        """Return the numbers in the first rows of a column; none where one cell is not a number."""
        if column not in self._parsed:
            cells = [_with_point(cell) for cell in self.cells(column)]
            is_number = all(map(NUMBER.fullmatch, cells))
            self._parsed[column] = tuple(map(float, cells)) if is_number else ()
        return self._parsed[column]


def _with_point(cell: str) -> str:
    """Return a number with a decimal point, where it may have a decimal comma."""
    return cell.replace(",", ".", 1) if "," in cell else cell
