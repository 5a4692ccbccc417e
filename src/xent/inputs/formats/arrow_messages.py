"""The lengths that the messages of Arrow's files and streams state before their data.

A file is a stream between two marks. Each message is a table of FlatBuffers, then a body, the
bytes of its buffers, each of which begins with its unpacked length where it is compressed. The
layout is that of https://arrow.apache.org/docs/format/Columnar.html#serialization-and-ipc and of
Message.fbs beside it.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

_CONTINUATION = b"\xff\xff\xff\xff"
_FILE_START = b"ARROW1\0\0"
# Kinds of headers.
_DICTIONARY, _RECORDS = 2, 3
# A buffer that is not compressed among others that are.
_AS_IT_IS = -1


def batch_sizes(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """Yield the bytes of each batch, and of each dictionary, in memory and in the file.

    Raises:
        struct.error: The file is damaged.
    """
    if file.read(len(_FILE_START)) != _FILE_START:
        file.seek(0)
    while metadata := _metadata(file):
        message, body = _Table.root(metadata), file.tell()
        size = message.number(3, "q")
        if size < 0:
            raise struct.error("a message has a negative length")
        if message.number(1, "B") in (_DICTIONARY, _RECORDS):
            header = message.table(2)
            records = header.table(1) if message.number(1, "B") == _DICTIONARY else header
            lengths = (_unpacked(file, body, *each, records.has(3)) for each in records.pairs(2))
            yield sum(lengths), size
        file.seek(body + size)


def _metadata(file: BinaryIO) -> bytes:
    """Read the table of the next message; empty where there is no further one."""
    start = file.read(4)
    if start == _CONTINUATION:  # files of old do without
        start = file.read(4)
    return file.read(int.from_bytes(start, "little"))


def _unpacked(file: BinaryIO, body: int, offset: int, size: int, is_compressed: bool) -> int:  # noqa: FBT001
    """Return the bytes of a buffer in memory."""
    if not is_compressed or not size:
        return size
    file.seek(body + offset)
    [length] = struct.unpack("<q", file.read(8))
    return size if length == _AS_IT_IS else int(length)


class _Table:
    """A table of FlatBuffers: fields by number, each with an offset in a table of its own."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self._at = data, at

    @classmethod
    def root(cls, data: bytes) -> "_Table":
        """Return the table that data begin with."""
        return cls(data, *struct.unpack_from("<I", data))

    def has(self, field: int) -> bool:
        """Whether a field is there."""
        return bool(self._place(field))

    def number(self, field: int, kind: str) -> int:
        """Return a field that is an integer of a kind of `struct`; 0 where it is not there."""
        place = self._place(field)
        return int(struct.unpack_from(f"<{kind}", self._data, place)[0]) if place else 0

    def table(self, field: int) -> "_Table":
        """Return a field that is a table."""
        return _Table(self._data, self._pointed(field))

    def pairs(self, field: int) -> Iterator[tuple[int, int]]:
        """Yield a field that is a list of two integers of 64 bits each."""
        at = self._pointed(field)
        [count] = struct.unpack_from("<I", self._data, at)
        for number in range(count):
            first, second = struct.unpack_from("<qq", self._data, at + 4 + 16 * number)
            yield first, second

    def _pointed(self, field: int) -> int:
        place = self._place(field)
        return place + int(struct.unpack_from("<I", self._data, place)[0])

    def _place(self, field: int) -> int:
        """Return where a field is, or 0."""
        fields = self._at - struct.unpack_from("<i", self._data, self._at)[0]
        [size] = struct.unpack_from("<H", self._data, fields)
        slot = 4 + 2 * field
        if slot >= size:
            return 0
        [offset] = struct.unpack_from("<H", self._data, fields + slot)
        return self._at + int(offset) if offset else 0
