"""The loss over all rows as its definition has it, and its derivative: slow, and right.

None of it is the program's own code.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from mpmath import mp, mpf
from numpy.typing import NDArray

from oracle import TrueRow

# A step far below what a double shows, and digits enough that its difference keeps some fifty.
_DIGITS = 120
_STEP = "1e-30"

Row = Sequence[Any]
Factors = NDArray[np.float64] | None


def textbook_loss(
    logits: Sequence[Row],
    targets: NDArray[Any],
    *,
    weight: Factors = None,
    label_smoothing: float = 0.0,
    temperature: float = 1.0,
    sample_weight: Factors = None,
    reduction: str = "mean",
) -> mpf:
    """Σ l / Σ w, or Σ l, for (N, C) logits and class numbers or probabilities; -100 is ignored."""
    classes, smooth = len(logits[0]), mpf(label_smoothing)
    factors = np.ones(classes) if weight is None else weight
    own = np.ones(len(logits)) if sample_weight is None else sample_weight
    total, denominator = mpf(0), mpf(0)
    for row, target, factor in zip(logits, targets, own, strict=True):
        if np.ndim(target) == 0 and target < 0:
            continue
        sought = target if np.ndim(target) else np.arange(classes) == target
        # Both write the same: where q is one-hot, q_c·w_c is w_t at the target and else 0.
        shares = [
            mpf(w) * ((1 - smooth) * mpf(float(q)) + smooth / classes)
            for w, q in zip(factors, sought, strict=True)
        ]
        total += mpf(factor) * TrueRow.of(row, temperature).expected(shares)
        denominator += mpf(factor) * (1 if np.ndim(target) else mpf(factors[target]))
    return total / denominator if reduction == "mean" else total


def textbook_gradient(
    logits: NDArray[np.float64], loss: Callable[[Sequence[Row]], mpf]
) -> NDArray[np.float64]:
    """The derivative of `loss` by each logit, by central differences, right to the last digit."""
    gradient = np.empty(logits.shape)
    with mp.workdps(_DIGITS):
        step = mpf(_STEP)
        for row, column in np.ndindex(logits.shape):
            ends = []
            for sign in (1, -1):
                moved = [[mpf(value) for value in values] for values in logits.tolist()]
                moved[row][column] += sign * step
                ends.append(loss(moved))
            gradient[row, column] = float((ends[0] - ends[1]) / (2 * step))
    return gradient
