"""Rules about rows and columns that are not what they are taken for."""

from collections.abc import Iterator
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from xent.checkup.alignment import loss_at_offset
from xent.checkup.pairing import Pairing, is_significant
from xent.checkup.rows import LabelledRows
from xent.checkup.rule import Finding, rule
from xent.checkup.survey import Survey
from xent.errors import Code, Severity
from xent.losses.softmax import log_softmax
from xent.meaning.index import is_index
from xent.meaning.targets import are_class_numbers

# Fewer rows count, are sorted or agree by chance.
_FEW_ROWS = 10
# By so much the confidence of sorted values exceeds their accuracy.
_LEAST_GAP = 0.15
# So many classes are in one order in every row only where every row has the same probabilities.
_MANY_CLASSES = 10
_VARIES = 0.05


@rule("XC201", Severity.ERROR, unless=("header-as-data", "ids-differ"))
def counts_differ(survey: Survey) -> Iterator[Finding]:
    """The numbers of targets and of rows of logits differ.

    From some row on, logits and targets do not belong together.

    Example: a header line in one file, or a last batch that was dropped in the other.

    Fix: find the row that was lost or added.
    """
    if survey.mismatch:
        alignment = survey.in_order.alignment
        step = alignment.step if not alignment.cyclic else 0
        shorter = "logits" if step > 0 else "targets"
        where = f"near row {alignment.start}" if alignment.start else "at the start"
        yield Finding(
            survey.mismatch.message,
            f"they fit when shifted by {abs(step)} rows: the {shorter} lack rows {where}"
            if step
            else survey.mismatch.hint or "write both in the same run",
            survey.evidence(None, **({"step": step} if step else {})),
        )


@rule("XC207", Severity.ERROR)
def logits_transposed(survey: Survey) -> Iterator[Finding]:
    """The logits are (C, N): one row per class, one column per example.

    There are as many targets as columns, not rows; or with the classes along the other axis the
    loss is lower.

    Example: logits.T was written, or column-major data read as rows.

    Fix: --class-axis 0, or transpose.
    """
    if survey.settings.class_axis is not None:
        return
    if survey.mismatch is None:
        yield from _square_transposed(survey)
        return
    for others in ({}, {"one_based": True}):
        fix = survey.fix(None, class_axis=0, **others)
        if fix.loss is None:
            continue
        if isfinite(fix.loss) and not fix.loss >= survey.rows.loss:
            yield Finding(
                "there are as many targets as columns of logits: the logits are transposed"
                + (", and the targets count from 1" if others else ""),
                "the classes are along the first axis",
                survey.evidence(fix),
                fix,
            )
        return


def _square_transposed(survey: Survey) -> Iterator[Finding]:
    """Find a square matrix, of which the counts do not tell the axes apart."""
    rows = survey.rows
    square = len(rows.sample) == rows.classes and rows.sample.is_complete
    if not square or rows.has_probabilities or survey.settings.input_kind != "logits":
        return
    turned = log_softmax(rows.sample.logits.T[rows.counted])
    if not is_significant(Pairing(rows.log_probs, rows.targets), Pairing(turned, rows.targets)):
        return
    fix = survey.fix(None, class_axis=0)
    if fix.loss is not None:
        yield Finding(
            "along the first axis the loss is far lower: the logits are transposed",
            "the classes are along the first axis",
            survey.evidence(fix),
            fix,
        )


@rule("XC208", Severity.ERROR)
def class_axis_wrong(survey: Survey) -> Iterator[Finding]:
    """The classes are along another axis.

    The shapes fit more than one axis, and the loss is far lower along another one.

    Example: (N, L, V) logits with L = V, read as PyTorch's (N, C, d).

    Fix: --class-axis -1.
    """
    if not survey.warnings(Code.CLASS_AXIS_CHOSEN) or survey.settings.class_axis is not None:
        return
    fix, rows = survey.fix(None, class_axis=-1), survey.rows
    if fix.loss is not None and fix.loss < min(0.7 * rows.loss, 0.9 * rows.chance):
        yield Finding(
            "along the last axis the loss is far lower",
            "the classes are along the last axis",
            survey.evidence(fix),
            fix,
        )


@rule("XC209", Severity.ERROR)
def ids_differ(survey: Survey) -> Iterator[Finding]:
    """The rows of the two files have different ids.

    Both files have a column of ids with the same name, and rows that are paired by order have
    different ids: the files are sorted differently, or one lacks rows. Paired by id, the loss
    is lower, or rows are unmatched and the files may not belong together.

    Example: a submission and its solution; predictions that several workers have written in any
    order.

    Fix: --join with the name of the column.
    """
    for warning in survey.warnings(Code.IDS_DIFFER):
        column = warning.location.literal if warning.location else ""
        fix = survey.fix(None, join=column)
        if fix.loss is None or (isfinite(fix.loss) and not fix.loss >= survey.rows.loss):
            yield Finding.of(warning, survey.evidence(fix, column=column), fix)


@rule("XC202", Severity.ERROR)
def index_column(survey: Survey) -> Iterator[Finding]:
    """The first column of the logits numbers the rows.

    It holds 0, 1, 2 and so on, as pandas writes its index, or ids: distinct whole numbers far
    outside the range of the other columns. As a logit, an id exceeds every class.

    Example: DataFrame.to_csv without index=False.

    Fix: remove the column.
    """
    ordered = survey.in_order
    rows = ordered.rows if _counts(ordered.rows.sample.logits[:, 0]) else survey.rows
    values = rows.sample.logits
    if len(values) < _FEW_ROWS or rows.classes < 3 or not is_index(values):
        return
    after, line = _without_column(rows, 0)
    yield Finding(
        "the first column of the logits counts the rows"
        if _counts(values[:, 0])
        else "the first column of the logits holds ids: distinct whole numbers, far larger than "
        "the other columns",
        "it is not a class: remove it",
        ordered.evidence(after, column=0) if rows is ordered.rows else survey.evidence(after),
        line,
    )


def _without_column(rows: LabelledRows, column: int) -> tuple[float | None, str]:
    """Return the loss without a column that is no class, and the line that drops it.

    Where the targets then go from 1 to the number of classes, they count from 1. The loss is None
    where they do not fit either way.
    """
    line = "logits = " + (
        "logits[:, 1:]" if column == 0 else f"numpy.delete(logits, {column}, axis=1)"
    )
    if rows.classes < 3 or rows.has_probabilities:
        return None, line
    others, targets = np.delete(rows.logits, column, axis=1), rows.targets
    if (targets < rows.classes - 1).all():
        return rows.loss_of(others), line
    if targets.min() < 1 or rows.settings.one_based or not rows.counted.all():
        return None, line
    return rows.loss_of(others, targets - 1), f"{line}; targets = targets - 1"


def _counts(values: NDArray[np.float64]) -> bool:
    """Tell whether numbers are 0, 1, 2 and so on, or 1, 2, 3."""
    return any((values == np.arange(start, start + len(values))).all() for start in (0, 1))


@rule("XC210", Severity.ERROR)
def prediction_column(survey: Survey) -> Iterator[Finding]:
    """A column of the logits holds the predictions.

    The number in the first or last column is the class with the largest value among the others.

    Example: a table of predictions with a column pred beside the logits.

    Fix: remove the column.
    """
    rows = survey.rows
    if len(rows) < _FEW_ROWS or rows.classes < 3 or survey.settings.binary:
        return
    for column in (0, rows.classes - 1):
        others = np.delete(rows.logits, column, axis=1)
        predictions = others.argmax(axis=1)
        if len(np.unique(predictions)) < 2 or not (rows.logits[:, column] == predictions).all():
            continue
        if rows.has_probabilities or (rows.logits[:, column] == rows.targets).all():
            continue
        after, line = _without_column(rows, column)
        yield Finding(
            f"column {column} of the logits holds the predictions: the largest of the others",
            "it is not a class: remove it",
            survey.evidence(after, column=column),
            line,
        )
        return


@rule("XC211", Severity.ERROR)
def columns_sorted(survey: Survey) -> Iterator[Finding]:
    """The values of each row are sorted, so the columns are not classes.

    In every row the values decrease, or increase, from left to right: which class each belongs
    to is lost.

    Example: the values of topk or sort, without the indices.

    Fix: export the logits unsorted; from these values they cannot be recovered.
    """
    rows = survey.rows
    if rows.has_probabilities or len(rows) < _FEW_ROWS or rows.classes < 3:
        return
    steps = np.diff(rows.logits, axis=1)
    way = "fall" if (steps <= 0).all() else "rise" if (steps >= 0).all() else ""
    if not way or not (steps != 0).any() or len(np.unique(rows.targets)) < 2:
        return
    confidence = float(np.exp(rows.log_probs.max(axis=1)).mean())
    gap = confidence - rows.accuracy
    # A model that always predicts the most frequent class is about as often right as it claims.
    varies = float(np.exp(rows.log_probs.max(axis=1)).std()) > _VARIES
    many = rows.classes >= _MANY_CLASSES and varies
    if not (many or gap > max(_LEAST_GAP, 3 * (0.25 / len(rows)) ** 0.5)):
        return
    yield Finding(
        f"the logits of every row {way} from left to right: they were sorted",
        "export them unsorted: which class each value belongs to is lost",
        survey.evidence(None),
    )


@rule("XC212", Severity.ERROR)
def decimal_commas(survey: Survey) -> Iterator[Finding]:
    """Decimal commas were read as separators.

    Every number was split in two: the columns are whole numbers, in pairs of an integer part
    and its decimals.

    Example: 1,5;2,25 read with commas as separators.

    Fix: write decimal points, or separate the columns by semicolons.
    """
    values = survey.rows.sample.logits
    classes = values.shape[1]
    if classes % 2 or classes < 4 or len(values) < _FEW_ROWS:
        return
    whole, decimals = values[:, ::2], values[:, 1::2]
    if not are_class_numbers(values) or not (decimals >= 0).all():
        return
    larger = np.median(decimals) > 10 * max(1.0, float(np.median(np.abs(whole))))
    inside = survey.rows.has_probabilities or (survey.rows.targets < classes // 2).all()
    # Of decimals the last digit is any; whole numbers of one range are counts or ids.
    if larger and inside and len(np.unique(decimals % 10)) >= 5:
        yield Finding(
            f"the logits are {classes} columns of whole numbers, every second one far larger: "
            "decimal commas were read as separators",
            "write decimal points, or separate the columns by semicolons",
            survey.evidence(None, columns=classes // 2),
        )


@rule("XC203", Severity.ERROR)
def header_as_data(survey: Survey) -> Iterator[Finding]:
    """The first row of the logits is a header of numbers.

    It holds 0, 1, 2 and so on, the names that pandas gives to unnamed columns. If the targets
    have no header, all rows are then off by one.

    Example: DataFrame.to_csv without header=False.

    Fix: remove the line.
    """
    survey = survey.in_order
    first, others = survey.rows.sample.logits[0], survey.rows.sample.logits[1:]
    if not _counts(first) or not _mostly_broken(others) or not len(survey.rows):
        return
    after, command = None, "logits = logits[1:]"
    if survey.mismatch is None and not survey.rows.has_probabilities:
        losses = {step: loss_at_offset(survey.rows, 1, step) for step in (1, 0)}
        step = min(losses, key=lambda each: losses[each])
        after = losses[step]
        command = f"logits, targets = logits[1:], targets[{'1:' if step else ':-1'}]"
    yield Finding(
        "the first row of the logits is 0, 1, 2, …: the names of columns",
        "it is a header: remove it",
        survey.evidence(after, row=0),
        command,
    )


def _mostly_broken(rows: NDArray[np.float64]) -> bool:
    """Tell whether rows hold fractions, so that one of whole numbers stands out.

    Of two numbers 0 and 1 come by chance, so that there every row must differ.
    """
    broken = int((rows != np.floor(rows)).any(axis=1).sum())
    return len(rows) > 1 and broken >= (1.0 if rows.shape[1] == 2 else 0.5) * len(rows)


@rule("XC204", Severity.ERROR)
def target_leak(survey: Survey) -> Iterator[Finding]:
    """A column of the logits holds the targets.

    The labels were left in the table of the logits.

    Example: DataFrame.to_numpy() with the label column still in it.

    Fix: remove the column.
    """
    rows = survey.rows
    if rows.has_probabilities or len(rows) < 10 or len(np.unique(rows.targets)) < 2:
        return
    base = int(survey.settings.one_based)
    same = (rows.logits == (rows.targets + base)[:, None]).all(axis=0)
    for column in np.flatnonzero(same)[:1].tolist():
        after, line = _without_column(rows, column)
        yield Finding(
            f"column {column} of the logits holds the targets themselves",
            "the labels were left in the table: remove the column",
            survey.evidence(after, column=column),
            line,
        )


@rule("XC205", Severity.INFO)
def duplicate_rows(survey: Survey) -> Iterator[Finding]:
    """Many rows of logits are exactly equal.

    Distinct inputs hardly ever have equal logits: rows were repeated, or the model's last
    layers are saturated.

    Example: a data set that was concatenated with itself.

    Fix: look for repeated inputs.
    """
    logits = survey.rows.logits
    if len(logits) < 20:
        return
    same = len(logits) - len(np.unique(_as_bytes(logits)))
    if same > 0.1 * len(logits):
        yield Finding(
            f"{same} of {len(logits)} rows of logits repeat another row",
            "look for repeated inputs",
            survey.evidence(None, repeated=same),
        )


def _as_bytes(rows: np.ndarray) -> np.ndarray:
    """View each row as one value, (n,), which spares a comparison number by number."""
    rows = np.ascontiguousarray(rows + 0.0)  # -0 becomes 0
    return rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()


@rule("XC206", Severity.INFO)
def constant_column(survey: Survey) -> Iterator[Finding]:
    """A class has the same logit in every row.

    The input does not change the logit of this class.

    Example: an output unit that is dead, or a column of padding.

    Fix: inspect the output unit of that class.
    """
    logits = survey.rows.logits
    if len(logits) < 20:
        return
    constant = np.flatnonzero(logits.max(axis=0) - logits.min(axis=0) == 0).tolist()
    if constant and len(constant) < survey.rows.classes and not survey.settings.binary:
        yield Finding(
            f"the logits of {len(constant)} of {survey.rows.classes} classes never change",
            "the output unit may be dead, or the column padding",
            survey.evidence(None, classes=constant[:20], count=len(constant)),
        )
