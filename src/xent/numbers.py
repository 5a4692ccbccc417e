"""Numbers as text for people. Programs get `repr`, the shortest text of the same double."""

from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

# From here on a number is shown with an exponent, for its length.
_LARGE = 1e9


def rounded(value: float, digits: int, places: int | None = None) -> str:
    """Write a number for a person.

    Args:
        value: The number.
        digits: Digits after the decimal point.
        places: The digits after the point that the whole matrix needs; None for all of `digits`.
    """
    if not isfinite(value):
        return str(value)
    # Below, less than two digits would be left: 0.0004 for 0.00041.
    smallest = 0.0 if places is not None and places < digits else 10.0 ** -max(digits - 1, 1)
    if value and not smallest <= abs(value) < _LARGE:
        return f"{value:.{digits}e}"
    return f"{value + 0.0:.{digits if places is None else places}f}"  # + 0.0: -0.0 is 0.0


def format_short(value: float, digits: int) -> str:
    """Write a number as `rounded` does, without trailing zeros where the text is exact."""
    text = rounded(value, digits)
    if "." not in text or float(text) != value:
        return text
    mantissa, mark, exponent = text.partition("e")
    return mantissa.rstrip("0").rstrip(".") + mark + exponent


def last_place(text: str) -> float:
    """Return the value of a unit in the last digit of a text: 0.01 for 2.50, 1e-06 for 1.2e-05."""
    mantissa, _, exponent = text.partition("e")
    return float(10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2])))


def decimals_needed(values: NDArray[Any], most: int) -> NDArray[np.int64]:
    """Count the decimals that each row of numbers needs.

    Args:
        values: (..., n). Numbers that are shown with an exponent, inf and nan need none.
        most: The largest count to return.

    Returns:
        (...) the least d for which rounding to d decimals changes no number of the row.
    """
    doubles = np.asarray(values, np.float64)
    shown = np.where(np.abs(doubles) < _LARGE, doubles, 0.0)
    needed = np.full(shown.shape[:-1], most)
    for decimals in range(most - 1, -1, -1):
        needed[(shown == np.round(shown, decimals)).all(axis=-1)] = decimals
    return needed
