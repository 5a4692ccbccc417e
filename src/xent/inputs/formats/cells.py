"""Cells of a table: numbers, names, missing values, and names of classes."""

import re
from collections.abc import Mapping, Sequence
from math import isfinite

# The numbers that loadtxt reads: no hexadecimal, no digit separators, ASCII digits alone. No digit
# is tried twice, however many there are.
NUMBER = re.compile(
    r"[+-]?(?:(?:\d++\.?\d*+|\.\d++)(?:e[+-]?\d++)?|inf(?:inity)?|nan)", re.IGNORECASE | re.ASCII
)
MISSING = {"", "na", "n/a", "#n/a", "null", "none", "-", "?"}
# `nan(ind)`, `sNaN` or `infin` begins like a name, and is a broken number.
_BROKEN_NUMBER = re.compile(r"(?:[qs]?nan[qs]?|inf|infin\w*)(?![^\W\d_])", re.IGNORECASE)
_NAMES_SHOWN = 6


def is_name(cell: str) -> bool:
    """Return whether a cell begins with a letter, maybe behind a bracket, and is not a number."""
    bare = cell.removeprefix("# ").lstrip("([{<_")
    return bare[:1].isalpha() and not bare.isnumeric() and not _BROKEN_NUMBER.match(bare)


def class_number(name: str, codes: Mapping[str, int]) -> float:
    """Return the number of the class that a target names, or a number of no class, such as -100.

    Raises:
        ValueError: There is no such class.
    """
    if name in codes:
        return codes[name]
    if not NUMBER.fullmatch(name) or not isfinite(number := float(name)):
        raise ValueError(name)
    if str(int(number)) in codes:
        return codes[str(int(number))]
    if number >= 0 or number != int(number):
        raise ValueError(name)
    return number  # for a row that is ignored


def yes_no_codes(cells: Sequence[str]) -> dict[str, int]:
    """Return 1 for yes and 0 for no, as labels spell them, or nothing where they are not such.

    Args:
        cells: Labels; each is True or False, or yes or no, or 0 or 1 among these.
    """
    spelled = {cell for cell in cells if cell not in ("0", "1")}
    for no, yes in (("false", "true"), ("no", "yes")):
        for change in (str.lower, str.title, str.upper):
            codes = {change(no): 0, change(yes): 1}
            if spelled and spelled <= codes.keys():
                return {**codes, "0": 0, "1": 1}
    return {}


def quoted(cell: str, limit: int = 40) -> str:
    """Return a cell in quotes, cut at `limit` characters."""
    return repr(cell) if len(cell) <= limit else repr(cell[:limit]) + "…"


def listed(names: Sequence[str]) -> str:
    """Return the first of many names in a sentence."""
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
