"""Detect the format of a source: by its first bytes, then by its text, then by its name."""

import codecs
import json
import re
from pathlib import Path

from xent.errors import Code, InputError
from xent.formats import Format, by_suffix
from xent.inputs.formats import FORMATS
from xent.inputs.formats.labelled import is_labelled
from xent.inputs.formats.weka import is_weka
from xent.inputs.inline import is_printed
from xent.inputs.sources.compressed import inner_name
from xent.inputs.sources.source import Source

# Texts that begin as one program writes them.
_TEXTS = {"printed": is_printed, "labelled": is_labelled, "weka": is_weka}
_MARKS = {b"\t": "tsv", b";": "semicolon", b",": "csv"}
_MATLAB, _MATLAB_73 = b"MATLAB ", b"MATLAB 7.3 MAT-file"
# Pickles of protocol 2 to 5; older ones look like text, and fail as text.
_PICKLE_STARTS = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))
# torch.save, before it wrote ZIP archives: a pickle of this number, then others.
_TORCH_START = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
_TORCH_SUFFIXES = (".pt", ".pth", ".ckpt", ".bin")


def format_of(source: Source) -> str:
    """Return the name of the format of a source, a key of `FORMATS`.

    Raises:
        InputError: No format that can be read fits.
    """
    for name, format_ in FORMATS.items():
        if format_.magic and source.head.startswith(format_.magic, format_.magic_at):
            return name
    if source.head.startswith(_MATLAB_73):  # HDF5 behind a block of MATLAB's own
        return "hdf5"
    for starts, error in ((_MATLAB, _old_mat_file), (_PICKLE_STARTS, pickle_error)):
        if source.head.startswith(starts):
            raise error(source)
    if b"\x00" in source.head:
        raise _binary(source)
    return _text_format(source)


def _text_format(source: Source) -> str:
    """Return the format of a text."""
    text = source.head.removeprefix(codecs.BOM_UTF8).lstrip()
    words = text.decode("utf-8", "replace")
    named = by_suffix(FORMATS, inner_name(source.name))
    if named in ("json", "jsonl"):
        return _json_or_jsonl(text, named) if text.startswith((b"[", b"{")) else named
    for format_, tells in _TEXTS.items():
        if tells(words):
            return format_
    if text.startswith((b"[", b"{")):
        return _json_or_jsonl(text, named)
    return _delimited(text, source.options.comment)


def pickle_error(source: Source) -> InputError:
    """Return the error for a pickle, with the line of Python that converts it.

    Pickles are never opened: to open one is to run the code that it holds.
    """
    suffix = Path(source.name).suffix.lower()
    archive = source.head.startswith(b"PK")
    if archive or source.head.startswith(_TORCH_START) or suffix in _TORCH_SUFFIXES:
        what = "a PyTorch checkpoint, which is a pickle"
        line = (
            "import numpy, torch; "
            "x = torch.load('FILE', map_location='cpu', weights_only=True); "
            "numpy.save('out.npy', x.detach().double().numpy())"
        )
    elif suffix == ".joblib":
        what = "a pickle of joblib's"
        line = "import joblib, numpy; numpy.save('out.npy', joblib.load('FILE'))"
    else:
        what = "a pickle"
        line = "import numpy, pickle; numpy.save('out.npy', pickle.load(open('FILE', 'rb')))"
    return InputError(
        Code.UNKNOWN_FORMAT,
        f"{source.name} is {what}",
        hint="a pickle can run any code, so it is never opened; where you trust it, convert it "
        f'once: python -c "{line.replace("FILE", source.name)}"',
    )


def _old_mat_file(source: Source) -> InputError:
    """Return the error for a .mat file that is no HDF5, with the line that converts it."""
    line = "import numpy, scipy.io; numpy.savez('out.npz', **{name: x for name, x in "
    line += f"scipy.io.loadmat({source.name!r}).items() if name[0] != '_'}})"
    return InputError(
        Code.UNKNOWN_FORMAT,
        f"{source.name} is a .mat file of a version before 7.3",
        hint=f'save it in MATLAB with -v7.3, or convert it: python -c "{line}"',
    )


def _json_or_jsonl(text: bytes, named: str | None) -> str:
    """Choose JSON Lines if the first line is a whole value and more follows."""
    first, _, rest = text.partition(b"\n")
    if rest.strip():
        try:
            json.loads(first)
        except (ValueError, RecursionError):
            return "json"
        return "jsonl"
    return "jsonl" if named == "jsonl" else "json"


def _delimited(text: bytes, comment: str | None) -> str:
    """Choose the delimiter that the first two lines have equally often, else one of the first.

    A TAB precedes a semicolon, a semicolon a comma, and a comma spaces; delimiters in quotes do
    not count. A line of one word is a column, in which names may have spaces, unless the next
    line has two words, the first a number or quoted, as R names rows.
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
        f"{source.name} is binary, in an unknown format",
        hint=f"a .{named} file {_start_of(expected)}, this one does not; it may be damaged"
        if expected and expected.magic
        else f"the formats are {', '.join(FORMATS)}",
    )


def _start_of(format_: Format) -> str:
    at = f"has behind its first {format_.magic_at}" if format_.magic_at else "starts with"
    return f"{at} the bytes {format_.magic!r}"
