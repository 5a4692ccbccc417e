"""NumPy's `.npz`: a ZIP archive of `.npy` arrays, compressed or not."""

import io
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO

from xent.batch import Block
from xent.errors import Code, InputError, Location
from xent.inputs.array_names import array_names
from xent.inputs.npy import array_blocks
from xent.inputs.source import Source


def read(source: Source) -> dict[str, Iterator[Block]]:
    """Read the arrays `logits` and `targets`, or the only array there is."""
    reopen = _seekable(source)
    try:
        with reopen() as file, zipfile.ZipFile(file) as archive:
            entries = archive.namelist()
    except Exception as error:  # noqa: BLE001  zipfile raises whatever an archive's fields lead to
        raise _damaged(source.name, error) from None
    arrays = [entry.removesuffix(".npy") for entry in entries if entry.endswith(".npy")]
    if not arrays:
        raise _no_arrays(source.name, entries)
    names = {"": arrays[0]} if len(arrays) == 1 else array_names(arrays, Location(source.name))
    return {role: _blocks(source.name, reopen, name) for role, name in names.items()}


def _seekable(source: Source) -> Callable[[], BinaryIO]:
    """How to open `source` as often as needed: an archive's table of contents is at its end."""
    if source.size is not None:
        return source.open
    with source.open() as stream:
        data = stream.read()
    return lambda: io.BytesIO(data)


def _blocks(source: str, reopen: Callable[[], BinaryIO], name: str) -> Iterator[Block]:
    try:
        with reopen() as file, zipfile.ZipFile(file) as archive:
            entry = archive.getinfo(f"{name}.npy")
            opened = partial(archive.open, entry)
            yield from array_blocks(f"{source}:{name}", opened, entry.file_size)
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001  as above
        raise _damaged(source, error) from None


def _damaged(source: str, error: Exception) -> InputError:
    return InputError(
        Code.INVALID_ARRAY,
        f"the archive {source} cannot be read: {error}",
        hint="was it copied or downloaded whole?",
    )


def _no_arrays(source: str, entries: list[str]) -> InputError:
    if any(entry.endswith("data.pkl") for entry in entries):
        return InputError(
            Code.UNKNOWN_FORMAT,
            f"{source} is a PyTorch checkpoint, which is a pickle",
            hint="a pickle can run any code, so it is never opened; where you trust it, convert "
            f"it once: python -c \"import numpy, torch; numpy.save('out.npy', "
            f"torch.load('{source}').float().numpy())\"",
        )
    return InputError(
        Code.UNKNOWN_FORMAT, f"{source} is a ZIP archive without arrays (.npy) inside"
    )
