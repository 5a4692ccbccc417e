"""The sums of a paired difference are exact, and so is what follows from them."""

from fractions import Fraction
from math import inf, isnan, nan, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xent.losses.loss_sum import LossSum
from xent.losses.paired_sum import PairedSum, binomial_error

LOSSES = st.floats(0, 1e6)


def paired(
    first: list[float], second: list[float], weights: list[float] | None = None
) -> PairedSum:
    one, two = np.array(first), np.array(second)
    return PairedSum.of(LossSum.of(one, weights), LossSum.of(two, weights), one, two)


@given(st.lists(st.tuples(LOSSES, LOSSES), min_size=2, max_size=30))
def test_mean_and_error_of_the_differences_are_those_of_fractions(
    rows: list[tuple[float, float]],
) -> None:
    sums = paired(*map(list, zip(*rows, strict=True)))
    differences = [Fraction(second) - Fraction(first) for first, second in rows]
    mean = sum(differences) / len(rows)
    squares = sum((each - mean) ** 2 for each in differences)
    variance = squares / (len(rows) - 1) / len(rows)
    assert sums.difference.mean == float(mean)
    assert sums.difference.standard_error == pytest.approx(sqrt(variance), rel=1e-15)


@given(st.lists(st.tuples(LOSSES, LOSSES), min_size=3, max_size=30), st.data())
def test_any_split_merges_to_the_same_bits(
    rows: list[tuple[float, float]], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(1, len(rows) - 1))
    first, second = map(list, zip(*rows, strict=True))
    head, tail = paired(first[:cut], second[:cut]), paired(first[cut:], second[cut:])
    assert head.merge(tail) == tail.merge(head) == paired(first, second)


def test_weights_divide_as_in_the_mean() -> None:
    sums = paired([2.0, 3.0], [1.0, 9.0], [2.0, 3.0])
    assert sums.difference.mean == (-1 + 6) / 5


def test_equal_models_differ_by_0_without_noise() -> None:
    sums = paired([0.1, 0.7, 0.3], [0.1, 0.7, 0.3])
    assert sums.difference.mean == sums.difference.standard_error == 0
    assert sums.first_lower == sums.second_lower == 0
    assert sums.correlation == 1


@pytest.mark.parametrize(
    ("first", "second", "mean"),
    [([inf, 1], [1, 1], -inf), ([1, 1], [1, inf], inf), ([inf, 1], [inf, 1], nan)],
)
def test_infinite_losses_have_no_standard_error(
    first: list[float], second: list[float], mean: float
) -> None:
    difference = paired(first, second).difference
    assert repr(difference.mean) == repr(float(mean))
    assert isnan(difference.standard_error)


def test_the_correlation_is_that_of_numpy() -> None:
    random = np.random.default_rng(1)
    one = random.random(50)
    two = one + random.random(50)
    expected = np.corrcoef(one, two)[0, 1]
    assert paired(one.tolist(), two.tolist()).correlation == pytest.approx(expected, rel=1e-12)


def test_a_model_of_equal_losses_correlates_with_nothing() -> None:
    assert isnan(paired([0.5, 0.5], [0.1, 0.7]).correlation)


def test_a_share_of_one_row_has_no_error() -> None:
    assert isnan(binomial_error(1, 1))
    assert binomial_error(1, 2) == 0.5
