"""Arrays as PyTorch, NumPy, JAX, TensorFlow and Python print them.

`tensor([[1., 0.]], grad_fn=…)`, `array([[1., 0.]])`, `tf.Tensor([[1. 0.]], shape=(1, 2), …)`,
`[[1. 0.] [0. 1.]]` over several lines, `[1 0; 0 1]` and `(1,0),(0,1)` are read as nested lists; an
array that was printed in part is refused.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from math import isinf
from typing import Any

from xent.errors import Code, Diagnostic, InputError, Location
from xent.inputs.formats.array import MOST_AXES, Array
from xent.inputs.formats.cells import NUMBER
from xent.inputs.formats.documents import arrays_of
from xent.inputs.formats.json_text import too_large
from xent.inputs.formats.text import TextBlock, whole_text
from xent.inputs.sources.source import Source

_CLOSING = {"[": "]", "(": ")", "{": "}"}
_SPACES = re.compile(r"\s*")
_CALL = re.compile(r"[A-Za-z_][\w.]*\(")
_KEYWORD = re.compile(r"([A-Za-z_]\w*)\s*=\s*")
# What stands before a printed array, or gives it a name.
_PREFIX = re.compile(r"(?:Parameter containing:|Out\[\d+\]:)\s*")
_NAME = re.compile(r"([A-Za-z_]\w*)\s*=\s*(?!=)")
_STRING = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""")
_TENSORFLOW = re.compile(r"<tf\.[^<>=]*?(?:'[^']*')?[^<>]*?numpy=", re.DOTALL)
_ELLIPSIS = re.compile(r"\.\.\.|…")
_WORD = re.compile(r"[^\s,;:()\[\]{}=<>'\"]+")
_CONSTANTS = {"True": 1.0, "False": 0.0, "None": None}
# The arguments that hold the numbers.
_DATA = ("numpy", "data", "object")
_SEPARATORS = (",", ";")

# PyTorch rounds to 4 decimals, NumPy to 8; Python does not round.
_DECIMALS = re.compile(r"\d\.(\d+)")
_LEAST_ROUNDED, _MOST_ROUNDED = 4, 8

Leaf = Callable[[int, Any], Any]


def read(source: Source) -> dict[str, Array]:
    """Read what a library has printed: an array, a list of them, or a dict of arrays."""
    text = whole_text(source)
    value = _Parser(text).document()
    arrays = arrays_of(value, partial(_place, text), source)
    first = next(iter(arrays))
    arrays[first] = replace(arrays[first], notes=(*arrays[first].notes, *_notes(text)))
    return arrays


def _notes(text: TextBlock) -> tuple[Diagnostic, ...]:
    """Tell that numbers were rounded to be printed, where their decimals show it."""
    decimals = max((len(found[1]) for found in _DECIMALS.finditer(text.text)), default=0)
    if not _LEAST_ROUNDED <= decimals <= _MOST_ROUNDED:
        return ()
    message = f"{text.source} was printed with {decimals} decimals, so the loss is only as exact"
    return (Diagnostic(Code.PRINTED_ROUNDED, message),)


def _place(text: TextBlock, *path: int | str) -> Location:
    """Locate the value that a path leads to, or the first number inside."""
    found = _Parser(text, lambda offset, _: offset).document()
    for step in path:
        found = found[step]
    while isinstance(found, list | dict):
        found = next(iter(found.values() if isinstance(found, dict) else found), 0)
    word = _WORD.match(text.text, found)
    return text.location(found, len(word[0]) if word else 1)


@dataclass(slots=True)
class _Parser:
    """A parser of printed arrays, which makes nested lists of them.

    Attributes:
        block: The text.
        leaf: Makes a leaf of the offset and the value of a number or a string.
        offset: How far the text has been read.
        depth: How many lists are open.
    """

    block: TextBlock
    leaf: Leaf = lambda _, value: value
    offset: int = 0
    depth: int = 0

    def document(self) -> Any:  # noqa: ANN401  nested lists
        """Return the only value of the text, or the list or dict of its values.

        Raises:
            InputError: The text is not one, or was printed in part.
        """
        values: list[Any] = []
        names: list[str] = []
        while not self._at_end():
            self._match(_PREFIX)
            if name := self._match(_NAME):
                names.append(name[1])
            values.append(self._value())
            self._skip()
            if self._peek() in _SEPARATORS:
                self.offset += 1
        if names and len(set(names)) == len(values):
            return values[0] if len(values) == 1 else dict(zip(names, values, strict=True))
        return values[0] if len(values) == 1 else values

    def _value(self) -> Any:  # noqa: ANN401  as above
        """Return the value that begins here."""
        self._skip()
        mark, text = self._peek(), self.block.text
        if mark in ("[", "("):
            return self._list(mark)
        if mark == "{":
            return self._dict()
        if self._match(_TENSORFLOW):
            value = self._value()
            self._ignored(">")
            return value
        if call := self._match(_CALL):
            return self._call(call.start())
        start = self.offset
        if string := self._match(_STRING):
            return self.leaf(start, string[1] if string[1] is not None else string[2])
        if _ELLIPSIS.match(text, start):
            raise self._elided()
        word = self._match(_WORD)
        if word is None:
            raise self._unexpected()
        return self.leaf(start, self._number(word))

    def _number(self, word: re.Match[str]) -> Any:  # noqa: ANN401  a number or a constant
        literal = word[0]
        if literal in _CONSTANTS:
            return _CONSTANTS[literal]
        if not NUMBER.fullmatch(literal):
            if "..." in literal:
                raise self._elided()
            place = self.block.location(word.start(), len(literal))
            raise InputError(Code.NOT_A_NUMBER, f"{literal!r} is not a number", place)
        value = float(literal)
        if isinf(value) and literal[-1] not in "fFyY":
            raise too_large(self.block.location(word.start(), len(literal)))
        return value

    def _list(self, opening: str) -> list[Any]:
        """Return a list whose values are separated by commas, or by spaces."""
        start, closing = self.offset, _CLOSING[opening]
        self._enter()
        rows: list[Any] = []
        values: list[Any] = []
        separators: set[str] = set()
        while (mark := self._next()) != closing:
            if mark == ";":  # as MATLAB separates rows
                rows.append(values)
                values = []
                self.offset += 1
                separators.clear()
                continue
            values.append(self._value())
            if self._next() == ",":
                self.offset += 1
                separators.add(",")
            elif self._peek() not in (closing, ";"):
                separators.add(" ")
            if len(separators) > 1:
                raise InputError(
                    Code.INVALID_JSON,
                    "commas separate some of these values, and spaces others",
                    self.block.location(start),
                    "a comma may be missing, or one too many",
                )
        self._leave()
        if not rows:
            return values
        return [*rows, values] if values else rows

    def _dict(self) -> dict[str, Any]:
        self._enter()
        found: dict[str, Any] = {}
        while self._next() != "}":
            start = self.offset
            key = self._match(_STRING) or self._match(_WORD)
            if key is None or self._next() != ":":
                raise self._unexpected()
            self.offset += 1
            name = next((part for part in key.groups() if part is not None), key[0])
            if name in found:
                place = self.block.location(start, len(key[0]))
                raise InputError(Code.INVALID_JSON, f"{key[0]} occurs twice", place)
            found[name] = self._value()
            if self._next() == ",":
                self.offset += 1
        self._leave()
        return found

    def _call(self, start: int) -> Any:  # noqa: ANN401  as above
        """Return the array that the arguments of a call describe, such as `tensor([1, 0])`."""
        found: list[Any] = []
        while self._next() != ")":
            keyword = self._match(_KEYWORD)
            if found or (keyword and keyword[1] not in _DATA):
                self._ignored(",")
            else:
                found.append(self._value())
                self._skip()
            if self._peek() == ",":
                self.offset += 1
            elif self._peek() != ")":
                raise self._unexpected()
        self.offset += 1
        if not found:
            call = self.block.text[start : self.block.text.index("(", start)]
            raise InputError(
                Code.WRONG_SHAPE,
                f"{call}(…) does not contain a list of numbers",
                self.block.location(start, len(call)),
                "print a sparse tensor with x.to_dense()",
            )
        return found[0]

    def _ignored(self, end: str) -> None:
        """Pass over an argument up to `end`, which is passed over where it is `>`."""
        open_: list[str] = []
        text = self.block.text
        while self.offset < len(text):
            mark = text[self.offset]
            if string := _STRING.match(text, self.offset):
                self.offset = string.end()
                continue
            if not open_ and (mark == end or (end == "," and mark == ")")):
                self.offset += mark == ">"
                return
            if mark in "([{<":
                open_.append(mark)
            elif mark in ")]}>" and open_:
                open_.pop()
            self.offset += 1
        raise self._unexpected()

    def _enter(self) -> None:
        self.offset += 1
        self.depth += 1
        if self.depth > MOST_AXES + 2:
            raise InputError(
                Code.WRONG_SHAPE, "these lists nest too deeply", self.block.location(self.offset)
            )

    def _leave(self) -> None:
        self.offset += 1
        self.depth -= 1

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read what matches a pattern here, if anything does."""
        self._skip()
        found = pattern.match(self.block.text, self.offset)
        if found:
            self.offset = found.end()
        return found

    def _next(self) -> str:
        """Return the next character that is not a space, of a list that must be closed."""
        self._skip()
        if self.offset >= len(self.block.text):
            raise self._unexpected()
        return self._peek()

    def _at_end(self) -> bool:
        self._skip()
        return self.offset >= len(self.block.text)

    def _peek(self) -> str:
        return self.block.text[self.offset : self.offset + 1]

    def _skip(self) -> None:
        spaces = _SPACES.match(self.block.text, self.offset)
        self.offset = spaces.end() if spaces else self.offset

    def _elided(self) -> InputError:
        full, save = "numpy.set_printoptions(threshold=sys.maxsize)", "x"
        if "tensor(" in self.block.text:
            full, save = "torch.set_printoptions(profile='full')", "x.detach().cpu()"
        return InputError(
            Code.ELIDED_ARRAY,
            "this array was printed in part, with ... in place of numbers",
            self.block.location(self.offset, 3),
            f"print it after {full}, or save it: numpy.save('x.npy', {save})",
        )

    def _unexpected(self) -> InputError:
        text = self.block.text
        if self.offset >= len(text):
            end = max(len(text.rstrip()) - 1, 0)
            message = "the text ends before this list is closed"
            return InputError(
                Code.INVALID_JSON,
                message,
                self.block.location(end),
                "the text may have been copied in part",
            )
        return InputError(
            Code.INVALID_JSON,
            f"{text[self.offset]!r} cannot stand here",
            self.block.location(self.offset),
            "this is read as a printed array, with one list of numbers per row",
        )
