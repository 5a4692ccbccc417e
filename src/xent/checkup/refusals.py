"""Rules about inputs that `xent compute` refuses, and the options with which it takes them."""

from collections.abc import Iterator
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
    Code.NOT_A_PROBABILITY: ({"input_kind": "logits"}, {"binary": False}),
}


def options_instead(refusal: Diagnostic) -> tuple[dict[str, Any], ...]:
    """Return the options, by the names of `LossSettings`, that an input may need."""
    named = ({name: value} for name, value in refusal.options)
    return (*_OPTIONS.get(refusal.code, ()), *named)


@rule("XC213", Severity.ERROR)
def options_missing(survey: Survey) -> Iterator[Finding]:
    """The loss cannot be calculated as asked for, but can be with another option.

    The numbers do not fit the options, as when a single column of logits is given without
    --binary. Everything else that is said here is about the loss with the option.

    Example: one logit per row, and targets 0 and 1.

    Fix: give the option.
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
