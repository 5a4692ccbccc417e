"""Is the first column of a matrix an index?"""

import numpy as np
from numpy.typing import NDArray

# An id lies so many times further out than the other columns.
_FAR = 4.0


def is_index(rows: NDArray[np.float64]) -> bool:
    """Tell whether the first column of (n, C) rows numbers them.

    It counts from 0 or 1; or its numbers are whole and distinct, none negative, far outside the
    range of the other columns, which hold fractions.
    """
    first, others = rows[:, 0], rows[:, 1:]
    if any((first == np.arange(start, start + len(first))).all() for start in (0, 1)):
        return True
    with np.errstate(invalid="ignore"):
        whole = bool((first >= 0).all() and (first == np.floor(first)).all())
        if not whole or len(np.unique(first)) < len(first):
            return False
        finite = np.abs(others[np.isfinite(others)])
        fractions = (others != np.floor(others)).any(axis=1).mean()
    if not len(finite) or not fractions > 0.5:
        return False
    return bool(np.median(first) > _FAR * np.quantile(finite, 0.99))
