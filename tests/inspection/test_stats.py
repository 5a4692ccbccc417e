"""The statistics of an array: each number counts once, in whatever blocks the array comes."""

from fractions import Fraction
from math import inf, isnan, nan, sqrt

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from xent.inspection.stats import ArrayStats
from xent.meaning.row_sums import exponentials_sum_to_one, sums_to_one
from xent.meaning.targets import are_one_hot

_CUTS = st.lists(st.integers(1, 29), max_size=4)


def _stats(*blocks: NDArray[np.generic]) -> ArrayStats:
    stats = ArrayStats()
    for block in blocks:
        stats.update(block)
    return stats


@given(values=arrays(np.float64, st.integers(1, 30), elements=st.floats()), cuts=_CUTS)
@example(values=np.array([-5e-324, -1e-310, 1e300]), cuts=[1, 2])
@example(values=np.array([-1.7e308, 1.7e308]), cuts=[1])
def test_counts_are_the_same_for_any_blocks(values: NDArray[np.float64], cuts: list[int]) -> None:
    whole, parts = _stats(values), _stats(*np.split(values, sorted(cuts)))
    for name in ("count", "nans", "infinities", "ignored", "are_integers", "least_class"):
        assert getattr(whole, name) == getattr(parts, name)
    assert (whole.low, whole.high) == (parts.low, parts.high)
    assert whole.histogram(7) == parts.histogram(7)


@given(values=arrays(np.float64, st.integers(1, 30), elements=st.floats(-1e6, 1e6)), cuts=_CUTS)
def test_moments_are_those_of_all_numbers_for_any_blocks(
    values: NDArray[np.float64], cuts: list[int]
) -> None:
    stats = _stats(*np.split(values, sorted(cuts)))
    tolerance = 1e-14 * float(np.abs(values).max()) + 1e-300
    assert stats.mean == pytest.approx(values.mean(), abs=tolerance)
    assert stats.standard_deviation == pytest.approx(values.std(), abs=tolerance)


@given(arrays(np.float64, st.integers(1, 30), elements=st.floats(-1e100, 1e100)))
def test_a_histogram_counts_each_number_once(values: NDArray[np.float64]) -> None:
    stats = _stats(values)
    assert sum(stats.histogram()) == len(values)
    assert (stats.low, stats.high) == (values.min(), values.max())
    assert stats.standard_deviation <= (values.max() - values.min()) * (1 + 1e-15)


@pytest.mark.parametrize("order", ["shuffled", "ascending", "descending"])
def test_a_histogram_is_numpys_when_the_range_is_not_known_before(order: str) -> None:
    values = np.random.default_rng(5).normal(3, 2, 20_000)
    if order != "shuffled":
        values = np.sort(values)[:: 1 if order == "ascending" else -1]
    bars = np.array(_stats(*np.array_split(values, 100)).histogram(10))
    # Both edges of a bar may be off by 1/1024 of the range, which holds up to 1/200 of the numbers.
    assert np.abs(bars - np.histogram(values, 10)[0]).max() <= 2 * 20_000 / 200
    assert bars.sum() == len(values)


@given(arrays(np.float64, st.integers(2, 50), elements=st.integers(-20, 20).map(lambda n: n / 10)))
def test_a_histogram_of_few_numbers_is_numpys(values: NDArray[np.float64]) -> None:
    expected = np.histogram(values, 10)[0].tolist() if np.ptp(values) else [len(values)]
    assert _stats(values).histogram(10) == expected


def test_two_neighbouring_doubles_have_a_single_bar() -> None:
    assert _stats(np.array([1.0, 1 + 2**-52])).histogram() == [2]


def test_the_deviation_of_a_constant_is_zero() -> None:
    stats = _stats(np.full(3, 0.1), np.full(5, 0.1))
    assert (stats.mean, stats.standard_deviation, stats.histogram()) == (0.1, 0.0, [8])


def test_a_small_deviation_at_a_large_mean_is_not_cancelled() -> None:
    values = 1e8 + np.random.default_rng(6).normal(0, 1e-3, (40, 50))
    stats = _stats(*values)
    numbers = [*map(Fraction, values.ravel().tolist())]
    mean = sum(numbers) / len(numbers)
    deviation = sqrt(sum((number - mean) ** 2 for number in numbers) / len(numbers))
    assert stats.mean == pytest.approx(float(mean), rel=1e-15)
    assert stats.standard_deviation == pytest.approx(deviation, rel=1e-6)


def test_numbers_that_are_not_finite_are_counted_apart() -> None:
    stats = _stats(np.array([[1.0, nan, 3.0], [-inf, inf, inf]]))
    assert (stats.nans, stats.infinities, stats.finite) == (1, 3, 2)
    assert (stats.mean, stats.standard_deviation) == (2.0, 1.0)


def test_an_array_without_finite_numbers_has_no_mean() -> None:
    stats = _stats(np.array([nan, inf]))
    assert isnan(stats.mean)
    assert isnan(stats.standard_deviation)
    assert stats.histogram() == [0]


def test_a_predicate_must_hold_for_the_rows_of_every_block() -> None:
    ones, halves = np.eye(2), np.full((2, 2), 0.5)
    assert _stats(ones, ones).rows_are(are_one_hot)
    assert not _stats(ones, halves).rows_are(are_one_hot)
    assert _stats(ones, halves).rows_are(sums_to_one)
    assert not _stats(halves, halves * 1.01, halves).rows_are(sums_to_one)
    assert _stats(np.log(halves)).rows_are(exponentials_sum_to_one)


def test_classes_may_stand_along_the_second_or_the_last_axis() -> None:
    shares = np.full((5, 3, 4), 0.25)
    assert _stats(shares).rows_are(sums_to_one)
    assert _stats(np.swapaxes(shares, 1, 2)).rows_are(sums_to_one)
    assert not _stats(np.moveaxis(shares, 2, 0)).rows_are(sums_to_one)
