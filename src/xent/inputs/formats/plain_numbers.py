"""Plain numbers in tables and JSON, read by orjson, several times as fast as by NumPy or json.

A block of a table that holds one number per cell, and as many cells per line, is a JSON list once
its separators are commas. Whatever is written in another way is left to the slower readers, which
know every spelling and word the errors: nothing here refuses a text, or reads what they refuse.
"""

import re
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from xent.inputs.formats.dialect import Dialect

# What numbers consist of, with the spaces around them. In each line, separators remain.
_NUMERIC = b"0123456789+-.eE "
_LINE_END, _SPACE = ord("\n"), ord(" ")
# orjson reads this as the integer 0, which has no sign.
_MINUS_ZERO = re.compile(rb"(?<![eE])-0(?![\d.eE])")
# Each of them takes 8 bytes while it is blanked.
_MOST_BLANKED = 1 << 22
# orjson takes whatever follows 768 digits for more than nothing, and rounds a number halfway
# between two doubles up. So long a number fills a window of this size.
_WINDOW = 256
_LIST_OF_LISTS = re.compile(r"\[\s*\[")
# Stands for a list that is parsed by itself.
_MARK = r'"\u0000 rows"'
# Looked at for long numbers, or parsed, at a time.
_PIECE = 1 << 20
# Converted at a time: two copies of the pointers to them are made.
_PACKED = 1 << 16


def read_grid(text: str, dialect: Dialect) -> NDArray[np.float64] | None:
    """Read the lines of a table as loadtxt would.

    Args:
        text: Whole lines, as `Dialect.plain` returns them.
        dialect: How they are written. Columns that are passed over may hold anything, and cells
            that are names become numbers.

    Returns:
        (rows, columns) the numbers, with the bits of loadtxt; None where the lines are not all
        alike and all plain.
    """
    if not text.endswith("\n"):
        text += "\n"
    data, mark = text.encode(), (dialect.delimiter or "\t").encode()
    if dialect.delimiter is None:
        data = _tabulated(data)
    width, converters = dialect.columns.count, dialect.converters()
    if not converters:
        return _numbers(data, mark, width)
    ends = _cell_ends(data, mark, width)
    if ends is None:
        return None
    starts = np.concatenate([[0], ends.ravel()[:-1] + 1]).reshape(ends.shape)
    values, numeric = np.zeros(ends.shape), np.ones(width, dtype=np.bool_)
    for index, convert in converters.items():
        column = int(index)
        numeric[column] = False
        if column not in dialect.columns.passed_over:
            names = _names(data, starts[:, column], ends[:, column], convert)
            if names is None:
                return None
            values[:, column] = names
    if numeric.any():
        blanked = _blanked(data, starts, ends, numeric)
        found = blanked and _numbers(blanked, mark, int(numeric.sum()))
        if found is None:
            return None
        values[:, numeric] = found
    return values


def _names(
    data: bytes,
    starts: NDArray[np.intp],
    ends: NDArray[np.intp],
    convert: Callable[[str], float],
) -> list[float] | None:
    """Return the numbers of the names in a column; None where a cell is blank or names nothing."""
    cells = [data[at:end] for at, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    try:
        # In the order in which they are met.
        numbers = {cell: convert(cell.decode()) for cell in dict.fromkeys(cells)}
    except ValueError:
        return None
    # A line of one blank cell is not a row.
    return [*map(numbers.__getitem__, cells)] if all(map(bytes.strip, numbers)) else None


def _tabulated(data: bytes) -> bytes:
    """Replace each run of spaces and TABs between cells by one TAB."""
    data = data.replace(b"\t", b" ")
    while b"  " in data:
        data = data.replace(b"  ", b" ")
    return data.replace(b"\n ", b"\n").replace(b" \n", b"\n").lstrip(b" ").replace(b" ", b"\t")


def _numbers(data: bytes, mark: bytes, width: int) -> NDArray[np.float64] | None:
    """Read lines of `width` numbers each, or return None."""
    separators, line = data.translate(None, _NUMERIC), mark * (width - 1) + b"\n"
    if separators != line * (len(separators) // width):
        return None
    data = data[:-1].replace(mark, b",").replace(b"\n", b",")
    if _may_hold_long_number(data):
        return None
    try:
        found = orjson.loads(b"[%b]" % data)
    except orjson.JSONDecodeError:
        return None
    if not found:
        return None
    values = packed(found)
    if not values.all() and _MINUS_ZERO.search(data):
        return None
    return values.reshape(-1, width)


def _may_hold_long_number(data: bytes) -> bool:
    """Return whether a window of a text has no comma."""
    commas = np.frombuffer(data, np.uint8) == ord(",")
    windows = commas[: len(data) // _WINDOW * _WINDOW].reshape(-1, _WINDOW)
    return not bool(windows.any(axis=1).all())


def packed(numbers: Sequence[float]) -> NDArray[np.float64]:
    """Return integers and floats as doubles, three times as fast as `numpy.array`.

    Raises:
        OverflowError: An integer is beyond the largest double.
    """
    values = np.empty(len(numbers))
    for start in range(0, len(numbers), _PACKED):
        some = numbers[start : start + _PACKED]
        try:
            struct.pack_into(f"{len(some)}d", values.data, 8 * start, *some)
        except struct.error:  # whatever is wrong with them, NumPy says it
            values[start : start + _PACKED] = some
    return values


def _cell_ends(data: bytes, mark: bytes, width: int) -> NDArray[np.intp] | None:
    """Return the ends of the cells, (rows, width), or None where a line has another number."""
    characters = np.frombuffer(data, np.uint8)
    places = np.flatnonzero((characters == ord(mark)) | (characters == _LINE_END))
    if len(places) % width:
        return None
    ends = places.reshape(-1, width)
    ends_line = characters[ends] == _LINE_END
    return ends if ends_line[:, -1].all() and not ends_line[:, :-1].any() else None


def _blanked(
    data: bytes, starts: NDArray[np.intp], ends: NDArray[np.intp], kept: NDArray[np.bool_]
) -> bytes | None:
    """Write spaces over the cells of the columns that are not kept, and one separator of each."""
    first = int(kept.argmax())
    # On the left a cell goes with the separator behind it, elsewhere with the one before it.
    cut = ~kept
    begin = np.where(np.arange(len(kept)) < first, starts, starts - 1)[:, cut].ravel()
    end = np.where(np.arange(len(kept)) < first, ends + 1, ends)[:, cut].ravel()
    sizes = end - begin
    total = int(sizes.sum())
    if total > _MOST_BLANKED:
        return None
    characters = np.frombuffer(data, np.uint8).copy()
    characters[np.arange(total) + np.repeat(begin - (sizes.cumsum() - sizes), sizes)] = _SPACE
    return characters.tobytes()


def read_values(text: str, parts: Sequence[str]) -> list[Any] | None:
    """Parse JSON values.

    Args:
        text: The text that holds all of them.
        parts: The text of each.

    Returns:
        The values; None where one is not strict JSON, an object may have two equal keys, or a
        number may be very long. Integers beyond 64 bits are floats.
    """
    pieces = (text[start : start + _PIECE] for start in range(0, len(text), _PIECE))
    if any(_may_hold_long_number(piece.encode()) for piece in pieces):
        return None
    try:
        values = [*map(_loaded, parts)]
    except orjson.JSONDecodeError:
        return None
    # Of two equal keys only the last is left, while the text has a colon for each.
    return values if _have_keys(values, text.count(":")) else None


def _loaded(text: str) -> Any:  # noqa: ANN401  any JSON value
    """Parse JSON, the longest part of it in pieces: orjson takes the text's memory twice more.

    Raises:
        orjson.JSONDecodeError: The text is not JSON.
    """
    first = _LIST_OF_LISTS.search(text) if len(text) > _PIECE else None
    if first:
        start, quote = first.start(), text.find('"', first.start())
        end = text.rfind("]", start, quote if quote >= 0 else len(text)) + 1
        with suppress(orjson.JSONDecodeError):
            rest = orjson.loads(f"{text[:start]}{_MARK}{text[end:]}")
            mark = orjson.loads(_MARK)
            if rest == mark:
                return _joined(text, start, end)
            if type(rest) is dict and [*rest.values()].count(mark) == 1:
                rows = _joined(text, start, end)
                return {key: rows if value == mark else value for key, value in rest.items()}
    return orjson.loads(text)


def _joined(text: str, start: int, end: int) -> list[Any]:
    """Parse a list of lists in pieces, each of which holds some of the lists.

    What stands between the commas of two lists is a list itself, so that pieces which are JSON are
    so together.

    Raises:
        orjson.JSONDecodeError: A piece is not JSON, because it ends inside of a list or for any
            other reason.
    """
    rows: list[Any] = []
    at = start + 1
    while at < end:
        cut = end - 1
        if at + _PIECE < cut:
            cut = max(text.rfind("],", at, at + _PIECE) + 1, at)
        found = orjson.loads(f"[{text[at:cut]}]")
        if not found:  # a comma without a list behind it
            raise orjson.JSONDecodeError("a list is missing", text, at)
        rows += found
        at = cut + 1
    return rows


def _have_keys(values: list[Any], number: int) -> bool:
    """Return whether the objects among values, and inside of them, have so many keys together."""
    while number > 0 and values:
        objects = [value for value in values if type(value) is dict]
        number -= sum(map(len, objects))
        if number > 0:
            lists = [value for value in values if type(value) is list]
            values = [*chain(*lists, *(each.values() for each in objects))]
    return number == 0
