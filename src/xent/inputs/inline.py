"""Inline numbers: arguments that hold numbers and do not name a file."""

import re

_NUMBER = r"[+-]?(?:\d++\.?\d*+|\.\d++|inf|nan)(?:e[+-]?\d++)?"
_NUMBERS = re.compile(rf"\s*{_NUMBER}\s*(?:[\s,;]|$)", re.IGNORECASE | re.ASCII)
_FILE_NAME = re.compile(r"[/\\]|\.[a-z]\w*$", re.IGNORECASE)
# `-1.5,2` looks like an option to a command line's parser.
_NEGATIVE = re.compile(r"-(?:\d|\.\d|inf|nan)", re.IGNORECASE | re.ASCII)
_SHIELD = " "


def is_inline(argument: str) -> bool:
    """Whether an argument reads like inline numbers, and not like the name of a file."""
    if is_json(argument):
        return True
    return bool(_NUMBERS.match(argument)) and not _FILE_NAME.search(argument)


def is_json(argument: str) -> bool:
    """Whether an argument begins as JSON does."""
    return argument.lstrip().startswith(("[", "{"))


def shielded(arguments: list[str]) -> list[str]:
    """Put a space before each inline matrix that begins with a minus sign.

    The parser of the command line takes `-1.5,2` for an option, but not ` -1.5,2`; to readers of
    numbers the two are the same.
    """
    return [f"{_SHIELD}{word}" if _NEGATIVE.match(word) else word for word in arguments]


def unshielded(argument: str) -> str:
    """Return an argument as it was typed."""
    return argument.removeprefix(_SHIELD) if argument.startswith(f"{_SHIELD}-") else argument
