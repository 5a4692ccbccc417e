"""What each row contributes to the loss, as data."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.losses.loss_sum import LossSum


@dataclass(frozen=True, slots=True)
class RowLosses:
    """The losses of some rows, and what they were calculated from.

    Attributes:
        targets: (n,) the class of each row, from 0; the most probable one where targets are
            probabilities; `ignore_index` where the row is ignored.
        counted: (n,) whether the row takes part in the mean.
        predictions: (n,) the most probable class, the first of equals; -1 where an input is nan.
        margin_to_max: (n,) for logits z with maximum z_k and target t, (z_k - z_t) / T; else
            -ln p_t.
        other_exp_sum: (n,) for logits, Σ_{c≠k} exp((z_c - z_k) / T); else 0.
        nll: (n,) the loss in nats, weights and smoothing included; nan where the row is ignored.
        weights: (n,) the row's part of the mean's denominator; 0 where it is ignored.
    """

    targets: NDArray[np.int64]
    counted: NDArray[np.bool_]
    predictions: NDArray[np.int64]
    margin_to_max: NDArray[np.float64]
    other_exp_sum: NDArray[np.float64]
    nll: NDArray[np.float64]
    weights: NDArray[np.float64]

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """(n,) the probability of the target; nan where the row is ignored."""
        with np.errstate(all="ignore"):
            found = np.exp(-self.margin_to_max) / (1 + self.other_exp_sum)
            return np.where(self.counted, found, np.nan)

    @property
    def counted_losses(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the losses l and the weights w of the counted rows, which make up the mean."""
        if self.counted.all():
            return self.nll, self.weights
        return self.nll[self.counted], self.weights[self.counted]

    @property
    def correct(self) -> NDArray[np.bool_]:
        """(n,) whether the row counts and its prediction is its target."""
        hits: NDArray[np.bool_] = self.predictions == self.targets
        return self.counted & hits

    def take(self, rows: slice | NDArray[Any]) -> "RowLosses":
        """Select some of the rows."""
        return RowLosses(*(getattr(self, column.name)[rows] for column in fields(self)))

    def join(self, other: "RowLosses") -> "RowLosses":
        """Append the rows of `other`."""
        return RowLosses(
            *(
                np.concatenate([getattr(self, column.name), getattr(other, column.name)])
                for column in fields(self)
            )
        )


def sum_up(losses: RowLosses, *, even: bool) -> LossSum:
    """Return the sums of some rows.

    Args:
        losses: The losses of the rows.
        even: Whether each counted row has the weight 1.
    """
    counted, weights = losses.counted_losses
    return LossSum.of(
        counted,
        None if even else weights,
        correct=int(np.count_nonzero(losses.correct)),
        ignored=len(losses.counted) - len(counted),
    )
