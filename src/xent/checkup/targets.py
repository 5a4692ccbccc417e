"""Rules about the form of the targets, and about which classes occur."""

from collections.abc import Iterator

import numpy as np

from xent.checkup.refusals import refused
from xent.checkup.rule import CAUSES, Finding, rule
from xent.checkup.survey import Survey
from xent.errors import Code, Severity

# A class with this share of the rows of an average one is not rare.
_FREQUENT = 0.5
# More classes than this are a vocabulary.
_MANY_CLASSES = 256


@rule("XC501", Severity.INFO)
def targets_one_hot(survey: Survey) -> Iterator[Finding]:
    """The targets are one-hot rows, where class numbers would do.

    The loss is the same, up to class weights: with class numbers a weighted mean is divided by
    the weights, with probabilities by the rows.

    Example: targets 0,0,1 for class 2.

    Fix: targets.argmax(axis=1).
    """
    rows = survey.rows
    if rows.sample.one_hot and not survey.settings.binary:
        yield Finding(
            "each row of targets is one-hot",
            "class numbers are shorter: targets.argmax(axis=1)",
            survey.evidence(rows.loss),
            "targets = targets.argmax(axis=1)",
        )


@rule("XC502", Severity.ERROR)
def targets_float(survey: Survey) -> Iterator[Finding]:
    """Targets are not integers.

    A class has a whole number. Fractions are probabilities of a single class, values of a
    regression, or a column that is not the target.

    Example: targets 0.5, 1.25.

    Fix: choose the right column; for one probability a row --binary.
    """
    broken = {
        value: count for value, count in survey.out_of_range.items() if not value.is_integer()
    }
    if survey.rows.has_probabilities or not broken:
        return
    count = sum(broken.values())
    shown = ", ".join(f"{value:g}" for value in [*broken][:3])
    inside = all(0 <= value <= 1 for value in broken)
    yield Finding(
        f"{count} targets are not integers: {shown}{'…' if len(broken) > 3 else ''}",
        "for one probability per row use --binary"
        if inside
        else "the targets may be another column",
        survey.evidence(None, count=count, examples=[*broken][:3]),
    )


@rule("XC508", Severity.ERROR)
def multi_label_targets(survey: Survey) -> Iterator[Finding]:
    """Rows of targets hold several labels, or none: these are yes-or-no labels, not classes.

    All targets are 0 or 1, and rows have no 1 or more than one. Softmax makes the classes
    compete; labels that are independent of each other need a sigmoid each.

    Example: tags of a picture, 1,0,1 for the first and the third.

    Fix: --binary; in PyTorch BCEWithLogitsLoss.
    """
    yield from refused(survey, Code.LABELS_NOT_CLASSES)


@rule("XC503", Severity.WARNING, unless=("multi-label-targets",))
def targets_not_normalised(survey: Survey) -> Iterator[Finding]:
    """Targets that are probabilities do not sum to 1.

    PyTorch takes them as they are; the loss is then no cross-entropy, and can be made smaller
    by smaller targets.

    Example: a target 0.5, 0.3, 0.1.

    Fix: divide each row by its sum.
    """
    for warning in survey.warnings(Code.TARGETS_NOT_NORMALISED):
        values, far = survey.rows.sample.targets, survey.report.anomalies.unnormalised_targets
        sums = values.sum(axis=1, keepdims=True)
        after = survey.rows.loss_of(targets=values / sums) if (sums > 0).all() else None
        yield Finding.of(
            warning,
            survey.evidence(after, rows=far.total, first=far.first[0]),
            "targets = targets / targets.sum(axis=1, keepdims=True)",
        )


@rule("XC504", Severity.INFO)
def targets_column_vector(survey: Survey) -> Iterator[Finding]:
    """The targets have shape (N, 1), where (N,) is meant.

    Here they are squeezed. PyTorch refuses them, and NumPy may spread them to an (N, N) matrix
    without a word.

    Example: df[["label"]].to_numpy().

    Fix: targets.ravel().
    """
    if survey.warnings(Code.TARGETS_SQUEEZED):
        yield Finding(
            "the targets have shape (N, 1)",
            "xent reads them as a list; elsewhere use targets.ravel()",
            survey.evidence(survey.rows.loss),
            "targets = targets.ravel()",
        )


@rule("XC505", Severity.WARNING, unless=("class-ignored", "targets-are-predictions"))
def single_class(survey: Survey) -> Iterator[Finding]:
    """All targets are the same class.

    A loss over one class tells nothing about how it is told from the others.

    Example: a data set sorted by class, of which the first rows were taken.

    Fix: shuffle before taking a part.
    """
    if survey.rows.has_probabilities or len(survey.rows) < 20:
        return
    found = np.unique(survey.rows.targets)
    if len(found) == 1 and survey.rows.classes > 1:
        yield Finding(
            f"all {len(survey.rows)} targets are class {int(found[0])}",
            "the data may have been sorted by class and truncated",
            survey.evidence(None, **{"class": int(found[0])}),
        )


@rule("XC506", Severity.WARNING, unless=CAUSES)
def dead_class(survey: Survey) -> Iterator[Finding]:
    """A class occurs among the targets, but is never predicted.

    The model has given it up, or its column is not what the targets mean. Where it gets as much
    probability as it has rows, it is only never the most probable: that is for information.

    Example: a column that was masked; a rare class, trained without weights.

    Fix: weigh the classes, or look at that class's column.
    """
    table = survey.classes
    expected = table.counts.sum() / max(1, survey.rows.classes)
    never = (table.counts >= max(10, _FREQUENT * expected)) & (table.predicted == 0)
    dead = np.flatnonzero(never).tolist()
    if dead and not survey.rows.has_probabilities and not survey.settings.binary:
        rows = int(table.counts[dead].sum())
        share = float(np.exp(survey.rows.log_probs[:, dead]).sum(axis=1).mean())
        # Of a vocabulary most words are hardly ever the most probable.
        few = survey.rows.classes <= _MANY_CLASSES
        mass = share * float(table.counts.sum())
        yield Finding(
            f"{len(dead)} of {survey.rows.classes} classes are never predicted, "
            f"though {rows} rows have them",
            "weight the classes, or inspect their columns",
            survey.evidence(None, classes=dead[:20], rows=rows, expected=mass),
            severity=None if mass < 0.5 * rows and few else Severity.INFO,
        )


@rule("XC507", Severity.ERROR)
def undefined_targets(survey: Survey) -> Iterator[Finding]:
    """Targets that are probabilities hold nan.

    The loss of their row is nan, and with it the mean.

    Example: rows divided by their sum, where the sum is 0.

    Fix: find where they come from; leaving the rows out hides it.
    """
    for warning in survey.warnings(Code.UNDEFINED_TARGETS):
        rows = survey.report.anomalies.undefined_targets
        yield Finding.of(warning, survey.evidence(None, rows=rows.total, first=rows.first[0]))
