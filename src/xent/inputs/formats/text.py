"""Read text in blocks that end at line ends, and locate characters in it."""

import re
from codecs import BOM_UTF8, getincrementaldecoder
from collections.abc import Iterator
from dataclasses import dataclass

from xent.errors import Code, InputError, Location
from xent.inputs.sources.source import HEAD_BYTES, Source

# Parsed at a time: large enough for the reader to run at full speed, small enough for its numbers
# to stay in a core's cache, and for memory not to grow with the file. The first blocks are
# smaller: two of them tell the shape of a source, which others may wait for.
BLOCK_BYTES = 1 << 19
_FIRST_BYTES = 1 << 16
# One row of 128k classes takes 3 MB at 25 characters per number. A line twenty times longer is not
# a row, and must not fill the memory before it is refused.
LONGEST_LINE_BYTES = 1 << 26


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Whole lines of a source, their ends all line feeds.

    Attributes:
        source: The source's name.
        text: The lines.
        first_line: The number of the first of them, from 1.
    """

    source: str
    text: str
    first_line: int = 1

    @property
    def is_blank(self) -> bool:
        """Return whether there is nothing but white space."""
        return not self.text or self.text.isspace()

    def location(self, offset: int, length: int = 1) -> Location:
        """Locate `text[offset]` in the source."""
        start = self.text.rfind("\n", 0, offset) + 1
        end = self.text.find("\n", offset)
        line = self.text[start : end if end >= 0 else None]
        number = self.first_line + self.text.count("\n", 0, offset)
        return Location(self.source, number, offset - start + 1, line, length)


def is_latin_1(source: Source) -> bool:
    """Return whether the beginning of a source is not valid UTF-8."""
    if source.head.startswith(BOM_UTF8):
        return False
    whole = len(source.head) < HEAD_BYTES
    try:
        getincrementaldecoder("utf-8")().decode(source.head, final=whole)
    except UnicodeDecodeError:
        return True
    return False


def text_blocks(source: Source, encoding: str = "utf-8") -> Iterator[TextBlock]:
    """Read a source as text, up to about `BLOCK_BYTES` at a time.

    Raises:
        InputError: It is not in this encoding, or a line is too long.
    """
    line = source.first_line
    for data in _whole_lines(source):
        block = TextBlock(source.name, _decoded(source.name, data, line, encoding), line)
        line += block.text.count("\n")
        yield block


def whole_text(source: Source) -> TextBlock:
    """Read all of a source as one block."""
    return TextBlock(source.name, _decoded(source.name, source.whole(), 1))


def _whole_lines(source: Source) -> Iterator[bytes]:
    with source.open() as stream:
        pending: list[bytes] = []
        size = total = 0
        length = min(_FIRST_BYTES, BLOCK_BYTES)
        piece = stream.read(length)
        while piece:
            total += len(piece)
            length = min(2 * length, BLOCK_BYTES)
            following = stream.read(length)
            # The last line may have no end.
            cut = _last_line_end(piece) if following else len(piece)
            if cut:
                yield b"".join([*pending, piece[:cut]])
                pending, size = [], 0
            pending.append(piece[cut:])
            size += len(piece) - cut
            if size >= LONGEST_LINE_BYTES:
                raise InputError(
                    Code.LINE_TOO_LONG,
                    f"a line of {source.name} is longer than {LONGEST_LINE_BYTES >> 20} MiB",
                    hint="put each row of numbers on its own line",
                )
            piece = following
    source.require_size(total)


def _last_line_end(piece: bytes) -> int:
    """Return where the last whole line of a piece ends, or 0."""
    cut = piece.rfind(b"\n") + 1
    if not cut:
        # Line ends of old are a lone CR. One at the very end may be half of a CR LF.
        cut = piece.rfind(b"\r", 0, len(piece) - 1) + 1
    return cut


def _decoded(name: str, data: bytes, line: int, encoding: str = "utf-8") -> str:
    if line == 1 and encoding == "utf-8":
        data = data.removeprefix(BOM_UTF8)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        column = len(re.split("[\r\n]", before)[-1]) + 1
        here = line + len(re.findall("\r\n?|\n", before))
        raise InputError(
            Code.INVALID_ENCODING,
            f"byte 0x{data[error.start]:02x} is not UTF-8 text",
            Location(name, here, column),
            "convert other encodings with iconv -f LATIN1 -t UTF-8",
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
