"""Files compressed by gzip, bzip2, xz or zstd are decompressed on the fly.

The decompressors are Python's own; their file objects are not used, because those of `bz2` and
`lzma` ignore whatever stands behind the compressed data.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from xent.errors import Code, InputError
from xent.inputs.sources.streams import STEP_BYTES, pieces_as_file

# `xz -9` needs 65 MiB; a file may ask for 4 GiB.
_MOST_XZ_BYTES = 1 << 28


@dataclass(frozen=True, slots=True)
class Compression:
    """A method of compression.

    Attributes:
        name: Its name.
        magic: The first bytes of every compressed file.
        suffix: The suffix that it adds to the name of a file.
        cat: The program that decompresses to standard output.
        start: Makes a decompressor for one stream; those that follow need another.
    """

    name: str
    magic: bytes
    suffix: str
    cat: str
    start: Callable[[], Any]

    def decompressed(self, name: str, compressed: BinaryIO) -> BinaryIO:
        """Return the contents of a compressed stream, as a file to read.

        Args:
            name: The name of the stream, for messages.
            compressed: The stream at its beginning; closed with the result.

        Raises:
            InputError: At once, if this Python cannot decompress it; while the file is read, if
                the stream is damaged or something else follows.
        """
        try:
            self.start()
        except ImportError:
            compressed.close()
            raise InputError(
                Code.UNKNOWN_FORMAT,
                f"{name} is compressed with {self.name}, which this Python cannot decompress",
                hint=self._by_hand(name),
            ) from None
        return pieces_as_file(self._pieces(name, compressed), compressed)

    def twice(self, name: str) -> InputError:
        """Return the error for contents that are compressed themselves."""
        return InputError(
            Code.UNKNOWN_FORMAT,
            f"{name} is compressed twice, with {self.name} inside",
            hint="decompress it once before",
        )

    def too_large(self, name: str, most: int) -> InputError:
        """Return the error for contents that are too large to be held at once."""
        return InputError(
            Code.OUT_OF_MEMORY,
            f"{name} unpacks to more than {most >> 20} MiB, and its format cannot be read in "
            "pieces",
            hint=f"decompress it to a file first: {self.cat} {name} > FILE",
        )

    def _pieces(self, name: str, compressed: BinaryIO) -> Iterator[bytes]:
        rest = compressed.read(STEP_BYTES)
        while rest:
            if not rest.startswith(self.magic[: len(rest)]):
                raise self._damage(name, f"continues with data that is not {self.name}")
            stream = self.start()
            while not stream.eof:
                try:
                    piece = stream.decompress(rest, STEP_BYTES)
                except Exception as error:  # noqa: BLE001  each module has an exception of its own
                    raise self._damage(name, f"is damaged: {error}") from None
                yield piece
                rest = compressed.read(STEP_BYTES) if stream.needs_input and not stream.eof else b""
                if not (piece or rest or stream.eof):
                    raise self._damage(name, "ends too early")
            rest = _behind(stream.unused_data, compressed)

    def _damage(self, name: str, what: str) -> InputError:
        return InputError(
            Code.DAMAGED_COMPRESSION,
            f"{name}, compressed with {self.name}, {what}",
            hint="the file may be truncated: copy or download it again",
        )

    def _by_hand(self, name: str) -> str:
        return f"decompress it in a pipe: {self.cat} {name} | xent compute - …"


class _Gzip:
    """The decompressor of zlib, with the interface of the others."""

    def __init__(self) -> None:
        import zlib

        self._stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def needs_input(self) -> bool:
        return not self._stream.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def decompress(self, data: bytes, most: int) -> bytes:
        return self._stream.decompress(self._stream.unconsumed_tail + data, most)


def _bzip2() -> Any:  # noqa: ANN401  a decompressor
    return import_module("bz2").BZ2Decompressor()


def _xz() -> Any:  # noqa: ANN401  as above
    lzma = import_module("lzma")
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MOST_XZ_BYTES)


def _zstd() -> Any:  # noqa: ANN401  as above
    return import_module("compression.zstd").ZstdDecompressor()


_COMPRESSIONS = (
    Compression("gzip", b"\x1f\x8b", ".gz", "zcat", _Gzip),
    Compression("bzip2", b"BZh", ".bz2", "bzcat", _bzip2),
    Compression("xz", b"\xfd7zXZ\0", ".xz", "xzcat", _xz),
    Compression("zstd", b"\x28\xb5\x2f\xfd", ".zst", "zstdcat", _zstd),
)


def compression_of(head: bytes) -> Compression | None:
    """Return the compression of a file that starts with these bytes, or None."""
    return next((each for each in _COMPRESSIONS if head.startswith(each.magic)), None)


def inner_name(name: str) -> str:
    """Return the name of a file without the suffix of its compression."""
    is_compressed = Path(name).suffix.lower() in {each.suffix for each in _COMPRESSIONS}
    return str(Path(name).with_suffix("")) if is_compressed else name


def _behind(rest: bytes, compressed: BinaryIO) -> bytes:
    """Return the bytes behind a stream, without the zeros that pad blocks of a tape or of xz."""
    while not (further := rest.lstrip(b"\0")):
        if not (rest := compressed.read(STEP_BYTES)):
            return b""
    return further
