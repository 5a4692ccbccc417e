"""The cells of a screen that text takes: a Chinese letter two, an accent none."""

from textwrap import wrap

# Stands for the second cell of a letter while lines are broken. What is shown holds none.
_SECOND = "\0"


def cell_count(text: str) -> int:
    """How many cells a text takes."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def right_aligned(text: str, room: int) -> str:
    """A text with blanks before it."""
    return " " * (room - cell_count(text)) + text


def cut(text: str, room: int) -> str:
    """A text of no more cells, and no more characters, than there is room for."""
    if max(len(text), cell_count(text)) <= room:
        return text
    kept = text[: room - 1]
    while cell_count(kept) > room - 1:
        kept = kept[:-1]
    return f"{kept}…"


def wrapped(text: str, room: int, first: str = "", others: str = "") -> list[str]:
    """Lines that fit, broken between words, with what the first and the others begin with."""
    spread = "".join(char + _SECOND * (cell_count(char) - 1) for char in text)
    lines = wrap(
        spread,
        room,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(_SECOND, "") for line in lines]


def _cells(char: str) -> int:
    from unicodedata import category, east_asian_width

    if category(char) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1
