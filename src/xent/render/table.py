"""Tables for people, at a terminal or in a pipe."""

from collections.abc import Iterator

from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from xent.render.extra_grids import extra_grids
from xent.render.rich_table import ENDLESS, grid_lines, rich_text
from xent.render.stage_grids import stage_grids
from xent.render.summary import headline, summary
from xent.render.view import View
from xent.report.report import Report

# The line above the loss is no longer than this.
_RULE = 60
# The longest name in the summary.
_NAME = len("standard error")


def render(report: Report, view: View) -> Iterator[str]:
    """Write every matrix with the targets marked, then the summary, then the mean loss."""
    for grid in (*stage_grids(report, view), *extra_grids(report, view)):
        yield from grid_lines(grid, view)
        yield "\n"
    yield rich_text([_summary(report, view)], view)
    if view.signature:
        yield rich_text([Text(f"{'signature':<{_NAME}}  {report.signature}")], view, width=ENDLESS)
    name, loss = headline(report, view.digits)
    yield rich_text([Rule(style="dim")], view, width=min(view.width or _RULE, _RULE))
    yield rich_text([Text(f"{name:<{_NAME}}  {loss}", style="bold")], view)


def _summary(report: Report, view: View) -> Table:
    """Name, value and remark of each fact, in columns without a frame."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, min_width=_NAME)
    table.add_column(no_wrap=True)
    table.add_column(style="dim")
    for fact in summary(report, view.digits):
        table.add_row(Text(fact.name), Text(fact.value), Text(fact.remark))
    return table
