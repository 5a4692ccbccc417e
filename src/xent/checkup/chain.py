"""Several mistakes at once: mend the first, look again, until nothing is left."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.checkup.fix import OF_THE_LOSS, Fix, statements
from xent.checkup.rule import Finding
from xent.checkup.sample import SampledRows
from xent.checkup.survey import Survey
from xent.errors import InputError, Location, Severity
from xent.inputs.batch import MOST_ROWS, Batch, Block
from xent.inputs.pairing import Inputs
from xent.settings import LossSettings

# With more mistakes than this the data are unrelated.
_MOST_STEPS = 4

FindAll = Callable[[Survey], tuple[Finding, ...]]


@dataclass(frozen=True, slots=True)
class Chain:
    """The fixes that an input needs, one after the other.

    Attributes:
        steps: What was found first, then what was found after its fix, and so on.
        survey: The rows after the last fix.
        left: What is found in them.
        command: What all fixes are together, a command or lines of Python; None where they cannot
            be put into one.
    """

    steps: tuple[Finding, ...]
    survey: Survey
    left: tuple[Finding, ...]
    command: str | None

    @property
    def loss(self) -> float:
        """The mean loss after the last fix, in the unit of the command."""
        return self.survey.report.loss_sum.mean / self.survey.settings.nats_per_unit


@dataclass(frozen=True, slots=True)
class _State:
    """An input with some fixes.

    Attributes:
        survey: The rows with the fixes.
        fixes: The fixes so far.
    """

    survey: Survey
    fixes: tuple[Fix | str, ...] = ()

    @property
    def options(self) -> Mapping[str, Any]:
        """All options that the fixes change."""
        return {
            name: value
            for fix in self.fixes
            if isinstance(fix, Fix)
            for name, value in fix.options.items()
        }

    @property
    def has_lines(self) -> bool:
        """Whether one of the fixes is a line of Python."""
        return any(isinstance(fix, str) for fix in self.fixes)


def mended(survey: Survey, findings: tuple[Finding, ...], find_all: FindAll) -> Chain | None:
    """Apply the fix of the first finding, look again, and so on until nothing is left.

    Args:
        survey: The rows as they were given.
        findings: What was found in them, the most damaging first.
        find_all: Finds all mistakes in other rows.

    Returns:
        None where the first finding cannot be mended.
    """
    state, steps = _State(survey), [*_first_to_mend(findings)]
    if not steps:
        return None
    found: list[Finding] = []
    left = findings
    while steps and len(found) < _MOST_STEPS:
        following = _after(state, survey, steps[0])
        if following is None or not _is_better(following.survey, state.survey):
            break
        found.append(steps[0])
        state = following
        left = find_all(state.survey)
        steps = [each for each in _first_to_mend(left) if each.fix not in state.fixes]
    return Chain(tuple(found), state.survey, left, _together(state, survey)) if found else None


def _first_to_mend(findings: tuple[Finding, ...]) -> Iterator[Finding]:
    """Yield the first error that has a fix and a loss after it, if there is one."""
    errors = (each for each in findings if each.severity is Severity.ERROR)
    provable = (each for each in errors if each.fix and "loss_after_fix" in each.evidence)
    yield from [*provable][:1]


def _is_better(after: Survey, before: Survey) -> bool:
    """Tell whether a fix lowers the loss, or rows could not be counted before."""
    if not isfinite(after.rows.loss) or not len(after.rows):
        return False
    refused = before.out_of_range or before.mismatch or before.refusal
    return bool(refused) or not after.rows.loss >= before.rows.loss


def _after(state: _State, given: Survey, step: Finding) -> _State | None:
    """Return the input with one more fix; None where it cannot be applied to the rows."""
    fix = step.fix
    if fix is None:
        return None
    following = replace(state, fixes=(*state.fixes, fix))
    survey: Survey | None
    if isinstance(fix, str):
        survey = _with_line(state.survey, fix)
    elif following.has_lines:
        survey = _with_options(state.survey, fix.options)
    else:
        again = _reread(given, following.options)
        survey = again or _with_options(state.survey, fix.options)
    return replace(following, survey=survey) if survey else None


def _reread(survey: Survey, options: Mapping[str, Any]) -> Survey | None:
    """Read all rows again, with other options."""
    opened = survey.rereader.inputs(**options)
    if opened is None:
        return None
    worst = len(survey.worst)
    try:
        return Survey.of(*opened, rereader=survey.rereader, worst=worst)
    except InputError:
        return None


def _with_options(survey: Survey, options: Mapping[str, Any]) -> Survey | None:
    """Judge the rows in memory by other options of the loss."""
    if not options.keys() <= OF_THE_LOSS:
        return None
    sample = survey.first_rows.sample
    settings = replace(survey.settings, **options)
    return _of_arrays(survey, settings, sample.logits, _targets(survey), sample.sample_weight)


def _with_line(survey: Survey, line: str) -> Survey | None:
    """Judge the rows in memory after a line of Python."""
    sample = survey.first_rows.sample
    if survey.settings.binary or sample.sample_weight is not None:
        return None
    mended_rows = _executed(line, sample.logits, _targets(survey))
    return _of_arrays(survey, survey.settings, *mended_rows, None) if mended_rows else None


def _targets(survey: Survey) -> NDArray[np.float64]:
    """Return the targets as they were given: one-hot rows where class numbers stand for them."""
    sample: SampledRows = survey.first_rows.sample
    if not sample.one_hot or survey.settings.binary:
        return sample.targets
    numbers = sample.targets.astype(np.int64) - int(survey.settings.one_based)
    return np.eye(sample.classes)[numbers]


def _executed(
    line: str, logits: NDArray[np.float64], targets: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return logits and targets after a line, which is executed as it is printed."""
    whole = targets.ndim == 1 and bool((targets == np.floor(targets)).all())
    given: NDArray[Any] = targets.astype(np.int64) if whole else targets
    names: dict[str, NDArray[Any]] = {"logits": logits.copy(), "targets": given}
    try:
        with np.errstate(all="ignore"):  # the logarithm of a probability of 0
            exec(line, {"numpy": np}, names)  # noqa: S102  our own line: only its numbers vary
    except (IndexError, ValueError):
        return None
    return names["logits"], names["targets"].astype(np.float64)


def _of_arrays(
    survey: Survey,
    settings: LossSettings,
    logits: NDArray[np.float64],
    targets: NDArray[np.float64],
    sample_weight: NDArray[np.float64] | None,
) -> Survey | None:
    """Look at rows in memory as `Survey.of` looks at those of files."""
    origin = _RowOrigin(survey.worst[0].location.source if survey.worst else "logits")

    def batches() -> Iterator[Batch]:
        for start in range(0, len(logits), MOST_ROWS):
            some = slice(start, start + MOST_ROWS)
            yield Batch(
                Block(logits[some], origin, start),
                Block(targets[some], origin, start),
                None if sample_weight is None else sample_weight[some],
                start,
            )

    inputs = Inputs(batches(), survey.report.notes, class_names=survey.report.class_names)
    if len(logits) != len(targets) or not len(logits):
        return None
    worst = len(survey.worst)
    try:
        return Survey.of(inputs, settings, rereader=_InMemory(survey), worst=worst)
    except InputError:
        return None


@dataclass(frozen=True, slots=True)
class _RowOrigin:
    """The origin of rows that have been moved: they have numbers, and no place."""

    source: str

    def locate(self, *index: int) -> Location:
        """Place a value by its row."""
        return Location(self.source, index=index[:1])


@dataclass(frozen=True, slots=True)
class _InMemory:
    """Stands for the source of rows that no options can read again."""

    survey: Survey

    def inputs(self, **_: Any) -> None:  # noqa: ANN401  of any type
        """Return nothing: no source has these rows."""

    def loss(self, **_: Any) -> None:  # noqa: ANN401  as above
        """Return nothing, as `inputs`."""

    def command(self, **changes: Any) -> str:  # noqa: ANN401  as above
        """Return the command for the rows as they were given."""
        return self.survey.rereader.command(**changes)


def _together(state: _State, given: Survey) -> str | None:
    """Return what all fixes are together, if that gives the same loss."""
    if not state.has_lines:
        return given.rereader.command(**state.options)
    lines: list[str] = []
    settings = given.settings
    for fix in state.fixes:
        if isinstance(fix, str):
            lines.append(fix)
            continue
        for statement in statements(fix.options, settings):
            if statement is None:
                return None
            lines.append(statement)
    survey = _with_line(given, "; ".join(lines))
    if survey is None or not np.isclose(survey.rows.loss, state.survey.rows.loss, rtol=1e-9):
        return None
    return "; ".join(lines)
