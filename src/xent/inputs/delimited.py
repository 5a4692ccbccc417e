"""Numbers in lines of text, split by commas, TABs, semicolons or blanks.

`numpy.loadtxt` reads the numbers: it is fast, frugal, and neither invents nor drops any. What it
does not do is done around it: memory is bounded by reading block by block, and where it fails,
the block is read again slowly to name the line and column.
"""

import io
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from xent.batch import Block, ragged_row
from xent.errors import Code, InputError, Location
from xent.inputs.array import Array
from xent.inputs.source import Source
from xent.inputs.text import TextBlock, text_blocks

# The numbers that loadtxt reads: no hexadecimal, no digit separators, ASCII digits alone.
_NUMBER = re.compile(
    r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|nan)", re.IGNORECASE | re.ASCII
)
_MISSING = {"", "na", "n/a", "null", "none", "-", "?"}


def read_csv(source: Source) -> dict[str, Array]:
    """Read comma-separated numbers."""
    return {"": _array(source, ",")}


def read_tsv(source: Source) -> dict[str, Array]:
    """Read TAB-separated numbers."""
    return {"": _array(source, "\t")}


def read_semicolon(source: Source) -> dict[str, Array]:
    """Read semicolon-separated numbers."""
    return {"": _array(source, ";")}


def read_blank(source: Source) -> dict[str, Array]:
    """Read numbers separated by any run of blanks."""
    return {"": _array(source, None)}


def _array(source: Source, delimiter: str | None) -> Array:
    return Array.of_rows(source.name, _blocks(source, delimiter), lines=True)


def _blocks(source: Source, delimiter: str | None) -> Iterator[Block]:
    for text in text_blocks(source):
        if text.text.strip():
            lines = _Lines(text, delimiter)
            yield Block(lines.values(), lines)


@dataclass(frozen=True, slots=True)
class _Lines:
    """A block of lines, as numbers, and the origin of these numbers."""

    block: TextBlock
    delimiter: str | None

    def values(self) -> NDArray[np.float64]:
        """Parse the block."""
        text = self._unquoted() if '"' in self.block.text else self.block.text
        values = self._parsed(text)
        if values is None:
            self._find_fault()
            # No fault but lines of blanks, which loadtxt takes for rows.
            values = self._parsed(re.sub(r"^ +$", "", text, flags=re.MULTILINE))
        if values is None:
            raise InputError(
                Code.NOT_A_NUMBER, "these lines are not numbers", self.block.location(0)
            )
        if self._overflows(values):
            self._find_fault()
        return values

    def locate(self, *index: int) -> Location:
        """Place a cell by row and column."""
        row, column = index
        offset, line = next(islice(self._rows(), row, None))
        cells = self._cells(line)
        start, cell = cells[min(column, len(cells) - 1)]
        return self.block.location(offset + start, max(1, len(cell)))

    def _parsed(self, text: str) -> NDArray[np.float64] | None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # "input contained no data"
                values: NDArray[np.float64] = np.loadtxt(
                    io.StringIO(text),
                    delimiter=self.delimiter,
                    comments=None,
                    quotechar=None,
                    ndmin=2,
                )
        except (ValueError, UserWarning):
            return None
        return values

    def _unquoted(self) -> str:
        """Take the quotes from cells that are quoted whole; any other quote stays, and fails.

        loadtxt would read `"1"5` as 15, and a quoted line end as none.
        """
        if self.delimiter is None:
            return re.sub(r'(?<!\S)"([^"\s]*)"(?!\S)', r"\1", self.block.text)
        mark = re.escape(self.delimiter)
        return re.sub(
            rf'(^|{mark})( *)"([^"\n{mark}]*)"(?= *(?:{mark}|$))',
            r"\1\2\3",
            self.block.text,
            flags=re.MULTILINE,
        )

    def _rows(self) -> Iterator[tuple[int, str]]:
        """The lines that hold a row, and where in the block they begin."""
        offset = 0
        for line in self.block.text.split("\n"):
            if line.strip(None if self.delimiter is None else " "):
                yield offset, line
            offset += len(line) + 1

    def _cells(self, line: str) -> list[tuple[int, str]]:
        """Where each cell of `line` begins, and the cell without blanks and quotes around it."""
        cells = []
        for start, piece in self._pieces(line):
            bare = piece.strip()
            begin = start + (piece.index(bare) if bare else 0)
            if len(bare) > 1 and bare[0] == bare[-1] == '"' and '"' not in bare[1:-1]:
                begin, bare = begin + 1, bare[1:-1].strip()
            cells.append((begin, bare))
        return cells

    def _pieces(self, line: str) -> Iterator[tuple[int, str]]:
        if self.delimiter is None:
            yield from ((match.start(), match[0]) for match in re.finditer(r"\S+", line))
            return
        start = 0
        for piece in line.split(self.delimiter):
            yield start, piece
            start += len(piece) + 1

    def _find_fault(self) -> None:
        """Read slowly, and raise at the first cell that is no number or row of another length."""
        columns = 0
        for offset, line in self._rows():
            cells = self._cells(line)
            for index, (start, cell) in enumerate(cells):
                if _NUMBER.fullmatch(cell) and (isfinite(float(cell)) or cell[-1] in "fFnNyY"):
                    continue
                place = self.block.location(offset + start, max(1, len(cell)))
                raise _bad_cell(cell, place, last=index == len(cells) - 1)
            columns = columns or len(cells)
            if len(cells) != columns:
                start, cell = cells[min(columns, len(cells) - 1)]
                place = self.block.location(offset + start, max(1, len(cell)))
                raise ragged_row(len(cells), columns, place)

    def _overflows(self, values: NDArray[np.float64]) -> bool:
        """Whether loadtxt rounded a number to infinity, which it does without a word."""
        infinite = int(np.count_nonzero(np.isinf(values)))
        return infinite > 0 and infinite != len(re.findall("(?i)inf", self.block.text))


def _bad_cell(cell: str, place: Location, *, last: bool) -> InputError:
    if _NUMBER.fullmatch(cell):
        return InputError(
            Code.NUMBER_TOO_LARGE,
            f"{_shortened(cell)} is beyond the largest double, 1.8e308",
            place,
            "where infinity is meant, write inf",
        )
    message = f"{_shortened(cell)} is not a number" if cell else "a value is missing"
    hint = None
    if last and not cell:
        hint = "the line ends with a separator: is it one too many?"
    elif cell.lower() in _MISSING:
        hint = "every class needs a logit in every row: fill the gap, or leave the row out"
    elif "," in cell and _NUMBER.fullmatch(cell.replace(",", ".", 1)):
        hint = f"is it a decimal comma? write {cell.replace(',', '.', 1)}"
    elif place.line == place.column == 1 and re.match("[^\\W\\d]", cell):
        hint = f"is line 1 a header? try without it: tail -n +2 {place.source} | xent compute - …"
    return InputError(Code.NOT_A_NUMBER, message, place, hint)


def _shortened(cell: str, limit: int = 40) -> str:
    return repr(cell) if len(cell) <= limit else repr(cell[:limit]) + "…"
