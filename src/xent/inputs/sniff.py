"""Telling the format of a source: by its first bytes, then by its text, then by its name."""

import codecs
import json

from xent.errors import Code, InputError
from xent.formats import Format, by_suffix
from xent.inputs import FORMATS
from xent.inputs.compressed import inner_name
from xent.inputs.pickled import PICKLE_STARTS, pickle_refused
from xent.inputs.source import Source

_UTF16 = "convert it on the way: iconv -f UTF-16 -t UTF-8 FILE | xent compute - …"
# Formats that are known and not read, by their first bytes, and the way out.
_FOREIGN = {
    codecs.BOM_UTF16_LE: ("UTF-16 text", _UTF16),
    codecs.BOM_UTF16_BE: ("UTF-16 text", _UTF16),
}


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
    for magic, (what, hint) in _FOREIGN.items():
        if source.head.startswith(magic):
            raise InputError(
                Code.UNKNOWN_FORMAT,
                f"{source.name} is {what}",
                hint=hint.replace("FILE", source.name),
            )
    if b"\x00" in source.head:
        raise _binary(source)
    text = source.head.removeprefix(codecs.BOM_UTF8).lstrip()
    named = by_suffix(FORMATS, inner_name(source.name))
    if text.startswith((b"[", b"{")):
        return _json_or_jsonl(text, named)
    if named in ("json", "jsonl"):
        return named
    return _delimited(text)


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


def _delimited(text: bytes) -> str:
    """The first line decides: a TAB splits before a semicolon, that before a comma."""
    line = text.splitlines()[0]
    for mark, name in ((b"\t", "tsv"), (b";", "semicolon"), (b",", "csv")):
        if mark in line:
            return name
    return "blank"


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
