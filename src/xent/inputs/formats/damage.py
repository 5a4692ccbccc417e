"""What a library says of a damaged file, as an input error."""

from collections.abc import Iterator
from contextlib import contextmanager

from xent.errors import Code, InputError


@contextmanager
def damage_named(file: str) -> Iterator[None]:
    """Whatever a file's fields lead its reader to becomes an input error.

    Args:
        file: What the message calls it.

    Raises:
        InputError: The reader failed.
    """
    try:
        yield
    except (InputError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001  zipfile, pyarrow and HDF5 raise anything
        why = str(error).strip().splitlines() or [type(error).__name__]
        raise InputError(
            Code.INVALID_ARRAY,
            f"{file} cannot be read: {why[0]}",
            hint="was it copied or downloaded whole?",
        ) from None
