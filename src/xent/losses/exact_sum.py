"""Sums of doubles without any rounding, whatever the order of the terms."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import frexp, inf, isfinite, isqrt, ldexp, nan
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Every finite double is a whole multiple of 2**-1074, the smallest one, and every product of two
# a whole multiple of 2**-2148.
_UNIT_BITS = 1074
# Terms above the first are made smaller, so that a sum of them stays finite. Products of factors
# between the two others have no digit below the smallest double.
_HUGE = 2.0**900
# So many terms are added up in doubles, the fewer the more of their bits at once.
_RUN = 256
_LEAST_FACTOR, _MOST_FACTOR = 2.0**-480, 2.0**480


@dataclass(frozen=True, slots=True)
class ExactSum:
    """The sum of any number of doubles, held exactly as one integer.

    Addition of two sums is integer addition: associative and commutative, so a total has the
    same bits however its terms are ordered, chunked or spread over processes. `ExactSum()` is
    the sum of nothing. Infinite and undefined terms are counted apart.

    Attributes:
        scaled: The sum of the finite terms in units of 2**-1074.
        posinf: How many terms are +inf.
        neginf: How many terms are -inf.
        nans: How many terms are nan.

    References:
        The idea is Kulisch's long accumulator: U. Kulisch and W. L. Miranker, "The arithmetic
        of the digital computer: a new approach", SIAM Review 28 (1986).
    """

    scaled: int = 0
    posinf: int = 0
    neginf: int = 0
    nans: int = 0

    @classmethod
    def of(cls, values: ArrayLike) -> "ExactSum":
        """Add up `values`, an array of doubles of any shape."""
        terms = np.asarray(values, dtype=np.float64).ravel()
        if isfinite(_largest(terms)):
            return cls(_scaled_sum(terms))
        finite = np.isfinite(terms)
        return cls(
            scaled=_scaled_sum(terms[finite]),
            posinf=int(np.count_nonzero(terms == inf)),
            neginf=int(np.count_nonzero(terms == -inf)),
            nans=int(np.count_nonzero(np.isnan(terms))),
        )

    def __add__(self, other: "ExactSum") -> "ExactSum":
        return ExactSum(
            self.scaled + other.scaled,
            self.posinf + other.posinf,
            self.neginf + other.neginf,
            self.nans + other.nans,
        )

    def __sub__(self, part: "ExactSum") -> "ExactSum":
        """Return what is left without some of the terms."""
        return ExactSum(
            self.scaled - part.scaled,
            self.posinf - part.posinf,
            self.neginf - part.neginf,
            self.nans - part.nans,
        )

    def __neg__(self) -> "ExactSum":
        return ExactSum(-self.scaled, self.neginf, self.posinf, self.nans)

    @classmethod
    def of_ones(cls, count: int) -> "ExactSum":
        """Return the sum of `count` ones."""
        return cls(count << _UNIT_BITS)

    @property
    def is_finite(self) -> bool:
        """Return whether all terms were finite."""
        return not (self.posinf or self.neginf or self.nans)

    def __float__(self) -> float:
        if self.nans or (self.posinf and self.neginf):
            return nan
        if self.posinf or self.neginf:
            return inf if self.posinf else -inf
        return _quotient(self.scaled, 1 << _UNIT_BITS)

    def __truediv__(self, other: "ExactSum") -> float:
        """Return the quotient of two sums, rounded once; inf or nan as in floating point."""
        if self.is_finite and other.is_finite and other.scaled:
            return _quotient(self.scaled, other.scaled)
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(np.float64(self) / np.float64(other))


@dataclass(frozen=True, slots=True)
class ExactProducts:
    """The sum of products of two doubles, Σ x·y, without any rounding.

    Attributes:
        scaled: The sum in units of 2**-2148.
    """

    scaled: int = 0

    @classmethod
    def of(cls, xs: NDArray[np.float64], ys: NDArray[np.float64]) -> "ExactProducts":
        """Add up `xs * ys`; products of what is not finite are left out."""
        finite = np.isfinite(xs) & np.isfinite(ys)
        if not finite.all():
            xs, ys = xs[finite], ys[finite]
        scaled = 0
        for x_bits, some in _by_size(xs):
            x, rest = xs[some] * 2.0**-x_bits, ys[some]
            for y_bits, same in _by_size(rest):
                # A product of 53 bits each is a double and the double that rounding it loses.
                product, lost = two_product(x[same], rest[same] * 2.0**-y_bits)
                shift = _UNIT_BITS + x_bits + y_bits
                sums = _scaled_sum(product) + _scaled_sum(lost)
                scaled += sums << shift if shift >= 0 else sums >> -shift
        return cls(scaled)

    @classmethod
    def of_ones(cls, terms: ExactSum) -> "ExactProducts":
        """Return Σ 1·y, given Σ y; terms that are not finite are left out."""
        return cls(terms.scaled << _UNIT_BITS)

    def __add__(self, other: "ExactProducts") -> "ExactProducts":
        return ExactProducts(self.scaled + other.scaled)

    def __sub__(self, part: "ExactProducts") -> "ExactProducts":
        return ExactProducts(self.scaled - part.scaled)


def segment_sums(terms: NDArray[np.float64], starts: NDArray[np.intp]) -> list[int]:
    """Return the sum of each segment of finite terms, in units of 2**-1074.

    Args:
        terms: (n,) the terms, all below 2**900 in size.
        starts: (k,) where each segment begins, ascending from 0; none is empty.
    """
    # Sums of runs of a few terms are exact, as in the sum of all terms.
    runs = np.union1d(starts, np.arange(0, len(terms), _RUN))
    owners = (np.searchsorted(starts, runs, side="right") - 1).tolist()
    totals = [0] * len(starts)
    rest, largest = terms, _largest(terms)
    while largest:
        exponent = frexp(largest)[1] + _RUN.bit_length()
        far_above = ldexp(1.0, exponent)
        upper = (rest + far_above) - far_above
        shift = max(exponent - 53, -_UNIT_BITS)
        units = np.ldexp(np.add.reduceat(upper, runs), -shift).astype(np.int64)
        for owner, unit in zip(owners, units.tolist(), strict=True):
            totals[owner] += unit << (_UNIT_BITS + shift)
        rest = rest - upper
        largest = _largest(rest)
    return totals


def segment_products(
    xs: NDArray[np.float64], ys: NDArray[np.float64], starts: NDArray[np.intp]
) -> list[int]:
    """Return the sum of x·y over each segment, in units of 2**-2148.

    Args:
        xs: (n,) factors that are 0, or between 2**-300 and 2**300 in size.
        ys: (n,) the other factors, alike.
        starts: As in `segment_sums`.
    """
    product, lost = two_product(xs, ys)
    sums = zip(segment_sums(product, starts), segment_sums(lost, starts), strict=True)
    return [(one + other) << _UNIT_BITS for one, other in sums]


def two_product(
    x: NDArray[np.float64], y: NDArray[np.float64] | np.float64
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x·y as a double, and what rounding took from it.

    References:
        T. J. Dekker, "A floating-point technique for extending the available precision",
        Numerische Mathematik 18 (1971).
    """
    product = x * y
    x_high, x_low = _halves(x)
    y_high, y_low = _halves(y)
    lost = ((x_high * y_high - product) + x_high * y_low + x_low * y_high) + x_low * y_low
    return product, lost


def root_of_ratio(numerator: int, denominator: int) -> float:
    """Return √(numerator / denominator), both positive, to about the last digit of a double."""
    # 128 bits of quotient leave 64 of root, eleven more than a double holds.
    shift = max(0, 128 - numerator.bit_length() + denominator.bit_length())
    shift += shift % 2
    return _quotient(isqrt((numerator << shift) // denominator), 1 << (shift // 2))


def _halves(values: Any) -> tuple[Any, Any]:  # noqa: ANN401  an array or a number
    """Doubles as sums of two with 26 bits each, whose products are exact."""
    stretched = values * (2.0**27 + 1)
    high = stretched - (stretched - values)
    return high, values - high


def _by_size(values: NDArray[np.float64]) -> Iterator[tuple[int, Any]]:
    """Cut values into those that fit `two_product` once divided by 2**bits, and their indices."""
    sizes = np.abs(values)
    if sizes.max(initial=1.0) <= _MOST_FACTOR and sizes.min(initial=1.0) >= _LEAST_FACTOR:
        yield 0, slice(None)
        return
    small, large = sizes < _LEAST_FACTOR, sizes > _MOST_FACTOR
    for bits, some in ((-600, small), (0, ~(small | large)), (600, large)):
        if some.any():
            yield bits, some


def _scaled_sum(terms: NDArray[np.float64]) -> int:
    """Return the sum of finite terms in units of 2**-1074.

    Adding and subtracting a power of two far above all terms takes the upper bits of each. These
    are whole multiples of one unit. As many as are in a run do not outgrow 53 bits, so they add up
    without rounding, in any order. It is repeated for the bits below, until none are left.

    References:
        S. M. Rump, T. Ogita and S. Oishi, "Accurate floating-point summation, part I: faithful
        rounding", SIAM Journal on Scientific Computing 31 (2008).
    """
    largest = _largest(terms)
    if largest >= _HUGE:
        huge = np.abs(terms) >= _HUGE
        return (_scaled_sum(np.ldexp(terms[huge], -200)) << 200) + _scaled_sum(terms[~huge])
    total, rest, upper = 0, terms, np.empty_like(terms)
    starts = np.arange(0, len(terms), _RUN)
    while largest:
        exponent = frexp(largest)[1] + _RUN.bit_length()
        far_above = ldexp(1.0, exponent)
        np.add(rest, far_above, out=upper)
        upper -= far_above
        # The sum of each run in units of the last bit of what is far above, or of a double.
        shift = max(exponent - 53, -_UNIT_BITS)
        units = np.ldexp(np.add.reduceat(upper, starts), -shift).astype(np.int64)
        total += sum(units.tolist()) << (_UNIT_BITS + shift)
        rest = rest - upper
        largest = _largest(rest)
    return total


def _largest(values: NDArray[np.float64]) -> float:
    """Return the largest absolute value, 0 of none."""
    return float(max(values.max(initial=0.0), -values.min(initial=0.0)))


def _quotient(numerator: int, denominator: int) -> float:
    """Divide two integers with one rounding; a result beyond the doubles is inf."""
    try:
        return numerator / denominator
    except OverflowError:
        return inf if numerator > 0 else -inf
