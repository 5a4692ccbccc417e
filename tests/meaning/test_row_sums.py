"""Whether rows sum to 1, with a tolerance that follows from their decimals."""

from math import inf, nan

import numpy as np
import pytest
from numpy.typing import NDArray

from xent.meaning.row_sums import exponentials_sum_to_one, sums_to_one


def _softmax(seed: int, shape: tuple[int, int]) -> NDArray[np.float64]:
    exponentials = np.exp(np.random.default_rng(seed).normal(size=shape) * 2)
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("places", [2, 3, 4, 6, 15])
@pytest.mark.parametrize("classes", [2, 3, 10])
def test_probabilities_rounded_to_decimals_sum_to_one(places: int, classes: int) -> None:
    rows = np.round(_softmax(7, (200, classes)), places)
    assert sums_to_one(rows).all()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_probabilities_of_any_precision_sum_to_one(dtype: type) -> None:
    assert sums_to_one(_softmax(8, (50, 100)).astype(dtype)).all()


def test_many_decimals_forgive_nothing() -> None:
    rows = np.array([[0.51234567891, 0.48865432109]])  # sums to 1.001
    assert not sums_to_one(rows).any()


def test_negative_numbers_and_nan_are_no_probabilities() -> None:
    rows = np.array([[1.5, -0.5], [np.nan, 1.0], [np.inf, 0.0], [0.0, 1.0]])
    assert sums_to_one(rows).tolist() == [False, False, False, True]


def test_a_row_of_zeros_does_not_sum_to_one() -> None:
    assert not sums_to_one(np.zeros((1, 3))).any()


def test_a_row_is_judged_alone() -> None:
    rows = np.vstack([np.round(_softmax(9, (5, 4)), 2), _softmax(9, (5, 4)) * 1.01])
    alone = [bool(sums_to_one(row[None])[0]) for row in rows]
    assert sums_to_one(rows).tolist() == alone == [True] * 5 + [False] * 5


@pytest.mark.parametrize("classes", [2, 5, 100])
def test_probabilities_in_bfloat16_sum_to_one(classes: int) -> None:
    rows = _softmax(10, (200, classes)).astype(np.float32)
    truncated = (rows.view(np.uint32) + 0x8000 & 0xFFFF0000).view(np.float32)
    assert sums_to_one(truncated).all()
    assert not sums_to_one(truncated * np.float32(1.25)).any()


def test_one_decimal_forgives_nothing() -> None:
    assert sums_to_one(np.array([[0.5, 0.3, 0.1], [0.5, 0.3, 0.2]])).tolist() == [False, True]


@pytest.mark.parametrize("places", [2, 3, 4, 6, 15])
@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_exponentials_of_rounded_log_probabilities_sum_to_one(places: int, classes: int) -> None:
    rows = np.round(np.log(_softmax(11, (200, classes))), places)
    assert exponentials_sum_to_one(rows).all()
    assert not exponentials_sum_to_one(rows + 0.02).any()


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_exponentials_of_log_probabilities_of_any_precision_sum_to_one(dtype: type) -> None:
    rows: NDArray[np.floating] = np.log(_softmax(12, (50, 2000))).astype(dtype)
    assert exponentials_sum_to_one(rows).all()


def test_masked_classes_have_no_share() -> None:
    half, less = np.log(0.5), np.log(0.4)
    rows = np.array([[half, half, -np.inf], [half, less, -np.inf]])
    assert exponentials_sum_to_one(rows).tolist() == [True, False]


@pytest.mark.parametrize(
    "row",
    [
        [-0.6931, -0.6961],  # exp sums to 0.9985, further off than half precision explains
        [-0.7, -0.7],  # as log 0.5 to one decimal, but rows of logits below 0 come as near
        [-1.0, -1.0, -1.0],  # exp sums to 1.10
        [0.0, -5.0],  # exp sums to 1.0067
        [1.0, 0.0],
        [nan, 0.0],
        [inf, 0.0],
        [-inf, -inf],
        [1e300, -1e300],
    ],
)
def test_near_misses_are_no_log_probabilities(row: list[float]) -> None:
    assert not exponentials_sum_to_one(np.array([row])).any()
