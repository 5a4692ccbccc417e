"""All rules, and what they find in a survey."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np

from xent.checkup import (
    labels,
    level,
    misalignment,
    refusals,
    scale,
    shapes,
    targets,
    values,
    weights,
)
from xent.checkup.chain import Chain, mended
from xent.checkup.rule import MISPAIRED, Finding, Rule
from xent.checkup.survey import Survey
from xent.errors import Severity

# What these do to the targets takes care of all of them.
_RETARGETING = ("labels-permuted", "labels-shifted", "labels-signed", "padding-not-ignored")
_ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)


@dataclass(frozen=True, slots=True)
class Checkup:
    """The result of a checkup.

    Attributes:
        survey: What the rules looked at.
        findings: What they found, the most damaging first.
        chain: The fixes that can be applied, one after the other.
    """

    survey: Survey
    findings: tuple[Finding, ...]
    chain: Chain | None = None

    @property
    def reading(self) -> Survey:
        """The rows after all fixes, or as they were given where nothing can be mended."""
        return self.chain.survey if self.chain else self.survey

    def at_least(self, severity: Severity) -> list[Finding]:
        """Return the findings that matter as much as `severity`, or more."""
        serious = _ORDER[: _ORDER.index(severity) + 1]
        return [finding for finding in self.findings if finding.severity in serious]


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return every rule, in the order of the codes."""
    modules = (labels, level, misalignment, refusals, scale, shapes, targets, values, weights)
    found = (each for module in modules for each in vars(module).values())
    rules = (each for each in found if isinstance(each, Rule))
    return tuple(sorted(rules, key=lambda each: each.code))


def check(survey: Survey, *, select: Collection[str] = (), ignore: Collection[str] = ()) -> Checkup:
    """Apply the rules, and those fixes that they find.

    Args:
        survey: What to look at.
        select: Codes or names of the rules to apply; none for all of them.
        ignore: Codes or names of rules to leave out.
    """
    rules = [
        each
        for each in all_rules()
        if (not select or each.is_among(select)) and not each.is_among(ignore)
    ]
    find_all = partial(_found, rules)
    findings = find_all(survey)
    chain = mended(survey, findings, find_all)
    return Checkup(survey, _causes(findings, chain), chain)


def _found(rules: Collection[Rule], survey: Survey) -> tuple[Finding, ...]:
    """Return what the rules find, the most damaging first."""
    with np.errstate(all="ignore"):  # nan and inf among the numbers are for rules to see
        found = {each: [*each.find(survey)] for each in rules}
    names = {each.name for each, some in found.items() if some}
    findings = [
        replace(
            _mended(finding.proved(), survey, each),
            rule=each,
            severity=finding.severity or each.severity,
        )
        for each, some in found.items()
        if not each.unless & names
        for finding in some
    ]
    return tuple(sorted(_without_rivals(findings), key=_damage))


def _causes(findings: tuple[Finding, ...], chain: Chain | None) -> tuple[Finding, ...]:
    """Leave out the warnings that vanish once the causes are mended."""
    if chain is None:
        return findings
    lasting = {each.name for each in (*chain.steps, *chain.left)}
    return tuple(
        each for each in findings if each.severity is not Severity.WARNING or each.name in lasting
    )


def _mended(finding: Finding, survey: Survey, found_by: Rule) -> Finding:
    """Return the finding with a line of Python that leaves nothing to be refused."""
    if not isinstance(finding.fix, str) or found_by.name in _RETARGETING:
        return finding
    return replace(finding, fix=survey.mended(finding.fix))


def _without_rivals(findings: list[Finding]) -> Iterator[Finding]:
    """Drop all ways in which rows and classes may be paired wrongly but the best one."""
    rivals = [each for each in findings if each.name in MISPAIRED]
    best = min(rivals, key=_damage, default=None)
    losers = {id(each) for each in rivals if each is not best}
    yield from (each for each in findings if id(each) not in losers)


def _damage(finding: Finding) -> tuple[bool, int, float]:
    # What is refused cannot be compared, and comes first.
    is_refused = finding.name in ("options-missing", "multi-label-targets")
    return not is_refused, *_ranked(finding)


def _ranked(finding: Finding) -> tuple[int, float]:
    return _ORDER.index(finding.severity or Severity.INFO), -finding.gain
