"""How strongly each class's column is associated with the targets: do the rows belong together?

The statistic is the sum over the rows of the rank that a row has within the column of its target.
No calibration changes it. Its mean and its variance over all orders of the targets are known
exactly, and its value at every cyclic shift of the targets follows from one Fourier transform per
class.

References:
    W. Hoeffding, "A combinatorial central limit theorem", Annals of Mathematical Statistics 22
    (1951).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from xent.checkup.pairing import mean_ranks

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

# The median of |x| of a normal variable, in standard deviations.
MEDIAN_DEVIATION = 0.6745


def ranks_in_columns(columns: Doubles) -> Doubles:
    """Rank the rows within each column, (n, C); equal values share their mean rank."""
    return np.stack([mean_ranks(column) for column in columns.T], axis=1)


def spread_of(at_lags: Doubles) -> float:
    """Return how far luck goes among the z at all lags, 1 for independent rows."""
    return max(1.0, float(np.median(np.abs(at_lags))) / MEDIAN_DEVIATION)


@dataclass(frozen=True)
class Association:
    """The ranks of the rows within the columns, and the targets to hold them against.

    Attributes:
        log_probs: (n, C), without nan.
        targets: (n,); -1 for a row whose target does not count.
    """

    log_probs: Doubles
    targets: Integers

    @cached_property
    def _counts(self) -> Integers:
        return np.bincount(self.targets[self.targets >= 0], minlength=self.log_probs.shape[1])

    @cached_property
    def deviations(self) -> Doubles:
        """(n, C) the ranks, less the mean rank of the row at all targets."""
        ranks = ranks_in_columns(self.log_probs) - (len(self.log_probs) - 1) / 2
        return np.asarray(ranks - (ranks @ (self._counts / self._counts.sum()))[:, None])

    @cached_property
    def scale(self) -> float:
        """Return the standard deviation of the sum over all orders of the targets."""
        weighted = float((self.deviations**2 @ self._counts).sum())
        return float(np.sqrt(weighted / max(1, len(self.targets) - 1)))

    @cached_property
    def z(self) -> float:
        """By how many standard deviations the sum exceeds that of targets in random order."""
        counts = self.targets >= 0
        own = self.deviations[counts, self.targets[counts]].sum()
        return float(own) / self.scale if self.scale > 0 else 0.0

    @cached_property
    def claimed(self) -> float:
        """Return the z of targets that were drawn from the rows' own probabilities."""
        counts = self.targets >= 0
        # Only the classes that occur can be drawn.
        probs = np.exp(self.log_probs[counts]) * (self._counts > 0)
        total = probs.sum(axis=1, keepdims=True)
        shares = np.divide(probs, total, out=np.zeros_like(probs), where=total > 0)
        expected = float((shares * self.deviations[counts]).sum())
        return expected / self.scale if self.scale > 0 else 0.0

    @cached_property
    def at_lags(self) -> Doubles:
        """(n,) the z of the targets 0, 1, 2, … rows on, counted round."""
        count = len(self.targets)
        spectrum = np.zeros(count // 2 + 1, dtype=np.complex128)
        for target in np.flatnonzero(self._counts):
            column = np.fft.rfft(self.deviations[:, target])
            spectrum += column.conj() * np.fft.rfft((self.targets == target).astype(np.float64))
        sums = np.fft.irfft(spectrum, count)
        return np.asarray(sums / self.scale if self.scale > 0 else np.zeros(count))

    @cached_property
    def any_at_lags(self) -> Doubles:
        """(n,) how far each class's rows stand out in any column, with the targets some rows on.

        The sum, over columns and classes, of the squared sums of deviations, each divided by the
        rows of its class. It does not change with the order of the classes, nor with the sign.
        """
        count = len(self.targets)
        columns = np.fft.rfft(self.deviations, axis=0).conj()
        found = np.zeros(count)
        for target in np.flatnonzero(self._counts):
            rows = np.fft.rfft((self.targets == target).astype(np.float64))
            sums = np.fft.irfft(columns * rows[:, None], count, axis=0)
            found += (sums**2).sum(axis=1) / self._counts[target]
        return found

    @cached_property
    def spread(self) -> float:
        """Return the standard deviation of z over the lags, 1 for independent rows."""
        return spread_of(self.at_lags)

    @property
    def reversed(self) -> float:
        """Return the z of the targets in the opposite order."""
        targets = self.targets[::-1]
        counts = targets >= 0
        own = self.deviations[counts, targets[counts]].sum()
        return float(own) / self.scale if self.scale > 0 else 0.0
