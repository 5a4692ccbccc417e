"""Sums and their standard errors against rational arithmetic."""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xent import ExactSum, LossSum
from xent.losses.exact_sum import ExactProducts

finite = st.floats(allow_nan=False, allow_infinity=False)


def nearest(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


@given(st.lists(finite))
def test_the_sum_is_exact(values: list[float]) -> None:
    total = sum(map(Fraction, values), Fraction())
    assert ExactSum.of(values).scaled == total * 2**1074
    assert float(ExactSum.of(values)) == nearest(total)


@given(st.lists(st.floats(), min_size=1))
def test_what_is_not_finite_is_as_in_floating_point(values: list[float]) -> None:
    found = float(ExactSum.of(values))
    if any(map(math.isnan, values)) or {math.inf, -math.inf} <= set(values):
        assert math.isnan(found)
    elif math.inf in values or -math.inf in values:
        assert found == (math.inf if math.inf in values else -math.inf)
    else:
        assert math.isfinite(found) or abs(sum(map(Fraction, values), Fraction())) > 2**1023


@given(st.lists(finite, min_size=2, max_size=30))
def test_the_standard_error_is_right(values: list[float]) -> None:
    exact = [*map(Fraction, values)]
    mean = sum(exact) / len(exact)
    variance = sum((value - mean) ** 2 for value in exact) / (len(exact) - 1)
    squared = variance / len(exact)
    found = LossSum.of(values).standard_error
    # The root's neighbours enclose it: (found - ulp)² < squared < (found + ulp)².
    ulp = Fraction(math.ulp(found))
    assert max(Fraction(found) - ulp, Fraction()) ** 2 <= squared <= (Fraction(found) + ulp) ** 2


def test_a_tiny_spread_about_a_large_mean_does_not_cancel() -> None:
    """E[x²] - mean² gives 0 here, or less."""
    values = [1e6, 1e6 + 1e-6, 1e6 - 1e-6]
    assert LossSum.of(values).standard_error == pytest.approx(
        float(np.float64(np.std(np.array([0, values[1] - 1e6, values[2] - 1e6]), ddof=1)) / 3**0.5),
        rel=1e-12,
    )


def test_terms_of_all_sizes_add_up_exactly() -> None:
    """More of them than one pass over their bits could take, and sums beyond the doubles."""
    rng = np.random.default_rng(1)
    values = rng.choice([-1.0, 1.0], 5000) * np.ldexp(
        rng.uniform(0.5, 1, 5000), rng.integers(-1074, 1024, 5000, endpoint=True)
    )
    unit = Fraction(1, 2**1074)
    assert ExactSum.of(values).scaled * unit == sum(map(Fraction, values.tolist()))
    products = (Fraction(x) * Fraction(y) for x, y in pairwise(values.tolist()))
    assert ExactProducts.of(values[:-1], values[1:]).scaled * unit**2 == sum(products)


def test_the_figures_that_follow_from_a_sum() -> None:
    sums = LossSum.of([0.5, 1.5], correct=1, ignored=3)
    assert (sums.rows, sums.counted, sums.ignored) == (5, 2, 3)
    assert sums.mean == 1.0
    assert sums.perplexity == math.e
    assert sums.bits == pytest.approx(1 / math.log(2))
    assert sums.accuracy == 0.5
    assert sums.standard_error == 0.5


def test_the_figures_of_nothing_are_nan() -> None:
    for figure in (LossSum().mean, LossSum().accuracy, LossSum().standard_error):
        assert math.isnan(figure)
    assert math.isnan(LossSum.of([1.0]).standard_error)
    assert math.isnan(LossSum.of([1.0, math.inf]).standard_error)


def test_a_perplexity_beyond_the_doubles_is_inf() -> None:
    assert LossSum.of([1000.0]).perplexity == math.inf
