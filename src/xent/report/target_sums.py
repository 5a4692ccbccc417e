"""What the targets alone say about a loss: how little it can be, and what guessing costs."""

from dataclasses import dataclass
from math import nan

import numpy as np

from xent.inputs.batch import Batch
from xent.losses.class_sums import ClassSums, least_constant_loss, least_losses
from xent.losses.cross_entropy import target_weights
from xent.losses.exact_sum import ExactSum
from xent.losses.loss_sum import LossSum
from xent.losses.row_losses import RowLosses
from xent.settings import LossSettings

# Doubles in one slice of work.
_SLICE = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class TargetSums:
    """The mergeable sums of the targets of counted rows.

    Attributes:
        classes: How much of the targets falls to each class; with binary labels, to no and yes of
            each label.
        least: The sum of the least losses that any model has of these rows, in nats: with
            probabilities as targets, of their entropies; 0 where targets are certain.
    """

    classes: ClassSums
    least: ExactSum

    @classmethod
    def of(
        cls, batch: Batch, losses: RowLosses, settings: LossSettings, labels: int
    ) -> "TargetSums":
        """Take in one batch.

        Args:
            batch: The rows.
            losses: Their losses.
            settings: The options of the loss.
            labels: K, how many independent labels the rows belong to in turn.
        """
        factors = batch.sample_weight
        if not batch.has_probabilities:
            counted = losses.counted
            if counted.all():
                classes = ClassSums.of_classes(losses.targets, batch.classes, factors)
            else:
                some = None if factors is None else factors[counted]
                classes = ClassSums.of_classes(losses.targets[counted], batch.classes, some)
            return cls(classes, ExactSum())
        probs = np.asarray(batch.targets.values, dtype=np.float64)
        classes = ClassSums.of_probabilities(probs, factors, labels, batch.first_row)
        return cls(classes, _least(batch, settings))

    def merge(self, other: "TargetSums") -> "TargetSums":
        """Return the sums of both sets of rows together."""
        return TargetSums(self.classes.merge(other.classes), self.least + other.least)

    def prior_level(self, loss_sum: LossSum, settings: LossSettings, *, soft: bool) -> float:
        """Return the mean loss of a constant guess with the frequencies of the classes, in nats.

        Args:
            loss_sum: The sums of the same rows.
            settings: The options of the loss.
            soft: Whether the targets are probabilities.

        Returns:
            The mean; nan where it is not known.
        """
        counts, weight = self.classes.totals, float(loss_sum.weight)
        if counts is None or not loss_sum.counted or not weight > 0:
            return nan
        classes, smoothing = counts.shape[1], settings.label_smoothing
        shares = counts
        if smoothing:
            every = float(counts.sum()) if not soft else weight
            shares = (1 - smoothing) * counts + smoothing / classes * every / len(counts)
        if settings.weight is not None:
            shares = shares * settings.weight
        return least_constant_loss(shares) / weight


def _least(batch: Batch, settings: LossSettings) -> ExactSum:
    """Return the sum of the least losses of rows whose targets are probabilities."""
    values = batch.targets.values
    if not settings.label_smoothing and ((values == 0) | (values == 1)).all():
        return ExactSum()
    step = max(1, _SLICE // batch.classes)
    found = np.empty(len(values))
    none = np.zeros(0, np.int64)
    for start in range(0, len(values), step):
        some = slice(start, start + step)
        probs = np.ascontiguousarray(values[some], dtype=np.float64)
        found[some] = least_losses(target_weights(none, batch.classes, settings, probs))
    if batch.sample_weight is not None:
        found *= batch.sample_weight
    return ExactSum.of(found)
