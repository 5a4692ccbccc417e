"""NumPy's `.npy`: a header, then the numbers, read block by block from a file or a pipe.

The numbers are read, not mapped into memory: reading is as fast, works from a pipe, and a file
that is cut short meanwhile gives an error where a map would kill the process.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from math import prod
from typing import IO

import numpy as np
from numpy.typing import NDArray

from xent.batch import REAL_KINDS, ArrayOrigin, Block
from xent.errors import Code, InputError
from xent.inputs.array import MOST_AXES, Array
from xent.inputs.source import Source

# Read at a time.
_BLOCK_BYTES = 1 << 20


def read(source: Source) -> dict[str, Array]:
    """Read one array."""
    return {"": array_in(source.name, source.head, source.open, source.size)}


def array_in(
    name: str,
    head: bytes,
    open_stream: Callable[[], AbstractContextManager[IO[bytes]]],
    size: int | None = None,
) -> Array:
    """The array that a stream holds, some rows at a time.

    Args:
        name: What messages call the array.
        head: The stream's first bytes, with the whole header.
        open_stream: Opens the stream at the first byte of the magic string.
        size: How many bytes there are, where that is known: then a header that promises more
            is found out before anything is read.

    Raises:
        InputError: The header is damaged or lies, or the numbers are none.
    """
    start = io.BytesIO(head)
    header = _Header.of(name, start)
    header.check()
    if size is not None and start.tell() + header.size > size:
        raise header.truncated(size - start.tell())

    def blocks(leading: int) -> Iterator[Block]:
        with open_stream() as stream:
            stream.read(start.tell())
            yield from header.blocks(stream, leading)
            if stream.read(1):
                raise InputError(
                    Code.INVALID_ARRAY,
                    f"{name} goes on after its array of shape {header.shape}",
                    hint="one file holds one array; two of them belong in an .npz",
                )

    return Array(name, header.shape or (1,), blocks)


@dataclass(frozen=True, slots=True)
class _Header:
    """What a file says of its array."""

    name: str
    shape: tuple[int, ...]
    by_columns: bool
    dtype: np.dtype[np.generic]

    @classmethod
    def of(cls, name: str, stream: IO[bytes]) -> "_Header":
        try:
            if np.lib.format.read_magic(stream) == (1, 0):
                header = np.lib.format.read_array_header_1_0(stream)
            else:
                header = np.lib.format.read_array_header_2_0(stream)
        except Exception as error:  # noqa: BLE001  it is Python source: anything can go wrong
            raise InputError(
                Code.INVALID_ARRAY,
                f"the .npy header of {name} is damaged",
                hint=str(error).splitlines()[0] if str(error) else None,
            ) from None
        return cls(name, *header)

    @property
    def size(self) -> int:
        """The bytes of all numbers."""
        return prod(self.shape) * self.dtype.itemsize

    def check(self) -> None:
        """Refuse what cannot be logits or targets."""
        if self.dtype.hasobject:
            raise InputError(
                Code.UNSUPPORTED_DTYPE,
                f"{self.name} holds Python objects, not numbers",
                hint="objects are pickled, and a pickle can run any code, so it is never opened; "
                "save it as numbers: numpy.save(name, array.astype(float))",
            )
        if self.dtype.kind not in REAL_KINDS or self.dtype.itemsize > 8:
            raise InputError(
                Code.UNSUPPORTED_DTYPE,
                f"{self.name} holds {self.dtype.name}, not integers or floats of up to 64 bits",
                hint="convert it: numpy.save(name, array.astype(numpy.float64))",
            )
        if (
            len(self.shape) > MOST_AXES
            or any(length < 0 for length in self.shape)
            or 0 in self.shape[1:]
        ):
            raise InputError(Code.WRONG_SHAPE, f"{self.name} has shape {self.shape}")

    def blocks(self, stream: IO[bytes], leading: int) -> Iterator[Block]:
        """The array in pieces, with so many of its axes taken as one."""
        shape = self.shape or (1,)
        rows, row_shape = prod(shape[:leading]), shape[leading:]
        if self.by_columns and len(shape) > 1:
            # The first row ends only in the last column, so it takes all of them.
            whole = self._numbers(stream, shape[::-1], 0).T
            yield Block(whole.reshape(rows, *row_shape), ArrayOrigin(self.name))
            return
        row_size = prod(row_shape) * self.dtype.itemsize
        step = max(1, _BLOCK_BYTES // row_size)
        for row in range(0, rows, step):
            part = (min(step, rows - row), *row_shape)
            values = self._numbers(stream, part, row * row_size)
            yield Block(values, ArrayOrigin(self.name), row)

    def _numbers(
        self, stream: IO[bytes], part: tuple[int, ...], before: int
    ) -> NDArray[np.generic]:
        """The next numbers, as an array of shape `part`; `before` bytes have been read."""
        wanted = prod(part) * self.dtype.itemsize
        data = bytearray()
        # Never more at once than is there: what a header promises need not be true.
        while piece := stream.read(min(wanted - len(data), _BLOCK_BYTES)):
            data += piece
        if len(data) < wanted:
            raise self.truncated(before + len(data))
        return np.frombuffer(data, self.dtype).reshape(part)

    def truncated(self, there: int) -> InputError:
        return InputError(
            Code.TRUNCATED_ARRAY,
            f"{self.name} ends too early: its header promises {self.size} bytes, "
            f"shape {self.shape} of {self.dtype.name}, and {there} are there",
            hint="was it copied or downloaded whole?",
        )
