"""Rules about weights."""

from collections.abc import Iterator

from xent.checkup.rule import Finding, rule
from xent.checkup.survey import Survey
from xent.errors import Code, Severity


@rule("XC701", Severity.ERROR)
def weights_cancel(survey: Survey) -> Iterator[Finding]:
    """The weights of the rows add up to nothing, or to less.

    The mean is divided by their sum. With a sum of 0 there is no mean; below 0 the loss has the
    wrong sign, and training would make the model worse.

    Example: a weight of 0 for the only class that occurs.

    Fix: give positive weights.
    """
    for warning in survey.warnings(Code.WEIGHTS_CANCEL):
        weight = float(survey.report.loss_sum.weight)
        yield Finding.of(warning, survey.evidence(None, weight=weight))


@rule("XC703", Severity.INFO)
def weighted_mean(survey: Survey) -> Iterator[Finding]:
    """The mean is divided by the weights, not by the rows.

    That is what PyTorch does with class numbers. Averaging the weighted losses of the rows, or
    of batches with other classes in them, gives another number.

    Example: reduction="none" with weights, then .mean().

    Fix: none is needed; say which of the two is meant.
    """
    sums = survey.report.loss_sum
    if survey.report.weighted and sums.counted and float(sums.weight) > 0:
        over_rows = float(sums.total) / sums.counted
        yield Finding(
            f"the mean is divided by the weights, {float(sums.weight):g}; divided by the "
            f"{sums.counted} rows it would be {over_rows:.6g}",
            "PyTorch divides by the weights",
            survey.evidence(None, weight=float(sums.weight), mean_over_rows=over_rows),
        )
