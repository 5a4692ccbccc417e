"""Student's t distribution: how far a mean of few rows may be from the true one."""

from math import exp, inf, isfinite, lgamma, log, nan
from statistics import NormalDist

# From so many degrees of freedom on the expansion about the normal quantile has ten digits.
_MANY = 200
_SMALLEST = 1e-300
_STEPS = 200


def student_t_quantile(probability: float, freedom: float) -> float:
    """Return the t below which a share of Student's t distribution lies.

    Args:
        probability: The share, between 0 and 1, both excluded.
        freedom: The degrees of freedom, at least 1.

    References:
        M. Abramowitz and I. A. Stegun, "Handbook of Mathematical Functions" (1964), 26.7.5 for
        many degrees of freedom, and 26.5.8, 26.7.1 for few.
    """
    if not freedom >= 1:
        return nan
    if probability == 0.5:
        return 0.0
    if probability < 0.5:
        return -student_t_quantile(1 - probability, freedom)
    if freedom >= _MANY:
        return _expanded(NormalDist().inv_cdf(probability), freedom)
    low, high = 0.0, 1.0
    while _tail(high, freedom) > 1 - probability:
        low, high = high, 2 * high
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if _tail(middle, freedom) > 1 - probability else (low, middle)
    return high


def interval(mean: float, error: float, freedom: float, level: float = 0.95) -> tuple[float, float]:
    """Return the confidence interval of a mean; nan where its standard error is not known."""
    if not isfinite(error):
        return nan, nan
    reach = student_t_quantile((1 + level) / 2, freedom) * error
    return mean - reach, mean + reach


def is_beyond(difference: float, lower_bound: float, tolerance: float) -> bool:
    """Tell whether a difference exceeds a tolerance, and its interval lies above 0.

    What is nan counts as beyond.
    """
    return not difference <= tolerance and not lower_bound <= 0


def welch_freedom(first: tuple[float, int], second: tuple[float, int]) -> float:
    """Return the degrees of freedom of the difference of two independent means.

    Args:
        first: The standard error of the one mean, and its rows.
        second: The same of the other.

    References:
        B. L. Welch, "The generalization of 'Student's' problem when several different population
        variances are involved", Biometrika 34 (1947).
    """
    squares = [(error**2, rows - 1) for error, rows in (first, second)]
    parts = sum(square**2 / rows for square, rows in squares if rows > 0)
    return sum(square for square, _ in squares) ** 2 / parts if parts else inf


def _expanded(z: float, freedom: float) -> float:
    """Return the quantile as a series in 1 / freedom about the normal quantile z."""
    square = z * z
    terms = (
        (square + 1) / 4,
        ((5 * square + 16) * square + 3) / 96,
        (((3 * square + 19) * square + 17) * square - 15) / 384,
        ((((79 * square + 776) * square + 1482) * square - 1920) * square - 945) / 92160,
    )
    return z * (1 + sum(term / freedom**power for power, term in enumerate(terms, 1)))


def _tail(t: float, freedom: float) -> float:
    """Return the probability of more than t > 0."""
    return _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t)) / 2


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(b, a, 1 - x)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x))
    return front * _beta_fraction(a, b, x) / a


def _beta_fraction(a: float, b: float, x: float) -> float:
    """Evaluate the continued fraction of the incomplete beta function by Lentz's method."""
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, _STEPS):
        for factor in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / ((1 + factor * d) or _SMALLEST)
            c = (1 + factor / c) or _SMALLEST
            found *= c * d
        if abs(c * d - 1) < 1e-16:
            break
    return found
