"""Are these targets: the numbers of classes, or one-hot rows?"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def are_class_numbers(values: NDArray[Any]) -> bool:
    """Tell whether values may be numbers of classes: all of them finite integers, in any dtype.

    The number of classes, and which number marks a row to ignore, is known to the caller alone:
    the range is not judged.
    """
    with np.errstate(invalid="ignore"):
        return bool(np.isfinite(values).all() and (values == np.floor(values)).all())


def is_row_of_class_numbers(row: NDArray[Any]) -> bool:
    """Tell whether a single row, (1, C), lists one class per example, as 0,1,2 does.

    A row of 0 and 1 alone does not: 1,0,0 may as well be one-hot, or logits.
    """
    return are_class_numbers(row) and bool(row.max(initial=0) > 1)


def are_one_hot(rows: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which rows, (n, C), hold a single 1 and otherwise 0, (n,); exactly, in any dtype."""
    is_one = rows == 1
    one_hot: NDArray[np.bool_] = (is_one | (rows == 0)).all(axis=1) & (is_one.sum(axis=1) == 1)
    return one_hot


def are_labels(rows: NDArray[Any]) -> bool:
    """Tell whether rows, (n, C), are yes-or-no labels of C questions, not distributions.

    All numbers are 0 or 1, and a row has none or several 1s. One-hot rows are distributions.
    """
    return bool(((rows == 0) | (rows == 1)).all() and not are_one_hot(rows).all())
