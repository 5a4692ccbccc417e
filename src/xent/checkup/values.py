"""Rules about numbers that are not what a model computed."""

from collections.abc import Iterator
from math import log

import numpy as np

from xent.checkup.rule import Finding, rule
from xent.checkup.survey import Survey
from xent.errors import Severity

# -ln of the smallest probability that a framework lets through, and whose it is.
_PLATEAUS = {
    "Keras, 1e-7": -log(1e-7),
    "scikit-learn, 2.2e-16": -log(2.220446049250313e-16),
    "scikit-learn before 1.3, 1e-15": -log(1e-15),
    "PyTorch's binary_cross_entropy, 100": 100.0,
}


@rule("XC601", Severity.ERROR)
def nonfinite_logits(survey: Survey) -> Iterator[Finding]:
    """Logits are nan, or +inf.

    A single one makes the loss of its row nan, and with it the mean.

    Example: a division by zero, an overflow in half precision.

    Fix: find where they come from; leaving the rows out hides it.
    """
    logits = survey.logits
    odd = np.isnan(logits) | (logits == np.inf)
    if not odd.any():
        return
    rows = odd.any(axis=1)
    finite = ~rows
    after = None
    if finite.any() and not survey.has_probabilities:
        after = survey.loss_of(logits[finite], survey.targets[finite])
    first = int(survey.held.rows[survey.usable][rows.argmax()])
    yield Finding(
        f"{int(odd.sum())} logits are nan or inf, in {int(rows.sum())} rows, the first of them "
        f"row {first}",
        "a division by 0, or an overflow in half precision?",
        survey.evidence(after, count=int(odd.sum()), rows=int(rows.sum()), first=first),
    )


@rule("XC602", Severity.ERROR)
def masked_target(survey: Survey) -> Iterator[Finding]:
    """The logit of the target itself is -inf.

    A mask excluded what came true: the loss of that row is infinite.

    Example: an attention mask or a vocabulary mask that is one position off.

    Fix: leave the row out, or mend the mask.
    """
    if survey.has_probabilities or not len(survey.targets):
        return
    rows = np.arange(len(survey.targets))
    masked = np.isneginf(survey.logits[rows, survey.targets])
    if not masked.any():
        return
    kept = ~masked
    after = survey.loss_of(survey.logits[kept], survey.targets[kept]) if kept.any() else None
    first = int(survey.held.rows[survey.usable][masked.argmax()])
    yield Finding(
        f"the target's own logit is -inf in {int(masked.sum())} rows, first in row {first}",
        "the mask excludes what came true",
        survey.evidence(after, rows=int(masked.sum()), first=first),
    )


@rule("XC603", Severity.WARNING)
def clipped_probabilities(survey: Survey) -> Iterator[Finding]:
    """Rows stand at the largest loss that another framework lets through.

    It cut the probabilities off at a small constant, so that many hopeless rows have exactly the
    same loss, and the true one is unknown.

    Example: predictions of Keras, never below 1e-7: a loss of 16.118.

    Fix: export logits instead of probabilities.
    """
    losses = survey.row_losses
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
    values = survey.logits[np.isfinite(survey.logits)]
    if values.size < 100 or len(np.unique(values)) < 50 or (values == np.round(values, 2)).all():
        return
    largest = float(np.abs(values).max())
    for name, digits, fits in (
        ("float16", 11, _is_float16(values)),
        ("bfloat16", 8, _is_bfloat16(values)),
    ):
        if fits:
            bound = 2 * largest * 2.0**-digits
            yield Finding(
                f"all logits are {name} numbers: a row's loss may be off by {bound:.2g}",
                "compute the last layer in float32 where that matters",
                survey.evidence(None, precision=name, largest_error=bound),
            )
            return


def _is_float16(values: np.ndarray) -> bool:
    with np.errstate(over="ignore"):
        return bool((values.astype(np.float16) == values).all())


def _is_bfloat16(values: np.ndarray) -> bool:
    """Whether the numbers are float32 with nothing in the lower half."""
    single = values.astype(np.float32)
    lower = single.view(np.uint32) & 0xFFFF
    return bool((single == values).all() and not lower.any())


@rule("XC605", Severity.INFO)
def rows_ignored(survey: Survey) -> Iterator[Finding]:
    """Rows are left out of the mean.

    Their target is the ignore_index. They are neither in the sum nor in the denominator; with all
    of them left out there is no mean.

    Example: -100 for padding.

    Fix: none, if that is what they mean.
    """
    sums = survey.report.loss_sum
    ignored = sums.ignored - sum(survey.strangers.values())
    if ignored > 0:
        yield Finding(
            f"{ignored} of {sums.rows} rows are ignored"
            + (": no row counts, and there is no mean" if not sums.counted else ""),
            f"their target is {survey.settings.ignore_index}",
            survey.evidence(None, ignored=ignored, rows=sums.rows),
            severity=None if sums.counted else Severity.ERROR,
        )
