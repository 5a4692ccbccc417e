"""Numbers as text: how many decimals they need."""

from math import inf, nan

import numpy as np
import pytest

from xent.numbers import decimals_needed


def test_decimals_are_those_that_a_row_needs() -> None:
    rows = np.array([[1.0, 2.0], [0.5, 0.25], [0.125, 1.0], [1 / 3, 2 / 3]])
    assert decimals_needed(rows, 9).tolist() == [0, 2, 3, 9]


@pytest.mark.parametrize(
    ("values", "most", "needed"),
    [([4.0, 1.5], 4, 1), ([1 / 3], 4, 4), ([1e300, inf, -inf, nan, 0.5], 4, 1), ([], 4, 0)],
)
def test_numbers_that_are_shown_without_a_point_need_no_decimals(
    values: list[float], most: int, needed: int
) -> None:
    assert int(decimals_needed(np.array(values), most)) == needed


def test_half_precision_does_not_overflow_when_it_is_rounded() -> None:
    assert int(decimals_needed(np.array([60000, 0.5], np.float16), 8)) == 1
