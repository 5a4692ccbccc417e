"""Rules about what the numbers are: logits, probabilities, or one taken for the other."""

from collections.abc import Iterator
from math import e, log

import numpy as np

from xent.checkup.calibration import Reliability, best_temperature
from xent.checkup.proof import Reading, proves
from xent.checkup.rule import MISPAIRED, MISREAD, Finding, rule
from xent.checkup.survey import Survey
from xent.errors import Code, Severity
from xent.losses.softmax import log_softmax

_SUM_TOLERANCE = 2e-3
# The least share of the loss that another temperature must save to be worth a word, and by how many
# nats, over all rows, it must explain the targets better: they are then 400 times as likely.
_LEAST_SHARE = 0.045
_SURE = 6


def _sums_to_1(values: np.ndarray, axis: int) -> bool:
    return bool((np.abs(values.sum(axis=axis) - 1) < _SUM_TOLERANCE).all())


def _in_unit_range(survey: Survey) -> bool:
    values = survey.held.logits
    return bool(values.size and values.min() >= 0 and values.max() <= 1)


@rule("XC101", Severity.ERROR)
def probabilities_as_logits(survey: Survey) -> Iterator[Finding]:
    """The logits are probabilities already, so that softmax is applied twice.

    All lie in [0, 1] and every row sums to 1. Softmax of such rows is nearly even: the loss cannot
    leave the range from ln(1 + (C - 1)/e) to ln(C - 1 + e), however good the model is.

    Example: a model that ends in softmax, trained with CrossEntropyLoss.

    Fix: --input-kind probs; in PyTorch leave out the softmax, or nll_loss(log(p), t).
    """
    if survey.settings.input_kind != "logits" or survey.settings.binary:
        return
    if not _in_unit_range(survey) or not _sums_to_1(survey.held.logits, 1):
        return
    others = survey.held.classes - 1
    fix = survey.fix(survey.loss_of(input_kind="probs", temperature=1.0), input_kind="probs")
    yield Finding(
        "all logits lie between 0 and 1, and each row sums to 1: they are probabilities",
        "take them as they are; softmax came twice",
        survey.evidence(fix, lowest_possible=log(1 + others / e), highest_possible=log(others + e)),
        fix.command,
    )


@rule("XC102", Severity.INFO)
def log_probabilities(survey: Survey) -> Iterator[Finding]:
    """The logits are log-probabilities already, which does no harm.

    The exponentials of every row sum to 1. Softmax gives them back unchanged, so that the loss is
    right either way.

    Example: a model that ends in log_softmax, with CrossEntropyLoss instead of NLLLoss.

    Fix: none is needed; nll_loss saves the work.
    """
    values = survey.held.logits
    if survey.settings.input_kind != "logits" or not values.size or values.max() > 1e-6:
        return
    with np.errstate(all="ignore"):
        if not _sums_to_1(np.exp(values), 1):
            return
    after = survey.loss_of(input_kind="log-probs", temperature=1.0)
    fix = survey.fix(after, input_kind="log-probs")
    yield Finding(
        "the exponentials of each row sum to 1: these are log-probabilities",
        "softmax leaves them as they are: the loss is right",
        survey.evidence(fix),
        fix.command,
    )


@rule("XC103", Severity.ERROR)
def softmax_over_wrong_axis(survey: Survey) -> Iterator[Finding]:
    """Softmax was taken over the rows, not over the classes.

    All values lie in [0, 1] and each column sums to 1, but the rows do not.

    Example: softmax(dim=0) of an (N, C) array.

    Fix: softmax over the last axis, of the logits themselves; from these values they cannot be
    recovered.
    """
    values = survey.held.logits
    if survey.settings.input_kind != "logits" or len(values) < 2 or not _in_unit_range(survey):
        return
    if _sums_to_1(survey.column_sums[None], 0) and not _sums_to_1(values, 1):
        yield Finding(
            "each column sums to 1 and the rows do not: softmax ran over the rows",
            "take softmax over the classes: softmax(logits, axis=1)",
            survey.evidence(None),
        )


@rule("XC104", Severity.ERROR, unless=MISREAD)
def logits_negated(survey: Survey) -> Iterator[Finding]:
    """The logits have the wrong sign.

    With every sign turned the loss is far lower: these are energies, distances or losses, of which
    the smallest is the best. With two classes, two columns exchanged are the same numbers.

    Example: squared distances to class centres, taken as logits.

    Fix: turn the sign.
    """
    if survey.settings.input_kind != "logits" or not np.isfinite(survey.logits).all():
        return
    turned = log_softmax(-survey.logits, temperature=survey.settings.temperature)
    before, after = Reading(survey.log_probs, survey.targets), Reading(turned, survey.targets)
    if not (proves(before, after) or _all_turned(survey)):
        return
    two = survey.held.classes == 2
    yield Finding(
        "with every sign turned the loss is far lower",
        "the two classes are exchanged, or these are distances or energies: turn the sign"
        if two
        else "these are distances or energies: turn the sign",
        survey.evidence(survey.loss_of(-survey.logits)),
        "logits = -logits",
    )


def _all_turned(survey: Survey) -> bool:
    """Whether few rows, all of them wrong, are all right with the sign turned.

    A guess would be so lucky in one of C^N data sets; that must be fewer than one in a thousand.
    """
    targets = survey.targets
    right = survey.accuracy_of(-survey.logits, targets) == 1
    return survey.accuracy == 0 and right and len(targets) * survey.chance > log(1000)


@rule("XC105", Severity.WARNING, unless=(*MISREAD, *MISPAIRED, "clipped-probabilities"))
def overconfident(survey: Survey) -> Iterator[Finding]:
    """The model is surer than it is right.

    Divided by one temperature above 1 the same logits have a markedly lower loss: the classes stay
    in their order, only the certainty falls.

    Example: a network trained until it was certain of its training data.

    Fix: --temperature with the one given; calibrate the model, or stop earlier.
    """
    yield from _miscalibrated(survey, too_sure=True)


@rule("XC106", Severity.WARNING, unless=(*MISREAD, *MISPAIRED))
def underconfident(survey: Survey) -> Iterator[Finding]:
    """The model is less sure than it is right.

    Divided by one temperature below 1 the same logits have a markedly lower loss. Often they were
    scaled, averaged, or cut to a narrow range on the way.

    Example: cosine similarities, which never leave [-1, 1], without a scale.

    Fix: --temperature with the one given; multiply the logits by a learned scale.
    """
    yield from _miscalibrated(survey, too_sure=False)


@rule("XC107", Severity.WARNING)
def inputs_not_normalised(survey: Survey) -> Iterator[Finding]:
    """What is given as probabilities, or as their logarithms, does not sum to 1.

    No softmax is applied to them, so that the loss is that of no distribution: with larger numbers
    it can be made as small as one likes.

    Example: logits with --input-kind log-probs; sigmoid outputs with --input-kind probs.

    Fix: leave out --input-kind where these are logits; else divide each row by its sum.
    """
    for said in survey.said(Code.INPUTS_NOT_NORMALISED):
        rows = survey.report.oddities.unnormalised_inputs
        yield Finding(
            said.message,
            said.hint or "",
            survey.evidence(None, rows=rows.total, first=rows.first[0]),
        )


def _miscalibrated(survey: Survey, *, too_sure: bool) -> Iterator[Finding]:
    odd = np.isnan(survey.log_probs).any() or survey.said(Code.TARGETS_NOT_NORMALISED)
    if survey.settings.input_kind != "logits" or not len(survey.targets) or odd:
        return
    # The loss is convex in 1/T: without a gain at 2 there is none beyond.
    whole, apart = survey.settings.temperature, 2.0 if too_sure else 0.5
    if survey.surprise_at(whole * apart) >= survey.surprise_at(whole):
        return
    temperature, after = best_temperature(survey)
    gain = survey.loss - after
    far = temperature > apart if too_sure else temperature < apart
    if not far or gain < _LEAST_SHARE * survey.loss or gain * len(survey.targets) < _SURE:
        return
    reliability = Reliability.of(survey.log_probs, survey.targets)
    whole *= temperature
    calibrated = Reliability.of(survey.log_probs_at(whole), survey.targets)
    fix = survey.fix(after, temperature=whole)
    yield Finding(
        f"divided by {whole:.3g} the same logits have a lower loss",
        "the model is surer than it is right"
        if too_sure
        else "the model is less sure than it is right",
        survey.evidence(
            fix,
            temperature=whole,
            calibration_error=reliability.error,
            calibration_error_after=calibrated.error,
            reliability=reliability.bins(),
        ),
        fix.command,
    )
