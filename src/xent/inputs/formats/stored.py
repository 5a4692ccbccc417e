"""Numbers as bytes, one after the other, read block by block from any stream.

The numbers are read, not mapped into memory: reading is as fast, works from a pipe, and a file
that is cut short meanwhile gives an error where a map would kill the process.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from xent.errors import Code, InputError
from xent.inputs.batch import MOST_ROWS, REAL_KINDS, ArrayOrigin, Block
from xent.inputs.formats.array import MOST_AXES
from xent.inputs.formats.unpacked import require_room

# Read at a time: work for a thread that is worth handing over.
_BLOCK_BYTES = 1 << 21
# Of doubles, for each byte of a file: half floats that shrink to a thirtieth.
_RATIO = 128
_CONVERTED = "convert it: numpy.save(name, array.astype(numpy.float64))"
_NUMBERED = "number the names: numpy.save(name, numpy.unique(array, return_inverse=True)[1])"


@dataclass(frozen=True, slots=True)
class Stored:
    """The header of an array whose bytes follow.

    Attributes:
        name: Its name in messages.
        shape: Its lengths; none for a single number.
        dtype: The type of its numbers.
        by_columns: Whether the first axis is the fastest, not the last.
        bfloat16: Whether its numbers are the upper halves of float32, as `dtype` cannot say.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    by_columns: bool = False
    bfloat16: bool = False

    @property
    def size(self) -> int:
        """Return the bytes of all numbers."""
        return prod(self.shape) * self.dtype.itemsize

    def check(self) -> None:
        """Refuse an array that cannot be logits or targets.

        Raises:
            InputError: It does not hold numbers, or has an impossible shape.
        """
        if self.dtype.hasobject:
            raise InputError(
                Code.UNSUPPORTED_DTYPE,
                f"{self.name} holds Python objects, not numbers",
                hint="objects are pickled, and a pickle can run any code, so it is never opened; "
                "save numbers: numpy.save(name, array.astype(float))",
            )
        if self.dtype.kind not in REAL_KINDS or self.dtype.itemsize > 8:
            raise InputError(
                Code.UNSUPPORTED_DTYPE,
                f"{self.name} holds {self.dtype.name}, not integers or floats of up to 64 bits",
                hint=_NUMBERED if self.dtype.kind in "SU" else _CONVERTED,
            )
        if (
            len(self.shape) > MOST_AXES
            or any(length < 0 for length in self.shape)
            or 0 in self.shape[1:]
        ):
            raise InputError(Code.WRONG_SHAPE, f"{self.name} has shape {self.shape}")

    def require_room(self, packed: int | None) -> None:
        """Refuse rows that are too long to be held in memory for a file as small.

        Args:
            packed: The bytes of the file that hold the array; None where that is not known.

        Raises:
            InputError: A row is too long.
        """
        is_whole = self.by_columns and len(self.shape) > 1
        numbers = prod(self.shape) if is_whole else prod(self.shape[1:])
        rows = 1 if is_whole else max(1, prod(self.shape[:1]))
        require_room(
            f"a row of {self.name}" if not is_whole else self.name,
            8 * numbers,
            None if packed is None else packed // rows,
            ratio=_RATIO,
            hint="write the numbers without compression to a file",
        )

    def blocks(self, stream: IO[bytes], leading: int) -> Iterator[Block]:
        """Yield the blocks of the array, its leading axes made one.

        Args:
            stream: The stream at the first byte of the array.
            leading: How many axes count the rows.

        Raises:
            InputError: The stream ends too early.
        """
        shape = self.shape or (1,)
        rows, row_shape = prod(shape[:leading]), shape[leading:]
        if self.by_columns and len(shape) > 1:
            # The first row ends only in the last column, so it takes all of them.
            whole = self._numbers(stream, shape[::-1], 0).T
            yield Block(whole.reshape(rows, *row_shape), ArrayOrigin(self.name))
            return
        row_size = prod(row_shape) * self.dtype.itemsize
        step = min(max(1, _BLOCK_BYTES // row_size), MOST_ROWS)
        for row in range(0, rows, step):
            part = (min(step, rows - row), *row_shape)
            values = self._numbers(stream, part, row * row_size)
            yield Block(values, ArrayOrigin(self.name), row)

    def truncated(self, there: int) -> InputError:
        """Return the error for an array that ends after `there` bytes."""
        return InputError(
            Code.TRUNCATED_ARRAY,
            f"{self.name} ends too early: its header promises {self.size} bytes, "
            f"shape {self.shape} of {'bfloat16' if self.bfloat16 else self.dtype.name}, "
            f"and {there} are there",
            hint="the file may be truncated: copy or download it again",
        )

    def _numbers(
        self, stream: IO[bytes], part: tuple[int, ...], before: int
    ) -> NDArray[np.generic]:
        """Read the next numbers, as an array of shape `part`, after `before` bytes."""
        wanted = prod(part) * self.dtype.itemsize
        # Never allocate more than is there: the header may lie.
        data: bytes | bytearray = stream.read(min(wanted, _BLOCK_BYTES))
        if len(data) < wanted:
            data = bytearray(data)
            while piece := stream.read(min(wanted - len(data), _BLOCK_BYTES)):
                data += piece
        if len(data) < wanted:
            raise self.truncated(before + len(data))
        numbers = np.frombuffer(data, self.dtype).reshape(part)
        return (numbers.astype(np.uint32) << 16).view(np.float32) if self.bfloat16 else numbers
