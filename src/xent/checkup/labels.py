"""Rules about targets that are classes, but not those that the logits mean."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from xent.checkup.class_order import certain_classes
from xent.checkup.pairing import LEAST_SHARE
from xent.checkup.rule import MISREAD, Finding, counted, rule
from xent.checkup.survey import Survey
from xent.errors import Code, Severity
from xent.meaning.padding import padding_class

# Fewer rows than this prove nothing.
_FEW_ROWS = 20
# A fitted order whose loss on unseen rows is further from that on all rows is not certain.
_UNCERTAIN = 0.02


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
    order = survey.class_order
    if not order or not order.step or not order.expression:
        return
    rows, step = survey.rows, order.step
    yield Finding(
        f"against the targets {step:+d}, counted round, the loss is far lower",
        "the model and the labels number the classes differently: "
        f"{'add' if step > 0 else 'subtract'} 1",
        survey.evidence(rows.loss_of(targets=order.columns[rows.targets]), step=step),
        survey.retargeted(order.expression),
    )


@rule("XC303", Severity.ERROR)
def padding_not_ignored(survey: Survey) -> Iterator[Finding]:
    """A constant that marks padding stands among the targets.

    One number, such as -1 or 255, stands for rows without a label. PyTorch leaves out only what
    equals its ignore_index, -100 unless told otherwise. Where padding is a token of the
    vocabulary, it fills the ends of sequences and is never predicted there.

    Example: targets 3, 1, -1, 0, -1 for four classes.

    Fix: --ignore-index with that number.
    """
    values = [*survey.out_of_range]
    if survey.rows.has_probabilities or len(values) != 1 or not values[0].is_integer():
        yield from _padding_token(survey)
        return
    [number] = map(int, values)
    if 0 <= number <= survey.rows.classes:
        return
    facts = {"value": number, "count": survey.out_of_range[number]}
    message = (
        f"{counted(survey.out_of_range[number], 'target is', 'targets are')} {number}, "
        "which is not the number of a class"
    )
    ignored = survey.settings.ignore_index
    if (survey.rows.sample.targets == ignored).any():
        # Only one number can be ignored.
        yield Finding(
            message,
            f"if {number} marks padding, as {ignored} does, replace it by {ignored}",
            survey.evidence(survey.rows.loss, **facts),
            f"targets = numpy.where(targets == {number}, {ignored}, targets)",
        )
        return
    fix = survey.fix(survey.rows.loss, ignore_index=number)
    yield Finding(
        message,
        f"if {number} marks padding, or rows without a label, ignore it",
        survey.evidence(fix, **facts),
        fix.command,
    )


def _padding_token(survey: Survey) -> Iterator[Finding]:
    """Find a class that fills runs of rows and is never predicted there."""
    rows = survey.in_order.rows
    if rows.has_probabilities or len(rows) < _FEW_ROWS or not rows.sample.is_consecutive:
        return
    token = padding_class(rows.targets, rows.log_probs.argmax(axis=1))
    if token is None:
        return
    if (rows.sample.targets == survey.settings.ignore_index).any():
        return
    kept, number = rows.targets != token, token + int(survey.settings.one_based)
    after = rows.loss_of(rows.logits[kept], rows.targets[kept])
    if not after < (1 - LEAST_SHARE) * rows.loss:
        return
    fix = survey.fix(after, ignore_index=number)
    count = int((~kept).sum())
    yield Finding(
        f"{count} targets are class {number}, in unbroken runs, and hardly ever predicted",
        f"if class {number} pads the ends of sequences, ignore it",
        survey.evidence(fix, value=number, count=count),
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
        "check that the logits and the targets are of the same data set",
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
    rows, order = survey.rows, survey.class_order
    if order is None:
        # The names of the columns raise the suspicion, but the rows do not prove it.
        for warning in survey.warnings(Code.LABELS_PERMUTED):
            finding = Finding.of(warning, survey.evidence())
            yield replace(finding, severity=Severity.WARNING)
        return
    if order.step:
        return
    targets = order.columns[rows.targets]
    after = rows.loss_of(targets=targets)
    moved = {str(old): int(new) for old, new in enumerate(order.columns) if old != new}
    certain = certain_classes(rows, order.columns)
    right = int((rows.log_probs.argmax(axis=1) == targets).sum())
    facts = {"mapping": moved, "right_after": right, "certain": certain[:50].tolist()}
    message = f"{right} of {len(rows)} rows are predicted right once the classes are exchanged"
    if order.words:
        hint = f"the classes are {order.words}"
    else:
        hint = f"the classes are in another order: {_mapping_text(moved)}"
    if not (order.words or abs(after - order.unseen_loss) <= _UNCERTAIN * order.unseen_loss):
        # So many classes have so few rows that the order fits by luck as well: no loss is claimed.
        yield Finding(
            f"with the classes exchanged the loss of rows that the order was not fitted to is "
            f"{order.unseen_loss / survey.settings.nats_per_unit:.4g}",
            f"{hint}; {len(certain)} of {rows.classes} classes are certain",
            survey.evidence(None, **facts, loss_of_unseen_rows=order.unseen_loss),
        )
        return
    expression = order.expression or f"numpy.array({order.columns.tolist()})[targets]"
    yield Finding(message, hint, survey.evidence(after, **facts), survey.retargeted(expression))


def _mapping_text(moved: dict[str, int]) -> str:
    pairs = [f"{old}→{new}" for old, new in moved.items()]
    return ", ".join(pairs[:8]) + ("…" if len(pairs) > 8 else "")
