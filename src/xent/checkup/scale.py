"""Rules about what the numbers are: logits, probabilities, or one mistaken for the other."""

from collections.abc import Iterator
from dataclasses import replace
from math import e, log

import numpy as np

from xent.checkup.calibration import LEAST_FACTOR, MOST_FACTOR, Reliability, best_temperature
from xent.checkup.class_order import best_order
from xent.checkup.pairing import Pairing, is_significant, lowest_loss
from xent.checkup.rows import LabelledRows
from xent.checkup.rule import CAUSES, MISREAD, Finding, rule
from xent.checkup.survey import Survey
from xent.errors import Code, Severity
from xent.losses.softmax import log_softmax
from xent.meaning.row_sums import exponentials_sum_to_one, sums_to_hundred, sums_to_one
from xent.report.anomalies import (
    PERCENTAGES_AS_LOGITS,
    PROBABILITIES_AS_LOG_PROBS,
    PROBABILITIES_AS_LOGITS,
    Likeness,
    wrong_base,
)

# The least share of the loss that another temperature must save to be worth a word, and by how many
# nats, over all rows, it must explain the targets better: they are then 400 times as likely.
_LEAST_SHARE = 0.045
_LEAST_NATS = 6
_LARGE = 0.5
# Fewer rows than this prove nothing.
_FEW_ROWS = 20
# By so many standard deviations the targets must rank below chance in their columns.
_CONTRARY = 3.0
_TELLING = 2.5
# Odds of a few rows that are worth a word.
_LEAST_ODDS = 20
# Sigmoids of a trained model go below this and above 1 less this; cosines hardly do.
_SURE_NO = 0.1
# What rounding makes of a probability of 0, in double precision.
_NEARLY_ZERO = 1e-9
# Of two orders of the classes the one with the far lower loss is meant.
_FAR_BETTER = 0.7
# What is meant is at least as good as after a temperature.
_AS_GOOD = 1.05
# The share of rows in a block that must be of its kind.
_ONE_BLOCK = 0.95


@rule("XC101", Severity.ERROR)
def probabilities_as_logits(survey: Survey) -> Iterator[Finding]:
    """The logits are already probabilities, so softmax is applied twice.

    All lie in [0, 1] and every row sums to 1, or to 100 for percentages. Softmax of
    probabilities is nearly uniform: the loss stays between ln(1 + (C - 1)/e) and ln(C - 1 + e),
    however good the model is. With --binary, a second sigmoid is applied to each probability.

    Example: a model that ends in softmax, trained with CrossEntropyLoss.

    Fix: --input-kind probs; in PyTorch remove the softmax, or use nll_loss(log(p), t).
    """
    if survey.settings.binary:
        yield from _binary_probabilities(survey)
        return
    if survey.settings.input_kind != "logits":
        yield from _shifted_probabilities(survey)
        return
    likeness = survey.report.anomalies.likeness
    if likeness is Likeness.NONE:
        yield from _percentages(survey)
        yield from _shifted_probabilities(survey)
        return
    if _are_wrong_predictions(survey):
        return
    twice = [*_shifted_probabilities(survey)]
    if twice:
        yield from twice
        return
    rows, others = survey.rows, survey.rows.classes - 1
    fix = survey.fix(rows.loss_of(input_kind="probs", temperature=1.0), input_kind="probs")
    bounds = {"lowest_possible": log(1 + others / e), "highest_possible": log(others + e)}
    yield Finding.of(PROBABILITIES_AS_LOGITS, survey.evidence(fix, **bounds), fix)


def _shifted_probabilities(survey: Survey) -> Iterator[Finding]:
    """Find logits that are probabilities up to a constant per row, as after a second softmax.

    Less the mean of their row, and plus 1/C, they lie between 0 and 1, and near 0 in most rows.
    The logits may also be the exponentials of such numbers, the outputs of the second softmax.
    """
    rows, kind = survey.rows, survey.settings.input_kind
    if len(rows) < _FEW_ROWS or rows.has_probabilities or survey.settings.temperature != 1:
        return
    likeness = survey.report.anomalies.likeness
    outputs = kind == "probs" or (kind == "logits" and likeness is Likeness.PROBABILITIES)
    logs = np.log(rows.logits) if outputs else rows.logits
    probs = logs - logs.mean(axis=1, keepdims=True) + 1 / rows.classes
    inside = probs.min() >= -_NEARLY_ZERO and probs.max() <= 1 + _NEARLY_ZERO
    if not inside or not np.median(probs.min(axis=1)) < _SURE_NO / 2 or not probs.max() > 0.5:
        return
    before = np.log(np.maximum(probs, _NEARLY_ZERO))
    after = rows.loss_of(before, input_kind="logits")
    if not after < (1 - _LEAST_SHARE) * rows.loss:
        return
    unchanged = lowest_loss(Pairing(logs, rows.targets))
    if not lowest_loss(Pairing(before, rows.targets)) < _AS_GOOD * unchanged:
        return
    take_logs = "logits = numpy.log(logits); " if outputs else ""
    centred = "logits - logits.mean(axis=1, keepdims=True)"
    back = f"numpy.maximum({centred} + 1 / {rows.classes}, {_NEARLY_ZERO})"
    yield Finding(
        "each row sums to 1, and its logarithms are probabilities up to a constant: softmax was "
        "applied twice"
        if outputs
        else "up to a constant per row, the logits are probabilities: softmax is already applied",
        "use the logits before the first softmax",
        survey.evidence(after),
        f"{take_logs}logits = {back if kind == 'probs' else f'numpy.log({back})'}",
    )


def _binary_probabilities(survey: Survey) -> Iterator[Finding]:
    """Find logits of labels that are probabilities of "yes", by their range and their loss."""
    if survey.settings.input_kind != "logits":
        return
    rows = survey.rows
    yes = rows.logits[:, 1] if len(rows) >= _FEW_ROWS else np.ones(1)
    inside = yes.min() >= 0 and yes.max() <= 1 and len(np.unique(yes)) > 2
    if not inside or not (yes.min() < _SURE_NO and yes.max() > 1 - _SURE_NO):
        return
    probs = np.stack([1 - yes, yes], axis=1)
    after = rows.loss_of(probs, input_kind="probs", temperature=1.0)
    if not after < rows.loss:
        return
    fix = survey.fix(after, input_kind="probs")
    yield Finding(
        "all logits lie between 0 and 1: they are probabilities",
        "--input-kind probs skips the sigmoid, which is applied twice now",
        survey.evidence(fix),
        fix,
    )


def _percentages(survey: Survey) -> Iterator[Finding]:
    """Find rows that sum to 100."""
    values = survey.rows.sample.logits
    if not sums_to_hundred(values).all():
        return
    yield Finding.of(
        PERCENTAGES_AS_LOGITS,
        survey.evidence(survey.rows.loss_of(np.log(survey.rows.logits / 100), temperature=1.0)),
        "logits = numpy.log(logits / 100)",
    )


def _are_wrong_predictions(survey: Survey) -> bool:
    """Tell whether all rows are one-hot, and not all of them right."""
    one_hot = survey.report.anomalies.likeness is Likeness.ONE_HOT
    return one_hot and survey.report.loss_sum.accuracy != 1


@rule("XC111", Severity.ERROR)
def one_hot_predictions(survey: Survey) -> Iterator[Finding]:
    """The logits are one-hot predictions, without any confidence.

    Each row holds a single 1, for the predicted class, and zeros. As probabilities they give
    each wrong row a loss of inf; as logits, a loss that depends only on the accuracy and the
    number of classes.

    Example: the result of argmax and one_hot, or the vote of a single model.

    Fix: export the logits or the probabilities of the model.
    """
    plain = survey.settings.input_kind == "logits" and not survey.settings.binary
    if not plain or not len(survey.rows) or not _are_wrong_predictions(survey):
        return
    right = survey.report.loss_sum.accuracy
    yield Finding(
        f"each row of logits is one-hot: these are predictions, of which {right:.1%} are right",
        "predictions have no cross-entropy: export logits or probabilities",
        survey.evidence(None, accuracy=right),
        severity=None if len(survey.rows) >= _FEW_ROWS else Severity.INFO,
    )


@rule("XC102", Severity.INFO, unless=CAUSES)
def log_probabilities(survey: Survey) -> Iterator[Finding]:
    """The logits are already log-probabilities, which is harmless.

    The exponentials of every row sum to 1. Softmax leaves them unchanged, so the loss is right
    either way.

    Example: a model that ends in log_softmax, with CrossEntropyLoss instead of NLLLoss.

    Fix: none is needed; nll_loss saves the softmax.
    """
    values = survey.rows.sample.logits
    if survey.settings.input_kind != "logits" or not values.max() <= 1e-6:
        return
    if not exponentials_sum_to_one(values).all():
        return
    after = survey.rows.loss_of(input_kind="log-probs", temperature=1.0)
    fix = survey.fix(after, input_kind="log-probs")
    yield Finding(
        "the exponentials of each row sum to 1: these are log-probabilities",
        "softmax leaves them unchanged: the loss is right",
        survey.evidence(fix),
        fix,
    )


@rule("XC103", Severity.ERROR)
def softmax_over_wrong_axis(survey: Survey) -> Iterator[Finding]:
    """Softmax was applied over the rows, not over the classes.

    All values lie in [0, 1] and each column sums to 1, but the rows do not; or the exponentials
    of each column do, after log_softmax.

    Example: softmax(dim=0) of an (N, C) array.

    Fix: softmax over the last axis, of the logits themselves; from these values they cannot be
    recovered.
    """
    values = survey.rows.sample.logits
    if survey.settings.input_kind != "logits" or survey.settings.binary or len(values) < 2:
        return
    is_share = values.min() >= 0 and values.max() <= 1
    if is_share and _columns_sum_to_one(survey) and not sums_to_one(values).all():
        yield Finding(
            "each column sums to 1, but the rows do not: softmax was applied over the rows",
            "apply softmax over the classes: softmax(logits, axis=1)",
            survey.evidence(None),
        )
    elif _exponentials_of_columns_sum_to_one(survey):
        yield Finding(
            "the exponentials of each column sum to 1, but those of the rows do not: log_softmax "
            "was applied over the rows",
            "apply log_softmax over the classes: log_softmax(logits, axis=1)",
            survey.evidence(None),
        )


def _exponentials_of_columns_sum_to_one(survey: Survey) -> bool:
    values = survey.rows.sample.logits
    if not survey.rows.sample.is_complete or not values.max() <= 0:
        return False
    columns, rows = exponentials_sum_to_one(values.T), exponentials_sum_to_one(values)
    return bool(columns.all() and not rows.all())


def _columns_sum_to_one(survey: Survey) -> bool:
    """Tell whether each column sums to 1 over all rows; without all of them, up to 0.0005."""
    sample = survey.rows.sample
    if sample.is_complete:
        return bool(sums_to_one(sample.logits.T).all())
    # The decimals of the rows left out are not known.
    return bool((np.abs(survey.classes.logit_sums - 1) <= 5e-4).all())


@rule("XC108", Severity.ERROR, unless=("softmax-over-wrong-axis",))
def sigmoid_as_logits(survey: Survey) -> Iterator[Finding]:
    """The logits are outputs of sigmoids, one per class.

    All lie in (0, 1), and the rows do not sum to 1. The logits before the sigmoid, ln(p/(1 -
    p)), have a lower loss than these values at any temperature.

    Example: a one-vs-rest classifier's probabilities, or a multi-label head, as logits.

    Fix: use the logits before the sigmoid.
    """
    rows = survey.rows
    plain = survey.settings.input_kind == "logits" and not survey.settings.binary
    if not plain or len(rows) < _FEW_ROWS or rows.has_probabilities:
        return
    values = rows.logits
    inside = values.min() > 0 and values.max() < 1
    saturated = values.min() < _SURE_NO < 1 - _SURE_NO < values.max()
    if not (inside and saturated) or sums_to_one(values).mean() > 0.5:
        return
    before = np.log(values) - np.log1p(-values)
    after = rows.loss_of(before, temperature=1.0)
    unchanged = lowest_loss(Pairing(values, rows.targets))
    if not after < (1 - _LEAST_SHARE) * rows.loss:
        return
    if not lowest_loss(Pairing(before, rows.targets)) < _AS_GOOD * unchanged:
        return
    yield Finding(
        "all logits lie between 0 and 1, but the rows do not sum to 1: they are outputs of "
        "sigmoids",
        "softmax needs the logits before the sigmoid; several labels per row need --binary",
        survey.evidence(after),
        "logits = numpy.log(logits) - numpy.log1p(-logits)",
    )


@rule("XC109", Severity.ERROR)
def log_base_mismatch(survey: Survey) -> Iterator[Finding]:
    """The logits are logarithms of probabilities to a base other than e.

    The powers of 2, or of 10, of each row sum to 1. Softmax uses exponentials, which do not.

    Example: numpy.log2 or math.log10 of a model's probabilities.

    Fix: multiply by ln 2, or by ln 10.
    """
    values = survey.rows.sample.logits
    if survey.settings.input_kind == "probs" or survey.settings.binary:
        return
    if not values.max() <= 0 or exponentials_sum_to_one(values).all():
        return
    for base in (2, 10):
        if len(values) < _FEW_ROWS // 2 or not exponentials_sum_to_one(values, base).all():
            continue
        after = survey.rows.loss_of(survey.rows.logits * np.log(base), temperature=1.0)
        yield Finding.of(
            wrong_base(base),
            survey.evidence(after, base=base),
            f"logits = logits * numpy.log({base})",
        )


@rule("XC110", Severity.ERROR)
def mixed_input_kinds(survey: Survey) -> Iterator[Finding]:
    """Some rows are probabilities, the others logits.

    A block of rows lies in [0, 1] and sums to 1, while the other rows do not: softmax was
    applied to one of the concatenated files.

    Example: shards, one of which was written by another version of the script.

    Fix: write all rows in the same form.
    """
    survey = survey.in_order
    plain = survey.settings.input_kind == "logits" and not survey.settings.binary
    if not plain or not survey.rows.sample.is_consecutive:
        return
    values = survey.rows.sample.logits
    odd = sums_to_one(values)
    others = values[~odd]
    if odd.sum() < _FEW_ROWS // 2 or len(others) < 2:
        return
    first, last = int(odd.argmax()), len(odd) - int(odd[::-1].argmax())
    # Rows that were mixed row by row are not two files.
    if odd[first:last].mean() < _ONE_BLOCK or not (others < 0).any(axis=1).mean() > 0.5:
        return
    logits = values.copy()
    logits[first:last] = np.log(logits[first:last])
    after = survey.rows.loss_of(logits[survey.rows.counted])
    yield Finding(
        f"rows {first} to {last - 1} are probabilities, the others are logits",
        "write all rows in the same form",
        survey.evidence(after, first=first, last=last - 1),
        f"logits[{first}:{last}] = numpy.log(logits[{first}:{last}])",
    )


@rule("XC112", Severity.ERROR)
def probabilities_as_log_probs(survey: Survey) -> Iterator[Finding]:
    """The log-probabilities are probabilities: the logarithm is missing.

    All lie in [0, 1] and every row sums to 1. The loss is then minus the mean probability of
    the targets, which is negative.

    Example: NLLLoss given the output of softmax.

    Fix: --input-kind probs; in PyTorch use log_softmax instead of softmax.
    """
    values = survey.rows.sample.logits
    if survey.settings.input_kind != "log-probs" or not sums_to_one(values).all():
        return
    fix = survey.fix(survey.rows.loss_of(input_kind="probs"), input_kind="probs")
    yield Finding.of(PROBABILITIES_AS_LOG_PROBS, survey.evidence(fix), fix)


@rule("XC104", Severity.ERROR, unless=MISREAD)
def logits_negated(survey: Survey) -> Iterator[Finding]:
    """The logits have the wrong sign.

    With negated logits the loss is far lower: these are energies, distances or losses, where
    the smallest is the best. With two classes, negating is the same as exchanging the columns.

    Example: squared distances to class centres, used as logits.

    Fix: negate the logits.
    """
    rows = survey.rows
    if survey.settings.input_kind != "logits" or not np.isfinite(rows.logits).all():
        return
    negated = log_softmax(-rows.logits, temperature=survey.settings.temperature)
    before, after = (Pairing(each, rows.targets) for each in (rows.log_probs, negated))
    proved = is_significant(before, after) and survey.association_z < -_CONTRARY
    if not (proved or _all_right_negated(rows)):
        yield from _negated_and_exchanged(survey)
        return
    two = rows.classes == 2
    if two and survey.warnings(Code.LABELS_PERMUTED):
        return  # the names of the classes tell which it is
    yield Finding(
        "with negated logits the loss is far lower",
        "the two classes are exchanged, or these are distances or energies: negate them"
        if two
        else "these are distances or energies: negate them",
        survey.evidence(rows.loss_of(-rows.logits)),
        "logits = -logits",
        # A few rows prove nothing.
        severity=None if proved else Severity.INFO,
    )


def _negated_and_exchanged(survey: Survey) -> Iterator[Finding]:
    """Find logits of the wrong sign whose classes are in another order, which hides their sign."""
    rows = survey.rows
    small = rows.has_probabilities or len(rows) < _FEW_ROWS
    if small or survey.is_associated or survey.in_order.alignment:
        return
    negated = replace(rows, sample=replace(rows.sample, logits=-rows.sample.logits))
    order, unchanged = best_order(negated), survey.class_order
    if order is None:
        return
    # Some order of the classes fits the given signs as well, but hardly as well.
    if unchanged and not order.unseen_loss < _FAR_BETTER * unchanged.unseen_loss:
        return
    targets = order.columns[rows.targets]
    after = Pairing(negated.log_probs, targets)
    if not is_significant(Pairing(rows.log_probs, rows.targets), after):
        return
    yield Finding(
        "with the logits negated and the classes reordered, the loss is far lower",
        "these are distances or energies of classes in another order",
        survey.evidence(negated.loss_of(targets=targets)),
        f"logits = -logits; {survey.retargeted(order.python)}",
    )


def _all_right_negated(rows: LabelledRows) -> bool:
    """Tell whether few rows, all of them wrong, are all right with the logits negated.

    A guess would be so lucky in one of C^N data sets; that must be fewer than one in 20.
    """
    right = rows.accuracy == 0 and rows.accuracy_of(-rows.logits) == 1
    return right and len(rows) < _FEW_ROWS and len(rows) * rows.chance > log(_LEAST_ODDS)


@rule("XC105", Severity.WARNING, unless=CAUSES)
def overconfident(survey: Survey) -> Iterator[Finding]:
    """The model is overconfident: its confidence exceeds its accuracy.

    Divided by a temperature above 1, the logits have a markedly lower loss: the order of the
    classes is unchanged, only the confidence falls.

    Example: a network that was trained until it fit its training data perfectly.

    Fix: use --temperature with the given value; calibrate the model, or stop training earlier.
    """
    yield from _miscalibrated(survey, overconfident=True)


@rule("XC106", Severity.WARNING, unless=CAUSES)
def underconfident(survey: Survey) -> Iterator[Finding]:
    """The model is underconfident: its accuracy exceeds its confidence.

    Divided by a temperature below 1, the logits have a markedly lower loss. Often they were
    scaled, averaged, or limited to a narrow range.

    Example: cosine similarities, which lie in [-1, 1], without a scale.

    Fix: use --temperature with the given value, or multiply the logits by a learned scale.
    """
    yield from _miscalibrated(survey, overconfident=False)


@rule("XC107", Severity.WARNING, unless=("probabilities-as-log-probs", "log-base-mismatch"))
def inputs_not_normalised(survey: Survey) -> Iterator[Finding]:
    """The given probabilities or log-probabilities do not sum to 1.

    No softmax is applied to them, so the loss is not that of a distribution: larger numbers
    make it arbitrarily small.

    Example: logits with --input-kind log-probs; sigmoid outputs with --input-kind probs.

    Fix: omit --input-kind if these are logits; else divide each row by its sum.
    """
    rows, far = survey.rows, survey.report.anomalies.unnormalised_inputs
    for warning in survey.warnings(Code.INPUTS_NOT_NORMALISED):
        finding = Finding.of(warning, survey.evidence(None, rows=far.total, first=far.first[0]))
        sums = rows.logits.sum(axis=1, keepdims=True)
        if survey.settings.input_kind == "probs" and (sums > 0).all():
            after = rows.loss_of(rows.logits / sums)
            finding = replace(
                finding,
                fix="logits = logits / logits.sum(axis=1, keepdims=True)",
                evidence=survey.evidence(after, rows=far.total, first=far.first[0]),
            )
        elif rows.loss < 0:
            fix = survey.fix(rows.loss_of(input_kind="logits"), input_kind="logits")
            finding = replace(
                finding,
                fix=fix,
                evidence=survey.evidence(fix, rows=far.total, first=far.first[0]),
                severity=Severity.ERROR,
            )
        yield finding


def _miscalibrated(survey: Survey, *, overconfident: bool) -> Iterator[Finding]:
    rows = survey.rows
    odd = np.isnan(rows.log_probs).any() or survey.warnings(Code.TARGETS_NOT_NORMALISED)
    if survey.settings.input_kind != "logits" or not len(rows) or odd:
        return
    # Of rows that tell nothing about their targets there is nothing to calibrate.
    if not rows.has_probabilities and not survey.association_z >= _TELLING:
        return
    # The loss is convex in 1/T: without a gain at 2 there is none beyond.
    own, least = survey.settings.temperature, 2.0 if overconfident else 0.5
    if not rows.nll_at(own * least) < rows.nll_at(own):
        return
    # Nor do a few rows that are unlike all others tell the temperature of these.
    if overconfident and rows.dominating:
        others = rows.only(rows.losses.argsort()[: -rows.dominating])
        if not others.nll_at(own * least) < others.nll_at(own):
            return
    factor, after = best_temperature(rows)
    if not LEAST_FACTOR * 1.05 < factor < MOST_FACTOR / 1.05:  # the end of the search, no optimum
        return
    gain = rows.loss - after
    far = factor > least if overconfident else factor < least
    if not far or not gain >= _LEAST_SHARE * rows.loss or not gain * len(rows) >= _LEAST_NATS:
        return
    temperature = own * factor
    reliability = Reliability.of(rows.log_probs, rows.targets)
    calibrated = Reliability.of(rows.log_probs_at(temperature), rows.targets)
    fix = survey.fix(after, temperature=temperature)
    yield Finding(
        f"divided by {temperature:.3g}, the logits have a lower loss",
        "the model is overconfident" if overconfident else "the model is underconfident",
        survey.evidence(
            fix,
            temperature=temperature,
            calibration_error=reliability.error,
            calibration_error_after=calibrated.error,
            reliability=reliability.bins(),
        ),
        fix,
        # A model that is regularised, or young, is a little underconfident.
        severity=Severity.INFO if not overconfident and gain < _LARGE * rows.loss else None,
    )
