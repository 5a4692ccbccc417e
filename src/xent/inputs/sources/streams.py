"""Streams of bytes that are made from other streams as they are read."""

import io
import sys
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Iterator
from typing import BinaryIO

from xent.errors import Code, InputError, Location

# Read, and made, at a time: memory does not grow with the size of the result.
STEP_BYTES = 1 << 16
_BUFFER_BYTES = 1 << 17
_UTF16 = {BOM_UTF16_LE: "utf-16-le", BOM_UTF16_BE: "utf-16-be"}


def pieces_as_file(pieces: Iterator[bytes], origin: BinaryIO) -> BinaryIO:
    """Return a file that reads the pieces, and closes the stream that they are made from."""
    return io.BufferedReader(_PieceReader(pieces, origin), STEP_BYTES)


def replayed(head: bytes, rest: BinaryIO) -> BinaryIO:
    """Return a file that reads again the first bytes of a pipe, then the rest of the pipe."""

    def pieces() -> Iterator[bytes]:
        yield head
        while piece := rest.read(_BUFFER_BYTES):
            yield piece

    return io.BufferedReader(_PieceReader(pieces(), rest), _BUFFER_BYTES)


def bounded(stream: BinaryIO, size: int) -> BinaryIO:
    """Return a file that reads the next `size` bytes of a stream."""

    def pieces() -> Iterator[bytes]:
        left = size
        while left and (piece := stream.read(min(left, _BUFFER_BYTES))):
            left -= len(piece)
            yield piece

    return io.BufferedReader(_PieceReader(pieces(), stream), _BUFFER_BYTES)


def utf16_encoding(head: bytes) -> str | None:
    """Return the encoding of text that starts with a byte order mark of UTF-16, or None."""
    return _UTF16.get(head[:2])


def utf16_as_utf8(name: str, encoding: str, stream: BinaryIO) -> BinaryIO:
    """Return a file that reads UTF-16 text, as PowerShell's > writes it, as UTF-8.

    The byte order mark is kept.

    Args:
        name: The source, for messages.
        encoding: One of UTF-16's, as `utf16_encoding` returns it.
        stream: The text from its beginning; closed with the result.

    Raises:
        InputError: The text is not UTF-16; raised while it is read.
    """
    return pieces_as_file(_recoded(name, encoding, stream), stream)


def _recoded(name: str, encoding: str, stream: BinaryIO) -> Iterator[bytes]:
    decoder, line, data = getincrementaldecoder(encoding)(), 1, b"\n"
    while data:
        data = stream.read(STEP_BYTES)
        try:
            text = decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(encoding, "replace")
            raise InputError(
                Code.INVALID_ENCODING,
                f"it begins as UTF-16 text, but is not valid here: {error.reason}",
                Location(name, line + before.count("\n")),
                "the file may be truncated: copy or download it again",
            ) from None
        line += text.count("\n")
        yield text.encode()


class _PieceReader(io.RawIOBase):
    def __init__(self, pieces: Iterator[bytes], origin: BinaryIO) -> None:
        self._pieces, self._origin = pieces, origin
        self._piece = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed: a Buffer
        while not self._piece:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._piece = piece
        part = self._piece[: len(buffer)]
        self._piece = self._piece[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        if self._origin is not getattr(sys.stdin, "buffer", None):
            self._origin.close()
        super().close()
