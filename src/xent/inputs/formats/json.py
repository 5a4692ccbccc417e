"""JSON, a matrix, an object of arrays, or records; and JSON Lines, a row or a record per line."""

from collections.abc import Iterator
from functools import partial
from itertools import chain

from xent.errors import Location
from xent.inputs.batch import Block
from xent.inputs.formats.array import Array, tee
from xent.inputs.formats.documents import RowReader, arrays_of
from xent.inputs.formats.json_text import located, parsed
from xent.inputs.formats.nested import Rows
from xent.inputs.formats.text import TextBlock, text_blocks, whole_text
from xent.inputs.sources.source import Source


def read(source: Source) -> dict[str, Array]:
    """Read `[[…], …]`, `{"logits": […], "targets": […]}` or `[{"logits": …, "target": …}, …]`."""
    text = whole_text(source)
    return arrays_of(parsed(text), partial(_place, text), source)


def read_lines(source: Source) -> dict[str, Array]:
    """Read one value per line: `[1, 0, 0]`, `0`, or `{"logits": [1, 0, 0], "target": 0}`."""
    texts = (_lines(text) for text in text_blocks(source) if text.text.strip())
    first = next(texts, None)
    if first is None:
        return {"": Array.of_rows(source.name, iter(()))}
    reader = RowReader.of(first, source)
    pieces = map(reader.arrays, chain([first], texts))
    # All arrays come from the same lines, and are consumed in step.
    streams = tee(pieces, len(reader.roles))
    return reader.applied(
        {
            role: Array.of_rows(source.name, _blocks(role, stream))
            for role, stream in zip(reader.roles, streams, strict=True)
        }
    )


def _place(text: TextBlock, *path: int | str) -> Location:
    return located(text, path)


def _blocks(role: str, pieces: Iterator[dict[str, Rows]]) -> Iterator[Block]:
    for piece in pieces:
        yield piece[role].block()


def _lines(text: TextBlock) -> Rows:
    lines = [
        TextBlock(text.source, line, text.first_line + number)
        for number, line in enumerate(text.text.split("\n"))
        if line.strip()
    ]

    def place(row: int, *steps: str | int) -> Location:
        return located(lines[row], steps)

    return Rows([parsed(line) for line in lines], place)
