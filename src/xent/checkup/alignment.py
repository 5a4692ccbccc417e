"""Which row of targets belongs to which row of logits."""

import numpy as np
from numpy.typing import NDArray

from xent.checkup.proof import LEAST_SHARE, Reading, proves, stands_better
from xent.checkup.survey import Survey

# Fewer rows than this prove nothing about their order.
_FEW_ROWS = 20
# In standard errors. With 150 steps, luck exceeds 5 in one of 20,000 data sets.
_SURE = 5.0
# So many other steps show how far luck goes.
_ENOUGH_STEPS = 20
# Every small number of rows, and the usual sizes of a batch.
_STEPS = (*range(1, 65), 96, 100, 128, 192, 200, 250, 256, 384, 500, 512, 1000, 1024)


def best_step(survey: Survey) -> int:
    """By how many rows the targets stand behind their logits; 0 if that cannot be told.

    Where it is k, the logits of row i belong to the targets of row i + k.
    """
    weighted = survey.settings.weight is not None or survey.held.sample_weight is not None
    count = len(survey.held.rows)
    if survey.has_probabilities or weighted or not survey.held.consecutive or count < _FEW_ROWS:
        return 0
    steps = [sign * step for step in _STEPS if step <= count // 4 for sign in (1, -1)]
    rows = _Rows(survey)
    losses = {step: rows.loss(step) for step in steps}
    best: int = min(losses, key=lambda step: (losses[step], abs(step)))
    before = rows.loss(0)
    if losses[best] > (1 - LEAST_SHARE) * before:
        return 0
    others = [loss for step, loss in losses.items() if step != best]
    readings = rows.readings(best)
    if _stands_out(losses[best], before, others) and stands_better(*readings):
        return best
    return best if proves(*readings, _SURE) else 0


def in_step(survey: Survey, logits_from: int, targets_from: int) -> float:
    """The mean loss of the rows of logits and of targets from two rows on, in nats."""
    count = len(survey.held.rows) - max(logits_from, targets_from)
    usable = survey.usable[targets_from:][:count]
    targets = survey.held.targets[targets_from:][:count][usable].astype(np.int64)
    logits = survey.held.logits[logits_from:][:count][usable]
    return survey.loss_of(logits, targets - int(survey.settings.one_based))


def _stands_out(loss: float, before: float, others: list[float]) -> bool:
    """Whether one step is far better than all others, and staying in place is not.

    The other steps pair rows that have nothing to do with each other: they show what luck does.
    """
    if len(others) < _ENOUGH_STEPS:
        return False
    mean, spread = float(np.mean(others)), max(float(np.std(others, ddof=1)), 1e-12)
    return (mean - loss) / spread >= _SURE and abs(mean - before) / spread < 0.5 * _SURE


class _Rows:
    """All rows, to be paired with the targets some rows on."""

    def __init__(self, survey: Survey) -> None:
        usable = survey.usable
        self._log_probs: NDArray[np.float64] = np.full(survey.held.logits.shape, np.nan)
        self._log_probs[usable] = survey.log_probs
        self._targets: NDArray[np.int64] = np.full(len(usable), -1)
        self._targets[usable] = survey.targets

    def loss(self, step: int) -> float:
        """The mean loss of the pairs, where it is finite."""
        here, there = self._ends(step)
        paired = Reading(self._log_probs[here], self._targets[there])
        losses = paired.surprises()[self._targets[there] >= 0]
        finite = losses[np.isfinite(losses)]
        return float(finite.mean()) if len(finite) else np.inf

    def readings(self, step: int) -> tuple[Reading, Reading]:
        """The rows that have a target both in place and `step` rows on, read both ways."""
        here, there = self._ends(step)
        both = (self._targets[here] >= 0) & (self._targets[there] >= 0)
        log_probs = self._log_probs[here][both]
        before, after = self._targets[here][both], self._targets[there][both]
        return Reading(log_probs, before), Reading(log_probs, after)

    def _ends(self, step: int) -> tuple[slice, slice]:
        count = len(self._targets)
        return slice(max(0, -step), count - max(0, step)), slice(max(0, step), count + min(0, step))
