"""Softmax and its logarithm, and the shifted sum that both rest on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xent.losses.exact_sum import two_product

# A sum below this may hold terms that are not normal doubles, and have lost digits.
_FEW_DIGITS = 2.0**-900
# Raises such terms to normal ones: no other term of such a row is above exp(-620).
_RAISE = 512.0


@dataclass(frozen=True, slots=True)
class ShiftedExponentials:
    """Rows of logits, seen from their largest one.

    For a row z with its first maximum at k:

    Attributes:
        argmax: (n,) k, the index of the maximum; of the first nan where there is one.
        differences: (n, C) d_j = (z_j - z_k) / T, rounded to a double.
        exponentials: (n, C) exp(d_j), with the rounding of the difference made good, and 0 at
            j = k, whose exponential is exactly 1.
        others: (n,) Σ_{j≠k} exp(d_j). The normaliser Σ_j exp(d_j) is 1 + others; it is never
            formed before the logarithm, because `log1p(others)` keeps the digits of a confident
            row and `log(1 + others)` does not.
    """

    argmax: NDArray[np.int64]
    differences: NDArray[np.float64]
    exponentials: NDArray[np.float64]
    others: NDArray[np.float64]

    @classmethod
    def of(cls, logits: NDArray[np.float64], temperature: float = 1.0) -> "ShiftedExponentials":
        """Shift (n, C) `logits` and divide by the temperature T.

        A row that holds nan or +inf, or nothing but -inf, is nan throughout, as in PyTorch.
        """
        rows = np.arange(len(logits))
        argmax = logits.argmax(axis=1)
        largest = logits[rows, argmax][:, None]
        with np.errstate(invalid="ignore", over="ignore", under="ignore"):
            differences = logits - largest
            # TwoSum: what rounding took from each difference d, so that exp(d + residual) =
            # exp(d)·(1 + residual) to the last digit. Without it an error of half an ulp of d,
            # 6e-14 at d = -700, would become a relative error of the exponential.
            subtracted = differences - logits
            residual = (logits - (differences - subtracted)) - (largest + subtracted)
            if temperature != 1:
                differences, residual = _divided(differences, residual, temperature)
            exponentials = _exponentials(differences, residual)
            exponentials[rows, argmax] -= 1  # 1 becomes 0; a nan stays one
            others = row_sums(exponentials)
            tiny = others < _FEW_DIGITS
            if tiny.any():
                # The differences are so large that adding the constant does not round.
                raised = _exponentials(differences[tiny] + _RAISE, residual[tiny])
                raised[np.arange(len(raised)), argmax[tiny]] = 0
                others[tiny] = row_sums(raised) * np.exp(-_RAISE)
        return cls(argmax, differences, exponentials, others)


def _exponentials(
    differences: NDArray[np.float64], residuals: NDArray[np.float64]
) -> NDArray[np.float64]:
    """exp(differences + residuals), the residuals being too small to be added."""
    exponentials: NDArray[np.float64] = np.exp(differences)
    # Where the exponential is 0 the difference may be -inf, and the residual nan.
    corrections = residuals * exponentials
    return np.add(exponentials, corrections, out=exponentials, where=exponentials > 0)


def softmax(logits: NDArray[np.float64], temperature: float = 1.0) -> NDArray[np.float64]:
    """Return p_j = exp(z_j / T) / Σ_c exp(z_c / T) of (n, C) logits; each row sums to 1."""
    shifted = ShiftedExponentials.of(logits, temperature)
    probabilities = shifted.exponentials.copy()
    probabilities[np.arange(len(logits)), shifted.argmax] += 1
    return probabilities / (1 + shifted.others)[:, None]


def log_softmax(logits: NDArray[np.float64], temperature: float = 1.0) -> NDArray[np.float64]:
    """Return ln p_j = (z_j - z_k) / T - log1p(Σ_{c≠k} exp((z_c - z_k) / T)) of (n, C) logits.

    Both parts have the same sign, so nothing cancels: the result is finite wherever the logits
    are, and never -inf because a probability underflowed.
    """
    shifted = ShiftedExponentials.of(logits, temperature)
    return shifted.differences - np.log1p(shifted.others)[:, None]


def row_sums(terms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of each row of terms, rounded once where they have one sign.

    Adding and subtracting a power of two far above a row's largest term splits each term in two.
    The upper parts are whole multiples of one unit and too few to outgrow 53 bits, so they add up
    without rounding, in any order; the lower parts are so small that their rounding is nothing.

    References:
        S. M. Rump, T. Ogita and S. Oishi, "Accurate floating-point summation, part I: faithful
        rounding", SIAM Journal on Scientific Computing 31 (2008).
    """
    largest = np.abs(terms).max(axis=1)
    _, exponents = np.frexp(largest)
    with np.errstate(over="ignore", invalid="ignore"):
        far_above = np.ldexp(1.0, exponents + terms.shape[1].bit_length() + 1)[:, None]
        upper = (terms + far_above) - far_above
        sums: NDArray[np.float64] = upper.sum(axis=1) + (terms - upper).sum(axis=1)
        # Next to the largest double there is nothing far above it.
        endless = ~np.isfinite(largest + far_above[:, 0])
        if endless.any():
            sums[endless] = terms[endless].sum(axis=1)
    return sums


def _divided(
    values: NDArray[np.float64], residuals: NDArray[np.float64], divisor: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(values + residuals) / divisor, as doubles and what rounding took from them."""
    quotients = values / divisor
    products, lost = two_product(quotients, np.float64(divisor))
    return quotients, ((values - products) - lost + residuals) / divisor
