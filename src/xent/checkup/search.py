"""Searches on the real line."""

from collections.abc import Callable

_GOLDEN = (5**0.5 - 1) / 2


def golden_section(
    function: Callable[[float], float], low: float, high: float, tolerance: float
) -> float:
    """Find the minimum of a function that falls, then rises.

    Args:
        function: The function, unimodal between `low` and `high`.
        low: Where the interval begins.
        high: Where it ends.
        tolerance: The width of the interval that is narrow enough.

    Returns:
        The middle of the last interval.

    References:
        J. Kiefer, "Sequential minimax search for a maximum", Proceedings of the American
        Mathematical Society 4 (1953).

    >>> round(golden_section(lambda x: (x - 2) ** 2, 0, 5, 1e-6), 5)
    2.0
    """
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = function(left), function(right)
    while high - low > tolerance:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = function(right)
    return (low + high) / 2


def bisection(is_reached: Callable[[float], bool], low: float, high: float) -> float:
    """Find where a condition that holds at `high`, and not at `low`, begins to hold.

    Args:
        is_reached: The condition; it holds everywhere above some number.
        low: A positive number at which it does not hold.
        high: A larger number at which it does.

    Returns:
        The least number known to fulfil it, halved 60 times in the logarithm.

    >>> round(bisection(lambda x: x * x >= 2, 1, 10), 12)
    1.414213562373
    """
    for _ in range(60):
        middle = (low * high) ** 0.5
        if is_reached(middle):
            high = middle
        else:
            low = middle
    return high
