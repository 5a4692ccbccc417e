"""A report as workflow commands, which GitHub shows as annotations.

References:
    https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from collections.abc import Iterator
from math import isnan
from typing import Literal

from xent.errors import Diagnostic, Severity
from xent.numbers import rounded
from xent.render.summary import headline
from xent.render.view import View
from xent.report.report import Report

Command = Literal["notice", "warning", "error"]
_COMMANDS: dict[Severity, Command] = {Severity.ERROR: "error", Severity.WARNING: "warning"}


def render(report: Report, view: View) -> Iterator[str]:
    """Write an annotation of the loss, and one for each warning."""
    name, loss = headline(report, view.digits)
    error = report.standard_error
    if report.settings.reduction != "sum" and not isnan(error):
        loss += f" ± {rounded(error, view.digits)}"
    yield workflow_command("notice", "xent", f"{name} {loss}, {report.loss_sum.counted} rows")
    for each in report.diagnostics:
        if each.severity is not Severity.NOTE:
            yield annotation(each)


def annotation(diagnostic: Diagnostic) -> str:
    """Write a diagnostic as one annotation."""
    command = _COMMANDS.get(diagnostic.severity, "notice")
    title = f"{diagnostic.code} {diagnostic.code.slug}"
    return workflow_command(
        command, title, "; ".join(filter(None, (str(diagnostic), diagnostic.hint)))
    )


def workflow_command(command: Command, title: str, message: str) -> str:
    """Write one annotation as a line."""
    name = _escaped(title).replace(":", "%3A").replace(",", "%2C")
    return f"::{command} title={name}::{_escaped(message)}\n"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
