"""NumPy's `.npy`, a header and then numbers, and `.npz`, a ZIP archive of `.npy` files."""

import io
import weakref
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import IO, Any

import numpy as np

from xent.errors import Code, Diagnostic, InputError
from xent.inputs.batch import Block
from xent.inputs.formats.array import Array
from xent.inputs.formats.array_names import lone_or_known
from xent.inputs.formats.libraries import reading_errors
from xent.inputs.formats.sniff import pickle_error
from xent.inputs.formats.stored import Stored
from xent.inputs.sources.source import HEAD_BYTES, Source


def read(source: Source) -> dict[str, Array]:
    """Read the array of an `.npy` file."""
    return {"": _array(source.name, source.head, source.open, source.size, source.size)}


def read_npz(source: Source) -> dict[str, Array]:
    """Read the arrays that are asked for in an `.npz` archive, or its only one."""
    archive = _Archive(source)
    arrays = [entry.removesuffix(".npy") for entry in archive.entries if entry.endswith(".npy")]
    if not arrays:
        raise _no_arrays(source, archive.entries)
    for name, count in Counter(arrays).items():
        if count > 1:
            raise InputError(
                Code.INVALID_ARRAY,
                f'the archive {source.name} holds {count} arrays called "{name}"',
                hint="give each array a name of its own",
            )
    roles = lone_or_known(arrays, source, archive.shape)
    return roles.applied({role: archive.array(name) for role, name in roles.names.items()})


def _array(
    name: str,
    head: bytes,
    open_stream: Callable[[], AbstractContextManager[IO[bytes]]],
    size: int | None,
    packed: int | None,
) -> Array:
    """Return the array that a stream holds, to be read some rows at a time.

    Args:
        name: Its name in messages.
        head: The first bytes of the stream, with the whole header.
        open_stream: Opens the stream at the first byte of the magic string.
        size: The length of the stream in bytes, where that is known: then a header that promises
            more is refused before anything is read.
        packed: The bytes of the file that hold the stream, where they are known.

    Raises:
        InputError: The header is damaged or lies, or the elements are not numbers.
    """
    start = io.BytesIO(head)
    stored = _header(name, start)
    stored.check()
    if size is not None and start.tell() + stored.size > size:
        raise stored.truncated(size - start.tell())
    stored.require_room(packed)

    def blocks(leading: int) -> Iterator[Block]:
        with open_stream() as stream:
            stream.read(start.tell())
            yield from stored.blocks(stream, leading)
            if stream.read(1):
                raise InputError(
                    Code.INVALID_ARRAY,
                    f"{name} continues after its array of shape {stored.shape}",
                    hint="save several arrays in an .npz",
                )

    return Array(name, stored.shape or (1,), blocks, notes=_notes(stored))


class _Archive:
    """A ZIP archive of arrays, whose directory is read once.

    Attributes:
        entries: The names of its entries.
    """

    def __init__(self, source: Source) -> None:
        self._name, file = source.name, source.seekable()()
        # Its arrays are read as long as it is there.
        weakref.finalize(self, file.close)
        with reading_errors(f"the archive {self._name}"):
            self._archive = zipfile.ZipFile(file)
        self.entries = self._archive.namelist()

    def shape(self, name: str) -> tuple[int, ...] | None:
        """Return the shape of an array; None if it is not one of numbers."""
        try:
            return self.array(name).shape
        except InputError:
            return None

    def array(self, name: str) -> Array:
        """Return the array of a name.

        Raises:
            InputError: It is damaged, or does not hold numbers.
        """
        entry = self._archive.getinfo(f"{name}.npy")
        title = f"{self._name}:{name}"
        with reading_errors(f"the archive {self._name}"):
            with self._archive.open(entry) as stream:
                head = stream.read(HEAD_BYTES)
            array = _array(
                title,
                head,
                lambda: self._archive.open(entry),
                entry.file_size,
                entry.compress_size,
            )

        def blocks(leading: int) -> Iterator[Block]:
            with reading_errors(f"the archive {self._name}"):
                yield from array.read(leading)

        return replace(array, read=blocks)


def _no_arrays(source: Source, entries: list[str]) -> InputError:
    if any(entry.endswith("data.pkl") for entry in entries):
        return pickle_error(source)
    hint = f"unpack it first: it contains {entries[0]} inside" if entries else None
    if any(entry.startswith("xl/") for entry in entries):
        hint = "this is an Excel workbook: save the sheet as CSV"
    message = f"{source.name} is a ZIP archive without arrays (.npy) inside"
    return InputError(Code.UNKNOWN_FORMAT, message, hint=hint)


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
            hint="the file may be truncated, or was changed after numpy.save",
        ) from None
    if _is_two_bytes(dtype):
        return Stored(name, shape, np.dtype("<u2"), by_columns, bfloat16=True)
    return Stored(name, shape, dtype, by_columns)


def _is_two_bytes(dtype: np.dtype[Any]) -> bool:
    """Return whether a dtype is two bytes without a meaning, as ml_dtypes saves bfloat16."""
    return dtype.kind == "V" and dtype.itemsize == 2 and not dtype.names and not dtype.subdtype


def _notes(stored: Stored) -> tuple[Diagnostic, ...]:
    if not stored.bfloat16:
        return ()
    note = f"{stored.name} has the dtype V2, which is how bfloat16 is saved; it is read as bfloat16"
    return (Diagnostic(Code.BFLOAT16_ASSUMED, note),)
