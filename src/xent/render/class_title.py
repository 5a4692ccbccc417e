"""What a class is called in a table."""

from xent.render.diagnostic import visible
from xent.report import Report

# A column is no wider for its name's sake.
_LONGEST = 16


def class_title(report: Report, number: int) -> str:
    """The name of a class, cut where it is long, or its number."""
    return titled(report.class_name(number))


def titled(name: str) -> str:
    """A name from outside, cut where it is long."""
    name = visible(name)
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
