"""A checkup for people."""

from collections.abc import Iterator
from textwrap import wrap

from xent.checkup.checkup import Checkup
from xent.checkup.render.findings import basis, proof, verdict
from xent.checkup.render.tables import checkup_grids
from xent.checkup.rule import Finding
from xent.render.diagnostic import INKS, visible
from xent.render.paint import paint
from xent.render.table import grid_lines
from xent.render.view import View

_WIDTH = 80
_INDENT = "  "


def render(checkup: Checkup, view: View) -> Iterator[str]:
    """The findings, where the loss comes from, and the verdict."""
    for line in _lines(checkup, view):
        yield f"{line}\n"


def _lines(checkup: Checkup, view: View) -> Iterator[str]:
    for finding in checkup.findings:
        yield from _finding(finding, view)
        yield ""
    for grid in checkup_grids(checkup, view):
        yield from grid_lines(grid, view)
        yield ""
    yield paint(verdict(checkup), view.colour, "bold")


def _finding(finding: Finding, view: View) -> Iterator[str]:
    if finding.rule is None or finding.severity is None:
        return
    label = f"{finding.severity}[{finding.rule.code}] {finding.rule.name}"
    yield paint(label, view.colour, "bold", ink=INKS[finding.severity])
    yield from _prose(visible(finding.message))
    if losses := proof(finding, view.digits):
        yield f"{_INDENT}{losses}"
    yield from _prose(f"hint: {finding.hint}")
    if finding.command:
        yield f"{_INDENT}fix: {visible(finding.command)}"
    if rows := basis(finding):
        yield f"{_INDENT}{rows}"


def _prose(text: str) -> list[str]:
    return wrap(
        text, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False
    )
