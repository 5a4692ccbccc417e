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
from xent.inputs.inline import is_inline, is_json, unshielded
from xent.inputs.sources.compressed import Compression, compression_of
from xent.inputs.sources.reading import FOUND_OUT, Reading
from xent.inputs.sources.utf16 import as_utf8, utf16_of

# Enough to tell one format from another.
HEAD_BYTES = 1 << 16
# Of what is packed, held at once at most: a small file must not fill the memory.
MOST_UNPACKED_BYTES = 1 << 28
_PIPE_BYTES = 1 << 17

_INLINE_EXAMPLE = "numbers in place look like '1,0,0; 0,1,0' or '[[1,0,0],[0,1,0]]'"


@dataclass(frozen=True, slots=True)
class Passage:
    """Whole lines of a text file, which can be read without the others.

    Attributes:
        path: The file.
        start: The byte at which they begin.
        stop: The byte before which they end.
        first_line: The number of the first of them, from 1.
    """

    path: str
    start: int
    stop: int
    first_line: int


@dataclass(frozen=True, slots=True)
class Source:
    """Something to read from the beginning, and its first bytes.

    Attributes:
        name: How messages call it.
        head: The first bytes, up to `HEAD_BYTES` of them.
        open: Opens it at its beginning. A pipe can be opened only once.
        size: Its length in bytes, where that is known beforehand.
        inline: Whether it is the argument itself.
        compression: How it is packed; its name is that of the file, the rest is about what is in
            there.
        recoded: Whether it is UTF-16 text, read as UTF-8.
        roles: The arrays that will be asked for: "logits", "targets".
        reading: How the user says that it is to be read.
        first_line: The number of its first line, where it is a passage from a file.
        beginning: The file from its beginning, where this is a further passage from it.
    """

    name: str
    head: bytes
    open: Callable[[], BinaryIO]
    size: int | None = None
    inline: bool = False
    compression: Compression | None = None
    recoded: bool = False
    roles: tuple[str, ...] = ()
    reading: Reading = FOUND_OUT
    first_line: int = 1
    beginning: "Source | None" = None

    @property
    def position(self) -> int:
        """How many bytes of it have been read, where it is a file."""
        return self.open.position if isinstance(self.open, _File) else 0

    @classmethod
    def of(cls, argument: str | Passage, role: str) -> "Source":
        """Find what `argument` means: `-`, a path, or numbers in place.

        Args:
            argument: What the user typed, or a passage from a file that the user named. An
                existing path wins over inline numbers.
            role: "logits" or "targets", the name of inline numbers.

        Raises:
            InputError: It is no readable file, or there is nothing in it.
        """
        if isinstance(argument, Passage):
            return cls._passage(argument)
        argument = unshielded(argument)
        if argument == "-":
            source = cls._stdin()
        elif not _exists(argument) and is_inline(argument):
            source = cls._inline(argument, role)
        else:
            source = cls._path(argument)
        source = source._unpacked()._recoded()  # noqa: SLF001  another of its own
        if not source.head.removeprefix(BOM_UTF8).strip():
            blank = f"the first {HEAD_BYTES >> 10} KiB of {source.name} are blank"
            raise InputError(
                Code.EMPTY_INPUT,
                blank if len(source.head) >= HEAD_BYTES else f"{source.name} is empty",
                hint=f"the {role} should be here: a row of numbers on each line",
            )
        return source

    @property
    def sought(self) -> dict[str, str | None]:
        """The arrays that will be asked for, each with the name that the user gives it."""
        return {role: self.reading.key(role) for role in self.roles}

    def whole(self) -> bytes:
        """All of it, for a format that is not read in pieces.

        Raises:
            InputError: It unpacks to more than `MOST_UNPACKED_BYTES`.
        """
        with self.open() as stream:
            if self.compression is None:
                data = stream.read()
                self.require_size(len(data))
                return data
            data = stream.read(MOST_UNPACKED_BYTES + 1)
        if len(data) > MOST_UNPACKED_BYTES:
            raise self.compression.too_large(self.name, MOST_UNPACKED_BYTES)
        return data

    def require_size(self, read: int) -> None:
        """Refuse text that was changed while it was read: its last line need not be whole.

        Args:
            read: How many bytes it had. A file of the system's that says it has none may have some.

        Raises:
            InputError: It had more or fewer before.
        """
        if self.size and read != self.size:
            raise InputError(
                Code.UNREADABLE,
                f"{self.name} had {self.size} bytes when it was opened, and {read} as it was read",
                hint="is it still being written?",
            )

    def seekable(self) -> Callable[[], BinaryIO]:
        """How to open it as often as needed, to be read in any order."""
        if self.size is not None:
            return self.open
        data = self.whole()
        return lambda: io.BytesIO(data)

    @classmethod
    def _stdin(cls) -> "Source":
        if sys.stdin is None:
            raise InputError(Code.UNREADABLE, "standard input is closed")
        return cls._pipe("<stdin>", sys.stdin.buffer)

    @classmethod
    def _inline(cls, argument: str, role: str) -> "Source":
        # Rows are split by `;` in place, by line ends in files; JSON has neither need.
        text = argument.strip() if is_json(argument) else argument.strip().replace(";", "\n")
        data = text.encode("utf-8", "surrogateescape")
        return cls(f"<{role}>", data[:HEAD_BYTES], lambda: io.BytesIO(data), len(data), inline=True)

    @classmethod
    def _path(cls, path: str) -> "Source":
        try:
            status = os.stat(path)  # noqa: PTH116  a Path would drop a trailing slash
            stream = None if stat.S_ISDIR(status.st_mode) else Path(path).open("rb")  # noqa: SIM115  a pipe stays open while it is read
        except (OSError, ValueError) as error:
            raise _unreadable(path, error) from None
        if stream is None:
            raise InputError(
                Code.NOT_A_FILE, f"{path} is a directory", hint="name a file inside it"
            )
        if not stat.S_ISREG(status.st_mode):
            return cls._pipe(path, stream)
        with stream:
            head = _read(path, stream)
        return cls(path, head, _File(path, status.st_size), status.st_size)

    @classmethod
    def _passage(cls, passage: Passage) -> "Source":
        # The format shows at the beginning of the file.
        whole = cls._path(passage.path)
        size = passage.stop - passage.start

        def opened() -> BinaryIO:
            stream = whole.open()
            stream.seek(passage.start)
            return io.BufferedReader(_Bounded(stream, size), _PIPE_BYTES)

        line = passage.first_line
        beginning = None if line == 1 else whole
        return replace(whole, open=opened, size=size, first_line=line, beginning=beginning)

    @classmethod
    def _pipe(cls, name: str, stream: BinaryIO) -> "Source":
        head = _read(name, stream)
        return cls(name, head, lambda: io.BufferedReader(_Replayed(head, stream), _PIPE_BYTES))

    def _unpacked(self) -> "Source":
        """What is inside, where this is compressed."""
        compression = compression_of(self.head)
        if compression is None or self.inline:
            return self

        inside = self._through(lambda: compression.unpacked(self.name, self.open()))
        if again := compression_of(inside.head):
            raise again.twice(self.name)
        return replace(inside, compression=compression)

    def _recoded(self) -> "Source":
        """The same text in UTF-8, where this is in UTF-16."""
        encoding = utf16_of(self.head)
        if encoding is None or self.inline:
            return self
        inside = self._through(lambda: as_utf8(self.name, encoding, self.open()))
        return replace(inside, compression=self.compression, recoded=True)

    def _through(self, opened: Callable[[], BinaryIO]) -> "Source":
        """What `opened` makes of this."""
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


class _Replayed(io.RawIOBase):
    """A pipe whose first bytes, already taken from it, are read again."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed: a Buffer
        piece = self._head[: len(buffer)] or self._rest.read(len(buffer))
        self._head = self._head[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        if self._rest is not getattr(sys.stdin, "buffer", None):
            self._rest.close()
        super().close()


class _Bounded(io.RawIOBase):
    """So many further bytes of a file."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream, self._left = stream, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed: a Buffer
        piece = self._stream.read(min(len(buffer), self._left))
        self._left -= len(piece)
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._stream.close()
        super().close()


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
            Code.UNREADABLE, f"no permission to read {path}", hint=f"try: chmod +r {path}"
        )
    if isinstance(error, ValueError) or error.errno == errno.ENAMETOOLONG:
        return InputError(
            Code.FILE_NOT_FOUND,
            "this is neither a file nor numbers",
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
