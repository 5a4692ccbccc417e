"""Text tables: numbers in lines, separated by commas, TABs, semicolons or spaces.

Memory is bounded by reading block by block. orjson reads plain numbers; `numpy.loadtxt` reads
whatever is written in another way, and neither invents nor drops any. On failure the block is read
again, slowly, to name the line and column.
"""

import io
import re
import shlex
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from xent.errors import Code, Diagnostic, InputError, Location
from xent.inputs.batch import Block, ragged_row
from xent.inputs.class_names import names_option
from xent.inputs.columns import Columns
from xent.inputs.formats.array import Array, tee
from xent.inputs.formats.cells import MISSING, NUMBER, is_name, listed, quoted
from xent.inputs.formats.dialect import Dialect
from xent.inputs.formats.plain_numbers import read_grid
from xent.inputs.formats.text import TextBlock, is_latin_1, text_blocks
from xent.inputs.sources.source import Source

_GAP = "every row needs a logit for every class: fill the gap, or remove the row"
_ONE_TOO_MANY = "the line ends with a separator, which may be one too many"
_NO_CLASS = "name a column that is not a class with --index-column or --target-column"
_NO_TARGET = "to ignore a row without a target, write -100"
# Rows whose labels tell how many classes they name.
_ROWS_OF_LABELS = 1000
# Excel's own way to name the delimiter.
_SEPARATOR_NAMED = re.compile(r'\A"?sep=.?"?$', re.MULTILINE)
_NAMES_NEED_A_HEADER = "class names need a header in LOGITS, or --class-names"


def read_csv(source: Source) -> dict[str, Array]:
    """Read comma-separated numbers."""
    return _arrays(source, ",")


def read_tsv(source: Source) -> dict[str, Array]:
    """Read TAB-separated numbers."""
    return _arrays(source, "\t")


def read_semicolon(source: Source) -> dict[str, Array]:
    """Read semicolon-separated numbers."""
    return _arrays(source, ";")


def read_blank(source: Source) -> dict[str, Array]:
    """Read numbers separated by any run of spaces."""
    return _arrays(source, None)


def _arrays(source: Source, delimiter: str | None) -> dict[str, Array]:
    dialect, texts = source.options.dialect, _texts(source)
    if dialect is None:
        first = _beginning(texts, delimiter)
        if not first:
            return {"": Array.of_rows(source.name, iter(()))}
        dialect, texts = Dialect.of(first, delimiter, source), chain(first, texts)
    if source.first_line == 1:
        texts = dialect.body(texts)
    pieces = (_Lines(dialect.unpacked(text), dialect) for text in texts if not text.is_blank)
    columns = dialect.columns
    # All arrays come from the same lines, and are consumed in step.
    named = zip(columns.arrays, tee(pieces, len(columns.arrays)), strict=True)
    arrays = {name: _array(name, stream, dialect, source) for name, stream in named}
    name = next(iter(arrays))
    notes = (*_encoding_notes(source.name, dialect), *_label_notes(source.name, dialect))
    notes = (*notes, *columns.notes)
    return {**arrays, name: replace(arrays[name], notes=notes)}


def _array(name: str, pieces: Iterator["_Lines"], dialect: Dialect, source: Source) -> Array:
    """Return one of the arrays of a table."""
    columns = dialect.columns.arrays[name]
    blocks = (piece.block(columns) for piece in pieces)
    return replace(
        Array.of_rows(source.name, blocks, lines=True),
        class_names=dialect.columns.classes if name in ("", "logits") else (),
        named=name == "targets" and bool(dialect.codes),
        dialect=dialect,
        kind=dialect.kind if name in ("", "logits") else None,
        suspects=dialect.columns.suspects,
    )


def _texts(source: Source) -> Iterator[TextBlock]:
    """Yield the text in blocks, without comments, and without blank blocks."""
    mark, dialect = source.options.comment, source.options.dialect
    detected = "latin-1" if is_latin_1(source) else "utf-8"
    for block in text_blocks(source, dialect.encoding if dialect else detected):
        lines = block.text
        if block.first_line == 1:
            lines = _SEPARATOR_NAMED.sub("", lines)
        if mark is not None and mark in lines:
            lines = re.sub(rf"(?<![ \t])[ \t]*+{re.escape(mark)}.*", "", lines)
        if lines and not lines.isspace():
            yield replace(block, text=lines)


def _encoding_notes(name: str, dialect: Dialect) -> list[Diagnostic]:
    if dialect.encoding == "utf-8":
        return []
    return [Diagnostic(Code.LATIN_1_ASSUMED, f"{name} is not UTF-8 and is read as Latin-1")]


def _label_notes(name: str, dialect: Dialect) -> list[Diagnostic]:
    """Tell of labels that are words, and are counted as 1 and 0."""
    if not dialect.codes or {*dialect.codes} <= {*dialect.columns.classes}:
        return []
    no, yes = [*dialect.codes][:2]
    return [Diagnostic(Code.YES_AND_NO, f"in {name} the target {yes} is 1, and {no} is 0")]


def _beginning(texts: Iterator[TextBlock], delimiter: str | None) -> list[TextBlock]:
    """Take as many blocks as hold the first two rows; none if there is no row."""
    blocks, bare = [], Dialect(delimiter)
    for text in texts:
        blocks.append(text)
        if len(blocks) > 1 or len([*islice(bare.rows(text.text), 2)]) == 2:
            break
    return blocks


@dataclass(frozen=True, slots=True)
class _SomeColumns:
    """The origin of some columns of lines."""

    lines: "_Lines"
    columns: tuple[int, ...]

    def locate(self, *index: int) -> Location:
        """Locate a cell by its row, and its number among these columns."""
        row, column = index
        return self.lines.locate(row, self.columns[column])


class _Lines:
    """A block of lines as numbers, and the origin of these numbers."""

    def __init__(self, text: TextBlock, dialect: Dialect) -> None:
        self._text, self._dialect = text, dialect
        self._all = self._values()

    def block(self, columns: tuple[int, ...]) -> Block:
        """Return some columns of the lines, or all of them."""
        if columns == tuple(range(self._all.shape[1])):
            return Block(self._all, self)
        if columns and columns == tuple(range(columns[0], columns[-1] + 1)):
            return Block(self._all[:, columns[0] : columns[-1] + 1], _SomeColumns(self, columns))
        return Block(self._all[:, columns], _SomeColumns(self, columns))

    def locate(self, *index: int) -> Location:
        """Locate a cell by row and column."""
        row, column = index
        offset, line = next(islice(self._dialect.rows(self._text.text), row, None))
        cells = self._dialect.cells(line)
        start, cell = cells[min(column, len(cells) - 1)]
        return self._place(offset + start, cell, column)

    def _place(self, offset: int, cell: str, column: int) -> Location:
        place = self._text.location(offset, max(1, len(cell)))
        names = self._dialect.columns.names
        return replace(place, name=names[column] if column < len(names) else "")

    def _values(self) -> NDArray[np.float64]:
        text = self._dialect.plain(self._text.text)
        values = None if self._is_doubtful else self._parsed(text)
        if values is None:
            self._find_fault()
            # No fault but lines of spaces, which loadtxt takes for rows.
            values = self._parsed(re.sub(r"^ +$", "", text, flags=re.MULTILINE))
        if values is None:
            raise InputError(
                Code.NOT_A_NUMBER, "these lines are not numbers", self._text.location(0)
            )
        if self._overflows(values):
            self._find_fault()
        width = self._dialect.columns.count
        if values.shape[1] != width:
            raise ragged_row(values.shape[1], width, self.locate(0, 0))
        return values

    @property
    def _is_doubtful(self) -> bool:
        """Return whether there may be points among decimal commas, or spaces inside numbers.

        loadtxt splits at any space of Unicode, some of which group digits.
        """
        text = self._text.text
        if self._dialect.delimiter is None:
            return not text.isascii() and bool(re.search(r"[^\S\0-\x7f]", text))
        return self._dialect.decimal_comma and "." in text

    def _parsed(self, text: str) -> NDArray[np.float64] | None:
        values = read_grid(text, self._dialect)
        if values is not None:
            return values
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # "input contained no data"
                values = np.loadtxt(
                    io.StringIO(text),
                    delimiter=self._dialect.delimiter,
                    comments=None,
                    quotechar=None,
                    converters=self._dialect.converters() or None,
                    ndmin=2,
                )
        except (ValueError, UserWarning):
            return None
        return values

    def _find_fault(self) -> None:
        """Read slowly, and raise at the first bad cell or row of another length."""
        columns, converters = 0, self._dialect.converters()
        for offset, line in self._dialect.rows(self._text.text):
            cells = self._dialect.cells(line)
            for index, (start, cell) in enumerate(cells):
                if index in converters and _converts(converters[index], cell):
                    continue
                if index not in converters and self._dialect.is_number(cell):
                    continue
                place = self._place(offset + start, cell, index)
                raise self._bad_cell(cell, place, index, last=index == len(cells) - 1)
            columns = columns or len(cells)
            if len(cells) != columns:
                start, cell = cells[min(columns, len(cells) - 1)]
                place = self._text.location(offset + start, max(1, len(cell)))
                raise ragged_row(len(cells), columns, place)

    def _overflows(self, values: NDArray[np.float64]) -> bool:
        """Return whether loadtxt may have rounded a number to infinity, as it does silently."""
        infinite = int(np.count_nonzero(np.isinf(values)))
        named = bool(self._dialect.converters())  # a name may hold anything
        return infinite > 0 and (named or infinite != len(re.findall("(?i)inf", self._text.text)))

    def _bad_cell(self, cell: str, place: Location, column: int, *, last: bool) -> InputError:
        if column in self._dialect.converters():
            hint, options = self._hint_for_label(cell, column)
            return InputError(
                Code.TARGET_OUT_OF_RANGE,
                f"{quoted(cell)} is none of the classes {listed([*self._dialect.codes])}",
                place,
                hint,
                options=options,
            )
        if NUMBER.fullmatch(cell) and not (self._dialect.decimal_comma and "." in cell):
            return InputError(
                Code.NUMBER_TOO_LARGE,
                f"{quoted(cell)} exceeds the largest double, 1.8e308",
                place,
                "write inf for infinity",
            )
        message = f"{quoted(cell)} is not a number" if cell else "a value is missing"
        advice, options = self._hint(cell, place, column, last=last)
        if place.name:
            message = f"{message} in column {place.name}"
        return InputError(Code.NOT_A_NUMBER, message, place, advice, options=options)

    def _hint_for_label(self, cell: str, column: int) -> tuple[str, tuple[str, ...]]:
        """Return what to do about a label that is not a class, and the options that do it."""
        if cell.lower() in MISSING:
            return _NO_TARGET, ()
        lines = (self._dialect.cells(line) for _, line in self._dialect.rows(self._text.text))
        labels = {
            cells[column][1] for cells in islice(lines, _ROWS_OF_LABELS) if column < len(cells)
        }
        codes = {*self._dialect.codes}
        if labels & codes or len(labels) != len(codes) or not all(map(is_name, labels)):
            return "the header of the logits names the classes", ()
        return names_option([*labels]), ("--class-names", ",".join(sorted(labels)))

    def _hint(
        self, cell: str, place: Location, column: int, *, last: bool
    ) -> tuple[str | None, tuple[str, ...]]:
        is_word, columns = re.match("[^\\W\\d]", cell), self._dialect.columns
        is_target = column in columns.arrays.get("targets", ())
        hints = (
            (
                last and not cell and not columns.names,
                _ONE_TOO_MANY,
            ),
            (cell.lower() in MISSING, _NO_TARGET if is_target else _GAP),
            (self._dialect.decimal_comma and "." in cell, "the decimals before it have a comma"),
            (
                "," in cell and NUMBER.fullmatch(cell.replace(",", ".", 1)),
                f"a decimal comma must be a point: write {cell.replace(',', '.', 1)}",
            ),
            (cell == "#" or cell.startswith("# "), "to skip comments, use --comment '#'"),
            (
                place.line == 1 and (is_word or place.column == 1),
                f"if line 1 is a header, use --header yes; {_NO_CLASS}",
            ),
            (is_word and column == columns.target and not columns.classes, _NAMES_NEED_A_HEADER),
        )
        found = next((hint for applies, hint in hints if applies), None)
        if found or not is_word:
            # A header of words would have been told: it is rather the first column that has names.
            is_index = found is not None and _NO_CLASS in found and is_word
            return found, ("--index-column", str(column)) if is_index else ()
        return _no_class(columns, column)


def _no_class(columns: Columns, column: int) -> tuple[str, tuple[str, ...]]:
    """Return a hint for a word among numbers, and the options that it names."""
    name = "".join(columns.names[column : column + 1])  # a row may be longer than the header
    if not name:
        return _NO_CLASS, ()
    scores = columns.arrays.get("logits", columns.arrays.get("", ()))
    rest = [columns.names[x] for x in scores if x != column]
    hint = f"if the column is no class: --index-column {shlex.quote(name)} leaves it out"
    remain = f"; the classes that remain are {listed(rest)}" if rest else ""
    return hint + remain, ("--index-column", name)


def _converts(converter: Callable[[str], float], cell: str) -> bool:
    try:
        converter(cell)
    except ValueError:
        return False
    return True
