"""Telling the format of a source: by its first bytes, then by its text, then by its name."""

import codecs
import json
import re

from xent.errors import Code, InputError
from xent.formats import Format, by_suffix
from xent.inputs.formats import FORMATS
from xent.inputs.formats.pickled import PICKLE_STARTS, pickle_refused
from xent.inputs.sources.compressed import inner_name
from xent.inputs.sources.source import Source

_MARKS = {b"\t": "tsv", b";": "semicolon", b",": "csv"}


def format_of(source: Source) -> str:
    """The name of the format that `source` is written in.

    Raises:
        InputError: It is none that can be read.
    """
    for name, format_ in FORMATS.items():
        if format_.magic and source.head.startswith(format_.magic, format_.magic_at):
            return name
    if source.head.startswith(PICKLE_STARTS):
        raise pickle_refused(source)
    if b"\x00" in source.head:
        raise _binary(source)
    text = source.head.removeprefix(codecs.BOM_UTF8).lstrip()
    named = by_suffix(FORMATS, inner_name(source.name))
    if text.startswith((b"[", b"{")):
        return _json_or_jsonl(text, named)
    if named in ("json", "jsonl"):
        return named
    return _delimited(text, source.reading.comment)


def _json_or_jsonl(text: bytes, named: str | None) -> str:
    """JSON Lines if the first line is a whole value and more follows."""
    first, _, rest = text.partition(b"\n")
    if rest.strip():
        try:
            json.loads(first)
        except (ValueError, RecursionError):
            return "json"
        return "jsonl"
    return "jsonl" if named == "jsonl" else "json"


def _delimited(text: bytes, comment: str | None) -> str:
    """The first two lines decide: what stands as often in both, or else what is in the first.

    A TAB goes before a semicolon, that before a comma, then blanks; what stands in quotes splits
    nothing. A line of one word is a column, in which names may have blanks; unless the next line
    has two, the first a number or quoted, as R names rows.
    """
    if comment is not None:
        text = re.sub(rb"[ \t]*" + re.escape(comment.encode()) + rb".*", b"", text)
    lines = [line for line in text.splitlines() if line.strip()] or [b""]
    first, second = (re.sub(rb'"[^"]*"', b"_", line) for line in (lines * 2)[: len(lines) + 1][:2])
    marks = [mark for mark in _MARKS if mark in first]
    for mark in marks:
        if first.count(mark) == second.count(mark):
            return _MARKS[mark]
    if marks:
        return _MARKS[marks[0]]
    names_rows = re.match(rb"\s*(_|[\d.+-]+) +\S", second)
    return "csv" if len(first.split()) == 1 and not names_rows else "blank"


def _binary(source: Source) -> InputError:
    named = by_suffix(FORMATS, inner_name(source.name))
    expected = FORMATS[named] if named else None
    return InputError(
        Code.UNKNOWN_FORMAT,
        f"{source.name} is binary, in no format known here",
        hint=f"a .{named} file {_start_of(expected)}, this one does not: is it damaged?"
        if expected and expected.magic
        else f"what can be read: {', '.join(FORMATS)}",
    )


def _start_of(format_: Format) -> str:
    at = f"has behind its first {format_.magic_at}" if format_.magic_at else "starts with"
    return f"{at} the bytes {format_.magic!r}"
