"""HDF5: data sets in groups, read by h5py, some rows at a time.

Data sets whose numbers are in other files are not read. MATLAB writes the axes of an array in
reverse order (.mat files of version 7.3): they are turned back.
"""

from collections.abc import Callable, Iterator
from math import ceil, prod
from typing import Any, BinaryIO

import numpy as np

from xent.errors import Code, InputError
from xent.inputs.batch import ArrayOrigin, Block
from xent.inputs.formats.array import Array
from xent.inputs.formats.array_names import lone_or_known
from xent.inputs.formats.libraries import reading_errors, require
from xent.inputs.formats.stored import Stored
from xent.inputs.sources.source import Source

# Read at a time.
_BLOCK_BYTES = 1 << 20
# MATLAB names the class of each array that it writes.
_MATLAB_ATTRIBUTE = "MATLAB_class"
# Compressed data sets are decompressed one chunk of HDF5 at a time.
_MOST_CHUNK_BYTES = 1 << 28


def read(source: Source) -> dict[str, Array]:
    """Read the data sets that are asked for, or the only one."""
    h5py = require("h5py", "hdf5", f"read {source.name}")
    reopen = source.seekable()
    names: list[str] = []

    def collect(name: str, entry: Any) -> None:  # noqa: ANN401  a Group or a Dataset
        if isinstance(entry, h5py.Dataset):
            names.append(name)

    with reading_errors(source.name), reopen() as file, h5py.File(file, "r") as archive:
        archive.visititems(collect)

    def shape_of(name: str) -> tuple[int, ...] | None:
        try:
            return _array(source, name, reopen, h5py).shape
        except InputError:
            return None

    roles = lone_or_known(names, source, shape_of)
    return roles.applied(
        {role: _array(source, name, reopen, h5py) for role, name in roles.names.items()}
    )


def _array(source: Source, name: str, reopen: Callable[[], BinaryIO], h5py: Any) -> Array:  # noqa: ANN401  the module
    title = f"{source.name}:{name}"
    with reading_errors(source.name), reopen() as file, h5py.File(file, "r") as archive:
        stored = _checked(title, archive[name])
        is_reversed = _MATLAB_ATTRIBUTE in archive[name].attrs
    shape = (stored.shape[::-1] if is_reversed else stored.shape) or (1,)

    def blocks(leading: int) -> Iterator[Block]:
        with reading_errors(source.name), reopen() as file, h5py.File(file, "r") as archive:
            held = archive[name]
            step = _rows_at_once(held, shape, axis=-1 if is_reversed else 0)
            for row in range(0, shape[0], step):
                some = slice(row, row + step)
                if is_reversed:
                    values = np.asarray(held[..., some]).T
                else:
                    values = np.asarray(held[some] if held.shape else held[()])
                # Of a file that was cut short meanwhile HDF5 returns whatever is in memory.
                source.require_size(file.seek(0, 2))
                block = Block(values.reshape(-1, *shape[1:]), ArrayOrigin(title), row)
                # A chunk is decompressed once, however many blocks it has.
                part = max(1, _BLOCK_BYTES * len(block) // max(1, values.nbytes))
                for start in range(0, len(block), part):
                    yield block.part(start, start + part).with_rows_along(leading)

    return Array(title, shape, blocks)


def _checked(title: str, held: Any) -> Stored:  # noqa: ANN401  a Dataset
    """Return the shape and type of a data set, if all its numbers are in this file."""
    if held.shape is None:
        raise InputError(Code.EMPTY_INPUT, f"{title} is empty")
    if held.is_virtual or held.external:
        raise InputError(
            Code.INVALID_ARRAY,
            f"the data of {title} is in other files",
            hint="copy it into one file with h5repack",
        )
    stored = Stored(title, held.shape, held.dtype)
    stored.check()
    stored.require_room(held.id.get_storage_size())
    if held.chunks is None:
        written, needed, what = held.id.get_storage_size(), stored.size, "bytes"
    else:
        lengths = zip(held.shape, held.chunks, strict=True)
        needed = prod(-(-length // part) for length, part in lengths)
        written, what = held.id.get_num_chunks(), "chunks"
    if written != needed:
        raise InputError(
            Code.TRUNCATED_ARRAY,
            f"of {needed} {what} of {title} {written} were written",
            hint="the file may be truncated: HDF5 reads zeros where nothing was written",
        )
    if held.chunks and prod(held.chunks) * held.dtype.itemsize > _MOST_CHUNK_BYTES:
        raise InputError(
            Code.INVALID_ARRAY,
            f"{title} has chunks of more than {_MOST_CHUNK_BYTES >> 20} MiB",
            hint="rewrite the file with smaller chunks: h5repack",
        )
    return stored


def _rows_at_once(held: Any, shape: tuple[int, ...], axis: int) -> int:  # noqa: ANN401  as above
    """Return about a block of rows in whole chunks, so that each is decompressed once."""
    row_size = max(1, prod(shape[1:]) * int(held.dtype.itemsize))
    chunk = int(held.chunks[axis]) if held.chunks else 1
    most = max(1, _MOST_CHUNK_BYTES // row_size)
    return min(most, chunk * max(1, ceil(_BLOCK_BYTES / row_size / chunk)))
