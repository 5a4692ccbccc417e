"""All rules, and what they find in a survey."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType

import numpy as np

from xent.checkup import labels, level, scale, shapes, targets, values, weights
from xent.checkup.rule import Finding, Rule
from xent.checkup.survey import Survey
from xent.errors import Severity

_ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)


@dataclass(frozen=True, slots=True)
class Checkup:
    """The result of a checkup.

    Attributes:
        survey: What the rules looked at.
        findings: What they found, the most damaging first.
    """

    survey: Survey
    findings: tuple[Finding, ...]

    def at_least(self, severity: Severity) -> list[Finding]:
        """The findings that matter as much as `severity`, or more."""
        serious = _ORDER[: _ORDER.index(severity) + 1]
        return [finding for finding in self.findings if finding.severity in serious]


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, in the order of the codes."""
    modules = (labels, level, scale, shapes, targets, values, weights)
    rules = (each for module in modules for each in _rules_in(module))
    return tuple(sorted(rules, key=lambda each: each.code))


def check(survey: Survey, *, select: Collection[str] = (), ignore: Collection[str] = ()) -> Checkup:
    """Apply the rules.

    Args:
        survey: What to look at.
        select: Codes or names of the rules to apply; none for all of them.
        ignore: Codes or names of rules to leave out.
    """
    with np.errstate(all="ignore"):  # nan and inf among the numbers are for rules to see
        findings = [
            replace(finding, rule=each, severity=finding.severity or each.severity)
            for each in all_rules()
            if (not select or _named(each, select)) and not _named(each, ignore)
            for finding in each.look(survey)
        ]
    findings.sort(key=_damage)
    return Checkup(survey, tuple(findings))


def _damage(finding: Finding) -> tuple[int, float]:
    severity = finding.severity or Severity.INFO
    return _ORDER.index(severity), -finding.gain


def _named(rule: Rule, names: Collection[str]) -> bool:
    return rule.code in names or rule.name in names


def _rules_in(module: ModuleType) -> Iterator[Rule]:
    yield from (value for value in vars(module).values() if isinstance(value, Rule))
