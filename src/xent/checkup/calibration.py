"""Whether a model is as sure as it is right, and the temperature at which it would be."""

from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.checkup.survey import Survey

_BINS = 15


@dataclass(frozen=True, slots=True)
class Reliability:
    """How sure the predictions are, and how often they are right, by how sure they are.

    Attributes:
        counts: (bins,) the predictions whose probability is between b/bins and (b + 1)/bins.
        certainty: (bins,) the sum of their probabilities.
        correct: (bins,) how many of them are right.
    """

    counts: NDArray[np.int64]
    certainty: NDArray[np.float64]
    correct: NDArray[np.int64]

    @classmethod
    def of(cls, log_probs: NDArray[np.float64], targets: NDArray[np.int64]) -> "Reliability":
        """Compare (n, C) log-probabilities with (n,) targets."""
        certainty = np.exp(log_probs.max(axis=1))
        right = log_probs.argmax(axis=1) == targets
        bins = np.minimum((certainty * _BINS).astype(np.int64), _BINS - 1)
        return cls(
            np.bincount(bins, minlength=_BINS),
            np.asarray(np.bincount(bins, certainty, minlength=_BINS)),
            np.bincount(bins[right], minlength=_BINS),
        )

    @property
    def error(self) -> float:
        """The expected calibration error, ECE = Σ_b n_b/N · |accuracy_b - certainty_b|.

        References:
            M. P. Naeini et al., "Obtaining well calibrated probabilities using Bayesian binning",
            AAAI 2015.
        """
        return float(np.abs(self.correct - self.certainty).sum() / self.counts.sum())

    def bins(self) -> list[dict[str, Any]]:
        """The bins that hold something, each with its edges and means."""
        return [
            {
                "from": each / _BINS,
                "to": (each + 1) / _BINS,
                "rows": int(self.counts[each]),
                "certainty": float(self.certainty[each] / self.counts[each]),
                "accuracy": float(self.correct[each] / self.counts[each]),
            }
            for each in np.flatnonzero(self.counts)
        ]


def best_temperature(survey: Survey) -> tuple[float, float]:
    """The temperature with the lowest loss, and that loss.

    Golden-section search on ln T between ln 0.01 and ln 100: the loss is convex in 1/T, and so has
    a single minimum in ln T as well.

    References:
        J. Kiefer, "Sequential minimax search for a maximum", Proceedings of the American
        Mathematical Society 4 (1953); C. Guo et al., "On calibration of modern neural networks",
        ICML 2017.
    """
    golden = (5**0.5 - 1) / 2
    low, high = log(0.01), log(100)

    def loss(position: float) -> float:
        return survey.surprise_at(survey.settings.temperature * float(np.exp(position)))

    left, right = high - golden * (high - low), low + golden * (high - low)
    at_left, at_right = loss(left), loss(right)
    while high - low > 1e-3:  # of its temperature three digits are kept
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - golden * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + golden * (high - low)
            at_right = loss(right)
    temperature = float(f"{np.exp((low + high) / 2):.3g}")
    return temperature, survey.loss_of(temperature=survey.settings.temperature * temperature)
