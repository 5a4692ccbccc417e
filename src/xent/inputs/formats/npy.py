"""NumPy's `.npy`: a header, then the numbers."""

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import IO, Any

import numpy as np

from xent.errors import Code, Diagnostic, InputError
from xent.inputs.batch import Block
from xent.inputs.formats.array import Array
from xent.inputs.formats.stored import Stored
from xent.inputs.sources.source import Source


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
    stored = _header(name, start)
    stored.check()
    if size is not None and start.tell() + stored.size > size:
        raise stored.truncated(size - start.tell())

    def blocks(leading: int) -> Iterator[Block]:
        with open_stream() as stream:
            stream.read(start.tell())
            yield from stored.blocks(stream, leading)
            if stream.read(1):
                raise InputError(
                    Code.INVALID_ARRAY,
                    f"{name} goes on after its array of shape {stored.shape}",
                    hint="one file holds one array; two of them belong in an .npz",
                )

    return Array(name, stored.shape or (1,), blocks, notes=_notes(stored))


def _header(name: str, stream: IO[bytes]) -> Stored:
    try:
        if np.lib.format.read_magic(stream) == (1, 0):
            shape, by_columns, dtype = np.lib.format.read_array_header_1_0(stream)
        else:
            shape, by_columns, dtype = np.lib.format.read_array_header_2_0(stream)
    except Exception:  # noqa: BLE001  it is Python source: anything can go wrong
        raise InputError(
            Code.INVALID_ARRAY,
            f"the .npy header of {name} is damaged",
            hint="was it cut short, or changed, after numpy.save wrote it?",
        ) from None
    if _is_two_bytes(dtype):
        return Stored(name, shape, np.dtype("<u2"), by_columns, bfloat16=True)
    return Stored(name, shape, dtype, by_columns)


def _is_two_bytes(dtype: np.dtype[Any]) -> bool:
    """Whether it says that an element has two bytes and nothing else, as ml_dtypes does."""
    return dtype.kind == "V" and dtype.itemsize == 2 and not dtype.names and not dtype.subdtype


def _notes(stored: Stored) -> tuple[Diagnostic, ...]:
    if not stored.bfloat16:
        return ()
    note = f"{stored.name} has the dtype V2, as which bfloat16 is saved: taken as bfloat16"
    return (Diagnostic(Code.BFLOAT16_ASSUMED, note),)
