"""What a class is called in a table."""

from collections.abc import Callable

from rich.cells import cell_len, set_cell_size

from xent.render.diagnostic import visible
from xent.report.report import Report


class Name(str):
    """A name from outside among the program's own words.

    Every dialect writes it so that it is read as it is: no number, and no markup.
    """

    __slots__ = ()


# A column is no wider for its name's sake.
_LONGEST = 16


def class_title(report: Report, number: int) -> str:
    """Return the name of a class, cut where it is long, or its number."""
    name = report.class_name(number)
    return titled(name) if report.class_names else name


def class_mention(report: Report, number: int, written: Callable[[str], str] = str) -> str:
    """Return the number of a class, as formulas have it, and its name: 1 (dog)."""
    title = class_title(report, number)
    return str(number) if title == str(number) else f"{number} ({written(title)})"


def titled(name: str) -> str:
    """Return a name from outside, cut where it is long."""
    shown = visible(name)
    if cell_len(shown) > _LONGEST or len(shown) > _LONGEST:  # accents take no room, but are many
        start = shown[: _LONGEST - 1]
        shown = set_cell_size(start, min(cell_len(start), _LONGEST - 1)) + "…"
    return Name(shown)
