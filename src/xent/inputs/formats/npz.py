"""NumPy's `.npz`: a ZIP archive of `.npy` arrays, compressed or not."""

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import IO, BinaryIO

from xent.errors import Code, InputError
from xent.inputs.batch import Block
from xent.inputs.formats.array import Array
from xent.inputs.formats.array_names import lone_or_named
from xent.inputs.formats.damage import damage_named
from xent.inputs.formats.npy import array_in
from xent.inputs.formats.pickled import pickle_refused
from xent.inputs.sources.source import HEAD_BYTES, Source


def read(source: Source) -> dict[str, Array]:
    """Read the arrays that are called for, or the only one there is."""
    reopen = source.seekable()
    with (
        damage_named(f"the archive {source.name}"),
        reopen() as file,
        zipfile.ZipFile(file) as archive,
    ):
        entries = archive.namelist()
    arrays = [entry.removesuffix(".npy") for entry in entries if entry.endswith(".npy")]
    if not arrays:
        raise _no_arrays(source, entries)
    names = lone_or_named(arrays, source)
    return {role: _array(source.name, reopen, name) for role, name in names.items()}


def _array(source: str, reopen: Callable[[], BinaryIO], name: str) -> Array:
    entry = f"{name}.npy"

    @contextmanager
    def opened() -> Iterator[IO[bytes]]:
        with reopen() as file, zipfile.ZipFile(file) as archive, archive.open(entry) as stream:
            yield stream

    def blocks(leading: int) -> Iterator[Block]:
        with damage_named(f"the archive {source}"):
            yield from array.read(leading)

    with damage_named(f"the archive {source}"):
        with reopen() as file, zipfile.ZipFile(file) as archive:
            size = archive.getinfo(entry).file_size
        with opened() as stream:
            array = array_in(f"{source}:{name}", stream.read(HEAD_BYTES), opened, size)
    return replace(array, read=blocks)


def _no_arrays(source: Source, entries: list[str]) -> InputError:
    if any(entry.endswith("data.pkl") for entry in entries):
        return pickle_refused(source)
    hint = f"unpack it first: there is {entries[0]} inside" if entries else None
    if any(entry.startswith("xl/") for entry in entries):
        hint = "it is a workbook of Excel's: save its sheet as CSV"
    message = f"{source.name} is a ZIP archive without arrays (.npy) inside"
    return InputError(Code.UNKNOWN_FORMAT, message, hint=hint)
