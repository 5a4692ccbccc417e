"""Markdown tables, to paste into an issue or an answer."""

import re
from collections.abc import Iterator

from xent.render.class_title import Name
from xent.render.extra_grids import extra_grids
from xent.render.grid import Cell, Gap, Grid
from xent.render.stage_grids import stage_grids
from xent.render.summary import headline, summary
from xent.render.view import View
from xent.report.report import Report

# A tilde strikes out, a dollar sign begins GitHub's maths.
_SPECIAL = re.compile(r"(?P<option>(?<![\w-])--[a-z][a-z-]*)|[\\`*_\[\]<>|~$#&]")


def render(report: Report, view: View) -> Iterator[str]:
    """Write a table for each stage, the targets in bold, then the summary and the mean loss."""
    for grid in (*stage_grids(report, view), *extra_grids(report, view)):
        for line in grid_lines(grid):
            yield f"{line}\n"
    yield "| | | |\n| :-- | --: | :-- |\n"
    for fact in summary(report, view.digits):
        # A bar inside a cell would end it, even in a code span.
        value = fact.value.replace("|", "\\|")
        yield f"| {fact.name} | {value} | {fact.remark} |\n"
    if view.signature:
        yield f"| signature | {report.signature.replace('|', chr(92) + '|')} | |\n"
    name, loss = headline(report, view.digits)
    yield f"\n**{name}** {loss}\n"


def escaped(text: str) -> str:
    """Escape prose, so that each character stands for itself, and set options as code."""
    return _SPECIAL.sub(lambda found: f"`{found[0]}`" if found["option"] else f"\\{found[0]}", text)


def grid_lines(grid: Grid) -> Iterator[str]:
    """Write a table with its title above and what is left out below."""
    yield f"**{grid.title}** `{grid.remark}`"
    yield ""
    yield _line([*map(_literal, grid.header)])
    yield _line(["--:"] * len(grid.header))
    for row in grid.rows:
        if isinstance(row, Gap):
            yield _line([str(row), *[""] * (len(grid.header) - 1)])
        else:
            yield _line([*map(_cell_text, row)])
    yield ""
    if grid.footnote:
        yield grid.footnote
        yield ""


def _cell_text(cell: Cell) -> str:
    return f"**{cell.text}**" if cell.tone == "target" else _literal(cell.text)


def _literal(text: str) -> str:
    return escaped(text) if isinstance(text, Name) else text


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
