"""The way from logits to losses, one stage at a time, as it is shown and explained."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xent.losses.softmax import log_softmax, softmax

StageFunction = Callable[[NDArray[np.float64], NDArray[np.int64]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the derivation.

    Attributes:
        name: How it is called, in tables and in JSON.
        symbol: Its letter in the formulas of the later stages.
        formula: The formula as text.
        latex: The formula as LaTeX.
        shape: The shape of its result.
        why: One sentence: what the step is for.
        function: Its value for given rows: logits (n, C) and targets (n,), -1 where ignored.
    """

    name: str
    symbol: str
    formula: str
    latex: str
    shape: str
    why: str
    function: StageFunction


def _logits(logits: NDArray[np.float64], _: NDArray[np.int64]) -> NDArray[np.float64]:
    return logits


def _softmax(logits: NDArray[np.float64], _: NDArray[np.int64]) -> NDArray[np.float64]:
    return softmax(logits)


def _log_softmax(logits: NDArray[np.float64], _: NDArray[np.int64]) -> NDArray[np.float64]:
    return log_softmax(logits)


def _nll(logits: NDArray[np.float64], targets: NDArray[np.int64]) -> NDArray[np.float64]:
    picked = 0.0 - log_softmax(logits)[np.arange(len(targets)), np.maximum(targets, 0)]
    return np.where(targets < 0, np.nan, picked)


# What is shown is softmax, then its log, then the NLL, as people learn it; each is calculated
# from the logits in its stable form, so that a shown log is finite wherever the true one is.
STAGES = (
    Stage(
        name="logits",
        symbol="z",
        formula="z",
        latex=r"z",
        shape="(N, C)",
        why="The model's raw scores, one for each class: any real numbers, not yet probabilities.",
        function=_logits,
    ),
    Stage(
        name="softmax",
        symbol="p",
        formula="p = exp(z) / Σ exp(z)",
        latex=r"p_j = \frac{\exp z_j}{\sum_{c} \exp z_c}",
        shape="(N, C)",
        why="Makes each row positive and sum to 1, so that it can be read as probabilities.",
        function=_softmax,
    ),
    Stage(
        name="log_softmax",
        symbol="log p",
        formula="log p = z - ln Σ exp(z)",
        latex=r"\log p_j = z_j - \ln \sum_{c} \exp z_c",
        shape="(N, C)",
        why="Turns products into sums: 0 is certain, and the more negative, the less likely.",
        function=_log_softmax,
    ),
    Stage(
        name="nll",
        symbol="l",
        formula="l = -log p[target]",
        latex=r"l = -\log p_t",
        shape="(N,)",
        why="Keeps the target's entry alone and turns its sign: the surprise at the right answer.",
        function=_nll,
    ),
)
