"""A checkup in sentences: for a terminal, in Markdown, and as annotations of GitHub's workflows."""

from collections.abc import Iterator

from xent.checkup.chain import Chain
from xent.checkup.checkup import Checkup
from xent.checkup.render.grids import checkup_grids
from xent.checkup.rule import Finding
from xent.errors import Severity
from xent.numbers import format_short
from xent.render import markdown as markdown_table
from xent.render.diagnostic import INKS, visible
from xent.render.github import Command, workflow_command
from xent.render.paint import paint
from xent.render.rich_table import grid_lines, wrapped
from xent.render.view import View

_WIDTH = 80
_INDENT = "  "
_COMMANDS: dict[Severity, Command] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
}


def table(checkup: Checkup, view: View) -> Iterator[str]:
    """Write the findings, where the loss comes from, and the verdict."""
    for finding in checkup.findings:
        yield from (f"{line}\n" for line in _finding_lines(finding, view))
        yield "\n"
    if chain := several_fixes(checkup):
        yield from (f"{line}\n" for line in _chain_lines(checkup, chain, view))
        yield "\n"
    for grid in checkup_grids(checkup, view):
        yield from grid_lines(grid, view)
        yield "\n"
    yield paint(verdict(checkup), view.colour, "bold") + "\n"


def brief(checkup: Checkup, view: View) -> Iterator[str]:
    """Write one line per finding: its code, its name, and both losses where a fix has one."""
    for finding in checkup.findings:
        losses = proof(finding, view.digits)
        yield f"{finding.code} {finding.name}{f': {losses}' if losses else ''}\n"


def _finding_lines(finding: Finding, view: View) -> Iterator[str]:
    label = f"{finding.severity}[{finding.code}] {finding.name}"
    yield paint(label, view.colour, "bold", ink=INKS[finding.severity or Severity.INFO])
    yield from _prose(visible(finding.message), view)
    if losses := proof(finding, view.digits):
        yield f"{_INDENT}{losses}"
    yield from _prose(f"hint: {finding.hint}", view)
    if finding.command:
        yield f"{_INDENT}fix: {visible(finding.command)}"
    if rows := basis(finding):
        yield f"{_INDENT}{rows}"


def several_fixes(checkup: Checkup) -> Chain | None:
    """Return the chain of fixes, where one is not enough."""
    chain = checkup.chain
    return chain if chain and len(chain.steps) > 1 else None


def _chain_lines(checkup: Checkup, chain: Chain, view: View) -> Iterator[str]:
    yield paint(_chain_title(chain), view.colour, "bold")
    yield f"{_INDENT}{_chain_proof(checkup, chain, view.digits)}"
    if chain.command:
        yield f"{_INDENT}fix: {visible(chain.command)}"
    else:
        yield from _prose("apply the fixes above in this order", view)


def _chain_title(chain: Chain) -> str:
    names = ", then ".join(each.name for each in chain.steps)
    return f"{len(chain.steps)} mistakes at once: {names}"


def _chain_proof(checkup: Checkup, chain: Chain, digits: int) -> str:
    before, after = (
        format_short(each, digits) for each in (checkup.survey.report.loss, chain.loss)
    )
    return f"loss {before}, after all fixes {after}"


def _prose(text: str, view: View) -> list[str]:
    return wrapped(text, min(view.width or _WIDTH, _WIDTH), _INDENT, _INDENT)


def markdown(checkup: Checkup, view: View) -> Iterator[str]:
    """Write the findings as a list, the tables as tables, the verdict in bold."""
    for finding in checkup.findings:
        yield f"- **{finding.severity} {finding.code}** "
        yield f"`{finding.name}`: {finding.message}; {finding.hint}."
        if losses := proof(finding, view.digits):
            yield f" {losses.capitalize()}."
        if rows := basis(finding):
            yield f" This is {rows}."
        yield f" Fix: `{finding.command}`\n" if finding.command else "\n"
    if chain := several_fixes(checkup):
        yield f"- **{_chain_title(chain)}**: {_chain_proof(checkup, chain, view.digits)}."
        yield f" Fix: `{chain.command}`\n" if chain.command else "\n"
    yield "\n"
    for grid in checkup_grids(checkup, view):
        yield from (f"{line}\n" for line in markdown_table.grid_lines(grid))
    yield f"**{verdict(checkup)}**\n"


def github(checkup: Checkup, view: View) -> Iterator[str]:
    """Write a workflow command for each finding."""
    for finding in checkup.findings:
        command = _COMMANDS[finding.severity or Severity.INFO]
        parts = (finding.message, proof(finding, view.digits), finding.hint)
        title, message = f"{finding.code} {finding.name}", "; ".join(filter(None, parts))
        yield workflow_command(command, title, message)


def proof(finding: Finding, digits: int) -> str | None:
    """Name both losses, where a fix has one."""
    evidence = finding.evidence
    if evidence.get("loss_after_fix") is None:
        return None
    before, after = (format_short(evidence[name], digits) for name in ("loss", "loss_after_fix"))
    return f"loss {before}, after the fix {after}"


def basis(finding: Finding) -> str | None:
    """Name the rows that the finding rests on, where these are not all."""
    for name, words in (("sample", "from a sample of"), ("first_rows", "from the first")):
        if count := finding.evidence.get(name):
            return f"{words} {count:,} rows"
    return None


def verdict(checkup: Checkup) -> str:
    """Sum up the checkup in one line."""
    report = checkup.survey.report
    loss = f"loss {report.loss:.4f}"
    if report.loss_sum.counted:
        loss += f", {report.loss_sum.accuracy:.1%} right"
    named = []
    for severity in (Severity.ERROR, Severity.WARNING):
        count = sum(finding.severity is severity for finding in checkup.findings)
        if count:
            named.append(f"{count} {severity}{'s' if count > 1 else ''}")
    if not named:
        return f"verdict: nothing looks wrong; {loss}"
    return f"verdict: {checkup.findings[0].name} ({', '.join(named)}); {loss}"
