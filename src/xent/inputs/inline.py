"""Inline numbers: arguments that hold numbers and do not name a file."""

import re

_NUMBER = r"[+-]?(?:\d++\.?\d*+|\.\d++|inf|nan)(?:e[+-]?\d++)?"
_NUMBERS = re.compile(rf"\s*{_NUMBER}\s*(?:[\s,;]|$)", re.IGNORECASE | re.ASCII)
# What PyTorch, NumPy, JAX and TensorFlow print, tuples of Python, and either with a name before it.
_PRINTED = re.compile(
    r"\s*(?:Out\[\d+\]:\s*)?(?:[a-z_]\w*\s*=\s*)?"
    r"(?:[\w.]*(?:tensor|array|matrix|parameter|variable)\s*\(\s*[\[(\d+\-.<\w]|<tf\.\w+"
    r"|Parameter containing:|\((?:\s*\()*\s*[+-]?\.?\d)",
    re.IGNORECASE | re.ASCII,
)
_CELL = re.compile(_NUMBER, re.IGNORECASE | re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+(?:,\d+)?", re.ASCII)
_NAMED_LIST = re.compile(r"\s*[a-z_]\w*\s*=\s*[\[({]", re.IGNORECASE | re.ASCII)
# Inside brackets: what JSON has not, but printed arrays have.
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*(?:"|$)')
_NOT_JSON = re.compile(
    r"[(;'…]|\.\.\.|[\d.]\s+[-+.\d]|\d\.(?!\d)|(?<![\w.])\.\d|\b(?:nan|inf|True|False|None|tensor|array)\b"
    r"|(?:nan|inf|True|False)\s+[\w-]"
)
_ROWS_BY_LINES = re.compile(r"\]\s*\n\s*\[")
_FILE_NAME = re.compile(r"[/\\]|\.[a-z]\w*$", re.IGNORECASE)
_SUFFIX = re.compile(r"\.[a-z]\w*$", re.IGNORECASE)
# `-1.5,2` looks like an option to a command line's parser.
_NEGATIVE = re.compile(r"-(?:\d|\.\d|inf|nan)", re.IGNORECASE | re.ASCII)
_SHIELD = " "


def is_inline(argument: str) -> bool:
    """Return whether an argument reads like inline numbers, and not like the name of a file."""
    if is_json(argument) or (is_printed(argument) and not _SUFFIX.search(argument)):
        return True
    return bool(_NUMBERS.match(argument)) and not _FILE_NAME.search(argument)


def is_json(argument: str) -> bool:
    """Return whether an argument begins as JSON does."""
    return argument.lstrip().startswith(("[", "{"))


def is_printed(text: str) -> bool:
    """Return whether a text begins as libraries print arrays, and not as JSON or a table."""
    if _PRINTED.match(text) or _NAMED_LIST.match(text):
        return True
    if not is_json(text):
        return False
    bare = _STRINGS.sub("0", text)
    if _NOT_JSON.search(bare):
        return True
    first = bare.lstrip().partition("\n")[0]
    return bool(_ROWS_BY_LINES.search(bare)) and first.count("[") != first.count("]")


def rows_of_one_line(line: str) -> str | None:
    """Return the lines that `1 0; 0 1` stands for, or None if the line is not inline numbers.

    A row of decimal commas, such as `0,5;0,25`, is not: it has no spaces.
    """
    cells = [cell.strip() for cell in line.strip().strip(";").split(";")]
    if len(cells) < 2 or may_be_decimal_commas(line):
        return None
    rows = [re.split(r"\s*,\s*|\s+", cell) for cell in cells]
    if len(rows[0]) < 2 or any(len(row) != len(rows[0]) for row in rows):
        return None
    if not all(_CELL.fullmatch(number) for row in rows for number in row):
        return None
    return line.replace(";", "\n")


def may_be_decimal_commas(line: str) -> bool:
    """Return whether a line such as `1,0;0,1` may be one row of decimals or several of integers."""
    return all(map(_DECIMAL_COMMA.fullmatch, line.strip().split(";")))


def shielded(arguments: list[str]) -> list[str]:
    """Put a space before each inline matrix that begins with a minus sign.

    The parser of the command line takes `-1.5,2` for an option, but not ` -1.5,2`; to readers of
    numbers the two are the same.
    """
    return [f"{_SHIELD}{word}" if _NEGATIVE.match(word) else word for word in arguments]


def unshielded(argument: str) -> str:
    """Return an argument as it was typed."""
    return argument.removeprefix(_SHIELD) if argument.startswith(f"{_SHIELD}-") else argument
