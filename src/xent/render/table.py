"""Tables for people, at a terminal or in a pipe."""

from collections.abc import Iterator

from xent.render.cells import right_aligned
from xent.render.grid import Cell, Gap, Grid
from xent.render.paint import paint, shaded
from xent.render.stage_grids import stage_grids
from xent.render.summary import Fact, headline, summary
from xent.render.view import View
from xent.report.report import Report

# The longest name in the summary.
_NAME_WIDTH = len("standard error")


def render(report: Report, view: View) -> Iterator[str]:
    """Every matrix with the targets marked, then the summary, then the mean loss."""
    for line in _lines(report, view):
        yield f"{line}\n"


def _lines(report: Report, view: View) -> Iterator[str]:
    for grid in stage_grids(report, view):
        yield from grid_lines(grid, view)
        yield ""
    yield from _summary_lines(summary(report, view.digits), view)
    name, loss = headline(report, view.digits)
    yield paint(f"{name:<{_NAME_WIDTH}}  {loss}", view.colour, "bold")


def _summary_lines(facts: list[Fact], view: View) -> Iterator[str]:
    value_width = max(len(fact.value) for fact in facts if fact.remark)
    for fact in facts:
        value = fact.value.ljust(value_width) if fact.remark else fact.value
        remark = f"  {paint(fact.remark, view.colour, 'dim')}" if fact.remark else ""
        yield f"{fact.name:<{_NAME_WIDTH}}  {value}{remark}"


def grid_lines(grid: Grid, view: View) -> Iterator[str]:
    """A table as lines, with its title above and what is left out below."""
    widths = grid.column_widths()
    title = paint(grid.title, view.colour, "bold")
    yield f"{title}  {paint(grid.remark, view.colour, 'dim')}"
    header = "".join(
        f" {right_aligned(name, width)} " for name, width in zip(grid.header, widths, strict=True)
    ).rstrip()
    yield paint(header, view.colour, "dim")
    for row in grid.rows:
        if isinstance(row, Gap):
            yield paint(f" {row}", view.colour, "dim")
        else:
            cells = zip(row, widths, strict=True)
            yield "".join(_cell_text(cell, width, view) for cell, width in cells).rstrip()
    if footnote := grid.footnote():
        yield paint(f" {footnote}", view.colour, "dim")


def _cell_text(cell: Cell, width: int, view: View) -> str:
    text = f"[{cell.text}]" if cell.marked else f" {cell.text} "
    padded = right_aligned(text, width + 2)
    return shaded(padded, cell.shade, view.colour, "bold" if cell.marked else None)
