"""How surprising each class would be: -ln p, from logits, log-probabilities or probabilities."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xent.losses.softmax import ShiftedExponentials, row_sums
from xent.losses.target_surprisals import TargetSurprisals


@dataclass(frozen=True, slots=True)
class Surprisals:
    """-ln p of every class, in two parts that are added last, so that small sums stay exact.

    Attributes:
        gaps: (n, C) for logits z with maximum z_k, (z_k - z_c) / T; else -ln p itself.
        others: (n,) for logits, Σ_{c≠k} exp((z_c - z_k) / T); else 0.
        log_normalizers: (n,) log1p(others), the logarithm of the sum over all classes.
        predictions: (n,) the most probable class, the first of equals; -1 where there is a nan.
    """

    gaps: NDArray[np.float64]
    others: NDArray[np.float64]
    log_normalizers: NDArray[np.float64]
    predictions: NDArray[np.int64]

    @classmethod
    def of(cls, scores: NDArray[np.float64], input_kind: str, temperature: float) -> "Surprisals":
        """Take (n, C) `scores` of some kind: logits, log-probs or probs."""
        if input_kind == "logits":
            shifted = ShiftedExponentials.of(scores, temperature)
            gaps, others, top = -shifted.differences, shifted.others, shifted.top
            unknown = np.isnan(others)
        else:
            gaps = 0.0 - (np.log(scores) if input_kind == "probs" else scores)
            others, top = np.zeros(len(scores)), scores.argmax(axis=1)
            unknown = np.isnan(scores[np.arange(len(scores)), top])
        return cls(gaps, others, np.log1p(others), np.where(unknown, -1, top))

    def at(self, classes: NDArray[np.int64]) -> TargetSurprisals:
        """Those of one class in each row."""
        gaps = self.gaps[np.arange(len(classes)), classes]
        return TargetSurprisals(gaps, self.others, self.predictions, gaps + self.log_normalizers)

    def expected(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) Σ_c share_c · -ln p_c, where a share of 0 makes even an infinite term 0.

        Args:
            shares: (n, C), or (C,) for the same in each row.
        """
        terms = np.where(shares == 0, 0.0, shares * self.gaps)
        sums: NDArray[np.float64] = row_sums(terms) + shares.sum(axis=-1) * self.log_normalizers
        return sums
