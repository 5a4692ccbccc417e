"""A checkup as Markdown, to paste into an issue."""

from collections.abc import Iterator

from xent.checkup.checkup import Checkup
from xent.checkup.render.findings import basis, proof, verdict
from xent.checkup.render.tables import checkup_grids
from xent.render.markdown import grid_lines
from xent.render.view import View


def render(checkup: Checkup, view: View) -> Iterator[str]:
    """The findings as a list, the tables as tables, the verdict in bold."""
    for finding in checkup.findings:
        rule = finding.rule
        yield f"- **{finding.severity} {rule.code if rule else ''}** "
        yield f"`{rule.name if rule else ''}`: {finding.message}; {finding.hint}."
        if losses := proof(finding, view.digits):
            yield f" {losses.capitalize()}."
        if rows := basis(finding):
            yield f" This is {rows}."
        yield f" Fix: `{finding.command}`\n" if finding.command else "\n"
    yield "\n"
    for grid in checkup_grids(checkup, view):
        yield from (f"{line}\n" for line in grid_lines(grid))
    yield f"**{verdict(checkup)}**\n"
