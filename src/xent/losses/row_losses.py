"""The loss of each row of a batch."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.batch import Batch
from xent.losses.surprisals import Surprisals
from xent.settings import LossSettings

# Doubles in one slice of work: half a megabyte for each of the arrays that a slice needs, so
# that they stay in cache and memory does not grow with the rows.
_SLICE = 1 << 16


@dataclass(frozen=True, slots=True)
class RowLosses:
    """What each row of a batch contributes.

    Attributes:
        targets: (n,) the class each row should have, from 0, the most probable one where
            targets are probabilities; `ignore_index` where the row is ignored.
        counted: (n,) whether the row takes part in the mean.
        predictions: (n,) the most probable class, the first of equals; -1 where an input is nan.
        probabilities: (n,) that of the target; nan where the row is ignored.
        nll: (n,) the loss in nats, weights and smoothing included; nan where the row is ignored.
        weights: (n,) the row's part of the mean's denominator; 0 where it is ignored.
    """

    targets: NDArray[np.int64]
    counted: NDArray[np.bool_]
    predictions: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    nll: NDArray[np.float64]
    weights: NDArray[np.float64]

    @classmethod
    def of(cls, batch: Batch, settings: LossSettings) -> "RowLosses":
        """Calculate the loss of each row of `batch`.

        For logits with maximum z_k and class t the loss is (z_k - z_t) + log1p(Σ_{j≠k}
        exp(z_j - z_k)). Neither part is negative, so nothing cancels, and nothing overflows
        that the loss itself does not: logsumexp(z) - z_t, the textbook's form, returns 0 where
        the true loss is 4.2e-18. With probabilities q for targets it is Σ_c w_c·q_c·(-ln p_c).

        Raises:
            InputError: A target or a probability is none, or names no class.
        """
        batch.check(settings)
        targets, counted = batch.class_indices(settings)
        rows = len(targets)
        losses = cls(
            targets,
            counted,
            np.empty(rows, dtype=np.int64),
            np.full(rows, np.nan),
            np.full(rows, np.nan),
            np.zeros(rows),
        )
        step = max(1, _SLICE // batch.classes)
        # What is not finite is there to be seen in the losses; it needs no warning on the way.
        with np.errstate(all="ignore"):
            for start in range(0, rows, step):
                losses._fill(batch, settings, slice(start, start + step))
        return losses

    def _fill(self, batch: Batch, settings: LossSettings, some: slice) -> None:
        scores = np.ascontiguousarray(batch.logits.values[some], dtype=np.float64)
        surprisals = Surprisals.of(scores, settings.input_kind, settings.temperature)
        # What an ignored row calculates is dropped; any class will do for it.
        counted = self.counted[some]
        targets = np.where(counted, self.targets[some], 0)
        self.predictions[some] = surprisals.predictions
        self.probabilities[some] = np.where(counted, surprisals.probabilities_at(targets), np.nan)
        if batch.has_probabilities:
            shares = np.ascontiguousarray(batch.targets.values[some], dtype=np.float64)
            losses, weights = _of_probabilities(surprisals, shares, settings)
        else:
            losses, weights = _of_classes(surprisals, targets, settings)
        if batch.sample_weight is not None:
            losses *= batch.sample_weight[some]
            weights *= batch.sample_weight[some]
        self.nll[some] = np.where(counted, losses, np.nan)
        self.weights[some] = np.where(counted, weights, 0.0)

    @property
    def correct(self) -> NDArray[np.bool_]:
        """(n,) whether the row counts and is predicted right."""
        hits: NDArray[np.bool_] = self.predictions == self.targets
        return self.counted & hits

    def take(self, rows: slice | NDArray[Any]) -> "RowLosses":
        """Some of the rows."""
        return RowLosses(*(getattr(self, column.name)[rows] for column in fields(self)))

    def join(self, other: "RowLosses") -> "RowLosses":
        """These rows, then those of `other`."""
        return RowLosses(
            *(
                np.concatenate([getattr(self, column.name), getattr(other, column.name)])
                for column in fields(self)
            )
        )


Terms = tuple[NDArray[np.float64], NDArray[np.float64]]


def _of_classes(
    surprisals: Surprisals, targets: NDArray[np.int64], settings: LossSettings
) -> Terms:
    """Each row's loss (1 - ε)·w_t·(-ln p_t) + ε/C·Σ_c w_c·(-ln p_c), and its weight w_t."""
    classes = surprisals.gaps.shape[1]
    losses, weights = surprisals.at(targets), np.ones(len(targets))
    if settings.weight is not None:
        weights = settings.weight[targets]
        losses = losses * weights
    if settings.label_smoothing:
        share = settings.label_smoothing / classes
        shares = np.full(classes, share) if settings.weight is None else share * settings.weight
        certain = (1 - settings.label_smoothing) * losses if settings.label_smoothing < 1 else 0
        losses = certain + surprisals.expected(shares)
    return losses, weights


def _of_probabilities(
    surprisals: Surprisals, shares: NDArray[np.float64], settings: LossSettings
) -> Terms:
    """Each row's loss Σ_c w_c·q_c·(-ln p_c), q smoothed, and its weight 1."""
    if settings.label_smoothing:
        smooth = settings.label_smoothing
        shares = (1 - smooth) * shares + smooth / shares.shape[1]
    if settings.weight is not None:
        shares = shares * settings.weight
    return surprisals.expected(shares), np.ones(len(shares))
