"""A verification for people."""

from collections.abc import Iterator
from dataclasses import replace

from rich.cells import cell_len

from xent.render.diagnostic import visible
from xent.render.grid import Cell, Grid
from xent.render.paint import paint
from xent.render.rich_table import grid_lines, table_width, wrapped
from xent.render.view import View
from xent.verification.render.cells import HEADER, extent, notes, rows, verdict
from xent.verification.verification import Verification

_WORDS = frozenset(at for at, name in enumerate(HEADER) if name != "loss")
_CALL = HEADER.index("call")
# The calls are left out before a reason is broken into shorter lines.
_LEAST_REASON = 30


def render(verification: Verification, view: View) -> Iterator[str]:
    """Yield a row for each library, then the verdict."""
    yield from grid_lines(_grid(verification, view.width), view)
    for lines in (notes(verification), extent(verification)):
        yield "".join(f"{visible(line)}\n" for line in ["", *lines] if lines)
    yield f"\n{paint(verdict(verification), view.colour, 'bold')}\n"


def _grid(verification: Verification, width: int | None) -> Grid:
    """Return the table, without the calls and with reasons in several lines where it is narrow."""
    grid = Grid(
        "loss",
        "as each library calculates it",
        [*HEADER],
        [[Cell(visible(cell)) for cell in row] for row in rows(verification)],
        left_aligned=_WORDS,
    )
    if width is None or table_width(grid) <= width:
        return grid
    if _room_for_reasons(grid, width) < _LEAST_REASON:
        grid = grid.without(_CALL)
    room = max(_LEAST_REASON, _room_for_reasons(grid, width))
    return replace(grid, rows=[line for row in grid.cells() for line in _lines(row, room)])


def _room_for_reasons(grid: Grid, width: int) -> int:
    """Return how many characters of a line the last column may take."""
    reasons = max(cell_len(row[-1].text) for row in grid.cells())
    return width - (table_width(grid) - reasons)


def _lines(row: list[Cell], room: int) -> Iterator[list[Cell]]:
    """Yield the lines of a row whose last cell is broken between words."""
    *others, reason = row
    first, *more = wrapped(reason.text, room) or [""]
    yield [*others, Cell(first)]
    for line in more:
        yield [*(Cell("") for _ in others), Cell(line)]
