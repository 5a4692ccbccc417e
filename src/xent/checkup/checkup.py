"""All rules, and what they find in a survey."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType

import numpy as np

from xent.checkup import labels, level, scale, shapes, targets, values, weights
from xent.checkup.rule import MISPAIRED, Finding, Rule
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
        found = {
            each: [*each.look(survey)]
            for each in all_rules()
            if (not select or _named(each, select)) and not _named(each, ignore)
        }
    speaking = {each.name for each, some in found.items() if some}
    findings = [
        replace(finding, rule=each, severity=finding.severity or each.severity)
        for each, some in found.items()
        if not each.unless & speaking
        for finding in some
    ]
    return Checkup(survey, tuple(sorted(_without_losers(findings), key=_damage)))


def _without_losers(findings: list[Finding]) -> Iterator[Finding]:
    """Of all ways in which rows and classes may be paired wrongly, the one that mends the most."""
    rivals = [each for each in findings if _is_in(each, MISPAIRED)]
    best = max(rivals, key=lambda each: each.gain, default=None)
    yield from (each for each in findings if each is best or not _is_in(each, MISPAIRED))


def _is_in(finding: Finding, names: Collection[str]) -> bool:
    return finding.rule is not None and finding.rule.name in names


def _damage(finding: Finding) -> tuple[int, float]:
    severity = finding.severity or Severity.INFO
    return _ORDER.index(severity), -finding.gain


def _named(rule: Rule, names: Collection[str]) -> bool:
    return rule.code in names or rule.name in names


def _rules_in(module: ModuleType) -> Iterator[Rule]:
    yield from (value for value in vars(module).values() if isinstance(value, Rule))
