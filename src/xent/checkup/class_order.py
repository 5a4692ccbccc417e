"""In which order the logits have the classes of the targets."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xent.checkup.assignment import linear_sum_assignment
from xent.checkup.pairing import LEAST_SHARE, Pairing, is_significant
from xent.checkup.rows import Doubles, Integers, LabelledRows

_FEW_ROWS = 20
# With more classes the assignment takes too long; only the orders with a name are tried.
MOST_CLASSES = 1024
# The correlation from which on neighbouring rows are no longer taken for independent.
_ALIKE = 0.3
# Of a probability as small as a double can be.
_LEAST_LOG_PROB = -745.0
# An order with a name is believed where a fitted one is hardly better on unseen rows.
_AS_GOOD = 1.02
# The share of rows that must agree with an order before the order has its name.
_MOSTLY = 0.75
# A class is certain where its column wins over the next by so many standard errors.
_CERTAIN = 3.0


@dataclass(frozen=True, slots=True)
class ClassOrder:
    """The column of each class.

    Attributes:
        columns: (C,) the column that class c stands in.
        expression: What gives a target's column in Python; None for a table of the columns.
        unseen_loss: The mean loss on rows that the order was not fitted to, in nats.
        step: By how much all classes are shifted, counted round; 0 for another order.
        words: The order's name.
    """

    columns: Integers
    expression: str | None
    unseen_loss: float
    step: int = 0
    words: str = ""

    @property
    def python(self) -> str:
        """What gives a target's column in Python, a table of the columns where nothing shorter."""
        return self.expression or f"numpy.array({self.columns.tolist()})[targets]"


def best_order(rows: LabelledRows) -> ClassOrder | None:
    """Return the order of the classes that the rows prove; None for none but the given one."""
    if rows.has_probabilities or len(rows) < _FEW_ROWS or rows.classes < 3:
        return None
    named = min(_named_orders(rows), key=lambda each: (each.unseen_loss, not each.step))
    if not can_be_ordered(rows):
        targets = named.columns[rows.targets]
        return named if _fits(rows, targets) and _fits_most_classes(rows, targets) else None
    gains = _gains(rows, rows.targets >= 0)
    # No order is better than every class at its best: that is seen at a glance.
    if not gains.max(axis=1).sum() > (1 - LEAST_SHARE) * np.trace(gains):
        return None
    fitted = _assigned(gains, rows.targets)
    # Most rows agree with the name: the others are too few to tell, or the name would be luck.
    agrees = (fitted[rows.targets] == named.columns[rows.targets]).mean() >= _MOSTLY
    unseen = remapped_unseen(rows)
    unseen_loss = _loss(rows, unseen)
    as_good = named.unseen_loss <= _AS_GOOD * unseen_loss
    mostly = as_good and (agrees or not named.step)
    if mostly and _fits(rows, named.columns[rows.targets]):
        return named
    if not _fits(rows, unseen):
        return None
    return ClassOrder(fitted, None, unseen_loss)


def certain_classes(rows: LabelledRows, columns: Integers) -> Integers:
    """Return the classes whose rows prefer their column to every other, beyond doubt."""
    certain = []
    for target in np.unique(rows.targets).tolist():
        own = np.clip(rows.log_probs[rows.targets == target], _LEAST_LOG_PROB, None)
        if len(own) < 2:
            continue
        lead = own[:, [columns[target]]] - np.delete(own, columns[target], axis=1)
        errors = np.maximum(lead.std(axis=0, ddof=1), 1e-12) / len(own) ** 0.5
        if (lead.mean(axis=0) > _CERTAIN * errors).all():
            certain.append(target)
    return np.array(certain, dtype=np.int64)


def _named_orders(rows: LabelledRows) -> Iterator[ClassOrder]:
    """Yield the orders that have a name: shifted, reversed, and sorted as text."""
    count = rows.classes
    classes = np.arange(count)
    for step in (-1, 1):
        columns = (classes + step) % count
        change = "+ 1" if step > 0 else "- 1"
        text = f"(targets {change}) % {count}"
        yield ClassOrder(columns, text, _loss(rows, columns[rows.targets]), step)
    if 3 < count <= MOST_CLASSES:
        gains = _gains(rows, rows.targets >= 0)
        rotations = [float(np.trace(np.roll(gains, -step, axis=1))) for step in range(count)]
        step = int(np.argmax(rotations))
        columns = (classes + step) % count
        if 1 < step < count - 1:
            loss = _loss(rows, columns[rows.targets])
            words = f"shifted by {step}, modulo the number of classes"
            yield ClassOrder(columns, f"(targets + {step}) % {count}", loss, 0, words)
    columns = classes[::-1].copy()
    text, words = f"{count - 1} - targets", "reversed"
    yield ClassOrder(columns, text, _loss(rows, columns[rows.targets]), 0, words)
    if count > 10:
        as_text = np.array(sorted(range(count), key=str))
        words = "sorted as text: 0, 1, 10, 11, …"
        for columns in (as_text, as_text.argsort()):
            loss = _loss(rows, columns[rows.targets])
            yield ClassOrder(columns, None, loss, 0, words)


def _loss(rows: LabelledRows, targets: Integers) -> float:
    nll = Pairing(rows.log_probs, targets).nll()
    return float(np.minimum(np.nan_to_num(nll, nan=-_LEAST_LOG_PROB), -_LEAST_LOG_PROB).mean())


def _fits(rows: LabelledRows, targets: Integers) -> bool:
    """Tell whether the rows prove that other targets are meant."""
    before, after = (Pairing(rows.log_probs, each) for each in (rows.targets, targets))
    return is_significant(before, after)


def _fits_most_classes(rows: LabelledRows, targets: Integers) -> bool:
    """Tell whether other targets are better class by class: rows of one class move together."""
    before, after = (Pairing(rows.log_probs, each).nll() for each in (rows.targets, targets))
    falls = np.nan_to_num(before - after)
    counts = np.bincount(rows.targets)
    means = np.bincount(rows.targets, falls)[counts > 0] / counts[counts > 0]
    return bool((means > 0).mean() >= _MOSTLY)


def _gains(rows: LabelledRows, chosen: NDArray[np.bool_]) -> Doubles:
    """Sum the log-probabilities of class j over the chosen rows with target i, (C, C)."""
    # A probability of 0 must stay comparable, or one row of it would decide alone.
    bounded = np.nan_to_num(np.maximum(rows.log_probs, _LEAST_LOG_PROB), nan=_LEAST_LOG_PROB)
    gains = np.zeros((rows.classes, rows.classes))
    for target in np.unique(rows.targets[chosen]):
        gains[target] = bounded[chosen & (rows.targets == target)].sum(axis=0)
    return gains


def _assigned(gains: Doubles, targets: Integers) -> Integers:
    """Give each class that occurs the column that suits it best, each column once, (C,).

    The others keep their own column, or take one that is left.
    """
    present = np.unique(targets)
    order = np.full(len(gains), -1)
    order[present] = linear_sum_assignment(gains[present])
    absent = np.flatnonzero(order < 0)
    left = np.setdiff1d(np.arange(len(gains)), order)
    own = np.intersect1d(absent, left)
    order[own] = own
    order[np.setdiff1d(absent, own)] = np.setdiff1d(left, own)
    return order


def can_be_ordered(rows: LabelledRows) -> bool:
    """Tell whether there are rows enough, and classes few enough, to find any order of them."""
    return rows.classes <= min(MOST_CLASSES, len(rows) // 2)


def remapped_unseen(rows: LabelledRows) -> Integers:
    """Return the targets, each half in the order of classes that suits the other half best.

    Every other row, so that sorted rows have all classes in both halves; but the first rows and
    the last where neighbours are alike, as in a film, and would tell of each other.
    """
    targets, order = rows.targets.copy(), np.arange(len(rows))
    first = order < len(rows) / 2 if _neighbours_are_alike(rows) else order % 2 == 0
    for half in (first, ~first):
        order = _assigned(_gains(rows, ~half), rows.targets[~half])
        targets[half] = order[rows.targets[half]]
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
