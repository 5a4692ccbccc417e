"""Parse strict JSON with precise errors, and locate the values in its text."""

import json
import re
from collections import Counter
from math import isinf
from typing import Any

from xent.errors import Code, InputError, Location
from xent.inputs.formats.plain_numbers import read_values
from xent.inputs.formats.text import TextBlock

JsonPath = tuple[str | int, ...]

_SPACES = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()
_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s,\[\]{}]+')


class _TooLargeError(ValueError):
    pass


class _DuplicateError(ValueError):
    pass


def parsed(text: TextBlock, *, as_doubles: bool = False) -> Any:  # noqa: ANN401  any JSON value
    """Parse one JSON value.

    Args:
        text: The value.
        as_doubles: Whether integers beyond 64 bits may become floats.

    Raises:
        InputError: The text is not JSON, nests too deeply, repeats a key, or holds a number
            beyond the doubles, which Python's json would read as infinity.
    """
    values = read_values(text.text, [text.text]) if as_doubles else None
    if values:
        return values[0]
    try:
        return json.loads(text.text, parse_float=_double, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise InputError(
            Code.INVALID_JSON, f"not JSON: {_plain(error.msg)}", text.location(error.pos)
        ) from None
    except RecursionError:
        raise InputError(
            Code.INVALID_JSON,
            "the JSON nests too deeply",
            text.location(0),
            "a matrix has 2 levels of lists",
        ) from None
    except _DuplicateError as error:
        key = str(error)
        place = text.location(max(text.text.rfind(key), 0), len(key))
        raise InputError(Code.INVALID_JSON, f"{key} occurs twice", place) from None
    except _TooLargeError as error:
        raise too_large(text.location(text.text.find(str(error)), len(str(error)))) from None
    except ValueError:  # Python converts no integer of more than 4300 digits
        digits = re.search(r"(?<![\d.])\d{4301,}+(?![\d.eE])", text.text)
        start, end = digits.span() if digits else (0, 1)
        raise too_large(text.location(start, end - start)) from None


def located(text: TextBlock, path: JsonPath) -> Location:
    """Locate the value that `path` leads to, a key or an index per level, in valid JSON."""
    offset = _skip_spaces(text.text, 0)
    for step in path:
        offset = _child(text.text, offset, step)
    literal = _LITERAL.match(text.text, offset)
    return text.location(offset, len(literal[0]) if literal else 1)


def too_large(place: Location) -> InputError:
    """Return the error for a number beyond the range of a double."""
    shown = place.literal if len(place.literal) <= 40 else f"{place.literal[:40]}…"
    return InputError(Code.NUMBER_TOO_LARGE, f"{shown} exceeds the largest double, 1.8e308", place)


def _child(text: str, offset: int, step: str | int) -> int:
    offset = _skip_spaces(text, offset + 1)
    index = 0
    while True:
        if isinstance(step, str):
            key, offset = _DECODER.raw_decode(text, offset)
            offset = _skip_spaces(text, _skip_spaces(text, offset) + 1)
            if key == step:
                return offset
        elif index == step:
            return offset
        _, offset = _DECODER.raw_decode(text, offset)
        offset = _skip_spaces(text, _skip_spaces(text, offset) + 1)
        index += 1


def _skip_spaces(text: str, offset: int) -> int:
    spaces = _SPACES.match(text, offset)
    return spaces.end() if spaces else offset


def _double(literal: str) -> float:
    value = float(literal)
    if isinf(value):
        raise _TooLargeError(literal)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        (key, _), *_ = Counter(key for key, _ in pairs).most_common(1)
        raise _DuplicateError(json.dumps(key))
    return found


def _plain(message: str) -> str:
    """Return Python's description of a syntax error as part of a sentence."""
    return message[:1].lower() + message[1:]
