"""The lengths that the footer of a Parquet file states, read without the library.

To ask pyarrow for the metadata of a column aborts the process where they contradict each other.
The footer is in Thrift's compact protocol:
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md, and its fields
are those of https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12
_INTEGERS = (4, 5, 6)
_MAGIC_BYTES = 4


@dataclass(frozen=True, slots=True)
class ColumnChunk:
    """The values of one column in one group of rows.

    Attributes:
        path: The names that lead to the column; the first is that of the table.
        rows: The number of rows.
        values: The number of values, of which a list in a row has any number.
        unpacked: The bytes before compression.
        packed: The bytes in the file.
    """

    path: tuple[str, ...]
    rows: int
    values: int
    unpacked: int
    packed: int


def column_chunks(file: BinaryIO) -> Iterator[ColumnChunk]:
    """Yield what a footer says of all columns, and leave the file at its beginning.

    Raises:
        LookupError: The footer is damaged.
    """
    file.seek(-2 * _MAGIC_BYTES, 2)
    size = int.from_bytes(file.read(4), "little")
    file.seek(-2 * _MAGIC_BYTES - size, 2)
    footer = _Thrift(file.read(size)).struct()
    file.seek(0)
    for group in footer[4]:
        for column in group[1]:
            fields = column[3]
            path = tuple(name.decode() for name in fields[3])
            yield ColumnChunk(path, group[3], fields[5], fields[6], fields[7])


class _Thrift:
    """A reader of values, one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def struct(self) -> dict[int, Any]:
        """Read fields by their numbers."""
        found, number = {}, 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._integer()
            kind = head & 15
            found[number] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind)
        return found

    def _value(self, kind: int) -> Any:  # noqa: ANN401  of any kind
        if kind in _INTEGERS:
            return self._integer()
        if kind in (_BINARY, _DOUBLE):
            return self._bytes(8 if kind == _DOUBLE else self._varint())
        if kind == _STRUCT:
            return self.struct()
        if kind in (_LIST, _SET):
            head = self._byte()
            count = head >> 4 if head >> 4 < 15 else self._varint()
            return [self._value(head & 15) for _ in range(count)]
        if kind == _MAP:
            count = self._varint()
            kinds = self._byte() if count else 0
            return [(self._value(kinds >> 4), self._value(kinds & 15)) for _ in range(count)]
        if kind in (_BYTE, _TRUE, _FALSE):
            return self._byte()
        raise LookupError(f"the footer has a value of kind {kind}")

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _bytes(self, count: int) -> bytes:
        self._at += count
        if self._at > len(self._data):
            raise LookupError("the footer ends too early")
        return self._data[self._at - count : self._at]

    def _varint(self) -> int:
        value = shift = 0
        while (byte := self._byte()) & 128:
            value |= (byte & 127) << shift
            shift += 7
        return value | byte << shift

    def _integer(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
