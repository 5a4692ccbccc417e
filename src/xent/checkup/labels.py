"""Rules about targets that are classes, but not those that the logits mean."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from xent.checkup.alignment import best_offset, loss_at_offset
from xent.checkup.assignment import linear_sum_assignment
from xent.checkup.pairing import LEAST_SHARE, Pairing, is_significant
from xent.checkup.rows import Doubles, Integers, LabelledRows
from xent.checkup.rule import MISREAD, Finding, counted, rule
from xent.checkup.survey import Survey
from xent.errors import Code, Severity

# Fewer rows than this prove nothing about how labels were shuffled.
_FEW_ROWS = 20
_MOST_CLASSES_PERMUTED = 256
# The correlation from which on neighbouring rows are no longer taken for independent.
_ALIKE = 0.3
# Of a probability as small as a double can be.
_LEAST_LOG_PROB = -745.0


def _countable(rows: LabelledRows) -> bool:
    """Tell whether there are class numbers enough for a pattern to be no accident."""
    return not rows.has_probabilities and len(rows) >= _FEW_ROWS


@rule("XC301", Severity.ERROR)
def labels_one_based(survey: Survey) -> Iterator[Finding]:
    """The targets count the classes from 1.

    They go from 1 to C, where the columns of the logits are counted from 0 to C - 1. Every row is
    then held against the column to the right of its own, and the last class has none.

    Example: targets 1, 2, 3 for logits with three columns.

    Fix: subtract 1 from the targets, or --one-based.
    """
    rows, classes = survey.rows, survey.rows.classes
    if rows.has_probabilities or survey.settings.one_based or classes not in survey.out_of_range:
        return
    counted = rows.sample.targets != survey.settings.ignore_index
    targets = rows.sample.targets[counted]
    if targets.min() < 1 or targets.max() != classes or (targets != np.floor(targets)).any():
        return
    after = rows.loss_of(rows.sample.logits[counted], targets.astype(np.int64) - 1)
    fix = survey.fix(after, one_based=True)
    yield Finding(
        f"the targets go from 1 to {classes}, the {classes} classes from 0 to {classes - 1}",
        "count them from 0",
        survey.evidence(fix, smallest=1, largest=classes, outside=survey.out_of_range[classes]),
        fix.command,
    )


@rule("XC302", Severity.ERROR, unless=MISREAD)
def labels_shifted(survey: Survey) -> Iterator[Finding]:
    """Every target is one class too high or too low.

    The loss against t - 1 or t + 1, counted round, is far lower than against t: the numbers of
    the classes are off by one between the model and the labels, often because one of them counts
    a background class.

    Example: a model with a background class at 0, and labels without one.

    Fix: add or subtract 1.
    """
    rows, classes = survey.rows, survey.rows.classes
    if not _countable(rows) or classes < 3:
        return
    losses = {step: rows.loss_of(targets=(rows.targets + step) % classes) for step in (-1, 1)}
    step = min(losses, key=lambda each: losses[each])
    if not _fit(rows, (rows.targets + step) % classes):
        return
    change = "+ 1" if step > 0 else "- 1"
    yield Finding(
        f"against the targets {step:+d}, counted round, the loss is far lower",
        f"the classes are numbered differently: take (t {change}) % {classes}",
        survey.evidence(losses[step], step=step),
        f"targets = (targets {change}) % {classes}",
    )


def _fit(rows: LabelledRows, targets: Integers) -> bool:
    """Tell whether the rows prove that other targets are meant."""
    before, after = (Pairing(rows.log_probs, each) for each in (rows.targets, targets))
    return is_significant(before, after)


@rule("XC303", Severity.ERROR)
def padding_not_ignored(survey: Survey) -> Iterator[Finding]:
    """A constant that marks padding stands among the targets.

    One number outside the classes, such as -1 or 255, stands for rows without a label. PyTorch
    leaves out only what equals its ignore_index, -100 unless told otherwise.

    Example: targets 3, 1, -1, 0, -1 for four classes.

    Fix: --ignore-index with that number.
    """
    values = [*survey.out_of_range]
    if survey.rows.has_probabilities or len(values) != 1 or not values[0].is_integer():
        return
    [number] = map(int, values)
    if 0 <= number <= survey.rows.classes:
        return
    fix = survey.fix(survey.rows.loss, ignore_index=number)
    yield Finding(
        f"{counted(survey.out_of_range[number], 'target is', 'targets are')} {number}, which is no "
        "class",
        "if it marks padding, or rows without a label, leave these rows out",
        survey.evidence(fix, value=number, count=survey.out_of_range[number]),
        fix.command,
    )


@rule("XC304", Severity.ERROR)
def targets_out_of_range(survey: Survey) -> Iterator[Finding]:
    """Targets name classes that the logits have no column for.

    No loss can be calculated for such a row. An index of -1 would silently mean the last class
    in NumPy.

    Example: target 7 for logits with five columns.

    Fix: check that logits and targets belong together, and how the classes are numbered.
    """
    whole = [value for value in survey.out_of_range if value.is_integer()]
    known = [*labels_one_based.find(survey), *padding_not_ignored.find(survey)]
    if survey.rows.has_probabilities or not whole or known:
        return
    count = sum(survey.out_of_range[value] for value in whole)
    low, high = int(min(whole)), int(max(whole))
    yield Finding(
        f"{count} targets lie outside the {survey.rows.classes} classes: "
        + (f"{low}" if low == high else f"from {low} to {high}"),
        "do logits and targets belong together?",
        survey.evidence(None, count=count, smallest=low, largest=high),
    )


@rule("XC305", Severity.ERROR, unless=(*MISREAD, "sequence-not-shifted"))
def labels_permuted(survey: Survey) -> Iterator[Finding]:
    """The classes stand in another order in the logits than in the targets.

    With the classes exchanged the loss is far lower: the model is good, the names are mixed up, as
    when one list of classes was sorted and the other not. The order is found on one half of the
    rows and tried on the other, so that it is none that fits by luck. Two classes exchanged are
    the same as every sign turned, which has a rule of its own.

    Example: classes sorted by name in the data and by frequency in the model.

    Fix: map the targets, or reorder the columns.
    """
    rows, mapping = survey.rows, _best_mapping(survey.rows)
    if mapping is None or not _fit(rows, _remapped_unseen(rows)):
        # The names of the columns raise the suspicion, but the rows do not prove it.
        for warning in survey.warnings(Code.LABELS_PERMUTED):
            finding = Finding.of(warning, survey.evidence())
            yield replace(finding, severity=Severity.WARNING)
        return
    targets = mapping[rows.targets]
    after = rows.loss_of(targets=targets)
    if any(after > 0.9 * each.evidence["loss_after_fix"] for each in labels_shifted.find(survey)):
        return
    moved = {str(old): int(new) for old, new in enumerate(mapping) if old != new}
    right = int((rows.log_probs.argmax(axis=1) == targets).sum())
    yield Finding(
        f"{right} of {len(rows)} rows are predicted right once the classes are exchanged",
        f"the classes are in another order: {_mapping_text(moved)}",
        survey.evidence(after, mapping=moved, right_after=right),
        f"targets = numpy.array({mapping.tolist()})[targets]",
    )


def _best_mapping(rows: LabelledRows) -> Integers | None:
    """Return the order of the classes with the lowest loss; None where none can be far lower."""
    if not _countable(rows) or not 2 < rows.classes <= _MOST_CLASSES_PERMUTED:
        return None
    gains = _gains(rows, rows.targets >= 0)
    # No order is better than every class at its best: that is seen at a glance.
    if not gains.max(axis=1).sum() > (1 - LEAST_SHARE) * np.trace(gains):
        return None
    return linear_sum_assignment(gains)


def _gains(rows: LabelledRows, chosen: NDArray[np.bool_]) -> Doubles:
    """Sum the log-probabilities of class j over the chosen rows with target i, (C, C)."""
    # A probability of 0 must stay comparable, or one row of it would decide alone.
    bounded = np.nan_to_num(np.maximum(rows.log_probs, _LEAST_LOG_PROB), nan=_LEAST_LOG_PROB)
    gains = np.zeros((rows.classes, rows.classes))
    for target in np.unique(rows.targets[chosen]):
        gains[target] = bounded[chosen & (rows.targets == target)].sum(axis=0)
    return gains


def _remapped_unseen(rows: LabelledRows) -> Integers:
    """Return the targets, each half in the order of classes that suits the other half best.

    Every other row, so that sorted rows have all classes in both halves; but the first rows and
    the last where neighbours are alike, as in a film, and would tell of each other.
    """
    targets, order = rows.targets.copy(), np.arange(len(rows))
    first = order < len(rows) / 2 if _neighbours_are_alike(rows) else order % 2 == 0
    for half in (first, ~first):
        targets[half] = linear_sum_assignment(_gains(rows, ~half))[rows.targets[half]]
    return targets


def _neighbours_are_alike(rows: LabelledRows) -> bool:
    """Tell whether rows of the same class are correlated with the rows before them."""
    centred = np.maximum(np.nan_to_num(rows.log_probs), _LEAST_LOG_PROB)
    for target in np.unique(rows.targets):
        own = rows.targets == target
        centred[own] -= centred[own].mean(axis=0)
    same = rows.targets[1:] == rows.targets[:-1]
    here, there = centred[1:][same], centred[:-1][same]
    scale = float(np.sqrt((here**2).sum() * (there**2).sum()))
    return scale > 0 and float((here * there).sum()) > _ALIKE * scale


def _mapping_text(moved: dict[str, int]) -> str:
    pairs = [f"{old}→{new}" for old, new in moved.items()]
    return ", ".join(pairs[:8]) + ("…" if len(pairs) > 8 else "")


@rule("XC306", Severity.ERROR, unless=MISREAD)
def sequence_not_shifted(survey: Survey) -> Iterator[Finding]:
    """The logits of each position fit the target of the next one.

    A causal language model predicts at position i what stands at i + 1. Scored against the
    targets in place, its loss says nothing.

    Example: logits and input ids of one forward pass, taken as they are.

    Fix: --shift, or logits[:-1] against targets[1:].
    """
    survey = survey.in_order
    if survey.settings.shift or best_offset(survey.rows) != 1:
        return
    after = loss_at_offset(survey.rows, 0, 1)
    # Of several sequences --shift drops the last position of each, and only reading again tells
    # what is left.
    fix = survey.fix(after if _is_matrix(survey) else None, shift=True)
    yield Finding(
        "against the target of the next row the loss is far lower",
        "score each position against the target that follows it",
        survey.evidence(fix if fix.command else after, step=1),
        fix.command,
    )


def _is_matrix(survey: Survey) -> bool:
    """Tell whether the logits surely have two axes, so that rows may be dropped from the ends."""
    chosen = survey.warnings(Code.CLASS_AXIS_CHOSEN)
    return survey.settings.class_axis is None and not chosen


@rule("XC307", Severity.ERROR, unless=MISREAD)
def rows_misaligned(survey: Survey) -> Iterator[Finding]:
    """The targets are some rows ahead of the logits, or behind them.

    Against the targets of the k-th next row the loss is far lower: a row was lost or added in
    one of the two files, or a queue delayed one of them.

    Example: logits without the first batch, targets with it.

    Fix: drop the rows that have no partner.
    """
    survey = survey.in_order
    step = best_offset(survey.rows)
    if step in (0, 1):
        return
    count = abs(step)
    ends = (f":-{count}", f"{count}:") if step > 0 else (f"{count}:", f":-{count}")
    yield Finding(
        f"the logits of a row fit the target {count} rows {'further' if step > 0 else 'back'}",
        "a row was lost or added in one of the two",
        survey.evidence(loss_at_offset(survey.rows, max(0, -step), max(0, step)), step=step),
        f"logits, targets = logits[{ends[0]}], targets[{ends[1]}]" if _is_matrix(survey) else None,
    )
