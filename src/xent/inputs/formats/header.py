"""Is the first row of a table a header?"""

import re
from collections.abc import Sequence

from xent.inputs.formats.cells import MISSING, NUMBER, is_name
from xent.meaning.column_names import is_index_name, is_target_name

_WHOLE = re.compile(r"0|[1-9]\d*", re.ASCII)
# A number that is not written as a count is.
_DECIMAL = re.compile(r"[+-]?(?:\d*[.,]\d*|\d+(?=e))(?:e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_TYPE = re.compile(r"c|continuous|d|discrete|s|string|t|time")
_FLAG = re.compile(r"(?:c|class|m|meta|i|ignore|w|weight)?(?: ?\w+=\S*)*")
_WORD = re.compile(r"\d.*[^\W\d_]{3}|\.[^\W\d_]{2}")

Row = Sequence[str]


def is_header(
    first: Row, body: Sequence[Row], classes: Sequence[str] = (), *, inline: bool = False
) -> bool:
    """Tell whether the first row of a table holds the names of its columns.

    Names are not numbers, and either stand over numbers or include a usual name for targets or an
    index. Whole numbers are names beside such a name, beside any word in the first column, or over
    decimals; an empty first cell is the index of pandas and R. A single word among other numbers
    is not a name, nor is a number with a decimal comma. Of targets whose classes have names, a
    cell that is none of them over one that is makes a header. A cell that is neither a number nor
    a name, such as 1_000, is data, and will be refused.

    Args:
        first: The cells of the first row.
        body: The rows below.
        classes: The names of the classes, where they are known.
        inline: Whether the table is an argument. Who types one gives whole numbers no other
            meaning than numbers.
    """
    second = body[0] if body else ()
    numbers = [cell for cell in first if NUMBER.fullmatch(cell)]
    words = [cell for cell in first if not NUMBER.fullmatch(cell) and cell.lower() not in MISSING]
    unnamed = bool(not first[0] and len(first) > 1 and second and second[0])
    are_names = len(words) + len(numbers) + unnamed == len(first) and not any(map(_comma, first))
    if not are_names or not _are_distinct_counts(numbers):
        return False
    labels = {*classes} & {cell for cell in second if not NUMBER.fullmatch(cell)}
    if not words and not unnamed and not labels:
        return not inline and _count_decimals(first, body)
    known = [word for word in words if is_target_name(word, words) or is_index_name(word)]
    usual = bool(known) or unnamed
    if words and numbers and not _number_columns(first, numbers, body, usual=usual):
        return False
    names = all(map(_is_label, words))
    if usual or not labels:
        over_numbers = bool(numbers) or any(map(NUMBER.fullmatch, second))
        return (names or not unnamed) if usual else names and over_numbers
    return not {*classes} & {*first}


def type_lines(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return the second and third line of a table as Orange writes it; none of any other.

    They tell the type of each column, and which one is the class: `discrete`, `continuous` or the
    values themselves, then `class`, `meta` or nothing.
    """
    if len(rows) < 3 or len({len(row) for row in rows[:3]}) > 1:
        return ()
    _, types, flags = rows[:3]
    known = [_TYPE.fullmatch(cell) for cell in types]
    words = [is_name(cell) and " " in cell for cell in types]  # the values of a discrete column
    are_types = any(known) and all(map(any, zip(known, words, strict=True)))
    return (types, flags) if are_types and all(map(_FLAG.fullmatch, flags)) else ()


def is_row_of_names(first: Row, classes: Sequence[str] = ()) -> bool:
    """Tell whether cells that are quoted over numbers may be names, which may be whole numbers.

    A single number does not tell, nor do labels.
    """
    if {*classes} & {*first}:
        return False
    rest = first[1:] if len(first) > 1 and not first[0] else first
    names = all(_WHOLE.fullmatch(cell) or _is_label(cell) for cell in rest)
    return names and (len(first) > 1 or _is_label(first[0]))


def _count_decimals(first: Row, body: Sequence[Row]) -> bool:
    """Return whether a row counts its columns, and the numbers below it are decimals.

    Two columns, or columns in any other order, count as such where nothing but decimals is below;
    of more, R writes some numbers without a point.
    """
    if len(first) < 2 or not body or not _are_all_numbers(first):
        return False
    decimals = [[bool(_DECIMAL.fullmatch(cell)) for cell in row] for row in body]
    if any(len(row) != len(first) for row in body):
        return False
    in_order = first[0] in ("0", "1") and _count_from(first, int(first[0]))
    if in_order and len(first) > 2:
        return all(map(any, decimals))
    return (in_order or _are_permuted(first)) and all(map(all, decimals))


def _number_columns(first: Row, numbers: Row, body: Sequence[Row], *, usual: bool) -> bool:
    """Return whether the numbers beside words in the first row are names of columns.

    They count the columns, or stand over decimals; beside words that are no usual names, in the
    first column alone.
    """
    if usual and _are_permuted(numbers):
        return True
    at = [x for x, cell in enumerate(first) if NUMBER.fullmatch(cell)]
    over_decimals = bool(body) and all(
        any(_DECIMAL.fullmatch(row[x]) for x in at if x < len(row)) for row in body
    )
    if usual:
        return over_decimals
    beside_one = at == [*range(1, len(first))] and len(at) > 1 and _are_permuted(numbers)
    under = body[0][0] if body else ""
    return beside_one and (over_decimals or bool(NUMBER.fullmatch(under)))


def _are_distinct_counts(numbers: Row) -> bool:
    return all(map(_WHOLE.fullmatch, numbers)) and len({*numbers}) == len(numbers)


def _comma(cell: str) -> bool:
    """Return whether a cell is a number with a decimal comma."""
    return "," in cell and bool(NUMBER.fullmatch(cell.replace(",", ".", 1)))


def _are_all_numbers(cells: Row) -> bool:
    return all(map(_WHOLE.fullmatch, cells))


def _count_from(cells: Row, start: int) -> bool:
    return [*cells] == [*map(str, range(start, start + len(cells)))]


def _are_permuted(cells: Row) -> bool:
    """Return whether numbers count from 0 or 1, in any order: text sorts 10 before 2."""
    ordered = sorted(cells, key=int)
    return _count_from(ordered, 0) or _count_from(ordered, 1)


def _is_label(cell: str) -> bool:
    """Return whether a cell is a name; one with a word may begin with a digit or a point."""
    return is_name(cell) or bool(_WORD.match(cell) and is_name(cell.lstrip("0123456789._- ")))
