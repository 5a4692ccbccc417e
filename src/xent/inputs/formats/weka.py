"""The predictions that Weka prints with -p or -distribution, as CSV or as plain text.

A line is `1,2:no,1:yes,+,*0.6,0.4`: the number of the row, the class and the predicted class, each
with its number from 1, a + where they differ, and the probability of each class, the largest with
an asterisk.
"""

import re
from typing import Any

from xent.errors import Code, InputError, Location
from xent.inputs.formats.array import Array
from xent.inputs.formats.text import TextBlock, whole_text
from xent.inputs.sources.source import Source

_START = re.compile(r"\s*(?:===[^\n]*\s+)?inst#[\s,]+actual[\s,]+predicted[\s,]+error[\s,]")
_CLASS = r"(\d+):([^,\s]+|'[^']*')"
_LINE = re.compile(
    rf"\s*\d+[\s,]+{_CLASS}[\s,]+{_CLASS}[\s,]+\+?[\s,]*(\*?[\d.]\S*?)(?:[\s,]*\(.*\))?\s*"
)
_SHARE = re.compile(r"\*?([^,*]+)")


def is_weka(text: str) -> bool:
    """Tell whether a text begins as Weka's predictions do."""
    return bool(_START.match(text))


def read(source: Source) -> dict[str, Array]:
    """Read the probabilities of all classes, and the class of each row."""
    text = whole_text(source)
    start = _START.match(text.text)
    body = text.text.find("\n", start.end() - 1 if start else 0) + 1
    predictions = _Predictions(text, body)
    document: dict[str, Any] = {"probs": predictions.probs, "targets": predictions.targets}
    names = predictions.names
    if sorted(names) == [*range(1, len(predictions.probs[0]) + 1)]:
        document["class_names"] = [names[number] for number in sorted(names)]
        document["targets"] = [names[target + 1] for target in predictions.targets]
    from xent.inputs.formats.documents import arrays_of

    return arrays_of(document, predictions.place, source)


class _Predictions:
    """The predictions in the lines of a text.

    Args:
        text: The text.
        offset: Where the first prediction begins.

    Raises:
        InputError: A line is not a prediction, or lacks the probabilities of all classes.
    """

    def __init__(self, text: TextBlock, offset: int) -> None:
        self.probs: list[list[float]] = []
        self.targets: list[int] = []
        self.names: dict[int, str] = {}
        self._text = text
        self._spans: dict[str, list[list[tuple[int, int]]]] = {"probs": [], "targets": []}
        for line in text.text[offset:].split("\n"):
            if line.strip():
                self._add(line, offset)
            offset += len(line) + 1
        if not self.probs:
            raise InputError(Code.EMPTY_INPUT, f"there are no predictions in {text.source}")

    def place(self, *path: int | str) -> Location:
        """Locate the value that a path leads to, or the first inside."""
        name, row, at = (*path, *("probs", 0, 0)[len(path) :])
        if name not in self._spans:
            return self._text.location(0)
        spans = self._spans[str(name)][int(row)]
        start, end = spans[min(int(at), len(spans) - 1)]
        return self._text.location(start, end - start)

    def _add(self, line: str, offset: int) -> None:
        found = _LINE.fullmatch(line)
        if found is None:
            raise InputError(
                Code.NOT_A_NUMBER,
                "this line is not a prediction of a class, as Weka prints it",
                self._text.location(offset),
            )
        shares = [*_SHARE.finditer(found[5])]
        if len(shares) < 2:
            raise InputError(
                Code.WRONG_SHAPE,
                "this is the probability of the predicted class alone; a loss takes those of all "
                "classes",
                self._text.location(offset + found.start(5), len(found[5])),
                "let Weka print all of them: -distribution",
            )
        try:
            self.probs.append([float(share[1]) for share in shares])
        except ValueError:
            raise InputError(
                Code.NOT_A_NUMBER,
                "these probabilities are not numbers",
                self._text.location(offset + found.start(5), len(found[5])),
            ) from None
        self.targets.append(int(found[1]) - 1)
        self.names |= {int(found[1]): found[2], int(found[3]): found[4]}
        start = offset + found.start(5)
        self._spans["probs"].append(
            [(start + share.start(1), start + share.end(1)) for share in shares]
        )
        self._spans["targets"].append([(offset + found.start(1), offset + found.end(2))])
