"""Where bytes come from: a file, standard input, a named pipe, or the command line itself."""

import errno
import io
import os
import stat
import sys
from codecs import BOM_UTF8
from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO

from xent.errors import Code, InputError
from xent.inputs.inline import (
    is_inline,
    is_json,
    is_printed,
    may_be_decimal_commas,
    rows_of_one_line,
    unshielded,
)
from xent.inputs.read_options import DETECT, ReadOptions
from xent.inputs.sources.compressed import Compression, compression_of
from xent.inputs.sources.streams import bounded, replayed, utf16_as_utf8, utf16_encoding

# Enough to tell one format from another.
HEAD_BYTES = 1 << 16
_STDIN = "<stdin>"
# Held at once at most of what is compressed, or comes from a pipe: neither tells its length
# beforehand, and must not fill the memory.
MOST_UNPACKED_BYTES = 1 << 28

_INLINE_EXAMPLE = "inline numbers look like '1,0,0; 0,1,0' or '[[1,0,0],[0,1,0]]'"


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Whole lines of a text file, which are read without the others.

    Attributes:
        path: The file.
        start: The first byte.
        stop: The byte behind the last.
        first_line: The number of the first line, from 1.
        options: How the file is read. Its format is known, and the dialect of its text.
    """

    path: str
    start: int
    stop: int
    first_line: int
    options: ReadOptions = DETECT

    @property
    def size(self) -> int:
        """Return the number of bytes."""
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Source:
    """Bytes to read from their beginning, and how to read them.

    Attributes:
        name: Its name in messages.
        head: The first bytes, up to `HEAD_BYTES` of them; none of a byte range.
        open: Opens it at its beginning. A pipe can be opened only once.
        size: Its length in bytes, where that is known beforehand.
        inline: Whether it is the argument itself.
        compression: The compression of the file, where the other attributes describe its contents.
        recoded: Whether it is UTF-16 text, read as UTF-8.
        roles: The arrays that will be asked for: "logits", "targets".
        options: How the user says that it is to be read.
        first_line: The number of its first line.
    """

    name: str
    head: bytes
    open: Callable[[], BinaryIO]
    size: int | None = None
    inline: bool = False
    compression: Compression | None = None
    recoded: bool = False
    roles: tuple[str, ...] = ()
    options: ReadOptions = DETECT
    first_line: int = 1

    @property
    def position(self) -> int:
        """Return how many bytes of the file have been read."""
        return self.open.position if isinstance(self.open, _File) else 0

    @classmethod
    def of(cls, argument: str | ByteRange, role: str, options: ReadOptions = DETECT) -> "Source":
        """Find the meaning of an argument: `-`, a path, or inline numbers.

        Args:
            argument: What the user typed, or a range of a file that the user named. An existing
                path wins over inline numbers.
            role: "logits" or "targets", the name of inline numbers.
            options: How it is to be read. Those of a byte range are its own, and the options of
                tables and of files do not apply to inline numbers.

        Raises:
            InputError: It is not a readable file, or is empty.
        """
        if isinstance(argument, ByteRange):
            return cls._range(argument)
        argument = unshielded(argument)
        if argument == "-":
            source = cls._stdin()
        elif not _exists(argument) and is_inline(argument):
            source = cls._inline(argument, role)
            options = replace(options, input_format=None, header=None, index_columns=(), keys=None)
        else:
            source = cls._path(argument)
        source = source._decompressed()._recoded()  # noqa: SLF001  another of its own
        if not source.head.removeprefix(BOM_UTF8).strip():
            blank = f"the first {HEAD_BYTES >> 10} KiB of {source.name} are blank"
            raise InputError(
                Code.EMPTY_INPUT,
                blank if len(source.head) >= HEAD_BYTES else f"{source.name} is empty",
                hint="expected states, one per line"
                if role == "states"
                else f"expected {role}: one row of numbers per line",
            )
        if options.input_format is None and not source.inline:
            source = source._with_a_line_per_row()  # noqa: SLF001  as above
        return replace(source, options=options)

    @property
    def sought(self) -> dict[str, str | None]:
        """Return the arrays that will be asked for, each with the name that the user gives it."""
        return {role: self.options.key(role) for role in self.roles}

    def whole(self, instead: str = "write one row per line, as JSON Lines") -> bytes:
        """Return all bytes, for a format that is not read in blocks.

        Args:
            instead: What to do where there are too many of them.

        Raises:
            InputError: The length is not known beforehand, and exceeds `MOST_UNPACKED_BYTES`; or
                the file changed.
        """
        # A file of the system, such as one in /proc, reports a size of 0.
        with self.open() as stream:
            data = stream.read((self.size or MOST_UNPACKED_BYTES) + 1)
        self.require_size(len(data))
        if self.size or len(data) <= MOST_UNPACKED_BYTES:
            return data
        if self.compression is not None:
            raise self.compression.too_large(self.name, MOST_UNPACKED_BYTES)
        raise InputError(
            Code.OUT_OF_MEMORY,
            f"{self.name} has more than {MOST_UNPACKED_BYTES >> 20} MiB, which cannot be read in "
            "pieces from a pipe",
            hint=instead,
        )

    def require_size(self, read: int) -> None:
        """Refuse text that changed while it was read: its last line may be incomplete.

        Args:
            read: How many bytes were read. A file of the system that reports a size of 0 may have
                more.

        Raises:
            InputError: It had more or fewer before.
        """
        if self.size and read != self.size:
            raise InputError(
                Code.UNREADABLE,
                f"{self.name} had {self.size} bytes when it was opened, but {read} were read",
                hint="it may still be being written",
            )

    def seekable(self) -> Callable[[], BinaryIO]:
        """Return a function that opens it as often as needed, to be read in any order."""
        if self.size:
            return self.open
        data = self.whole("save it to a file, and name the file")
        return lambda: io.BytesIO(data)

    @classmethod
    def _stdin(cls) -> "Source":
        if sys.stdin is None:
            raise InputError(Code.UNREADABLE, "standard input is closed")
        return cls._pipe(_STDIN, sys.stdin.buffer)

    @classmethod
    def _inline(cls, argument: str, role: str) -> "Source":
        # Rows are separated by `;` inline and by line ends in files; JSON needs neither.
        is_list = is_json(argument) or is_printed(argument)
        text = argument.strip() if is_list else argument.strip().replace(";", "\n")
        data = text.encode("utf-8", "surrogateescape")
        return cls(f"<{role}>", data[:HEAD_BYTES], lambda: io.BytesIO(data), len(data), inline=True)

    @classmethod
    def _path(cls, path: str) -> "Source":
        try:
            status = os.stat(path)  # noqa: PTH116  a Path would drop a trailing slash
            stream = None if stat.S_ISDIR(status.st_mode) else Path(path).open("rb")  # noqa: SIM115
        except (OSError, ValueError) as error:
            raise _unreadable(path, error) from None
        if stream is None:
            raise InputError(Code.NOT_A_FILE, f"{path} is a directory", hint="name a file in it")
        if not stat.S_ISREG(status.st_mode):
            return cls._pipe(path, stream)
        with stream:
            head = _read(path, stream)
        return cls(path, head, _File(path, status.st_size), status.st_size)

    @classmethod
    def _range(cls, part: ByteRange) -> "Source":
        def opened() -> BinaryIO:
            stream = Path(part.path).open("rb")  # noqa: SIM115  whoever asks for it closes it
            stream.seek(part.start)
            return bounded(stream, part.size)

        return cls(
            part.path,
            b"",
            opened,
            part.size,
            options=part.options,
            first_line=part.first_line,
        )

    @classmethod
    def _pipe(cls, name: str, stream: BinaryIO) -> "Source":
        head = _read(name, stream)
        return cls(name, head, lambda: replayed(head, stream))

    def _decompressed(self) -> "Source":
        """Return the contents, where this is compressed."""
        compression = compression_of(self.head)
        if compression is None or self.inline:
            return self

        inside = self._through(lambda: compression.decompressed(self.name, self.open()))
        if again := compression_of(inside.head):
            raise again.twice(self.name)
        return replace(inside, compression=compression)

    def _recoded(self) -> "Source":
        """Return the same text in UTF-8, where this is in UTF-16."""
        encoding = utf16_encoding(self.head)
        if encoding is None or self.inline:
            return self
        inside = self._through(lambda: utf16_as_utf8(self.name, encoding, self.open()))
        return replace(inside, compression=self.compression, recoded=True)

    def _with_a_line_per_row(self) -> "Source":
        """Return the same rows one per line, where one line holds them all, as inline numbers."""
        line = self.head.strip()
        if b";" not in line or b"\n" in line or len(self.head) >= HEAD_BYTES:
            return self
        one = line.decode("utf-8", "replace")
        if self.name == _STDIN and one.count(",") > one.count(";") and may_be_decimal_commas(one):
            raise InputError(
                Code.UNKNOWN_FORMAT,
                f"{one[:40]!r} may be one row with decimal commas, or several rows",
                hint="write rows as 1 0; 0 1, or use --input-format semicolon for decimal commas",
            )
        text = rows_of_one_line(one)
        if text is None:
            return self
        data = text.encode()
        return replace(self, head=data, open=lambda: io.BytesIO(data), size=len(data))

    def _through(self, opened: Callable[[], BinaryIO]) -> "Source":
        """Return the source that `opened` makes of this one."""
        if self.size is None:
            return self._pipe(self.name, opened())
        with opened() as stream:
            return Source(self.name, _read(self.name, stream), opened)


class _File:
    """Opens a file, and can tell how far it has been read."""

    def __init__(self, path: str, size: int) -> None:
        self._path, self._size = path, size
        self._stream: BinaryIO | None = None

    def __call__(self) -> BinaryIO:
        self._stream = Path(self._path).open("rb")  # noqa: SIM115  whoever asks for it closes it
        return self._stream

    @property
    def position(self) -> int:
        if self._stream is None:
            return 0
        return self._size if self._stream.closed else self._stream.tell()


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # too long for a name, or a NUL inside: then it is no path
        return False


def _read(name: str, stream: BinaryIO) -> bytes:
    try:
        return stream.read(HEAD_BYTES)
    except OSError as error:
        raise _unreadable(name, error) from None


def _unreadable(path: str, error: OSError | ValueError) -> InputError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return InputError(Code.FILE_NOT_FOUND, f"there is no file {path}", hint=_similar_name(path))
    if isinstance(error, PermissionError):
        return InputError(
            Code.UNREADABLE, f"no permission to read {path}", hint=f"run chmod +r {path}"
        )
    if isinstance(error, ValueError) or error.errno == errno.ENAMETOOLONG:
        return InputError(
            Code.FILE_NOT_FOUND,
            "this is neither a file nor inline numbers",
            hint=_INLINE_EXAMPLE,
        )
    return InputError(Code.UNREADABLE, f"cannot read {path}: {error.strerror}")


def _similar_name(path: str) -> str | None:
    wanted = Path(path)
    try:
        there = [entry.name for entry in wanted.parent.iterdir()]
    except OSError:
        return f"there is no directory {wanted.parent} either"
    similar = get_close_matches(wanted.name, there, n=1, cutoff=0.75)
    if similar:
        return f"did you mean {wanted.with_name(similar[0])}?"
    return None if wanted.suffix else _INLINE_EXAMPLE
