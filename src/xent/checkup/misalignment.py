"""Rules about rows that are paired with the targets of other rows."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from xent.checkup.alignment import (
    Alignment,
    alignment_of_any_classes,
    loss_at_alignment,
)
from xent.checkup.association import Association
from xent.checkup.class_order import best_order, can_be_ordered, remapped_unseen
from xent.checkup.pairing import Pairing, has_skill, is_significant
from xent.checkup.rows import LabelledRows
from xent.checkup.rule import MISPAIRED, MISREAD, Finding, rule
from xent.checkup.survey import LEAST_SHOWN, Survey
from xent.errors import Code, Severity

# Fewer rows than this do not tell whether they belong to their targets.
_FEW_ROWS = 40
_CERTAIN = 3.0
# Standard deviations of G among targets in random order; sequences have 7 and more.
_DEPENDENT = 4.5
_SHUFFLES = 20


@rule("XC306", Severity.ERROR, unless=MISREAD)
def sequence_not_shifted(survey: Survey) -> Iterator[Finding]:
    """The logits of each position fit the target of the next one.

    At position i a causal language model predicts the token at i + 1. Scored against the token
    at i, its loss is meaningless.

    Example: logits and input ids of one forward pass, without a shift.

    Fix: use --shift, or logits[:-1] with targets[1:].
    """
    survey = survey.in_order
    alignment = survey.alignment
    given = survey.settings.shift or survey.settings.binary
    if given or not _is_next(survey, alignment):
        return
    after = loss_at_alignment(survey.rows, Alignment(1))
    # Of several sequences --shift drops the last position of each, and only reading again tells
    # what is left.
    fix = survey.fix(after if _is_matrix(survey) else None, shift=True)
    yield Finding(
        "against the target of the next row the loss is far lower",
        "score each position against the target that follows it",
        survey.evidence(fix if fix.command else after, step=1),
        fix,
    )


def _is_next(survey: Survey, alignment: Alignment) -> bool:
    """Tell whether the targets are a sequence, of which each row predicts the next element."""
    ahead = alignment.step == 1 and not alignment.start
    return ahead and _neighbours_depend(survey.rows.targets)


def _neighbours_depend(targets: NDArray[np.int64]) -> bool:
    """Tell whether each target depends on the one before it, by the G test.

    The table of neighbours is sparse, where G is not distributed as chi-squared: it is held against
    the targets in random order instead.
    """
    random = np.random.default_rng(0)
    by_chance = [_g_statistic(random.permutation(targets)) for _ in range(_SHUFFLES)]
    deviation = max(float(np.std(by_chance, ddof=1)), 1e-9)
    return (_g_statistic(targets) - float(np.mean(by_chance))) / deviation >= _DEPENDENT


def _g_statistic(targets: NDArray[np.int64]) -> float:
    """Return Σ n ln n over the table of neighbours: G, but for what no order changes."""
    counts = np.unique(targets[:-1] * (targets.max() + 1) + targets[1:], return_counts=True)[1]
    return float(2 * (counts * np.log(counts)).sum())


def _is_matrix(survey: Survey) -> bool:
    """Tell whether the logits surely have two axes, so that rows may be dropped from the ends."""
    chosen = survey.warnings(Code.CLASS_AXIS_CHOSEN)
    several_labels = survey.warnings(Code.LABELS_AS_ROWS)
    return survey.settings.class_axis is None and not chosen and not several_labels


@rule("XC307", Severity.ERROR, unless=MISREAD)
def rows_misaligned(survey: Survey) -> Iterator[Finding]:
    """The targets are some rows ahead of the logits, or behind them.

    Against the target k rows away the loss is far lower, for all rows or from some row on: a
    row was lost or added in one of the two files, a queue delayed one of them, or their parts
    are in another order.

    Example: logits without the first batch, targets with it.

    Fix: remove the unmatched rows.
    """
    survey = survey.in_order
    if survey.settings.binary:
        yield from _labels_misaligned(survey)
        return
    alignment = survey.alignment
    if not alignment:
        yield from _moved_and_exchanged(survey)
    if not alignment or _is_next(survey, alignment):
        return
    step, start = alignment.step, alignment.start
    count, way = abs(step), "further" if step > 0 else "back"
    rows = f"{count} row{'s' if count > 1 else ''}"
    if alignment.is_reversed:
        message, hint = "the logits fit the targets in reverse order", "reverse one of the two"
    elif alignment.parts:
        message = f"{len(alignment.parts)} parts of the targets are in another order: rows "
        message += _parts_text(alignment)
        hint = "files were concatenated in another order: sort them by number, not as text"
    elif alignment.cyclic:
        message = f"the logits of a row fit the target {rows} {way}, cyclically"
        hint = "the rows or shards of one of the two start elsewhere: rotate them"
    elif start:
        begin = start + max(0, -step)
        message = f"from row {begin} on the logits of a row fit the target {rows} {way}"
        hint = f"a row was lost or added near row {begin} in one of the two files"
    else:
        message = f"the logits of a row fit the target {rows} {way}"
        hint = "a row was lost or added in one of the two"
    facts: dict[str, object] = {"step": step}
    if start:
        facts["start"] = start + max(0, -step)
    if alignment.parts:
        facts = {"parts": [list(part) for part in alignment.parts]}
    after = loss_at_alignment(survey.rows, alignment)
    yield Finding(
        message,
        hint,
        survey.evidence(after, **facts),
        survey.class_numbers + alignment.lines if _is_matrix(survey) else None,
    )


def _labels_misaligned(survey: Survey) -> Iterator[Finding]:
    """Find yes-or-no labels that are some rows off."""
    columns = survey.label_columns
    alignment = columns.alignment() if columns and len(columns.logits) >= _FEW_ROWS else None
    if not columns or not alignment:
        return
    before, after = columns.pairing(), columns.with_rows(alignment).pairing()
    moved, _ = alignment.rows_of(len(columns.logits))
    if not is_significant(columns.pairing(moved), after, 0.0):
        return
    count = abs(alignment.step)
    way = "further" if alignment.step > 0 else "back"
    loss = float(after.nll().mean())
    yield Finding(
        f"the logits of a row fit the labels {count} row{'s' if count > 1 else ''} {way}",
        "a row was lost or added in one of the two",
        survey.evidence(loss, step=alignment.step, loss_in_place=float(before.nll().mean())),
        alignment.lines,
    )


def _parts_text(alignment: Alignment) -> str:
    """Name the rows of the first parts, and their targets."""
    texts, begin = [], 0
    for start, stop in alignment.parts:
        end = begin + stop - start
        texts.append(f"{begin} to {end - 1} fit targets {start} to {stop - 1}")
        begin = end
    return ", ".join(texts[:4]) + (", …" if len(texts) > 4 else "")


def _moved_and_exchanged(survey: Survey) -> Iterator[Finding]:
    """Find rows that are some rows off, of classes in another order, which hides their step."""
    rows = survey.rows
    if survey.is_associated or survey.class_order or not _is_matrix(survey):
        return
    alignment = alignment_of_any_classes(rows)
    if not alignment:
        return
    here, there = alignment.rows_of(len(rows.sample))
    both = rows.counted[here] & rows.counted[there]
    sample = replace(
        rows.sample,
        logits=rows.sample.logits[here][both],
        targets=rows.sample.targets[there][both],
        numbers=rows.sample.numbers[here][both],
    )
    moved = LabelledRows(sample, rows.settings)
    order = best_order(moved)
    if order is None:
        return
    after = moved.loss_of(targets=order.columns[moved.targets])
    yield Finding(
        f"the logits of a row fit the target {abs(alignment.step)} rows "
        f"{'further' if alignment.step > 0 else 'back'}, once the classes are exchanged",
        "the rows of one of the two begin elsewhere, and its classes are in another order",
        survey.evidence(after, step=alignment.step),
        f"{alignment.lines}; {survey.retargeted(order.python)}",
    )


@rule("XC308", Severity.ERROR, unless=(*MISREAD, *MISPAIRED, "probabilities-as-logits"))
def rows_unrelated(survey: Survey) -> Iterator[Finding]:
    """The targets are unrelated to the rows.

    The model claims to distinguish the classes, but the ranks of the rows in the columns of
    their targets are those of targets in random order: one of the two was shuffled, or the
    targets belong to other data.

    Example: logits of the test set, targets of the validation set.

    Fix: write logits and targets in the same run.
    """
    rows = survey.rows
    if rows.has_probabilities or len(rows) < _FEW_ROWS or len(np.unique(rows.targets)) < 2:
        return
    if survey.settings.binary:
        yield from _labels_unrelated(survey)
        return
    association = rows.association
    if not association.scale > 0 or not np.isfinite(association.claimed):
        return
    z, claimed = survey.association_z, survey.claimed_z
    if not abs(z) < _CERTAIN or has_skill(Pairing(rows.log_probs, rows.targets)):
        return
    least = LEAST_SHOWN * claimed
    if not least - z > _CERTAIN - 1 or _fits_another_order(rows):
        return
    certain = least - z > _CERTAIN
    yield Finding(
        f"the logits tell {'nothing' if certain else 'hardly anything'} about the targets: their "
        f"association is {z:.1f} standard deviations from chance, but the probabilities claim "
        f"{claimed:.0f}",
        "the rows may be shuffled, or the targets belong to other data: write both in the same run",
        survey.evidence(None, association=z, claimed=claimed),
        severity=None if certain else Severity.WARNING,
    )


def _labels_unrelated(survey: Survey) -> Iterator[Finding]:
    """Find yes-or-no labels that have nothing to do with the logits."""
    columns = survey.in_order.label_columns
    if not columns or len(columns.logits) < _FEW_ROWS:
        return
    z, claimed = (each / columns.spread for each in (float(columns.at_lags[0]), columns.claimed))
    if not abs(z) < _CERTAIN or not LEAST_SHOWN * claimed - z > _CERTAIN:
        return
    yield Finding(
        f"the logits tell nothing about the labels: their association is {z:.1f} standard "
        f"deviations from chance, but the probabilities claim {claimed:.0f}",
        "the rows may be shuffled, or the labels belong to other data: write both in the same run",
        survey.evidence(None, association=z, claimed=claimed),
    )


def _fits_another_order(rows: LabelledRows) -> bool:
    """Tell whether the rows are associated with their targets, were the classes exchanged."""
    if not can_be_ordered(rows):
        return False
    targets = remapped_unseen(rows)
    exchanged = Association(rows.association.log_probs[rows.counted], targets)
    return exchanged.z > _CERTAIN and has_skill(Pairing(rows.log_probs, targets))
