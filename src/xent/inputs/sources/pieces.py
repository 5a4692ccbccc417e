"""Bytes that are made from those of another stream, piece by piece, as a file to read."""

import io
from collections.abc import Iterator
from typing import BinaryIO

# Read, and made, at a time: memory does not grow with what comes out.
STEP_BYTES = 1 << 16


def pieces_as_file(pieces: Iterator[bytes], origin: BinaryIO) -> BinaryIO:
    """Pieces as they come, as a file that closes their origin with itself."""
    return io.BufferedReader(_Pieces(pieces, origin), STEP_BYTES)


class _Pieces(io.RawIOBase):
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
        self._origin.close()
        super().close()
