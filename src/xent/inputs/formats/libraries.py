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
        InputError: The module is not installed, or cannot be loaded.
    """
    needed = module.partition(".")[0]
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name not in (needed, module):
            raise _not_loaded(needed, purpose, error) from None
        raise InputError(
            Code.MISSING_LIBRARY,
            f"to {purpose} takes {needed}, which is not installed",
            hint=f"pip install 'xent-cli[{extra}]'",
        ) from None
    except Exception as error:  # noqa: BLE001  code of a library runs
        raise _not_loaded(needed, purpose, error) from None


def _not_loaded(needed: str, purpose: str, error: Exception) -> InputError:
    return InputError(
        Code.MISSING_LIBRARY,
        f"to {purpose} takes {needed}, which is installed and cannot be loaded: "
        f"{first_line(error)}",
        hint=f"see what python -c 'import {needed}' prints; a limit of memory may be too low",
    )


def first_line(error: BaseException) -> str:
    """Return the first line of what an exception says, or the name of its class."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


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
        raise InputError(
            Code.INVALID_ARRAY,
            f"{file} cannot be read: {first_line(error)}",
            hint="the file may be truncated: copy or download it again",
        ) from None
