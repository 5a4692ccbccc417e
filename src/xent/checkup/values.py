"""Rules about numbers that are not what a model computed."""

from collections.abc import Iterator
from math import exp, isclose, log

import numpy as np

from xent.checkup.rows import LabelledRows
from xent.checkup.rule import Finding, counted, rule
from xent.checkup.survey import Survey
from xent.errors import Code, Severity
from xent.meaning.precision import is_bfloat16, is_float16
from xent.report.anomalies import CountedRows

# Who lets no smaller probability through.
_OWNERS = {
    "Keras": 1e-7,
    "scikit-learn": 2.220446049250313e-16,
    "scikit-learn before 1.3": 1e-15,
    "PyTorch's binary_cross_entropy": exp(-100),
}
# Larger constants are probabilities as any, and fewer rows share one by luck.
_LARGEST_EPS = 0.01
_FEW_ROWS = 20
# By so much sums of probabilities are off, and so much of the loss must be that of cut rows.
_SUMS = 1e-4
_LEAST_LOST = 0.02
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
    """The logit of the target itself is -inf, or its probability is 0.

    A mask excluded the target class: the loss of that row is infinite. With label smoothing every
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
    """Probabilities were clipped at a small constant.

    Several rows have exactly the same smallest probability for their target, which others
    share: another framework lets none through that is smaller, and their true loss is unknown.

    Example: predictions of Keras, never below 1e-7: a loss of 16.118.

    Fix: export logits instead of probabilities.
    """
    rows = survey.rows
    if rows.has_probabilities or len(rows) < _FEW_ROWS or survey.settings.binary:
        return
    values = rows.logits
    floor = float(values.min())
    probs = values if survey.settings.input_kind == "probs" else np.exp(values)
    # Cut off, they sum to a little more than 1.
    eps = float(probs.min())
    sums = probs.sum(axis=1)
    if not 0 < eps < _LARGEST_EPS:
        return
    plain = survey.settings.input_kind == "logits"
    if plain and not (np.abs(sums - 1) <= rows.classes * eps + _SUMS).all():
        return
    own = values[np.arange(len(rows)), rows.targets]
    at = int((own == floor).sum())
    # Numbers with few digits reach their smallest one without being cut off.
    near = (values > floor) & (values < floor + 0.01 * abs(floor))
    repeated = np.count_nonzero(near) - len(np.unique(values[near]))
    if at < max(2, 0.005 * len(rows)) or repeated > 0.5 * np.count_nonzero(near):
        return
    lost = float(rows.losses[own == floor].sum() / rows.losses.sum())
    if not lost > _LEAST_LOST:
        return
    owner = next((name for name, its in _OWNERS.items() if isclose(eps, its, rel_tol=0.01)), "")
    yield Finding(
        f"{at} rows have a loss of {-log(eps):.3f}: their probability was clipped at {eps:.3g}"
        + (f" ({owner})" if owner else ""),
        "export logits instead of probabilities",
        survey.evidence(None, rows=at, plateau=-log(eps), share=lost),
    )


@rule("XC604", Severity.INFO)
def half_precision_logits(survey: Survey) -> Iterator[Finding]:
    """All logits are half-precision numbers.

    They were computed or stored in 16 bits, and are rounded to three digits or fewer. The loss
    of a row is off by no more than twice the largest rounding.

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
                "calculate the last layer in float32 if that matters",
                survey.evidence(None, precision=name, largest_error=bound),
            )
            return


@rule("XC605", Severity.INFO, unless=("class-ignored",))
def rows_ignored(survey: Survey) -> Iterator[Finding]:
    """Rows are ignored in the mean.

    Their target is the ignore_index. They are neither in the sum nor in the denominator; with
    all rows ignored there is no mean.

    Example: -100 for padding.

    Fix: none, if that is what they mean.
    """
    sums, ignored = survey.report.loss_sum, _ignored(survey)
    if ignored > 0:
        yield Finding(
            f"{ignored} of {counted(sums.rows, 'row is', 'rows are')} ignored"
            + (": no row counts, so there is no mean" if not sums.counted else ""),
            f"their target is {survey.settings.ignore_index}",
            survey.evidence(None, ignored=ignored, rows=sums.rows),
            severity=None if sums.counted else Severity.ERROR,
        )


@rule("XC607", Severity.WARNING)
def class_ignored(survey: Survey) -> Iterator[Finding]:
    """The ignored class is one that the model predicts.

    The rows of a real class are left out of the mean, which then says nothing about them.
    Padding is not predicted.

    Example: --ignore-index 0, where class 0 is the background.

    Fix: omit --ignore-index if these rows should count.
    """
    number, ignored = survey.settings.ignore_index, _ignored(survey)
    if not ignored or not _known_class_ignored(survey.rows, number - survey.settings.one_based):
        return
    fix = survey.fix(None, ignore_index=-100)
    yield Finding(
        f"{ignored} of {survey.report.loss_sum.rows} rows are ignored: class {number}, which the "
        "model predicts there",
        "omit --ignore-index if these rows should count",
        survey.evidence(fix, ignored=ignored),
        fix,
    )


def _ignored(survey: Survey) -> int:
    """Return how many rows the user ignores, without those whose targets name no class."""
    return survey.report.loss_sum.ignored - sum(survey.out_of_range.values())


def _known_class_ignored(rows: LabelledRows, ignored: int) -> bool:
    """Tell whether the class that is ignored is one that the model knows, and so no padding."""
    if rows.has_probabilities or not 0 <= ignored < rows.classes:
        return False
    logits = rows.sample.logits[~rows.counted]
    return len(logits) > 0 and float((logits.argmax(axis=1) == ignored).mean()) > 0.5


@rule("XC606", Severity.ERROR)
def loss_overflow(survey: Survey) -> Iterator[Finding]:
    """Finite logits are so far apart that the loss is not finite.

    A double ends at 1.8e308. The row's loss, and with it the mean, is inf.

    Example: logits of 1e308 and -1e308, from a memory that was never written.

    Fix: find where such numbers come from.
    """
    yield from _harmed(survey, Code.LOSS_OVERFLOW, survey.report.anomalies.overflowing_rows)
