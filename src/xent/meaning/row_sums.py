"""What do the rows of a matrix sum to: they themselves, or their powers of e, 2 or 10?"""

from collections.abc import Callable
from math import e, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.meaning.precision import is_bfloat16
from xent.numbers import decimals_needed

Matrix = NDArray[Any]
Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Half precision rounds each number by up to this share of it, and so the sum of a row.
_HALF_PRECISION = 2.0**-11
# The same for bfloat16, which has three binary digits fewer.
_BFLOAT16 = 2.0**-8
# Rounding to decimals may take this much from a row, and no more: beyond that nothing is left of
# which the sum would tell anything.
_MOST_ROUNDED = 0.1
# Numbers with one decimal were typed, not rounded, or need no second one by chance: they are judged
# as those with two.
_LEAST_DECIMALS = 2
# Numbers with so many decimals were not rounded for a reader.
_MOST_DECIMALS = 9


def sums_to_one(rows: Matrix) -> Flags:
    """Tell which rows are probabilities of the classes: none negative, and their sum 1.

    A sum counts as 1 where rounding explains the difference: rounding to half precision, to
    bfloat16, or to the decimals that the numbers of the row have. C numbers with d decimals are
    each off by up to 10**-d / 2, and so their sum by up to C / 2·10**-d.

    Args:
        rows: (n, C), any real dtype.

    Returns:
        (n,) True where the row sums to 1. A row with nan does not. Each row is judged by itself,
        so that the answer does not depend on how a matrix is cut into batches.
    """

    def rounding_error(chosen: NDArray[np.intp]) -> Doubles:
        some = rows[chosen]
        sixteen_bits = np.where(is_bfloat16(some).all(axis=1), _BFLOAT16, 0.0)
        return np.asarray(np.maximum(sixteen_bits, some.shape[1] * _unit_roundoff(some)))

    with np.errstate(invalid="ignore", over="ignore"):
        return _sum_is_one(rows, rounding_error) & (rows >= 0).all(axis=1)


def sums_to_hundred(rows: Matrix) -> Flags:
    """Tell which rows are percentages: none negative, and their sum 100 up to rounding."""
    # The quotient of a number with few decimals need not have few, except for its last bits.
    return sums_to_one(np.round(np.asarray(rows, dtype=np.float64) / 100, _MOST_DECIMALS + 3))


def exponentials_sum_to_one(rows: Matrix, base: float = e) -> Flags:
    """Tell which rows are log-probabilities of the classes: their exponentials sum to 1.

    A logarithm that is off by δ puts its exponential p off by p·δ. Rounding to decimals makes δ
    the same for all of a row; half precision and bfloat16 make it a share of the logarithm, so
    that the sum is off by that share of the entropy.

    Args:
        rows: (n, C), any real dtype; -inf for a probability of 0.
        base: The base of the logarithms.

    Returns:
        (n,) True where the exponentials sum to 1, each row judged by itself as in `sums_to_one`.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        probs = np.exp(rows) if base == e else np.power(base, np.asarray(rows, dtype=np.float64))

        def rounding_error(chosen: NDArray[np.intp]) -> Doubles:
            some, shares = rows[chosen], probs[chosen]
            entropy = np.where(shares > 0, -shares * some, 0.0).sum(axis=1)
            unit = np.where(is_bfloat16(some).all(axis=1), _BFLOAT16, _HALF_PRECISION)
            off = np.maximum(unit * (1 + entropy), _unit_roundoff(some))
            return np.asarray(np.expm1(log(base) * off))

        return _sum_is_one(probs, rounding_error)


def _sum_is_one(rows: Matrix, rounding_error: Callable[[NDArray[np.intp]], Doubles]) -> Flags:
    """Tell which rows sum to 1 up to rounding, which is asked for only where it decides."""
    errors = np.abs(rows.sum(axis=1, dtype=np.float64) - 1)
    found: Flags = errors <= _HALF_PRECISION
    unsure = np.flatnonzero(~found & (errors <= _MOST_ROUNDED))
    if len(unsure):
        found[unsure] = errors[unsure] <= rounding_error(unsure) * (1 + 1e-9)
    return found


def _unit_roundoff(rows: Matrix) -> Doubles:
    """Return by how much rounding to its decimals may have changed each number of a row, (n,)."""
    found: Doubles = 10.0 ** -np.maximum(decimals_needed(rows, _MOST_DECIMALS), _LEAST_DECIMALS) / 2
    return found
