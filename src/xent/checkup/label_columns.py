"""Yes-or-no labels: whether rows and columns of labels are those of the logits."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from xent.checkup.alignment import Alignment, steps_of
from xent.checkup.assignment import linear_sum_assignment
from xent.checkup.association import ranks_in_columns, spread_of
from xent.checkup.pairing import Pairing
from xent.checkup.rows import LabelledRows

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class LabelColumns:
    """The logits of several labels, and the labels.

    Attributes:
        logits: (n, K) the logit of "yes".
        labels: (n, K) 0 or 1.
    """

    logits: Doubles
    labels: Integers

    @classmethod
    def of(cls, rows: LabelledRows, count: int) -> "LabelColumns | None":
        """Take rows of labels, `count` for each example, back into columns.

        Returns:
            None where labels are not 0 or 1, rows are missing, or have weights.
        """
        sample = rows.sample
        whole = sample.is_consecutive and len(sample) % count == 0 and rows.counted.all()
        if rows.has_probabilities or sample.sample_weight is not None or not whole:
            return None
        margins = rows.log_probs[:, 1] - rows.log_probs[:, 0]
        if not np.isfinite(margins).all():
            return None
        return cls(margins.reshape(-1, count), rows.targets.reshape(-1, count))

    @cached_property
    def _ranks(self) -> Doubles:
        """(n, K) the ranks of the logits in their columns, around 0."""
        return ranks_in_columns(self.logits) - (len(self.logits) - 1) / 2

    @cached_property
    def _scale(self) -> float:
        """The standard deviation of the association over all orders of the labels."""
        labels = self.labels - self.labels.mean(axis=0)
        squares = (self._ranks**2).sum(axis=0) * (labels**2).sum(axis=0)
        return float(np.sqrt(squares.sum() / max(1, len(self.logits) - 1)))

    @cached_property
    def at_lags(self) -> Doubles:
        """(n,) the z of the association with the labels 0, 1, 2, … rows on, counted round."""
        count = len(self.logits)
        if not self._scale > 0:
            return np.zeros(count)
        spectrum = np.fft.rfft(self._ranks, axis=0).conj()
        spectrum = spectrum * np.fft.rfft(self.labels - self.labels.mean(axis=0), axis=0)
        return np.asarray(np.fft.irfft(spectrum.sum(axis=1), count) / self._scale)

    @property
    def claimed(self) -> float:
        """The z of labels that were drawn from the logits' own probabilities."""
        probs = np.exp(-np.logaddexp(0, -self.logits))
        return float((self._ranks * probs).sum()) / self._scale if self._scale > 0 else 0.0

    @property
    def spread(self) -> float:
        """How far luck goes, as for classes."""
        return spread_of(self.at_lags)

    def alignment(self) -> Alignment:
        """Return the step at which rows and labels belong together; 0 if none is better."""
        for step in steps_of(self.at_lags, self.spread):
            if abs(step) <= len(self.logits) // 4:
                return Alignment(step)
        return Alignment()

    def column_order(self, chosen: NDArray[np.bool_] | None = None) -> Integers:
        """Return the column of logits that suits each column of labels best, (K,).

        Args:
            chosen: (n,) the rows that tell; None for all.
        """
        logits, labels = self.logits, self.labels
        if chosen is not None:
            logits, labels = logits[chosen], labels[chosen]
        yes, no = -np.logaddexp(0, -logits), -np.logaddexp(0, logits)
        return linear_sum_assignment(labels.T @ yes + (1 - labels).T @ no)

    def pairing(self, rows: Integers | None = None) -> Pairing:
        """Return the logits as pairs of log-probabilities, with their labels."""
        logits, labels = self.logits, self.labels
        if rows is not None:
            logits, labels = logits[rows], labels[rows]
        flat = logits.ravel()
        log_probs = np.stack([-np.logaddexp(0, flat), -np.logaddexp(0, -flat)], axis=1)
        return Pairing(log_probs, labels.ravel())

    def with_rows(self, alignment: Alignment) -> "LabelColumns":
        """Return the rows that belong together."""
        here, there = alignment.rows_of(len(self.logits))
        return LabelColumns(self.logits[here], self.labels[there])

    def with_columns(self, order: Integers) -> "LabelColumns":
        """Return the labels with the logits of other columns."""
        return LabelColumns(self.logits[:, order], self.labels)

    def unseen(self) -> "LabelColumns":
        """Return each half of the rows with the order of columns that suits the other half."""
        first = np.arange(len(self.logits)) % 2 == 0
        logits = self.logits.copy()
        for half in (first, ~first):
            logits[half] = self.logits[half][:, self.column_order(~half)]
        return LabelColumns(logits, self.labels)
