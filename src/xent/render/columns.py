"""Which classes' columns are shown, where there are more of them than fit."""

from collections.abc import Callable, Sequence
from itertools import pairwise

# Stands for columns that are left out between two that are shown.
GAP = -1
# Stands for a column that holds, in each row, the value of that row's own target.
AT_TARGET = -2

# A gap is an ellipsis between blanks.
_GAP_WIDTH = 3
# Blanks, or brackets, around a cell.
_PADDING = 2


def shown_columns(
    classes: int,
    targets: set[int],
    *,
    limit: int | None,
    room: int | None,
    width_of: Callable[[int], int],
) -> list[int]:
    """Choose whole columns; the targets' are kept, the first ones fill up what room is left.

    Args:
        classes: How many columns there are.
        targets: The classes that a shown row has as its target.
        limit: The most columns wanted, which the targets may exceed; None for no limit.
        room: The characters there are for columns; None for no limit.
        width_of: How wide the text of a column is.

    Returns:
        Classes in ascending order, with `GAP` where some are left out in between. Where the
        targets' own columns do not fit, the first classes and `AT_TARGET`.
    """
    most = classes if limit is None else min(limit, classes)
    if room is not None:
        most = min(most, max(room // (_PADDING + 1), 1))

    def fits(columns: list[int]) -> bool:
        return room is None or _width(columns, width_of) <= room

    for count in range(max(most, len(targets)), len(targets) - 1, -1):
        columns = _with_gaps(_filled(classes, targets, count), classes)
        if columns and fits(columns):
            return columns
    for count in range(most, 0, -1):
        columns = [*range(count), GAP, AT_TARGET]
        if fits(columns):
            return columns
    return [AT_TARGET]


def hidden(classes: int, columns: Sequence[int]) -> int:
    """Count the classes without a column of their own."""
    return classes - sum(column >= 0 for column in columns)


def _filled(classes: int, targets: set[int], count: int) -> list[int]:
    columns = set(targets)
    for column in range(classes):
        if len(columns) >= count:
            break
        columns.add(column)
    return sorted(columns)


def _with_gaps(columns: list[int], classes: int) -> list[int]:
    shown: list[int] = []
    for before, column in pairwise([-1, *columns, classes]):
        if column > before + 1:
            shown.append(GAP)
        if column < classes:
            shown.append(column)
    return shown


def _width(columns: list[int], width_of: Callable[[int], int]) -> int:
    return sum(_GAP_WIDTH if column == GAP else width_of(column) + _PADDING for column in columns)
