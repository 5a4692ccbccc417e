"""Markdown tables, to paste into an issue or an answer."""

from collections.abc import Iterator

from xent.evaluate import Evaluation
from xent.render.grid import Cell, Gap, Grid
from xent.render.stage_grids import stage_grids
from xent.render.summary import headline, summary
from xent.render.view import View


def render(evaluation: Evaluation, view: View) -> Iterator[str]:
    """A table for each stage, the targets in bold, then the summary and the mean loss."""
    report = evaluation.report()
    for grid in stage_grids(report, view):
        for line in grid_lines(grid):
            yield f"{line}\n"
    yield "| | | |\n| :-- | --: | :-- |\n"
    for fact in summary(report, view.digits):
        # A bar inside a cell would end it, even in a code span.
        value = fact.value.replace("|", "\\|")
        yield f"| {fact.name} | {value} | {fact.remark} |\n"
    name, loss = headline(report, view.digits)
    yield f"\n**{name}** {loss}\n"


def grid_lines(grid: Grid) -> Iterator[str]:
    """A table with its title above and what is left out below."""
    yield f"**{grid.title}** `{grid.remark}`"
    yield ""
    yield _line(grid.header)
    yield _line(["--:"] * len(grid.header))
    for row in grid.rows:
        if isinstance(row, Gap):
            yield _line([str(row), *[""] * (len(grid.header) - 1)])
        else:
            yield _line([*map(_cell_text, row)])
    yield ""
    if footnote := grid.footnote():
        yield footnote
        yield ""


def _cell_text(cell: Cell) -> str:
    return f"**{cell.text}**" if cell.marked else cell.text


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
