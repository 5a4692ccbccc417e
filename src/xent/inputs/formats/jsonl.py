"""JSON Lines: on each line a row, a target, or an object with both."""

from collections.abc import Iterator
from itertools import chain

from xent.errors import Code, InputError, Location
from xent.inputs.batch import Block
from xent.inputs.formats.array import Array
from xent.inputs.formats.branches import branches
from xent.inputs.formats.json_rows import JsonRows
from xent.inputs.formats.json_text import located, parsed
from xent.inputs.formats.text import TextBlock, text_blocks
from xent.inputs.sources.source import Source


def read(source: Source) -> dict[str, Array]:
    """Read a value a line: `[1, 0, 0]`, `0`, or `{"logits": [1, 0, 0], "target": 0}`."""
    pieces = (_rows(text).arrays(source) for text in text_blocks(source) if text.text.strip())
    first = next(pieces, None)
    if first is None:
        return {"": Array.of_rows(source.name, iter(()))}
    # All arrays of a piece come from the same lines. Whoever pairs them takes them in step, so
    # that no more than a piece waits here.
    streams = branches(chain([first], pieces), len(first))
    return {
        name: Array.of_rows(source.name, _blocks(name, stream))
        for name, stream in zip(first, streams, strict=True)
    }


def _blocks(name: str, pieces: Iterator[dict[str, JsonRows]]) -> Iterator[Block]:
    for piece in pieces:
        if name not in piece:
            rows = next(iter(piece.values()))
            raise InputError(
                Code.MISSING_ARRAY, "the lines above are of another kind", rows.locate(0)
            )
        yield piece[name].block()


def _rows(text: TextBlock) -> JsonRows:
    lines = [
        TextBlock(text.source, line, text.first_line + number)
        for number, line in enumerate(text.text.split("\n"))
        if line.strip()
    ]

    def place(row: int, *steps: str | int) -> Location:
        return located(lines[row], steps)

    return JsonRows([parsed(line) for line in lines], place)
