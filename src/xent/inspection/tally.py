"""What is counted of an array's numbers while they pass."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from xent.inspection.histogram import Histogram
from xent.losses.exact_sum import ExactProducts, ExactSum, root_of_ratio

# Those of ten numbers that are written with three decimals may be as far from 1.
_SUM_TOLERANCE = 2e-3
# Exponentials of larger numbers do not sum to 1.
_MOST_LOG_PROBABILITY = 1e-6
# PyTorch's number for rows that are left out.
IGNORED = -100
# Elements that are looked at together: their memory is used again for the next.
_ELEMENTS = 1 << 18
# Squares are summed in units of 2**-2148.
_SQUARE_BITS = 2148


@dataclass(slots=True)
class Tally:
    """Counts and sums of numbers, which are the same for any blocks that these come in.

    Attributes:
        count: How many numbers there are, of any kind.
        nans: How many are nan.
        infinities: How many are inf or -inf.
        ignored: How many are `IGNORED`.
        is_whole: Whether all that are finite are integers.
        least_class: The least but for `IGNORED`; inf of none.
        sums_to_one: Whether the numbers along an axis sum to 1 everywhere, for each axis along
            which classes may stand.
        exponentials_sum_to_one: The same of their exponentials.
        histogram: How the finite ones are spread.
    """

    count: int = 0
    nans: int = 0
    infinities: int = 0
    ignored: int = 0
    is_whole: bool = True
    least_class: float = float("inf")
    sums_to_one: dict[int, bool] = field(default_factory=dict)
    exponentials_sum_to_one: dict[int, bool] = field(default_factory=dict)
    histogram: Histogram = field(default_factory=Histogram)
    _total: ExactSum = field(default_factory=ExactSum)
    _squares: ExactProducts = field(default_factory=ExactProducts)

    @property
    def finite(self) -> int:
        """How many numbers are finite."""
        return self.count - self.nans - self.infinities

    @property
    def mean(self) -> float:
        """The mean of the finite numbers, rounded once; nan of none."""
        return self._total / ExactSum.of_ones(self.finite)

    @property
    def deviation(self) -> float:
        """Their standard deviation, √(Σ(x - mean)²/n), as NumPy's; nan of none."""
        n, total = self.finite, self._total.scaled
        squares = n * self._squares.scaled - total * total
        if not n or not squares:
            return 0.0 if n else float("nan")
        return root_of_ratio(squares, n * n << _SQUARE_BITS)

    def add(self, values: NDArray[np.generic]) -> None:
        """Count further rows, (n, …), of any real dtype."""
        step = max(1, _ELEMENTS * len(values) // max(1, values.size))
        for row in range(0, len(values), step):
            self._add(np.asarray(values[row : row + step], np.float64))

    def _add(self, rows: NDArray[np.float64]) -> None:
        values = rows.ravel()
        finite = values[np.isfinite(values)]
        nans = int(np.count_nonzero(np.isnan(values)))
        self.count += len(values)
        self.nans += nans
        self.infinities += len(values) - len(finite) - nans
        self._add_sums_along_axes(rows)
        if not len(finite):
            return
        is_ignored = finite == IGNORED
        self.ignored += int(np.count_nonzero(is_ignored))
        self.is_whole = self.is_whole and bool((finite == np.floor(finite)).all())
        classes = finite[~is_ignored].min(initial=np.inf)
        self.least_class = min(self.least_class, float(classes))
        self.histogram.add(finite)
        self._total += ExactSum.of(finite)
        self._squares += ExactProducts.of(finite, finite)

    def _add_sums_along_axes(self, rows: NDArray[np.float64]) -> None:
        for axis in {1, rows.ndim - 1} if rows.ndim > 1 else ():
            self.sums_to_one[axis] = self.sums_to_one.get(axis, True) and _are_ones(rows, axis)
            self.exponentials_sum_to_one[axis] = (
                self.exponentials_sum_to_one.get(axis, True)
                and rows.max() <= _MOST_LOG_PROBABILITY
                and _are_ones(np.exp(rows), axis)
            )


def _are_ones(values: NDArray[np.float64], axis: int) -> bool:
    """Whether all sums along an axis are 1, or nearly; nan is not."""
    with np.errstate(invalid="ignore", over="ignore"):
        return bool((np.abs(values.sum(axis=axis) - 1) < _SUM_TOLERANCE).all())
