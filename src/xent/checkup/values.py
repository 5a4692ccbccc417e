"""Rules about numbers that are not what a model computed."""

from collections.abc import Iterator
from math import log

import numpy as np

from xent.checkup.rows import LabelledRows
from xent.checkup.rule import Finding, counted, rule
from xent.checkup.survey import Survey
from xent.errors import Code, Severity
from xent.meaning.precision import is_bfloat16, is_float16
from xent.report.anomalies import CountedRows

# -ln of the smallest probability that a framework lets through, and whose it is.
_PLATEAUS = {
    "Keras, 1e-7": -log(1e-7),
    "scikit-learn, 2.2e-16": -log(2.220446049250313e-16),
    "scikit-learn before 1.3, 1e-15": -log(1e-15),
    "PyTorch's binary_cross_entropy, 100": 100.0,
}
# What scikit-learn's log_loss cuts probabilities off at.
_EPS = 2.220446049250313e-16


@rule("XC601", Severity.ERROR)
def nonfinite_logits(survey: Survey) -> Iterator[Finding]:
    """Logits are nan, or +inf.

    A single one makes the loss of its row nan, and with it the mean.

    Example: a division by zero, an overflow in half precision.

    Fix: find where they come from; leaving the rows out hides it.
    """
    found = survey.report.anomalies
    yield from _harmed(survey, Code.NONFINITE_LOGITS, found.nonfinite_rows, count=found.nonfinite)


def _harmed(survey: Survey, code: Code, harmed: CountedRows, **facts: int) -> Iterator[Finding]:
    """Find rows without a finite loss, and calculate the loss without them."""
    for warning in survey.warnings(code):
        after = _loss_of_finite(survey.rows)
        evidence = survey.evidence(after, **facts, rows=harmed.total, first=harmed.first[0])
        yield Finding.of(warning, evidence)


def _loss_of_finite(rows: LabelledRows) -> float | None:
    finite = np.isfinite(rows.losses)
    if not finite.any() or rows.has_probabilities:
        return None
    return rows.loss_of(rows.logits[finite], rows.targets[finite])


@rule("XC602", Severity.ERROR)
def masked_target(survey: Survey) -> Iterator[Finding]:
    """The logit of the target itself is -inf, or its probability 0.

    A mask excluded what came true: the loss of that row is infinite. With label smoothing every
    class is part of the target, and none may be masked.

    Example: an attention mask or a vocabulary mask that is one position off.

    Fix: leave the row out, or mend the mask.
    """
    rows, harmed = survey.rows, survey.report.anomalies.masked_targets
    for warning in survey.warnings(Code.MASKED_TARGET):
        facts = {"rows": harmed.total, "first": harmed.first[0]}
        if survey.settings.label_smoothing:
            fix = survey.fix(rows.loss_of(label_smoothing=0.0), label_smoothing=0.0)
            yield Finding.of(warning, survey.evidence(fix, **facts), fix)
        elif survey.settings.input_kind == "probs":
            # Without the rows that the model has wrong the loss would say nothing.
            after = None if survey.settings.binary else rows.loss_of(rows.logits.clip(_EPS, 1))
            yield Finding.of(
                warning, survey.evidence(after, **facts), f"logits = numpy.clip(logits, {_EPS}, 1)"
            )
        else:
            yield Finding.of(warning, survey.evidence(_loss_of_finite(rows), **facts))


@rule("XC603", Severity.WARNING)
def clipped_probabilities(survey: Survey) -> Iterator[Finding]:
    """Rows stand at the largest loss that another framework lets through.

    It cut the probabilities off at a small constant, so that many hopeless rows have exactly the
    same loss, and the true one is unknown.

    Example: predictions of Keras, never below 1e-7: a loss of 16.118.

    Fix: export logits instead of probabilities.
    """
    losses = survey.rows.losses
    for owner, plateau in _PLATEAUS.items():
        at = int((np.abs(losses - plateau) < 2e-3).sum())
        if at >= max(2, 0.005 * len(losses)):
            yield Finding(
                f"{at} rows have a loss of {plateau:.3f}: their probability was cut off ({owner})",
                "export logits instead of probabilities",
                survey.evidence(None, rows=at, plateau=plateau),
            )


@rule("XC604", Severity.INFO)
def half_precision_logits(survey: Survey) -> Iterator[Finding]:
    """Every logit is a number of half precision.

    They were computed or stored in 16 bits, and are rounded to three digits or fewer. The loss of a
    row is off by no more than twice the largest rounding.

    Example: an evaluation under autocast, dumped as it was.

    Fix: none is needed where the bound is small; else convert to float32 before the last layer.
    """
    values = survey.rows.logits[np.isfinite(survey.rows.logits)]
    # Numbers typed by hand, with few digits, may be of any precision.
    if len(np.unique(values[:10_000])) < 50 or (values == np.round(values, 2)).all():
        return
    largest = float(np.abs(values).max())
    for name, digits, fits in (("float16", 11, is_float16), ("bfloat16", 8, is_bfloat16)):
        if fits(values).all():
            bound = 2 * largest * 2.0**-digits
            yield Finding(
                f"all logits are {name} numbers: a row's loss may be off by {bound:.2g}",
                "compute the last layer in float32 where that matters",
                survey.evidence(None, precision=name, largest_error=bound),
            )
            return


@rule("XC605", Severity.INFO)
def rows_ignored(survey: Survey) -> Iterator[Finding]:
    """Rows are left out of the mean.

    Their target is the ignore_index. They are neither in the sum nor in the denominator; with all
    of them left out there is no mean.

    Example: -100 for padding.

    Fix: none, if that is what they mean.
    """
    sums, rows = survey.report.loss_sum, survey.rows
    ignored = sums.ignored - sum(survey.out_of_range.values())
    if ignored > 0:
        number = survey.settings.ignore_index
        known = _known_class_ignored(rows, number - int(survey.settings.one_based))
        yield Finding(
            f"{ignored} of {counted(sums.rows, 'row is', 'rows are')} ignored"
            + (": no row counts, and there is no mean" if not sums.counted else "")
            + (f": class {number}, which the model predicts there" if known else ""),
            f"their target is {number}",
            survey.evidence(None, ignored=ignored, rows=sums.rows),
            severity=Severity.ERROR if not sums.counted else Severity.WARNING if known else None,
        )


def _known_class_ignored(rows: LabelledRows, ignored: int) -> bool:
    """Tell whether the class that is ignored is one that the model knows, and so no padding."""
    if rows.has_probabilities or not 0 <= ignored < rows.classes:
        return False
    logits = rows.sample.logits[~rows.counted]
    return len(logits) > 0 and float((logits.argmax(axis=1) == ignored).mean()) > 0.5


@rule("XC606", Severity.ERROR)
def loss_overflow(survey: Survey) -> Iterator[Finding]:
    """Finite logits stand so far apart that the loss is no finite number.

    A double ends at 1.8e308. The row's loss, and with it the mean, is inf.

    Example: logits of 1e308 and -1e308, from a memory that was never written.

    Fix: find where such numbers come from.
    """
    yield from _harmed(survey, Code.LOSS_OVERFLOW, survey.report.anomalies.overflowing_rows)
