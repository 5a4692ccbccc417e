"""Text in UTF-16, as PowerShell's > writes it, turned into UTF-8 as it is read."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Iterator
from typing import BinaryIO

from xent.errors import Code, InputError, Location
from xent.inputs.sources.pieces import STEP_BYTES, pieces_as_file

_ENCODINGS = {BOM_UTF16_LE: "utf-16-le", BOM_UTF16_BE: "utf-16-be"}


def utf16_of(head: bytes) -> str | None:
    """In which order of bytes something is UTF-16 that starts so; None if it is not."""
    return _ENCODINGS.get(head[:2])


def as_utf8(name: str, encoding: str, stream: BinaryIO) -> BinaryIO:
    """The same text in UTF-8, its byte order mark included.

    Args:
        name: What messages call it.
        encoding: What `utf16_of` found.
        stream: Read from its beginning, and closed with the result.

    Raises:
        InputError: In reading, where it is no UTF-16.
    """
    return pieces_as_file(_pieces(name, encoding, stream), stream)


def _pieces(name: str, encoding: str, stream: BinaryIO) -> Iterator[bytes]:
    decoder, line, data = getincrementaldecoder(encoding)(), 1, b"\n"
    while data:
        data = stream.read(STEP_BYTES)
        try:
            text = decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(encoding, "replace")
            raise InputError(
                Code.INVALID_ENCODING,
                f"it starts as UTF-16 text, and here it is none: {error.reason}",
                Location(name, line + before.count("\n")),
                "was it copied or downloaded whole?",
            ) from None
        line += text.count("\n")
        yield text.encode()
