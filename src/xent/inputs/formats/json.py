"""JSON, a matrix, an object of arrays, or records; and JSON Lines, a row or a record per line."""

from collections.abc import Sequence
from functools import partial

from xent.errors import Location
from xent.inputs.formats.array import Array
from xent.inputs.formats.documents import arrays_of, arrays_of_lines
from xent.inputs.formats.json_text import located, parsed
from xent.inputs.formats.nested import Rows
from xent.inputs.formats.plain_numbers import read_values
from xent.inputs.formats.text import TextBlock, text_blocks, whole_text
from xent.inputs.sources.source import Source


def read(source: Source) -> dict[str, Array]:
    """Read `[[…], …]`, `{"logits": […], "targets": […]}` or `[{"logits": …, "target": …}, …]`."""
    text = whole_text(source)
    return arrays_of(
        parsed(text, as_doubles=not source.options.keys), partial(_place, text), source
    )


def read_lines(source: Source) -> dict[str, Array]:
    """Read one value per line: `[1, 0, 0]`, `0`, or `{"logits": [1, 0, 0], "target": 0}`."""
    as_doubles = not source.options.keys  # a key may be an integer of any length
    texts = (text for text in text_blocks(source) if not text.is_blank)
    return arrays_of_lines((_lines(text, as_doubles=as_doubles) for text in texts), source)


def _place(text: TextBlock, *path: int | str) -> Location:
    return located(text, path)


def _lines(text: TextBlock, *, as_doubles: bool) -> Rows:
    lines = text.text.removesuffix("\n").split("\n")
    # A block with a blank line is read line by line, as one with an error is.
    rows = read_values(text.text, lines) if as_doubles else None
    numbers: Sequence[int] = range(len(lines))
    if rows is None:
        numbers = [number for number, line in enumerate(lines) if line and not line.isspace()]

    def line(row: int) -> TextBlock:
        return TextBlock(text.source, lines[numbers[row]], text.first_line + numbers[row])

    def place(row: int, *steps: str | int) -> Location:
        return located(line(row), steps)

    if rows is None:
        rows = [parsed(line(row), as_doubles=as_doubles) for row in range(len(numbers))]
    return Rows(rows, place)
