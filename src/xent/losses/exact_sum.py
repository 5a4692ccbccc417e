"""Sums of doubles without any rounding, whatever the order of the terms."""

from dataclasses import dataclass
from math import inf, isqrt, nan
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Every finite double is a whole multiple of 2**-1074, the smallest one, and every square of a
# double a whole multiple of 2**-2148.
_UNIT_BITS = 1074
# A mantissa of 53 bits is added up as two halves. `bincount` adds in doubles, which count to
# 2**53, so 2**24 halves of 27 bits leave room to spare.
_HALF_BITS = 27
_TERMS_AT_ONCE = 1 << 24


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
        finite = np.isfinite(terms)
        if finite.all():
            return cls(_scaled_sum(terms))
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
        """What is left without some of the terms."""
        return ExactSum(
            self.scaled - part.scaled,
            self.posinf - part.posinf,
            self.neginf - part.neginf,
            self.nans - part.nans,
        )

    @classmethod
    def of_ones(cls, count: int) -> "ExactSum":
        """The sum of `count` ones."""
        return cls(count << _UNIT_BITS)

    @property
    def is_finite(self) -> bool:
        """Whether all terms were finite."""
        return not (self.posinf or self.neginf or self.nans)

    def __float__(self) -> float:
        if self.nans or (self.posinf and self.neginf):
            return nan
        if self.posinf or self.neginf:
            return inf if self.posinf else -inf
        return _quotient(self.scaled, 1 << _UNIT_BITS)

    def __truediv__(self, other: "ExactSum") -> float:
        """The quotient of two sums, rounded once; as in floating point where it is not finite."""
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
        x, x_exponents = np.frexp(xs[finite])
        y, y_exponents = np.frexp(ys[finite])
        # A product of 53 bits each is a double and the double that rounding it loses. The
        # mantissas stand in [1/2, 1), so neither can over- or underflow.
        product, lost = two_product(x, y)
        exponents = x_exponents.astype(np.int64) + y_exponents
        scaled = (_scaled_sum(part, exponents, 2 * _UNIT_BITS) for part in (product, lost))
        return cls(sum(scaled))

    def __add__(self, other: "ExactProducts") -> "ExactProducts":
        return ExactProducts(self.scaled + other.scaled)


def two_product(
    x: NDArray[np.float64], y: NDArray[np.float64] | np.float64
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """x·y as a double, and what rounding took from it.

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
    """√(numerator / denominator), both positive, to the last digit of a double or so."""
    # 128 bits of quotient leave 64 of root, eleven more than a double holds.
    shift = max(0, 128 - numerator.bit_length() + denominator.bit_length())
    shift += shift % 2
    return _quotient(isqrt((numerator << shift) // denominator), 1 << (shift // 2))


def _halves(values: Any) -> tuple[Any, Any]:  # noqa: ANN401  an array or a number
    """Doubles as sums of two with 26 bits each, whose products are exact."""
    stretched = values * (2.0**27 + 1)
    high = stretched - (stretched - values)
    return high, values - high


def _scaled_sum(
    terms: NDArray[np.float64],
    exponents: NDArray[np.int64] | None = None,
    unit_bits: int = _UNIT_BITS,
) -> int:
    """Σ terms·2**exponents in units of 2**-unit_bits, all terms finite."""
    total = 0
    for start in range(0, len(terms), _TERMS_AT_ONCE):
        some = slice(start, start + _TERMS_AT_ONCE)
        mantissas, own = np.frexp(terms[some])
        powers = own.astype(np.int64) if exponents is None else own + exponents[some]
        digits = np.ldexp(mantissas, 53).astype(np.int64)
        lowest = int(powers.min())
        powers -= lowest
        high = np.bincount(powers, weights=digits >> _HALF_BITS)
        low = np.bincount(powers, weights=digits & ((1 << _HALF_BITS) - 1))
        part = 0
        for power in np.flatnonzero((high != 0) | (low != 0)).tolist():
            part += ((int(high[power]) << _HALF_BITS) + int(low[power])) << power
        shift = unit_bits - 53 + lowest
        # A subnormal's digits end in zeros, so that nothing is lost to the right.
        total += part << shift if shift >= 0 else part >> -shift
    return total


def _quotient(numerator: int, denominator: int) -> float:
    """Divide two integers with one rounding; a result beyond the doubles is inf."""
    try:
        return numerator / denominator
    except OverflowError:
        return inf if numerator > 0 else -inf
