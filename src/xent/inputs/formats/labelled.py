"""Lines of scores that each stand beside the name of their class.

fastText prints `__label__cat 0.9 __label__dog 0.1`, Vowpal Wabbit `1:0.9 2:0.1`. The classes stand
in any order, as in the outputs of Hugging Face's pipelines, and are read as these.
"""

import re
from typing import TYPE_CHECKING, Any

from xent.errors import Code, InputError, Location
from xent.inputs.formats.array import Array
from xent.inputs.formats.cells import NUMBER
from xent.inputs.formats.text import TextBlock, text_blocks
from xent.inputs.sources.source import Source

if TYPE_CHECKING:
    from xent.inputs.formats.nested import Rows

_SCORE = rf"(?P<score>{NUMBER.pattern})(?=\s|$)"
_PAIR = re.compile(rf"\s*(?:(?P<label>__label__\S+)\s+|(?P<name>[^\s:]+):){_SCORE}", re.IGNORECASE)


def is_labelled(text: str) -> bool:
    """Tell whether the first line of a text holds names of classes, two at least, with scores."""
    return len(_pairs(text.partition("\n")[0]) or ()) > 1


def read(source: Source) -> dict[str, Array]:
    """Read lines of names and scores."""
    from xent.inputs.formats.documents import arrays_of_lines

    return arrays_of_lines(
        (_rows(text) for text in text_blocks(source) if not text.is_blank), source
    )


def _pairs(line: str) -> list[re.Match[str]] | None:
    """Return the pairs that a line consists of; None where it holds anything else."""
    found, offset, end = [], 0, len(line.rstrip())
    while offset < end:
        pair = _PAIR.match(line, offset, end)
        if pair is None:
            return None
        found.append(pair)
        offset = pair.end()
    return found


def _rows(text: TextBlock) -> "Rows":
    """Return the scores of each line, as a pipeline writes them."""
    from xent.inputs.formats.nested import Rows

    rows: list[list[dict[str, Any]]] = []
    places: list[tuple[int, list[tuple[int, int]]]] = []
    offset = 0
    for line in text.text.split("\n"):
        if line.strip():
            pairs = _pairs(line)
            if pairs is None:
                raise InputError(
                    Code.NOT_A_NUMBER,
                    "this line does not hold a name and a score for each class",
                    text.location(offset),
                )
            rows.append(
                [
                    {"label": pair["label"] or pair["name"], "score": float(pair["score"])}
                    for pair in pairs
                ]
            )
            spans = [pair.span("score") for pair in pairs]
            places.append((offset, spans))
        offset += len(line) + 1

    def place(row: int, *steps: Any) -> Location:  # noqa: ANN401  as `Place`
        start, spans = places[row]
        begin, end = spans[steps[0]] if steps else (0, 1)
        return text.location(start + begin, end - begin)

    return Rows(rows, place)
