"""Statistics of an array, in one pass and in bounded memory."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import frexp, inf, ldexp, nan, sqrt, ulp

import numpy as np
from numpy.typing import NDArray

from xent.losses.layout import as_rows
from xent.meaning.row_sums import exponentials_sum_to_one, sums_to_one
from xent.meaning.targets import are_class_numbers, are_one_hot
from xent.settings import LossSettings

IGNORED = LossSettings().ignore_index
RowPredicate = Callable[[NDArray[np.float64]], NDArray[np.bool_]]
_ROW_PREDICATES: tuple[RowPredicate, ...] = (sums_to_one, exponentials_sum_to_one, are_one_hot)
# Elements that are converted to doubles at a time.
_ELEMENTS = 1 << 18
_BARS = 10
# Up to this many numbers are kept as they are. More are counted in bins, of which the range has at
# least half as many: a bar is off by at most what lies within 1/1024 of the range around its edges.
_BINS = 1 << 10


@dataclass(slots=True)
class ArrayStats:
    """Counts, moments and the distribution of an array's numbers.

    Attributes:
        count: How many numbers there are of any kind.
        nans: How many of them are nan.
        infinities: How many of them are inf or -inf.
        ignored: How many of them are `IGNORED`.
        are_integers: Whether all finite numbers are integers.
        least_class: The least finite number except `IGNORED`; inf if there is none.
        low: The least finite number; inf if there is none.
        high: The largest finite number; -inf if there is none.
    """

    count: int = 0
    nans: int = 0
    infinities: int = 0
    ignored: int = 0
    are_integers: bool = True
    least_class: float = inf
    low: float = inf
    high: float = -inf
    _mean: float = 0.0
    _squared_deviations: float = 0.0
    _points: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    _weights: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    _axes: dict[RowPredicate, set[int]] = field(default_factory=dict)

    @property
    def finite(self) -> int:
        """Return how many numbers are finite."""
        return self.count - self.nans - self.infinities

    @property
    def mean(self) -> float:
        """Return the mean of the finite numbers; nan if there is none."""
        return self._mean if self.finite else nan

    @property
    def standard_deviation(self) -> float:
        """√(Σ(x - mean)²/n) of the finite numbers, as NumPy's; nan if there is none."""
        return sqrt(self._squared_deviations / self.finite) if self.finite else nan

    def rows_are(self, predicate: RowPredicate) -> bool:
        """Tell whether a predicate holds for all rows, along an axis that may be the classes'."""
        return bool(self._axes.get(predicate))

    def histogram(self, bars: int = _BARS) -> list[int]:
        """Count the finite numbers in bars of one width from `low` to `high`, as NumPy does.

        There is a single bar where the range holds too few doubles for more.
        """
        if self.high / 2 - self.low / 2 <= 2 * bars * max(ulp(self.low), ulp(self.high)):
            return [self.finite]
        width = _bin_width(self.low, self.high)  # dividing by it is exact, and nothing overflows
        low, high = self.low / width, self.high / width
        points = self._points / width
        if self.finite > _BINS:
            points = np.clip(points + 0.5, low, high)
        counts, _ = np.histogram(points, bars, (low, high), weights=self._weights)
        return [*map(int, counts)]

    def update(self, values: NDArray[np.generic]) -> None:
        """Count further rows, (n, …), of any real dtype."""
        step = max(1, _ELEMENTS * len(values) // max(1, values.size))
        for row in range(0, len(values), step):
            rows = np.asarray(values[row : row + step], np.float64)
            self._update_axes(rows)
            finite = rows[np.isfinite(rows)]
            if len(finite):
                self._update_moments(finite)
                self._update_bins(finite)
                self._update_classes(finite)
            nans = int(np.count_nonzero(np.isnan(rows)))
            self.count += rows.size
            self.nans += nans
            self.infinities += rows.size - len(finite) - nans

    def _update_axes(self, rows: NDArray[np.float64]) -> None:
        """Keep the axes along which each predicate still holds."""
        for predicate in _ROW_PREDICATES:
            axes = self._axes.setdefault(predicate, {1, rows.ndim - 1} if rows.ndim > 1 else set())
            axes -= {axis for axis in axes if not predicate(as_rows(rows, axis)).all()}

    def _update_classes(self, values: NDArray[np.float64]) -> None:
        is_ignored = values == IGNORED
        self.ignored += int(np.count_nonzero(is_ignored))
        self.are_integers = self.are_integers and are_class_numbers(values)
        self.least_class = min(self.least_class, float(values[~is_ignored].min(initial=inf)))

    def _update_moments(self, values: NDArray[np.float64]) -> None:
        """Combine the moments of two sets of numbers into those of both, without cancellation.

        References:
            T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for computing the sample
            variance", The American Statistician 37 (1983).
        """
        old, new = self.finite, len(values)
        low = values.min()
        # Above 1e154 squares are inf, as in NumPy.
        with np.errstate(over="ignore", invalid="ignore"):
            offsets = values - low  # 0 in a constant array, whose deviation is then exactly 0
            delta = float(low + (offsets / new).sum()) - self._mean
            self._mean += delta * (new / (old + new))
            between = delta * (delta * (old * new / (old + new)))
            self._squared_deviations += float(offsets.var() * new) + between

    def _update_bins(self, values: NDArray[np.float64]) -> None:
        """Keep the numbers; where there are too many, count them in bins.

        The width of the bins is a power of two that follows from the range alone. When the range
        widens, each bin becomes a part of a wider one. So the counts are the same for any order of
        the numbers and for any blocks.
        """
        self.low = min(self.low, float(values.min()))
        self.high = max(self.high, float(values.max()))
        points = np.concatenate([self._points, values])
        weights = np.concatenate([self._weights, np.ones(len(values))])
        if self.finite + len(values) > _BINS:
            width = _bin_width(self.low, self.high)
            first = self.low // width
            counts = np.bincount((points // width - first).astype(np.intp), weights)
            filled = np.flatnonzero(counts)
            points, weights = np.asarray((first + filled) * width), counts[filled]
        self._points, self._weights = points, weights


def _bin_width(low: float, high: float) -> float:
    """Return the least power of two above 1/`_BINS` of the range and the spacing of its doubles."""
    range_share = (high / 2 - low / 2) / (_BINS / 2)
    return ldexp(1.0, frexp(max(range_share, ulp(high), ulp(low)))[1])
