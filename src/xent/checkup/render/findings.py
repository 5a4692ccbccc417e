"""A finding as data that every format writes."""

from typing import Any

import numpy as np

from xent.checkup.checkup import Checkup
from xent.checkup.rule import Finding
from xent.errors import Severity
from xent.numbers import format_short


def finding_object(finding: Finding) -> dict[str, Any]:
    """A finding by its parts."""
    rule = finding.rule
    return {
        "code": rule.code if rule else None,
        "name": rule.name if rule else None,
        "severity": str(finding.severity),
        "message": finding.message,
        "hint": finding.hint,
        "fix": finding.command,
        "evidence": {name: _plain(value) for name, value in finding.evidence.items()},
    }


def proof(finding: Finding, digits: int) -> str | None:
    """Both losses, where a fix has one."""
    evidence = finding.evidence
    if evidence.get("loss_after_fix") is None:
        return None
    before, after = (format_short(evidence[name], digits) for name in ("loss", "loss_after_fix"))
    return f"loss {before}, after the fix {after}"


def basis(finding: Finding) -> str | None:
    """Which rows it rests on, where these are not all."""
    for name, words in (("sample", "from a sample of"), ("first_rows", "from the first")):
        if count := finding.evidence.get(name):
            return f"{words} {count:,} rows"
    return None


def verdict(checkup: Checkup) -> str:
    """All of it in one line."""
    report = checkup.survey.report
    loss = f"loss {report.loss:.4f}"
    if report.loss_sum.counted:
        loss += f", {report.loss_sum.accuracy:.1%} right"
    counts = {
        severity: sum(finding.severity is severity for finding in checkup.findings)
        for severity in (Severity.ERROR, Severity.WARNING)
    }
    named = [
        f"{count} {severity}{'s' if count > 1 else ''}"
        for severity, count in counts.items()
        if count
    ]
    if not named:
        return f"verdict: nothing looks wrong; {loss}"
    first = checkup.findings[0]
    name = first.rule.name if first.rule else ""
    return f"verdict: {name} ({', '.join(named)}); {loss}"


def _plain(value: Any) -> Any:  # noqa: ANN401  any JSON value
    return value.item() if isinstance(value, np.generic) else value
