"""The cross-entropy of rows of logits with the classes they should have predicted."""

from dataclasses import dataclass, fields
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xent.batch import Batch
from xent.losses.exact_sum import ExactSum
from xent.losses.softmax import ShiftedExponentials

Reduction = Literal["mean", "sum", "none"]

# Doubles in one slice of work: half a megabyte for each of the arrays that a slice needs, so
# that they stay in cache and memory does not grow with the rows.
_SLICE = 1 << 16


@dataclass(frozen=True, slots=True)
class RowLosses:
    """What each row of a batch contributes.

    Attributes:
        targets: (n,) the class each row should have, from 0; `ignore_index` where it is ignored.
        counted: (n,) whether the row takes part in the mean.
        predictions: (n,) the class with the largest logit, the first of equals; -1 where a
            logit is nan.
        probabilities: (n,) softmax at the target; nan where the row is ignored.
        nll: (n,) the loss, -ln of the probability, in nats; nan where the row is ignored.
    """

    targets: NDArray[np.int64]
    counted: NDArray[np.bool_]
    predictions: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    nll: NDArray[np.float64]

    @classmethod
    def of(cls, batch: Batch, ignore_index: int, *, base: int = 0) -> "RowLosses":
        """Calculate the loss of each row of `batch`.

        With k the row's maximum and t its target, the loss is (z_k - z_t) + log1p(Σ_{j≠k}
        exp(z_j - z_k)). Neither part is negative, so nothing cancels, and nothing overflows
        that the loss itself does not: logsumexp(z) - z_t, the textbook's form, returns 0 where
        the true loss is 4.2e-18.

        Args:
            batch: Logits (n, C) and targets (n,).
            ignore_index: The target of rows that do not count.
            base: The number that the targets give to the first class.

        Raises:
            InputError: A target is not an integer, or names no class.
        """
        targets, counted = batch.class_indices(ignore_index, base=base)
        logits = batch.logits.values
        predictions = np.empty(len(targets), dtype=np.int64)
        probabilities = np.full(len(targets), np.nan)
        nll = np.full(len(targets), np.nan)
        step = max(1, _SLICE // batch.classes)
        for start in range(0, len(targets), step):
            some = slice(start, start + step)
            scores = np.ascontiguousarray(logits[some], dtype=np.float64)
            shifted = ShiftedExponentials.of(scores)
            predictions[some] = np.where(np.isnan(shifted.others), -1, shifted.top)
            counts = counted[some]
            gap = -shifted.differences[counts, targets[some][counts]]
            with np.errstate(under="ignore"):
                probabilities[some][counts] = np.exp(-gap) / (1 + shifted.others[counts])
            nll[some][counts] = gap + np.log1p(shifted.others[counts])
        return cls(targets, counted, predictions, probabilities, nll)

    @property
    def correct(self) -> NDArray[np.bool_]:
        """(n,) whether the row counts and is predicted right."""
        hits: NDArray[np.bool_] = self.predictions == self.targets
        return self.counted & hits

    def take(self, rows: slice | NDArray[np.bool_]) -> "RowLosses":
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


@overload
def cross_entropy(
    logits: ArrayLike,
    targets: ArrayLike,
    *,
    ignore_index: int = ...,
    reduction: Literal["mean", "sum"] = ...,
) -> float: ...
@overload
def cross_entropy(
    logits: ArrayLike,
    targets: ArrayLike,
    *,
    ignore_index: int = ...,
    reduction: Literal["none"],
) -> NDArray[np.float64]: ...
def cross_entropy(
    logits: ArrayLike,
    targets: ArrayLike,
    *,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
) -> float | NDArray[np.float64]:
    """The cross-entropy loss of logits with the classes they should have predicted.

    For row n with logits z and target t the loss is l_n = ln Σ_c exp(z_c) - z_t: the negative
    logarithm of the probability that softmax(z) gives to t. It is calculated without
    cancellation or overflow, and the mean is Σ l_n / (rows counted), with the exact sum rounded
    once.

    Args:
        logits: (N, C) unnormalised log-probabilities z. Any real dtype; the arithmetic is in
            float64.
        targets: (N,) the number t of each row's class, 0 to C - 1. Integers, or floats that
            are whole.
        ignore_index: Rows with this target are left out of sum and mean.
        reduction: `"mean"` over the rows counted, their `"sum"`, or `"none"`.

    Returns:
        The loss in nats: a float for mean and sum, an (N,) array for none, with 0 for ignored
        rows. The mean of no rows is nan.

    Raises:
        InputError: The shapes do not fit, or a target names no class. A `ValueError` whose
            `diagnostic` says which row.
        ValueError: `reduction` is unknown.

    References:
        https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html

    >>> cross_entropy([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 1, 2])
    0.5514447139320511
    >>> cross_entropy([[40, 0]], [0])
    4.248354255291589e-18
    """
    rows = RowLosses.of(Batch.of(logits, targets), ignore_index)
    return _reduced(rows.nll, rows.counted, reduction)


@overload
def nll_loss(
    log_probs: ArrayLike,
    targets: ArrayLike,
    *,
    ignore_index: int = ...,
    reduction: Literal["mean", "sum"] = ...,
) -> float: ...
@overload
def nll_loss(
    log_probs: ArrayLike,
    targets: ArrayLike,
    *,
    ignore_index: int = ...,
    reduction: Literal["none"],
) -> NDArray[np.float64]: ...
def nll_loss(
    log_probs: ArrayLike,
    targets: ArrayLike,
    *,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
) -> float | NDArray[np.float64]:
    """The negative log-likelihood of classes under given log-probabilities.

    l_n = -log_probs[n, t_n]: the last of the three steps softmax, log, NLL.
    `nll_loss(log_softmax(z), t)` is `cross_entropy(z, t)`, up to the rounding of the
    log-probabilities.

    Args:
        log_probs: (N, C) natural logarithms of probabilities. Taken as they are: whether a row
            is normalised is not looked at.
        targets: (N,) the number t of each row's class, 0 to C - 1.
        ignore_index: Rows with this target are left out of sum and mean.
        reduction: `"mean"` over the rows counted, their `"sum"`, or `"none"`.

    Returns:
        The loss in nats: a float for mean and sum, an (N,) array for none, with 0 for ignored
        rows. The mean of no rows is nan.

    Raises:
        InputError: The shapes do not fit, or a target names no class.
        ValueError: `reduction` is unknown.

    References:
        https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.nll_loss.html

    >>> nll_loss([[-0.25, -1.5]], [0])
    0.25
    """
    batch = Batch.of(log_probs, targets)
    indices, counted = batch.class_indices(ignore_index)
    picked = np.full(len(indices), np.nan)
    values: NDArray[Any] = batch.logits.values
    picked[counted] = values[counted, indices[counted]]
    return _reduced(0.0 - picked, counted, reduction)  # 0 - x: the loss of a sure thing is no -0


def _reduced(
    nll: NDArray[np.float64], counted: NDArray[np.bool_], reduction: str
) -> float | NDArray[np.float64]:
    match reduction:
        case "none":
            return np.where(counted, nll, 0.0)
        case "sum":
            return float(ExactSum.of(nll[counted]))
        case "mean":
            return ExactSum.of(nll[counted]).divided_by(int(np.count_nonzero(counted)))
    raise ValueError(f"reduction is 'mean', 'sum' or 'none', not {reduction!r}")
