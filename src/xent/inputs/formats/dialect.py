"""The dialect of a text table: delimiter, decimal comma, header, columns, names for targets."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from math import isfinite

from xent.errors import Code, InputError, Location
from xent.inputs.columns import Columns, decide_columns
from xent.inputs.formats.array import MOST_COLUMNS
from xent.inputs.formats.cells import NUMBER, class_number, yes_no_codes
from xent.inputs.formats.header import is_header, is_row_of_names, type_lines
from xent.inputs.formats.list_cells import (
    expanded,
    kind_of_lists,
    list_widths,
    logits_column,
    require_one_role,
    without_brackets,
)
from xent.inputs.formats.text import TextBlock, is_latin_1
from xent.inputs.read_options import Keys, ReadOptions
from xent.inputs.sources.source import Source
from xent.settings import InputKind

# Rows that tell how numbers and targets are written.
_ROWS_LOOKED_AT = 100
_FRACTION = re.compile(r"[+-]?\d*[.,]\d*(?:e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_DECIMAL_COMMA = re.compile(r"((?:^|;) *[+-]?\d*),(?=[\de+-]* *(?:;|$))", re.MULTILINE | re.ASCII)


@dataclass(frozen=True, slots=True)
class RowIds:
    """The ids of the first rows of a table.

    Attributes:
        place: Where the name of their column stands, in the header.
        column: The name, which may be empty.
        first: The ids.
    """

    place: Location
    column: str
    first: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text table is written: all that must be known before its numbers can be read.

    Attributes:
        delimiter: The character between cells; None for any run of spaces.
        decimal_comma: Whether numbers are written with a decimal comma.
        columns: The roles of the columns.
        codes: The number of each class by its name, where the targets are names.
        keys: The keys of rows, where rows are joined by them.
        ids: The ids of the first rows, where there is an index.
        encoding: The encoding of the text.
        has_lists: Whether cells hold lists, each of whose numbers is a column.
        kind: The kind of numbers that the logits are, where the name of their lists tells it.
        type_lines: How many lines below the header tell the types of the columns.
    """

    delimiter: str | None
    decimal_comma: bool = False
    columns: Columns = field(default_factory=Columns)
    codes: dict[str, int] = field(default_factory=dict)
    keys: Keys | None = None
    ids: RowIds | None = None
    encoding: str = "utf-8"
    has_lists: bool = False
    kind: InputKind | None = None
    type_lines: int = 0

    @classmethod
    def of(cls, beginning: Sequence[TextBlock], delimiter: str | None, source: Source) -> "Dialect":
        """Detect the dialect from the first blocks of a text.

        Args:
            beginning: As many blocks as hold two rows, if there are as many.
            delimiter: The character between cells; None for any run of spaces.
            source: The text: what is asked for, and what the user says about it.

        Raises:
            InputError: The roles of the columns cannot be decided, or there are more than
                `MOST_COLUMNS`.
        """
        bare = cls(delimiter)
        every = ((block, *row) for block in beginning for row in bare.rows(block.text))
        lines = [*islice(every, 2 + _ROWS_LOOKED_AT)]
        for block, offset, line in lines[:2]:
            if len(line.split(delimiter, MOST_COLUMNS)) > MOST_COLUMNS:
                raise InputError(
                    Code.LINE_TOO_LONG,
                    f"this row has more than {MOST_COLUMNS:,} columns",
                    block.location(offset),
                    "put each row of numbers on its own line",
                )
        rows = [bare.words(line) for _, _, line in lines]
        types = type_lines(rows) if source.options.header is not False else ()
        if types:
            del lines[1:3], rows[1:3]
            source = replace(source, options=_with_class_column(source.options, rows[0], types[1]))
        block, offset, _ = lines[0]
        quoted = len(lines) > 1 and bare._is_quoted_over_numbers(lines[0][2], lines[1][2])
        names = tuple(rows[0]) if types else ()
        names = names or _header(rows, source.options, quoted=quoted, inline=source.inline)
        body = rows[bool(names) :]
        may_have_lists = bool(body and delimiter) and "[" in lines[bool(names)][2]
        widths = list_widths(body[0]) if may_have_lists else ()
        has_lists = any(width > 1 for width in widths)
        if has_lists and names:
            key = logits_column(names, body[0], source.options)
            source = replace(source, options=replace(source.options, logits_key=key))
        columns = decide_columns(
            names,
            len(names) or len(rows[0]),
            lambda column: [row[column] for row in body if column < len(row)],
            source,
            block.location(offset),
            lists=has_lists and bool(names),
            has_header=bool(names),
        )
        kind = kind_of_lists(columns) if has_lists else None
        ids = bare._ids(columns, lines[0], body)
        if has_lists and delimiter:
            require_one_role(columns, body[0], widths, block.location(offset))
            columns = expanded(columns, widths)
            body = [
                bare.words(without_brackets(line, delimiter)) for _, _, line in lines[bool(names) :]
            ]
        return cls(
            delimiter,
            delimiter == ";" and _has_decimal_comma(columns, body),
            columns,
            _codes(columns, body),
            source.options.keys,
            ids,
            "latin-1" if is_latin_1(source) else "utf-8",
            has_lists,
            kind,
            len(types),
        )

    @property
    def heading(self) -> int:
        """Return how many lines stand before the first row."""
        return int(bool(self.columns.names)) + self.type_lines

    def body(self, texts: Iterator[TextBlock]) -> Iterator[TextBlock]:
        """Yield the blocks of a text from its beginning, without its header."""
        if self.heading and (first := next(texts, None)):
            *_, (offset, line) = islice(self.rows(first.text), self.heading)
            end = offset + len(line) + 1
            first_line = first.first_line + first.text.count("\n", 0, end)
            yield TextBlock(first.source, first.text[end:], first_line)
        yield from texts

    def unpacked(self, text: TextBlock) -> TextBlock:
        """Return a block of the body with a cell for each number of a list."""
        if not self.has_lists or self.delimiter is None:
            return text
        return replace(text, text=without_brackets(text.text, self.delimiter))

    def rows(self, text: str) -> Iterator[tuple[int, str]]:
        """Yield the lines that hold a row, and where in the text they begin."""
        offset = 0
        while offset < len(text):
            end = text.find("\n", offset)
            end = len(text) if end < 0 else end
            line = text[offset:end]
            if line.strip(None if self.delimiter is None else " "):
                yield offset, line
            offset = end + 1

    def cells(self, line: str) -> list[tuple[int, str]]:
        """Return the offset of each cell of a line, and the cell without spaces and quotes."""
        cells = []
        for start, piece in self._pieces(line):
            bare = piece.strip()
            begin = start + (piece.index(bare) if bare else 0)
            if len(bare) > 1 and bare[0] == bare[-1] == '"' and _is_one(bare[1:-1]):
                begin, bare = begin + 1, bare[1:-1].replace('""', '"').strip()
            cells.append((begin, bare))
        return cells

    def words(self, line: str) -> list[str]:
        """Return the cells of a line, without spaces and quotes."""
        if '"' not in line and self.delimiter is not None:
            return [*map(str.strip, line.split(self.delimiter))]
        return [cell for _, cell in self.cells(line)]

    def plain(self, text: str) -> str:
        """Return the text as loadtxt reads it: without quotes around cells, with decimal points.

        A quote that is not around a whole cell stays, and fails: loadtxt would read `"1"5` as 15,
        and ignore a quoted line end.
        """
        if '"' in text:
            text = self._unquoted(text)
        if not self.decimal_comma:
            return text
        return _DECIMAL_COMMA.sub(r"\1.", text) if self.converters() else text.replace(",", ".")

    def is_number(self, cell: str) -> bool:
        """Return whether a cell is a number in this dialect, within the range of a double."""
        if self.decimal_comma:
            if "." in cell:
                return False
            cell = cell.replace(",", ".")
        return bool(NUMBER.fullmatch(cell)) and (isfinite(float(cell)) or cell[-1] in "fFnNyY")

    def converters(self) -> dict[int | str, Callable[[str], float]]:
        """Return the functions that convert the columns that do not hold numbers."""
        found: dict[int | str, Callable[[str], float]] = {}
        for index in self.columns.passed_over:
            found[index] = lambda _: 0.0
        if self.codes and self.columns.target is not None:
            found[self.columns.target] = self.code
        if self.keys and self.columns.key is not None:
            found[self.columns.key] = self._key
        return found

    def code(self, cell: str) -> float:
        """Return the number of the class that a target names.

        Raises:
            ValueError: There is no such class.
        """
        return class_number(self._bare(cell), self.codes)

    def _key(self, cell: str) -> float:
        assert self.keys  # noqa: S101  for whoever calls this
        return self.keys.number(self._bare(cell))

    def _bare(self, cell: str) -> str:
        """Return a cell of `plain` text as it was written."""
        return cell.strip().replace("\0", self.delimiter or " ")

    def _unquoted(self, text: str) -> str:
        if self.delimiter is None:
            quoted, bare = r'(?<!\S)"([^"\s]*)"(?!\S)', r"\1"
        else:
            mark = re.escape(self.delimiter)
            quoted, bare = rf'(^|{mark})( *)"([^"\n{mark}]*)"(?= *(?:{mark}|$))', r"\1\2\3"
        # Inside a name two quotes stand for one, not for an empty cell.
        if '""' not in text or not self.converters():
            text = re.sub(quoted, bare, text, flags=re.MULTILINE)
        if '"' not in text or not self.converters():
            return text
        # Names may hold the delimiter.
        mark = self.delimiter or " "
        return "\n".join(
            mark.join(cell.replace(mark, "\0") for _, cell in self.cells(line))
            if '"' in line
            else line
            for line in text.split("\n")
        )

    def _ids(
        self, columns: Columns, header: tuple[TextBlock, int, str], rows: Sequence[Sequence[str]]
    ) -> RowIds | None:
        if not columns.names or not columns.indexes:
            return None
        block, offset, line = header
        index = columns.indexes[0]
        name = columns.names[index]
        start = next((start for start, cell in self.cells(line) if cell == name), 0)
        place = block.location(offset + start, len(name))
        return RowIds(place, name, tuple(row[index] for row in rows if index < len(row)))

    def _is_quoted_over_numbers(self, first: str, second: str) -> bool:
        """Return whether the first of two lines is quoted throughout, and the second is not."""
        above = [piece.strip() for _, piece in self._pieces(first)]
        below = [piece.strip() for _, piece in self._pieces(second)]
        quoted = all(len(cell) > 1 and cell[0] == cell[-1] == '"' for cell in above)
        return quoted and len(below) >= len(above) and any(map(NUMBER.fullmatch, below))

    def _pieces(self, line: str) -> Iterator[tuple[int, str]]:
        if self.delimiter is None:
            words = re.finditer(r'"(?:[^"]|"")*+"|[^ \t]+', line)
            yield from ((word.start(), word[0]) for word in words)
            return
        start = 0
        for piece in _split(line, self.delimiter):
            yield start, piece
            start += len(piece) + 1


def _split(line: str, mark: str) -> list[str]:
    """Split a line into cells as they are written; a delimiter in quotes does not end a cell."""
    pieces = line.split(mark)
    if '"' not in line:
        return pieces
    joined: list[str] = []
    parts: list[str] = []
    is_open = False
    for piece in pieces:
        parts.append(piece)
        odd = bool(piece.count('"') % 2)
        is_open = not odd if is_open else odd and piece.lstrip().startswith('"')
        if not is_open:
            joined.append(mark.join(parts))
            parts = []
    return [*joined, mark.join(parts)] if parts else joined


def _is_one(inside: str) -> bool:
    """Return whether the text between two quotes has no quote that ends it."""
    return '"' not in inside.replace('""', "")


def _has_decimal_comma(columns: Columns, rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first number that is not an integer has a decimal comma."""
    others = {*columns.passed_over, columns.target, columns.key}
    cells = (cell for row in rows for x, cell in enumerate(row) if x not in others)
    return "," in next((cell for cell in cells if _FRACTION.fullmatch(cell)), "")


def _codes(columns: Columns, rows: Sequence[Sequence[str]]) -> dict[str, int]:
    """Return the numbers of the classes, where targets are words or numbers out of order.

    Labels may be yes and no: 1 and 0, unless these are names of classes.
    """
    column = columns.target
    if column is None:
        return {}
    codes = {name: number for number, name in enumerate(columns.classes)}
    cells = [row[column] for row in rows if column < len(row)]
    if not {*codes} & {*cells} and (answers := yes_no_codes(cells)):
        return answers
    if not codes:
        return {}
    # A target such as -100, of a row that is ignored, does not tell.
    telling = next((cell for cell in cells if not re.fullmatch(r"-\d+", cell)), "0")
    by_number = all(re.fullmatch(r"\d+", name) for name in codes)
    if NUMBER.fullmatch(telling) and not by_number:
        return {}
    return codes


def _with_class_column(
    options: ReadOptions, names: Sequence[str], flags: Sequence[str]
) -> ReadOptions:
    """Return options with the column that is flagged as the class for targets."""
    found = [name for name, flag in zip(names, flags, strict=True) if flag in ("class", "c")]
    if options.targets_key is not None or len(found) != 1:
        return options
    return replace(options, targets_key=found[0])


def _header(
    rows: Sequence[Sequence[str]], options: ReadOptions, *, quoted: bool, inline: bool
) -> tuple[str, ...]:
    """Return the names of the columns, or none where the first row holds numbers."""
    first, second = rows[0], rows[1] if len(rows) > 1 else ()
    wanted = options.header
    if wanted is None:
        wanted = any(name in first and not NUMBER.fullmatch(name) for name in options.columns)
        wanted = wanted or (quoted and is_row_of_names(first, options.class_names))
        wanted = wanted or is_header(first, rows[1:], options.class_names, inline=inline)
    if not wanted:
        return ()
    # numpy.savetxt makes a comment of its header.
    first = [first[0].removeprefix("# "), *first[1:]]
    # R gives no name to the column with the names of the rows.
    return ("", *first) if len(second) == len(first) + 1 else tuple(first)
