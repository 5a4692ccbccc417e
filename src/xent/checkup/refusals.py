"""Rules about inputs that `xent compute` refuses, and the options with which it takes them."""

from collections.abc import Iterator, Sequence
from math import nan
from typing import Any

from xent.checkup.fix import Fix
from xent.checkup.rule import Finding, rule
from xent.checkup.survey import Survey
from xent.errors import Code, Diagnostic, Severity

# The options that may be meant, by the error that their lack leads to.
_OPTIONS: dict[Code, tuple[dict[str, Any], ...]] = {
    Code.SINGLE_COLUMN: ({"binary": True},),
    Code.LABELS_NOT_CLASSES: ({"binary": True},),
    Code.WRONG_SHAPE: ({"binary": True}, {"class_axis": -1}, {"class_axis": 0}),
    # The targets may be the last column, or the first.
    Code.MISSING_TARGETS: ({"targets_key": "-1"}, {"targets_key": "0"}),
    Code.NOT_A_PROBABILITY: ({"input_kind": "logits"}, {"binary": False}),
}

_PYTHON_NAMES = {"--target-column": "targets_key"}


def options_instead(refusal: Diagnostic) -> tuple[dict[str, Any], ...]:
    """Return the options, by their Python names, that an input may need, the likeliest first."""
    named = [_by_name(refusal.options)] if refusal.options else []
    return (*named, *_OPTIONS.get(refusal.code, ()))


def _by_name(words: Sequence[str]) -> dict[str, Any]:
    """Return options as they are typed by their Python names."""
    found: dict[str, Any] = {}
    name = ""
    for word in words:
        if word.startswith("--"):
            name = _PYTHON_NAMES.get(word, word.removeprefix("--").replace("-", "_"))
        found[name] = True if word.startswith("--") else word
    return found


@rule("XC213", Severity.ERROR)
def options_missing(survey: Survey) -> Iterator[Finding]:
    """The loss cannot be calculated as asked for, but can be with another option.

    The numbers do not fit the options, as when a single column of logits is given without
    --binary. All other findings are about the loss with the option.

    Example: one logit per row, and targets 0 and 1.

    Fix: add the option.
    """
    if survey.refusal and survey.refusal.code is not Code.LABELS_NOT_CLASSES:
        yield from refused(survey, survey.refusal.code)


def refused(survey: Survey, code: Code) -> Iterator[Finding]:
    """Yield the finding for an input that compute refuses with this code, if it does."""
    if survey.refusal and survey.refusal.code is code:
        mean = survey.report.loss_sum.mean
        losses = {"loss": nan, "loss_after_fix": mean / survey.settings.nats_per_unit}
        fix = Fix(mean, survey.rereader.command(), of_all_rows=True)
        yield Finding.of(survey.refusal, losses, fix)
