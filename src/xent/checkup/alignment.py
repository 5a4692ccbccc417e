"""Which row of targets belongs to which row of logits."""

import numpy as np
from numpy.typing import NDArray

from xent.checkup.pairing import LEAST_SHARE, Pairing, is_significant, ranks_better
from xent.checkup.rows import LabelledRows

# Fewer rows than this prove nothing about their order.
_FEW_ROWS = 20
# In standard errors. With 150 offsets, luck exceeds 5 in one of 20,000 data sets.
_SIGNIFICANT = 5.0
# So many other offsets show how far luck goes.
_ENOUGH_OFFSETS = 20
# Every small number of rows, and the usual sizes of a batch.
_OFFSETS = (*range(1, 65), 96, 100, 128, 192, 200, 250, 256, 384, 500, 512, 1000, 1024)


def best_offset(rows: LabelledRows) -> int:
    """Return by how many rows the targets stand behind their logits; 0 if that cannot be told.

    Where it is k, the logits of row i belong to the targets of row i + k.
    """
    weighted = rows.settings.weight is not None or rows.sample.sample_weight is not None
    count = len(rows.sample)
    out_of_order = weighted or not rows.sample.is_consecutive
    if rows.has_probabilities or out_of_order or count < _FEW_ROWS:
        return 0
    offsets = [sign * each for each in _OFFSETS if each <= count // 4 for sign in (1, -1)]
    all_rows = _all_rows(rows)
    losses = {offset: _loss_at(all_rows, offset) for offset in offsets}
    best: int = min(losses, key=lambda offset: (losses[offset], abs(offset)))
    in_place = _loss_at(all_rows, 0)
    if not losses[best] <= (1 - LEAST_SHARE) * in_place:
        return 0
    others = [loss for offset, loss in losses.items() if offset != best]
    before, after = _pairings(all_rows, best)
    if _is_outlier(losses[best], in_place, others) and ranks_better(before, after):
        return best
    return best if is_significant(before, after, _SIGNIFICANT) else 0


def loss_at_offset(rows: LabelledRows, logits_from: int, targets_from: int) -> float:
    """Return the mean loss, in nats, of the logits and the targets from two rows on."""
    sample = rows.sample
    count = len(sample) - max(logits_from, targets_from)
    counted = rows.counted[targets_from:][:count]
    targets = sample.targets[targets_from:][:count][counted].astype(np.int64)
    logits = sample.logits[logits_from:][:count][counted]
    return rows.loss_of(logits, targets - int(rows.settings.one_based))


def _is_outlier(loss: float, in_place: float, others: list[float]) -> bool:
    """Tell whether one offset is far better than all others, and staying in place is not.

    The other offsets pair rows that have nothing to do with each other: they show what luck does.
    """
    if len(others) < _ENOUGH_OFFSETS:
        return False
    mean, deviation = float(np.mean(others)), max(float(np.std(others, ddof=1)), 1e-12)
    far = (mean - loss) / deviation >= _SIGNIFICANT
    return far and abs(mean - in_place) / deviation < 0.5 * _SIGNIFICANT


def _all_rows(rows: LabelledRows) -> Pairing:
    """Pair all rows of a sample with their targets; with -1 where a target does not count."""
    log_probs: NDArray[np.float64] = np.full(rows.sample.logits.shape, np.nan)
    log_probs[rows.counted] = rows.log_probs
    targets: NDArray[np.int64] = np.full(len(rows.sample), -1)
    targets[rows.counted] = rows.targets
    return Pairing(log_probs, targets)


def _slices(count: int, offset: int) -> tuple[slice, slice]:
    """Return where `count` rows begin and end, and where they do so `offset` rows on."""
    ahead, behind = max(0, offset), max(0, -offset)
    return slice(behind, count - ahead), slice(ahead, count - behind)


def _loss_at(rows: Pairing, offset: int) -> float:
    """Return the mean loss of rows and the targets `offset` rows on, where it is finite."""
    here, there = _slices(len(rows.targets), offset)
    nll = Pairing(rows.log_probs[here], rows.targets[there]).nll()
    finite = nll[np.isfinite(nll) & (rows.targets[there] >= 0)]
    return float(finite.mean()) if len(finite) else np.inf


def _pairings(rows: Pairing, offset: int) -> tuple[Pairing, Pairing]:
    """Pair the rows that have a target in place and `offset` rows on with each of the two."""
    here, there = _slices(len(rows.targets), offset)
    both = (rows.targets[here] >= 0) & (rows.targets[there] >= 0)
    log_probs = rows.log_probs[here][both]
    before, after = rows.targets[here][both], rows.targets[there][both]
    return Pairing(log_probs, before), Pairing(log_probs, after)
