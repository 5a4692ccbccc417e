"""A checkup as annotations of GitHub's workflows."""

from collections.abc import Iterator

from xent.checkup.checkup import Checkup
from xent.checkup.render.findings import proof
from xent.errors import Severity
from xent.render.view import View

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}


def render(checkup: Checkup, view: View) -> Iterator[str]:
    """A workflow command for each finding.

    References:
        https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
    """
    for finding in checkup.findings:
        if finding.rule is None or finding.severity is None:
            continue
        title = _escaped(f"{finding.rule.code} {finding.rule.name}")
        for mark, code in ((":", "%3A"), (",", "%2C")):
            title = title.replace(mark, code)
        parts = (finding.message, proof(finding, view.digits), finding.hint)
        message = _escaped("; ".join(filter(None, parts)))
        yield f"::{_COMMANDS[finding.severity]} title={title}::{message}\n"


def _escaped(text: str) -> str:
    for mark, code in _ESCAPES.items():
        text = text.replace(mark, code)
    return text
