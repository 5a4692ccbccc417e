"""Whether arrays are targets: the numbers of classes, or one-hot rows."""

from math import inf, nan

import numpy as np
import pytest

from xent.meaning.targets import are_class_numbers, are_one_hot, is_row_of_class_numbers


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint64, np.float16, np.float64])
def test_integers_of_any_dtype_are_class_numbers(dtype: type) -> None:
    assert are_class_numbers(np.array([0, 1, 2, 1]).astype(dtype))


def test_the_range_of_class_numbers_is_not_judged() -> None:
    assert are_class_numbers(np.array([-100, 7, 50_000]))


@pytest.mark.parametrize("other", [0.5, 1 + 2**-52, nan, inf, -inf])
def test_a_number_that_is_no_integer_is_no_class_number(other: float) -> None:
    assert not are_class_numbers(np.array([0, 1, other]))


@pytest.mark.parametrize(
    ("row", "lists_classes"),
    [
        ([0, 1, 2], True),
        ([0, 0, 2], True),
        ([1, 0, 0], False),
        ([0.5, 2], False),
        ([nan, 2], False),
    ],
)
def test_a_row_lists_classes_if_one_of_its_integers_is_above_1(
    row: list[float], lists_classes: bool
) -> None:
    assert is_row_of_class_numbers(np.array([row])) == lists_classes


def test_one_hot_rows_hold_a_single_1_exactly() -> None:
    rows = np.array(
        [
            [0, 1, 0],
            [0, 0, 0],
            [1, 1, 0],
            [0, 1 - 2**-53, 0],
            [0, 1, 2**-1074],
            [2, -1, 0],
            [nan, 1, 0],
        ]
    )
    assert are_one_hot(rows).tolist() == [True] + [False] * 6


def test_each_row_of_an_identity_matrix_is_one_hot_in_any_dtype() -> None:
    for dtype in (bool, np.uint8, np.float16, np.float64):
        assert are_one_hot(np.eye(4, dtype=dtype)).all()
