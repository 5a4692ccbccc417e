"""How far two predicted distributions are apart."""

import numpy as np
from numpy.typing import NDArray

from xent.losses.row_losses import RowLosses

Doubles = NDArray[np.float64]

# Doubles in one slice of work, so that what is made of a slice stays in the cache.
_SLICE = 1 << 15
# Below this a divergence has lost digits where its terms cancel.
_NEAR = 0.01


def log_probabilities(
    inputs: Doubles, input_kind: str, temperature: float, losses: RowLosses
) -> Doubles:
    """Return ln p of (n, C) logits, log-probabilities or probabilities.

    Args:
        inputs: (n, C) what the model gives.
        input_kind: Whether that is "logits", "log-probs" or "probs".
        temperature: T, by which logits are divided.
        losses: The losses of the same rows, which know the sum of their exponentials.
    """
    match input_kind:
        case "logits":
            largest = inputs[np.arange(len(inputs)), losses.predictions]
            differences = (inputs - largest[:, None]) / temperature
            logs: Doubles = differences - np.log1p(losses.other_exp_sum)[:, None]
            return logs
        case "probs":
            return np.log(inputs)
    return inputs


def normalised_divergences(first: Doubles, second: Doubles) -> Doubles:
    """Return KL(p‖q) = Σ_c p_c·(ln p_c - ln q_c) of each row, in nats.

    As both sum to 1, it is Σ_c (p_c·r_c + q_c - p_c) with r_c = ln p_c - ln q_c, of which no term
    is negative. Where distributions are near each other, a term is p_c·(r_c + expm1(-r_c)), which
    loses no digits.

    Args:
        first: (n, C) ln p, of distributions that sum to 1.
        second: (n, C) ln q, of distributions that sum to 1.
    """
    p, q, ratios = np.exp(first), np.exp(second), first - second
    found: Doubles = np.where(p > 0, p * ratios + (q - p), q).sum(axis=1)
    near = np.flatnonzero(found < _NEAR)
    if len(near):
        p, q, ratios = p[near], q[near], ratios[near]
        terms = np.where(np.abs(ratios) < 1, p * (ratios + np.expm1(-ratios)), p * ratios + (q - p))
        found[near] = np.where(p > 0, terms, q).sum(axis=1)
    return found


def divergences(first: Doubles, second: Doubles, least: float = -np.inf) -> Doubles:
    """Return Σ_c p_c·(ln p_c - ln q_c) of each row as it is, in nats.

    Args:
        first: (n, C) ln p.
        second: (n, C) ln q.
        least: Classes whose ln p is not above it are left out.
    """
    p = np.exp(first)
    found: Doubles = np.where((p > 0) & (first > least), p * (first - second), 0.0).sum(axis=1)
    return found


def slices(rows: int, classes: int) -> list[slice]:
    """Cut rows into slices that stay in the cache."""
    step = max(1, _SLICE // classes)
    return [slice(start, start + step) for start in range(0, rows, step)]
