"""The loss of each row of a batch."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.inputs.batch import Batch
from xent.losses.surprisals import Surprisals
from xent.losses.target_surprisals import TargetSurprisals
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
        gaps: (n,) for logits z with maximum z_k and target t, (z_k - z_t) / T; else -ln p_t.
        others: (n,) for logits, Σ_{c≠k} exp((z_c - z_k) / T); else 0.
        nll: (n,) the loss in nats, weights and smoothing included; nan where the row is ignored.
        weights: (n,) the row's part of the mean's denominator; 0 where it is ignored.
    """

    targets: NDArray[np.int64]
    counted: NDArray[np.bool_]
    predictions: NDArray[np.int64]
    gaps: NDArray[np.float64]
    others: NDArray[np.float64]
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
        # What an ignored row calculates is dropped; any class will do for it.
        classes = targets if counted.all() else np.where(counted, targets, 0)
        # What is not finite is there to be seen in the losses; it needs no warning on the way.
        with np.errstate(all="ignore"):
            surprisals, losses, weights = _calculated(batch, classes, settings)
            if batch.sample_weight is not None:
                losses, weights = losses * batch.sample_weight, weights * batch.sample_weight
        if classes is not targets:
            losses, weights = np.where(counted, losses, np.nan), np.where(counted, weights, 0.0)
        parts = surprisals.predictions, surprisals.gaps, surprisals.others
        return cls(targets, counted, *parts, losses, weights)

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """(n,) that of the target; nan where the row is ignored."""
        with np.errstate(all="ignore"):
            return np.where(self.counted, np.exp(-self.gaps) / (1 + self.others), np.nan)

    @property
    def terms(self) -> "Terms":
        """What the counted rows add to the mean: their losses l, and their weights w."""
        if self.counted.all():
            return self.nll, self.weights
        return self.nll[self.counted], self.weights[self.counted]

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
Calculated = tuple[TargetSurprisals, NDArray[np.float64], NDArray[np.float64]]


def _calculated(batch: Batch, classes: NDArray[np.int64], settings: LossSettings) -> Calculated:
    """Each row's surprisal, its loss and its weight."""
    if _needs_targets_alone(batch, settings):
        surprisals = TargetSurprisals.of(batch.logits.values, classes)
        return surprisals, *_weighted(surprisals.values, classes, settings)
    step = max(1, _SLICE // batch.classes)
    slices = [slice(start, start + step) for start in range(0, max(1, len(classes)), step)]
    parts = [_of_slice(batch, classes[some], settings, some) for some in slices]
    return (
        TargetSurprisals.joined([surprisals for surprisals, _, _ in parts]),
        np.concatenate([losses for _, losses, _ in parts]),
        np.concatenate([weights for _, _, weights in parts]),
    )


def _of_slice(
    batch: Batch, classes: NDArray[np.int64], settings: LossSettings, some: slice
) -> Calculated:
    scores = np.ascontiguousarray(batch.logits.values[some], dtype=np.float64)
    surprisals = Surprisals.of(scores, settings.input_kind, settings.temperature)
    at_classes = surprisals.at(classes)
    if not batch.has_probabilities:
        terms = _of_classes(surprisals, at_classes.values, classes, settings)
    else:
        shares = np.ascontiguousarray(batch.targets.values[some], dtype=np.float64)
        terms = _of_probabilities(surprisals, shares, settings)
    return at_classes, *terms


def _needs_targets_alone(batch: Batch, settings: LossSettings) -> bool:
    """Whether the other classes matter only for the normaliser."""
    plain = settings.input_kind == "logits" and settings.temperature == 1
    return plain and not settings.label_smoothing and not batch.has_probabilities


def _of_classes(
    surprisals: Surprisals,
    at_targets: NDArray[np.float64],
    targets: NDArray[np.int64],
    settings: LossSettings,
) -> Terms:
    """Each row's loss (1 - ε)·w_t·(-ln p_t) + ε/C·Σ_c w_c·(-ln p_c), and its weight w_t."""
    classes = surprisals.gaps.shape[1]
    losses, weights = _weighted(at_targets, targets, settings)
    if settings.label_smoothing:
        share = settings.label_smoothing / classes
        shares = np.full(classes, share) if settings.weight is None else share * settings.weight
        certain = (1 - settings.label_smoothing) * losses if settings.label_smoothing < 1 else 0
        losses = certain + surprisals.expected(shares)
    return losses, weights


def _weighted(
    surprisals: NDArray[np.float64], targets: NDArray[np.int64], settings: LossSettings
) -> Terms:
    """Each row's loss w_t·(-ln p_t), and its weight w_t."""
    if settings.weight is None:
        return surprisals, np.ones(len(targets))
    weights = settings.weight[targets]
    return surprisals * weights, weights


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
