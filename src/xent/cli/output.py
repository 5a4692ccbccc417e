"""Results go out whole or not at all."""

import errno
import os
import shutil
import stat
import sys
import tempfile
from codecs import getreader
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from io import StringIO, TextIOWrapper
from pathlib import Path
from typing import IO

from xent.cli.usage import bad_usage
from xent.errors import Code, Diagnostic, InputError
from xent.formats import Format, by_suffix, suffixes
from xent.render.ascii import ascii_text
from xent.render.inert import InertText

# Beyond this a result waits on disk for its end.
_IN_MEMORY = 1 << 24


def format_for(
    path: Path | None, formats: Mapping[str, Format], chosen: StrEnum | None, default: str
) -> str:
    """Return the format asked for, or that of the file's suffix, or the default.

    Raises:
        InputError: The suffix belongs to no format, and no format was asked for.
    """
    if chosen:
        return chosen.value
    if path is None or not path.suffix or _is_device(path):
        return default
    named = by_suffix(formats, str(path))
    if named is None:
        known = ", ".join(suffixes(formats))
        raise bad_usage(
            f"-o {path}: {path.suffix} is not a format of this command",
            f"use --format, or one of the suffixes {known}",
        )
    return named


def contradictions(
    path: Path | None, formats: Mapping[str, Format], chosen: StrEnum | None
) -> list[Diagnostic]:
    """Return a note if the format asked for is not the one that the file's suffix promises."""
    named = by_suffix(formats, str(path)) if path else None
    # Every format is text, which is all that .txt promises.
    if path is None or chosen is None or named in (None, chosen.value) or path.suffix == ".txt":
        return []
    message = f"{path} is written as {chosen.value}, although {path.suffix} means {named}"
    return [Diagnostic(Code.SUFFIX_CONTRADICTED, message)]


@contextmanager
def whole_file(path: Path | None) -> Iterator[IO[bytes]]:
    """Collect a result, and write it to `path` or standard output once it is whole.

    An error on the way leaves nothing half-written: standard output stays untouched, and a file
    is replaced in one step.

    Yields:
        A file that takes the result.

    Raises:
        InputError: The result cannot be written.
        BrokenPipeError: Nobody reads standard output any more.
    """
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as whole:
        yield whole
        whole.seek(0)
        try:
            if path is None:
                _to_stdout(whole)
            else:
                _to_file(whole, path)
        except BrokenPipeError:
            raise
        except OSError as error:
            name = "standard output" if path is None else str(path)
            raise InputError(Code.UNWRITABLE, f"cannot write to {name}: {error.strerror}") from None


@contextmanager
def whole_result(
    path: Path | None, *, unicode: bool = True, commands: bool = False
) -> Iterator[Callable[[str], object]]:
    """Collect the pieces of a text, and write it as `whole_file` does.

    Where the screen has no Unicode, what is beyond ASCII is spelled out. The text is UTF-8: bytes
    of a file's name that are not are written as escapes.

    Args:
        path: The file; None for standard output.
        unicode: Whether it takes more than ASCII.
        commands: Whether lines are meant as commands to the runner of a workflow.

    Yields:
        A function that takes a piece.
    """
    with whole_file(path) as file:
        text = TextIOWrapper(file, encoding="utf-8", errors="backslashreplace", newline="")
        write = text.write if commands else InertText(text.write).write
        yield write if unicode else lambda piece: write(ascii_text(piece))
        text.detach()  # which flushes it, and leaves the file open


def publish(
    pieces: Iterable[str], path: Path | None, *, unicode: bool = True, commands: bool = False
) -> None:
    """Write a result to `path`, or to standard output, as `whole_result` does."""
    with whole_result(path, unicode=unicode, commands=commands) as write:
        for piece in pieces:
            write(piece)


class ClosedOutput(StringIO):
    """Stands for a standard output that was closed when the program began."""

    def write(self, _: str) -> int:
        """Refuse whatever is written.

        Raises:
            InputError: Always.
        """
        raise InputError(Code.UNWRITABLE, "standard output is closed")


def _to_stdout(whole: IO[bytes]) -> None:
    if sys.stdout is None or sys.stdout.closed or isinstance(sys.stdout, ClosedOutput):
        raise InputError(Code.UNWRITABLE, "standard output is closed")
    sys.stdout.flush()
    if hasattr(sys.stdout, "buffer"):
        shutil.copyfileobj(whole, sys.stdout.buffer)
    else:  # redirected in Python, to something that takes text alone
        shutil.copyfileobj(getreader("utf-8")(whole, "replace"), sys.stdout)
    sys.stdout.flush()


def _to_file(whole: IO[bytes], path: Path) -> None:
    if _is_device(path):  # it is written to, not replaced
        with path.open("wb") as file:
            shutil.copyfileobj(whole, file)
        return
    target = Path(os.path.realpath(path))  # a link stays a link
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123  a descriptor
            shutil.copyfileobj(whole, file)
        Path(name).chmod(_mode(target))
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _is_device(path: Path) -> bool:
    """Tell whether a path is a device or a named pipe."""
    return path.exists() and not path.is_file()


def _mode(target: Path) -> int:
    """Return the permissions that `target` has, or that a new file gets."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
