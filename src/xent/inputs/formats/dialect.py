"""How a text writes its rows: what stands between cells, around them, and for a decimal point."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import isfinite

from xent.errors import Code, InputError
from xent.inputs.formats.ids import Ids
from xent.inputs.formats.table import NUMBER, Table, class_number
from xent.inputs.formats.text import TextBlock
from xent.inputs.sources.keys import Keys
from xent.inputs.sources.source import Source

# To tell how numbers and targets are written.
_ROWS_LOOKED_AT = 100
_FRACTION = re.compile(r"[+-]?\d*[.,]\d*(?:e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_DECIMAL_COMMA = re.compile(r"((?:^|;) *[+-]?\d*),(?=[\de+-]* *(?:;|$))", re.MULTILINE | re.ASCII)
# Cells are looked at one by one where columns are told, at 2 µs each.
MOST_COLUMNS = 1 << 22


@dataclass(frozen=True, slots=True)
class Dialect:
    """What is to be known of a text before its numbers can be read.

    Attributes:
        delimiter: What stands between cells; None for any run of blanks.
        decimal_comma: Whether numbers have a comma where others have a point.
        table: What its columns are.
        codes: The number of each class by its name, where the targets are names.
        keys: The keys of rows, where rows are joined by them.
        ids: What an index calls the first rows, where there is one.
    """

    delimiter: str | None
    decimal_comma: bool = False
    table: Table = field(default_factory=Table)
    codes: dict[str, int] = field(default_factory=dict)
    keys: Keys | None = None
    ids: Ids | None = None

    @classmethod
    def of(cls, beginning: Sequence[TextBlock], delimiter: str | None, source: Source) -> "Dialect":
        """Find it out from the first blocks of a text, with two rows if there are as many.

        Raises:
            InputError: A column that the user names is not there, it cannot be told which one is
                meant, or there are more than `MOST_COLUMNS`.
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
                    "each row of numbers stands on a line of its own",
                )
        rows = [[cell for _, cell in bare.cells(line)] for _, _, line in lines]
        block, offset, _ = lines[0]
        table = Table.of(rows, source, block.location(offset))
        body = rows[bool(table.names) :]
        comma = delimiter == ";" and _has_decimal_comma(table, body)
        codes, keys = _codes(table, body), source.reading.keys
        return cls(delimiter, comma, table, codes, keys, bare._ids(table, lines[0], body))

    def body(self, beginning: TextBlock) -> TextBlock:
        """The text without its header."""
        if not self.table.names:
            return beginning
        offset, line = next(self.rows(beginning.text))
        end = offset + len(line) + 1
        first_line = beginning.first_line + beginning.text.count("\n", 0, end)
        return TextBlock(beginning.source, beginning.text[end:], first_line)

    def rows(self, text: str) -> Iterator[tuple[int, str]]:
        """The lines that hold a row, and where in the text they begin."""
        offset = 0
        while offset < len(text):
            end = text.find("\n", offset)
            end = len(text) if end < 0 else end
            line = text[offset:end]
            if line.strip(None if self.delimiter is None else " "):
                yield offset, line
            offset = end + 1

    def cells(self, line: str) -> list[tuple[int, str]]:
        """Where each cell of `line` begins, and the cell without blanks and quotes around it."""
        cells = []
        for start, piece in self._pieces(line):
            bare = piece.strip()
            begin = start + (piece.index(bare) if bare else 0)
            if len(bare) > 1 and bare[0] == bare[-1] == '"' and _is_one(bare[1:-1]):
                begin, bare = begin + 1, bare[1:-1].replace('""', '"').strip()
            cells.append((begin, bare))
        return cells

    def plain(self, text: str) -> str:
        """The text as numbers are read from it: without quotes around cells, with decimal points.

        Any quote that is not around a whole cell stays, and fails: loadtxt would read `"1"5` as
        15, and a quoted line end as none.
        """
        if '"' in text:
            text = self._unquoted(text)
        if not self.decimal_comma:
            return text
        return _DECIMAL_COMMA.sub(r"\1.", text) if self.converters() else text.replace(",", ".")

    def is_number(self, cell: str) -> bool:
        """Whether a cell is a number as the text writes them, within the range of a double."""
        if self.decimal_comma:
            if "." in cell:
                return False
            cell = cell.replace(",", ".")
        return bool(NUMBER.fullmatch(cell)) and (isfinite(float(cell)) or cell[-1] in "fFnNyY")

    def converters(self) -> dict[int | str, Callable[[str], float]]:
        """What makes numbers of the columns that hold none."""
        found: dict[int | str, Callable[[str], float]] = {}
        for index in self.table.passed_over:
            found[index] = lambda _: 0.0
        if self.codes and self.table.target is not None:
            found[self.table.target] = self.code
        if self.keys and self.table.key is not None:
            found[self.table.key] = self._key
        return found

    def code(self, cell: str) -> float:
        """The number of the class that a target names.

        Raises:
            ValueError: There is no such class.
        """
        return class_number(self._bare(cell), self.codes)

    def _key(self, cell: str) -> float:
        assert self.keys  # noqa: S101  for whoever calls this
        return self.keys.number(self._bare(cell))

    def _bare(self, cell: str) -> str:
        """A cell of `plain` text, as it was meant."""
        return cell.strip().replace("\0", self.delimiter or " ")

    def _unquoted(self, text: str) -> str:
        if self.delimiter is None:
            quoted, bare = r'(?<!\S)"([^"\s]*)"(?!\S)', r"\1"
        else:
            mark = re.escape(self.delimiter)
            quoted, bare = rf'(^|{mark})( *)"([^"\n{mark}]*)"(?= *(?:{mark}|$))', r"\1\2\3"
        # Inside of a name two quotes stand for one, and not for an empty cell.
        if '""' not in text or not self.converters():
            text = re.sub(quoted, bare, text, flags=re.MULTILINE)
        if '"' not in text or not self.converters():
            return text
        # Names may hold whatever stands between cells.
        mark = self.delimiter or " "
        return "\n".join(
            mark.join(cell.replace(mark, "\0") for _, cell in self.cells(line))
            if '"' in line
            else line
            for line in text.split("\n")
        )

    def _ids(
        self, table: Table, header: tuple[TextBlock, int, str], rows: Sequence[Sequence[str]]
    ) -> Ids | None:
        if not table.names or not table.indexes:
            return None
        block, offset, line = header
        index = table.indexes[0]
        name = table.names[index]
        start = next((start for start, cell in self.cells(line) if cell == name), 0)
        place = block.location(offset + start, len(name))
        return Ids(place, name, tuple(row[index] for row in rows if index < len(row)))

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
    """Cells, as they are written; a mark inside quotes does not end one."""
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
    """Whether what stands between two quotes has no end between them."""
    return '"' not in inside.replace('""', "")


def _has_decimal_comma(table: Table, rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first number that is no integer has a comma for a point."""
    names = {*table.passed_over, table.target, table.key}
    cells = (cell for row in rows for x, cell in enumerate(row) if x not in names)
    return "," in next((cell for cell in cells if _FRACTION.fullmatch(cell)), "")


def _codes(table: Table, rows: Sequence[Sequence[str]]) -> dict[str, int]:
    """The numbers of the classes, where targets are names: words, or numbers out of order."""
    column = table.target
    if not table.classes or column is None:
        return {}
    codes = {name: number for number, name in enumerate(table.classes)}
    cells = [row[column] for row in rows if column < len(row)]
    # That a row is ignored, such as -100 says, does not tell.
    telling = next((cell for cell in cells if not re.fullmatch(r"-\d+", cell)), "0")
    by_number = all(re.fullmatch(r"\d+", name) for name in codes)
    if NUMBER.fullmatch(telling) and not by_number:
        return {}
    return codes
