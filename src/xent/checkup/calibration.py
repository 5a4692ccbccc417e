"""Whether confidence is accuracy, and the temperature at which it would be."""

from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.checkup.rows import LabelledRows
from xent.checkup.search import golden_section

_BINS = 15
# Between these factors of the temperature the best one is searched.
LEAST_FACTOR, MOST_FACTOR = 0.01, 100.0


@dataclass(frozen=True, slots=True)
class Reliability:
    """The confidence of predictions beside their accuracy, by bins of confidence.

    Attributes:
        counts: (bins,) the predictions whose probability is between b/bins and (b + 1)/bins.
        confidence: (bins,) the sum of their probabilities.
        correct: (bins,) how many of them are right.
    """

    counts: NDArray[np.int64]
    confidence: NDArray[np.float64]
    correct: NDArray[np.int64]

    @classmethod
    def of(cls, log_probs: NDArray[np.float64], targets: NDArray[np.int64]) -> "Reliability":
        """Count (n, C) log-probabilities and (n,) targets."""
        confidence = np.exp(log_probs.max(axis=1))
        right = log_probs.argmax(axis=1) == targets
        bins = np.minimum((confidence * _BINS).astype(np.int64), _BINS - 1)
        return cls(
            np.bincount(bins, minlength=_BINS),
            np.asarray(np.bincount(bins, confidence, minlength=_BINS)),
            np.bincount(bins[right], minlength=_BINS),
        )

    @property
    def error(self) -> float:
        """Return the expected calibration error, ECE = Σ_b n_b/N · |accuracy_b - confidence_b|.

        References:
            M. P. Naeini et al., "Obtaining well calibrated probabilities using Bayesian binning",
            AAAI 2015.
        """
        return float(np.abs(self.correct - self.confidence).sum() / self.counts.sum())

    def bins(self) -> list[dict[str, Any]]:
        """Return the bins that hold something, each with its edges and means."""
        return [
            {
                "from": each / _BINS,
                "to": (each + 1) / _BINS,
                "rows": int(self.counts[each]),
                "certainty": float(self.confidence[each] / self.counts[each]),
                "accuracy": float(self.correct[each] / self.counts[each]),
            }
            for each in np.flatnonzero(self.counts)
        ]


def best_temperature(rows: LabelledRows) -> tuple[float, float]:
    """Find the factor of the temperature with the lowest loss, to three digits, and that loss.

    The loss is convex in 1/T, and so has a single minimum in ln T as well; it is searched between
    the logarithms of `LEAST_FACTOR` and `MOST_FACTOR`.

    References:
        C. Guo et al., "On calibration of modern neural networks", ICML 2017.
    """
    own = rows.settings.temperature

    def loss(log_factor: float) -> float:
        return rows.nll_at(own * float(np.exp(log_factor)))

    factor = float(f"{np.exp(golden_section(loss, log(LEAST_FACTOR), log(MOST_FACTOR), 1e-3)):.3g}")
    return factor, rows.loss_of(temperature=own * factor)
