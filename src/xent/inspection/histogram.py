"""How many numbers lie where between the least and the largest of them, in bounded memory."""

from dataclasses import dataclass, field
from math import frexp, inf, ldexp

import numpy as np
from numpy.typing import NDArray

# The bins that are held: so many times finer than those that are shown that it makes no difference.
_MOST_BINS = 1024
# What stands for a double's last place, and for that of the smallest one.
_MANTISSA_BITS, _LEAST_EXPONENT = 53, -1074


@dataclass(slots=True)
class Histogram:
    """Counts in bins as wide as a power of two, the narrowest of which `_MOST_BINS` are enough.

    The bins follow from the least and the largest number alone. When these move apart, neighbours
    are made one, so that the counts do not depend on how the numbers came, or in which blocks.

    Attributes:
        low: The least number; inf of none.
        high: The largest number; -inf of none.
    """

    low: float = inf
    high: float = -inf
    _exponent: int = _LEAST_EXPONENT
    _first: int = 0
    _counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def add(self, values: NDArray[np.float64]) -> None:
        """Count further numbers, all of them finite, (n,) with n > 0."""
        self._reach(float(values.min()), float(values.max()))
        bins = _numbers(values, self._exponent) - self._first
        self._counts += np.bincount(bins, minlength=len(self._counts))

    def bars(self, number: int) -> list[int]:
        """The counts in so many bins of one width from `low` to `high`; in one where these are one.

        A number counts where the middle of its narrow bin lies: a bar may be off by what lies
        within a five-hundredth of the range of its two ends.
        """
        if not len(self._counts) or self.low == self.high:
            return [int(self._counts.sum())]
        low, high = (ldexp(end, -self._exponent) for end in (self.low, self.high))
        middles = self._first + np.arange(len(self._counts)) + 0.5
        places = np.clip((middles - low) / (high - low) * number, 0, number - 1).astype(np.int64)
        bars = np.zeros(number, np.int64)
        np.add.at(bars, places, self._counts)
        return [*map(int, bars)]

    def _reach(self, low: float, high: float) -> None:
        """Make room for numbers from `low` to `high`."""
        if low >= self.low and high <= self.high:
            return
        self.low, self.high = min(low, self.low), max(high, self.high)
        before, start, counts = self._exponent, self._first, self._counts
        self._exponent, self._first, length = _bins(self.low, self.high)
        self._counts = np.zeros(length, np.int64)
        # A shift by more bits than there are says nothing.
        shift = min(self._exponent - before, 63)
        np.add.at(self._counts, ((start + np.arange(len(counts))) >> shift) - self._first, counts)


def _numbers(values: NDArray[np.float64], exponent: int) -> NDArray[np.int64]:
    """The numbers of the bins in which values lie."""
    numbers = np.floor(np.ldexp(values, -exponent))
    # What is below 0 stays there, however close it comes.
    numbers[(numbers == 0) & (values < 0)] = -1
    return numbers.astype(np.int64)


def _bins(low: float, high: float) -> tuple[int, int, int]:
    """The exponent of the width of the bins, the number of the first, and how many there are."""
    largest = frexp(max(abs(low), abs(high)))[1]
    exponent = max(largest - _MANTISSA_BITS, _LEAST_EXPONENT)
    while True:
        first, last = _numbers(np.array([low, high]), exponent).tolist()
        if last - first < _MOST_BINS:
            return exponent, first, last - first + 1
        exponent += 1
