"""Do the rows of a matrix sum to 1, as probabilities do?"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Half precision rounds each number by up to this share of it, and so the sum of a row.
_HALF_PRECISION = 2.0**-11
# Rounding to decimals may take this much from a row, and no more: beyond that nothing is left of
# which the sum would tell anything.
_MOST_ROUNDED = 0.1
# A number with more decimals than these was not rounded for a reader.
_MOST_DECIMALS = 8


def sums_to_one(rows: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which rows are probabilities of the classes: none negative, and their sum 1.

    A sum counts as 1 where rounding explains the difference: rounding to half precision, or to
    the decimals that the numbers of the row have. C numbers with d decimals are each off by up to
    10**-d / 2, and so their sum by up to C / 2·10**-d.

    Args:
        rows: (n, C), any real dtype.

    Returns:
        (n,) True where the row sums to 1. A row with nan does not. Each row is judged by itself,
        so that the answer does not depend on how a matrix is cut into batches.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        errors = np.abs(rows.sum(axis=1, dtype=np.float64) - 1)
        found: NDArray[np.bool_] = errors <= _HALF_PRECISION
        unsure = np.flatnonzero(~found & (errors <= _MOST_ROUNDED))
        found[unsure] = errors[unsure] <= _rounding_error(rows[unsure]) * (1 + 1e-9)
        return found & (rows >= 0).all(axis=1)


def decimals(rows: NDArray[Any]) -> NDArray[np.int64]:
    """Count the decimals that the numbers of each row need.

    Args:
        rows: (n, C) finite numbers.

    Returns:
        (n,) the least d for which rounding to d decimals changes none of the row's numbers; 9
        where 8 are not enough.
    """
    values = np.asarray(rows, dtype=np.float64)
    needed = np.full(len(values), _MOST_DECIMALS + 1)
    for places in range(_MOST_DECIMALS, -1, -1):
        needed[(values == np.round(values, places)).all(axis=1)] = places
    return needed


def _rounding_error(rows: NDArray[Any]) -> NDArray[np.float64]:
    """(n,) by how much the sum of a row may be off for the decimals it was written with."""
    error: NDArray[np.float64] = rows.shape[1] / 2 * 10.0 ** -decimals(rows)
    return error
