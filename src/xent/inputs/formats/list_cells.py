"""Cells of a text table that hold a list, such as `"[0.1, 0.9]"`: a column for each of its numbers.

pandas writes a list in quotes, and an array without: `[0.1 0.9]`. The brackets, quotes and spaces
become delimiters and spaces in the same places, so that no number moves within its line.
"""

import re
import shlex
from collections.abc import Sequence
from dataclasses import replace

from xent.errors import Code, InputError, Location
from xent.inputs.columns import Columns
from xent.inputs.formats.array_names import kind_of
from xent.inputs.formats.cells import NUMBER
from xent.inputs.read_options import ReadOptions
from xent.meaning.column_names import is_target_name
from xent.settings import InputKind

_LIST = re.compile(r"\"? ?\[([^\[\]\"\n]*)\] ?\"?")
_BETWEEN = re.compile(r"[\s,;]+")


def list_widths(cells: Sequence[str]) -> tuple[int, ...]:
    """Return how many numbers each cell of a row holds: 1 for a cell that is not a list."""
    return tuple(len(found) if (found := _numbers(cell)) else 1 for cell in cells)


def logits_column(names: Sequence[str], cells: Sequence[str], options: ReadOptions) -> str | None:
    """Return the name of the only column whose lists may be logits, if there is one.

    Lists of 0 and 1 are labels.
    """
    if options.logits_key is not None:
        return options.logits_key
    found = [
        name
        for name, cell in zip(names, cells, strict=False)
        if any(float(number) not in (0, 1) for number in _numbers(cell))
        and name != options.targets_key
        and not is_target_name(name, names)
    ]
    return found[0] if len(found) == 1 else None


def require_one_role(
    columns: Columns, cells: Sequence[str], widths: Sequence[int], place: Location
) -> None:
    """Refuse a column of lists among columns that are one class each.

    Raises:
        InputError: There is one, and the user does not say what it is.
    """
    logits = columns.arrays.get("logits", columns.arrays.get("", ()))
    for column in logits if len(logits) > 1 and columns.names else ():
        if widths[column] > 1:
            name = columns.names[column]
            are_labels = all(float(number) in (0, 1) for number in _numbers(cells[column]))
            option = "--target-column" if are_labels else "--logits-key"
            raise InputError(
                Code.INVALID_HEADER,
                f"the column {name} holds lists, and the columns beside it numbers",
                place,
                f"say which it is: {option} {shlex.quote(name)}",
                options=(option, name),
            )


def kind_of_lists(columns: Columns) -> InputKind | None:
    """Return the kind of numbers that the name of a column of logits tells."""
    logits = columns.arrays.get("logits", ())
    return kind_of(columns.names[logits[0]]) if len(logits) == 1 and columns.names else None


def expanded(columns: Columns, widths: Sequence[int]) -> Columns:
    """Return the columns with one for each number of a list."""
    starts = [sum(widths[:column]) for column in range(len(widths))]

    def own(chosen: Sequence[int]) -> tuple[int, ...]:
        return tuple(starts[x] + at for x in chosen for at in range(widths[x]))

    logits = columns.arrays.get("logits", columns.arrays.get("", ()))
    is_list = len(logits) == 1 and widths[logits[0]] > 1
    names = zip(columns.names, widths, strict=False)
    return replace(
        columns,
        count=sum(widths),
        names=tuple(name for name, width in names for _ in range(width)),
        arrays={role: own(chosen) for role, chosen in columns.arrays.items()},
        indexes=own(columns.indexes),
        passed_over=own(columns.passed_over),
        classes=() if is_list else columns.classes,
    )


def without_brackets(text: str, delimiter: str) -> str:
    """Return text whose lists are cells between delimiters, each number in its place."""

    def cells(found: re.Match[str]) -> str:
        inside = found[1]
        if not _numbers(found[0]):
            return found[0]
        bare = _BETWEEN.sub(
            lambda gap: (
                delimiter + " " * (len(gap[0]) - 1)
                if gap.start() > 0 and gap.end() < len(inside)
                else " " * len(gap[0])
            ),
            inside,
        )
        before, after = found.start(1) - found.start(), found.end() - found.end(1)
        return " " * before + bare + " " * after

    return _LIST.sub(cells, text)


def _numbers(cell: str) -> list[str]:
    """Return the numbers of a list; none if the cell is not a list of numbers."""
    found = _LIST.fullmatch(cell.strip())
    numbers = _BETWEEN.split(found[1].strip(" ,;")) if found else []
    return numbers if all(map(NUMBER.fullmatch, numbers)) else []
