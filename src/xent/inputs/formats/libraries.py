"""Optional libraries that read a format: they may be missing, and fail on damaged files."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from xent.errors import Code, InputError


def require(module: str, extra: str, purpose: str) -> Any:  # noqa: ANN401  a module
    """Import the module that a format needs.

    Args:
        module: Its name.
        extra: The extra of this program's package that installs it.
        purpose: What it is needed for, such as "read x.parquet".

    Raises:
        InputError: The module is not installed.
    """
    try:
        return import_module(module)
    except ImportError:
        needed = module.partition(".")[0]
        raise InputError(
            Code.MISSING_LIBRARY,
            f"to {purpose} takes {needed}, which is not installed",
            hint=f"pip install 'xent-cli[{extra}]'",
        ) from None


@contextmanager
def reading_errors(file: str) -> Iterator[None]:
    """Raise every exception of a library as an input error: a damaged file leads to any of them.

    Args:
        file: The name of the file, for the message.

    Raises:
        InputError: The library failed.
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
