"""How far two predicted distributions are apart."""

import numpy as np
from numpy.typing import NDArray

from xent.losses.softmax import log_softmax

Doubles = NDArray[np.float64]

# Doubles in one slice of work, so that what is made of a slice stays in the cache.
_SLICE = 1 << 15


def log_probabilities(inputs: Doubles, input_kind: str, temperature: float) -> Doubles:
    """Return ln p of (n, C) logits, log-probabilities or probabilities."""
    match input_kind:
        case "logits":
            return log_softmax(inputs, temperature)
        case "probs":
            with np.errstate(divide="ignore", invalid="ignore"):
                logs: Doubles = np.log(inputs)
                return logs
    return inputs


def normalised_divergences(first: Doubles, second: Doubles) -> Doubles:
    """Return KL(p‖q) = Σ_c p_c·(ln p_c - ln q_c) of each row, in nats.

    As both sum to 1, it is Σ_c p_c·(r_c + e^-r_c - 1) with r_c = ln p_c - ln q_c. No term of this
    form is negative, so that near distributions lose no digits.

    Args:
        first: (n, C) ln p, of distributions that sum to 1.
        second: (n, C) ln q, of distributions that sum to 1.
    """
    p, q = np.exp(first), np.exp(second)
    ratios = first - second
    near = np.abs(ratios) <= 1
    terms = p * ratios + (q - p)
    terms = np.where(near, p * (ratios + np.expm1(np.where(near, -ratios, 0.0))), terms)
    found: Doubles = np.where(p > 0, terms, q).sum(axis=1)
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
