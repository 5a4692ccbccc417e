"""Rules about targets that are classes, but not those that the logits mean."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from xent.checkup.class_order import certain_classes
from xent.checkup.fix import Fix
from xent.checkup.pairing import LEAST_SHARE, Pairing, is_significant
from xent.checkup.rows import Integers
from xent.checkup.rule import MISREAD, Finding, counted, rule
from xent.checkup.survey import Survey
from xent.errors import Code, Severity
from xent.meaning.padding import padding_class

# Fewer rows than this prove nothing.
_FEW_ROWS = 20
# Odds of a few rows that are worth a word, and the share of them that must then be right.
_LEAST_ODDS = 20
_MOSTLY_RIGHT = 0.8
# Two classes are nearly tied where the lead is this share of the median lead.
_NEARLY_TIED = 0.1
# As many rows are all right by luck once in a thousand times; and once in a million.
_TIES_BY_LUCK, _TIES_PROVED = 10, 20
# The share of the rows of a merged class that have one target, of those that are right elsewhere,
# and how many they must be.
_NEARLY_ALL, _FEW_PREDICTED = 0.75, 10
# In standard deviations of the association of rows and targets.
_TELLING = 3.0
# A fitted order whose loss on unseen rows is further from that on all rows is not certain.
_UNCERTAIN = 0.02


@rule("XC301", Severity.ERROR)
def labels_one_based(survey: Survey) -> Iterator[Finding]:
    """The targets count the classes from 1.

    They go from 1 to C, but the classes from 0 to C - 1. Every row is then scored against the
    class after its own, and the last class does not exist.

    Example: targets 1, 2, 3 for logits with three columns.

    Fix: subtract 1 from the targets, or use --one-based.
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
        f"the targets go from 1 to {classes}, but the {classes} classes from 0 to {classes - 1}",
        "count them from 0",
        survey.evidence(fix, smallest=1, largest=classes, outside=survey.out_of_range[classes]),
        fix,
    )


@rule("XC302", Severity.ERROR, unless=MISREAD)
def labels_shifted(survey: Survey) -> Iterator[Finding]:
    """Every target is one class too high or too low.

    The loss against t - 1 or t + 1 (modulo C) is far lower than against t: the class numbers of
    the model and the labels differ by one, often because one of them counts a background class.

    Example: a model with a background class at 0, and labels without one.

    Fix: add or subtract 1.
    """
    if len(survey.rows) < _FEW_ROWS:
        yield from _shift_of_few_rows(survey)
        return
    order = survey.class_order
    if not order or not order.step or not order.expression:
        return
    rows, step = survey.rows, order.step
    yield Finding(
        f"against the targets {step:+d} (modulo the number of classes), the loss is far lower",
        "the model and the labels number the classes differently: "
        f"{'add' if step > 0 else 'subtract'} 1",
        survey.evidence(rows.loss_of(targets=order.columns[rows.targets]), step=step),
        survey.retargeted(order.expression),
    )


def _shift_of_few_rows(survey: Survey) -> Iterator[Finding]:
    """Compare how many of a few rows are right as given, and one class further."""
    rows, classes = survey.rows, survey.rows.classes
    if rows.has_probabilities or classes < 3 or not np.isfinite(rows.loss):
        return
    predictions = rows.log_probs.argmax(axis=1)
    step = max((-1, 1), key=lambda each: _right(predictions, (rows.targets + each) % classes))
    targets = (rows.targets + step) % classes
    right, after = _right(predictions, rows.targets), _right(predictions, targets)
    odds = classes ** (after - right)
    if not odds > _LEAST_ODDS or after < _MOSTLY_RIGHT * len(rows):
        return
    loss = rows.loss_of(targets=targets)
    if not loss < (1 - LEAST_SHARE) * rows.loss:
        return
    fix: Fix | None = None
    if step < 0 and rows.targets.min() > 0 and not survey.settings.one_based:
        words, hint = "if the targets count from 1", "count them from 0, or use --one-based"
        fix = survey.fix(loss, one_based=True)
    else:
        words = f"against the targets {step:+d} (modulo the number of classes)"
        hint = "the model and the labels may number the classes differently"
    change = "+ 1" if step > 0 else "- 1"
    yield Finding(
        f"{right} of {len(rows)} rows are right, {after} {words} (odds {odds} : 1)",
        hint,
        survey.evidence(fix or loss, step=step, odds=odds),
        fix or survey.retargeted(f"(targets {change}) % {classes}"),
        severity=Severity.INFO,
    )


def _right(predictions: Integers, targets: Integers) -> int:
    return int((predictions == targets).sum())


@rule("XC303", Severity.ERROR)
def padding_not_ignored(survey: Survey) -> Iterator[Finding]:
    """A constant that marks padding occurs among the targets.

    One number, such as -1 or 255, marks rows without a label. PyTorch ignores only targets that
    equal its ignore_index, -100 by default. If padding is a token of the vocabulary, it fills
    the ends of sequences and is never predicted there.

    Example: targets 3, 1, -1, 0, -1 for four classes.

    Fix: use --ignore-index with that number.
    """
    values = [*survey.out_of_range]
    if survey.rows.has_probabilities or len(values) != 1 or not values[0].is_integer():
        yield from _padding_token(survey)
        return
    [number] = map(int, values)
    if _are_signed(survey) or 0 <= number <= survey.rows.classes:
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
            f"if {number} marks padding like {ignored}, replace it by {ignored}",
            survey.evidence(survey.rows.loss, **facts),
            f"targets = numpy.where(targets == {number}, {ignored}, targets)",
        )
        return
    fix = survey.fix(survey.rows.loss, ignore_index=number)
    yield Finding(
        message,
        f"if {number} marks padding, or rows without a label, ignore it",
        survey.evidence(fix, **facts),
        fix,
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
        fix,
    )


@rule("XC304", Severity.ERROR)
def targets_out_of_range(survey: Survey) -> Iterator[Finding]:
    """Targets name classes that the logits do not have.

    Such a row has no loss. In NumPy an index of -1 would silently mean the last class.

    Example: target 7 for logits with five columns.

    Fix: check that logits and targets belong together, and how the classes are numbered.
    """
    whole = [value for value in survey.out_of_range if value.is_integer()]
    known = [
        *labels_one_based.find(survey),
        *padding_not_ignored.find(survey),
        *labels_signed.find(survey),
    ]
    if survey.rows.has_probabilities or not whole or known:
        return
    count = sum(survey.out_of_range[value] for value in whole)
    low, high = int(min(whole)), int(max(whole))
    yield Finding(
        f"{count} targets lie outside the {survey.rows.classes} classes: "
        + (f"{low}" if low == high else f"from {low} to {high}"),
        "check that logits and targets are of the same data set",
        survey.evidence(None, count=count, smallest=low, largest=high),
    )


@rule("XC305", Severity.ERROR, unless=(*MISREAD, "sequence-not-shifted"))
def labels_permuted(survey: Survey) -> Iterator[Finding]:
    """The classes of the logits and of the targets are in different orders.

    With the classes reordered, the loss is far lower: the model is good, but one list of
    classes was sorted and the other was not. The order is found on one half of the rows and
    tested on the other, so that it does not fit by chance. For two classes this is the same as
    negated logits, which has its own rule.

    Example: classes sorted by name in the data and by frequency in the model.

    Fix: map the targets, or reorder the columns.
    """
    if survey.settings.binary:
        yield from _label_columns_permuted(survey)
        return
    rows, order = survey.rows, survey.class_order
    if order is None:
        yield from _named_otherwise(survey)
        return
    if order.step:
        return
    targets = order.columns[rows.targets]
    after = rows.loss_of(targets=targets)
    moved = {str(old): int(new) for old, new in enumerate(order.columns) if old != new}
    certain = certain_classes(rows, order.columns)
    right = int((rows.log_probs.argmax(axis=1) == targets).sum())
    facts = {"mapping": moved, "right_after": right, "certain": certain[:50].tolist()}
    message = f"{right} of {len(rows)} rows are predicted right once the classes are reordered"
    if order.words:
        hint = f"the classes are {order.words}"
    else:
        hint = f"the classes are in another order: {_mapping_text(moved)}"
    if not (order.words or abs(after - order.unseen_loss) <= _UNCERTAIN * order.unseen_loss):
        # So many classes have so few rows that the order fits by luck as well: no loss is claimed.
        yield Finding(
            f"with the classes reordered, the loss of held-out rows is "
            f"{order.unseen_loss / survey.settings.nats_per_unit:.4g}",
            f"{hint}; {len(certain)} of {rows.classes} classes are certain",
            survey.evidence(None, **facts, loss_of_unseen_rows=order.unseen_loss),
        )
        return
    yield Finding(message, hint, survey.evidence(after, **facts), survey.retargeted(order.python))


def _named_otherwise(survey: Survey) -> Iterator[Finding]:
    """Find classes whose names raise a suspicion, which the rows of two classes may prove."""
    rows = survey.rows
    for warning in survey.warnings(Code.LABELS_PERMUTED):
        if rows.classes == 2 and not rows.has_probabilities:
            before, after = (
                Pairing(rows.log_probs, each) for each in (rows.targets, 1 - rows.targets)
            )
            if is_significant(before, after):
                losses = survey.evidence(rows.loss_of(targets=1 - rows.targets))
                yield Finding(
                    warning.message, warning.hint or "", losses, "logits = logits[:, [1, 0]]"
                )
                continue
        yield replace(Finding.of(warning, survey.evidence()), severity=Severity.WARNING)


def _label_columns_permuted(survey: Survey) -> Iterator[Finding]:
    """Find columns of yes-or-no labels that stand in another order than those of the logits."""
    columns = survey.in_order.label_columns
    if not columns or columns.labels.shape[1] < 2 or len(columns.logits) < _FEW_ROWS:
        return
    order = columns.column_order()
    if (order == np.arange(len(order))).all():
        return
    if not is_significant(columns.pairing(), columns.unseen().pairing()):
        return
    after = float(columns.with_columns(order).pairing().nll().mean())
    moved = {str(old): int(new) for old, new in enumerate(order) if old != new}
    yield Finding(
        "with the columns exchanged the loss is far lower",
        f"the labels are in another order: {_mapping_text(moved)}",
        survey.evidence(after, mapping=moved),
        f"logits = logits[:, {order.tolist()}]",
    )


def _mapping_text(moved: dict[str, int]) -> str:
    pairs = [f"{old}→{new}" for old, new in moved.items()]
    return ", ".join(pairs[:8]) + ("…" if len(pairs) > 8 else "")


@rule("XC309", Severity.ERROR, unless=MISREAD)
def targets_are_predictions(survey: Survey) -> Iterator[Finding]:
    """The targets are the model's own predictions.

    Every target is the class with the largest logit, even in rows where two classes are nearly
    tied, where a model is right in about half of the cases.

    Example: a column of predictions instead of the labels.

    Fix: use the labels of the data set.
    """
    rows = survey.rows
    if rows.has_probabilities or len(rows) < _FEW_ROWS or rows.accuracy != 1:
        return
    ordered = np.sort(rows.log_probs, axis=1)
    leads = ordered[:, -1] - ordered[:, -2]
    ties = int((leads < _NEARLY_TIED * np.median(leads)).sum())
    if ties < _TIES_BY_LUCK:
        return
    yield Finding(
        f"all {len(rows)} targets are the model's predictions, even in {ties} rows where the two "
        "best classes are nearly tied",
        "use the labels of the data set: these are predictions",
        survey.evidence(None, ties=ties),
        severity=None if ties >= _TIES_PROVED else Severity.WARNING,
    )


@rule("XC310", Severity.ERROR)
def labels_signed(survey: Survey) -> Iterator[Finding]:
    """The two classes are numbered -1 and 1.

    Support vector machines and some data sets use these labels; cross-entropy needs 0 and 1.

    Example: targets -1, 1, 1, -1 for two classes.

    Fix: (targets + 1) / 2.
    """
    rows = survey.rows
    if not _are_signed(survey):
        return
    targets = (rows.sample.targets.astype(np.int64) + 1) // 2
    yield Finding(
        "the targets are -1 and 1, the two classes 0 and 1",
        "number the classes from 0",
        survey.evidence(rows.loss_of(rows.sample.logits, targets)),
        "targets = (targets + 1) // 2",
    )


def _are_signed(survey: Survey) -> bool:
    """Tell whether all targets are -1 or 1, for two classes."""
    rows = survey.rows
    two = rows.classes == 2 and not rows.has_probabilities
    return two and set(np.unique(rows.sample.targets).tolist()) == {-1, 1}


@rule("XC311", Severity.ERROR, unless=(*MISREAD, "rows-misaligned", "rows-unrelated"))
def labels_merged(survey: Survey) -> Iterator[Finding]:
    """Two classes of the model are one class in the targets.

    One class never occurs among the targets, and rows for which it is predicted have the same
    other class as target, about as often as other predictions are right.

    Example: "tabby" and "tiger cat" both labelled as cat.

    Fix: add up the probabilities of both.
    """
    rows = survey.rows
    if rows.has_probabilities or len(rows) < _FEW_ROWS or rows.classes < 3:
        return
    if not survey.association_z >= _TELLING:
        return
    predictions = rows.log_probs.argmax(axis=1)
    present = np.bincount(rows.targets, minlength=rows.classes)
    predicted = np.bincount(predictions, minlength=rows.classes)
    few = max(_FEW_PREDICTED, 0.3 * len(rows) / rows.classes)
    for absent in np.flatnonzero((present == 0) & (predicted >= few)).tolist():
        own = np.bincount(rows.targets[predictions == absent], minlength=rows.classes)
        other = int(own.argmax())
        both = predicted[other] >= 0.2 * predicted[absent]
        if not both or own[other] < max(0.5, _NEARLY_ALL * rows.accuracy) * predicted[absent]:
            continue
        logits = rows.logits.copy()
        logits[:, other] = np.logaddexp(logits[:, absent], logits[:, other])
        logits[:, absent] = -np.inf
        after = rows.loss_of(logits)
        if survey.settings.input_kind != "logits" or not after < (1 - LEAST_SHARE) * rows.loss:
            continue
        yield Finding(
            f"class {absent} is predicted in {int(predicted[absent])} rows and never a target; "
            f"{int(own[other])} of them have target {other}",
            f"the targets may hold classes {absent} and {other} as one: add up their probabilities",
            survey.evidence(after, absent=absent, merged_into=other),
            f"logits[:, {other}] = numpy.logaddexp(logits[:, {absent}], logits[:, {other}]); "
            f"logits[:, {absent}] = -numpy.inf",
        )
        return
