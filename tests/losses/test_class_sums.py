"""The shares of the classes add up to the same numbers in any order, and what follows from them."""

from fractions import Fraction
from math import inf, isnan, log, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xent.losses.class_sums import ClassSums, least_constant_loss, least_losses

WEIGHTS = st.floats(1e-9, 1e6)


@given(st.lists(st.tuples(st.integers(0, 3), WEIGHTS), min_size=1, max_size=20), st.data())
def test_weighted_counts_are_those_of_fractions(
    rows: list[tuple[int, float]], data: st.DataObject
) -> None:
    targets, weights = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    cut = data.draw(st.integers(0, len(rows)))
    whole = ClassSums.of_classes(targets, 4, weights)
    parts = [
        ClassSums.of_classes(targets[some], 4, weights[some])
        for some in (slice(cut), slice(cut, None))
    ]
    assert parts[0].merge(parts[1]).scaled() == parts[1].merge(parts[0]).scaled() == whole.scaled()
    assert whole.totals is not None
    for each in range(4):
        exact = sum(Fraction(weight) for target, weight in rows if target == each)
        assert whole.totals[0, each] == pytest.approx(float(exact), rel=1e-15)


@given(st.lists(st.lists(st.floats(0, 1), min_size=2, max_size=2), min_size=1, max_size=12))
def test_probabilities_add_up_per_label(rows: list[list[float]]) -> None:
    shares = np.array(rows)
    whole = ClassSums.of_probabilities(shares, None, 3, 0)
    parts = [
        ClassSums.of_probabilities(shares[row : row + 1], None, 3, row) for row in range(len(rows))
    ]
    merged = parts[-1]
    for part in parts[:-1]:
        merged = merged.merge(part)
    assert merged.scaled() == whole.scaled()
    assert whole.totals is not None
    for label in range(3):
        assert whole.totals[label] == pytest.approx(shares[label::3].sum(axis=0), rel=1e-14)


def test_sums_are_read_as_they_were_written() -> None:
    sums = ClassSums.of_classes(np.array([0, 2, 2]), 3, np.array([0.1, -2.5, 3e5]))
    again = ClassSums.of_scaled(sums.scaled(), (1, 3))
    assert again.scaled() == sums.scaled()
    assert again.totals is not None
    assert sums.totals is not None
    assert again.totals.tolist() == sums.totals.tolist()


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=40))
def test_equal_sums_round_to_equal_totals(weights: list[float]) -> None:
    targets = np.zeros(len(weights), np.int64)
    sums = ClassSums.of_classes(targets, 1, np.array(weights))
    again = ClassSums.of_scaled(sums.scaled(), (1, 1))
    assert sums.totals is not None
    assert again.totals is not None
    assert sums.totals.tolist() == again.totals.tolist()


@pytest.mark.parametrize("value", [nan, inf, 1e12])
def test_what_cannot_be_held_is_not_known(value: float) -> None:
    sums = ClassSums.of_probabilities(np.array([[value, 0.5]]), None, 1, 0)
    assert sums.totals is None
    assert sums.merge(ClassSums.of_classes(np.array([1]), 2, None)).totals is None


def test_labels_of_another_number_are_not_added() -> None:
    one, two = (
        ClassSums.of_probabilities(np.array([[1.0, 0.0]] * 2), None, labels, 0) for labels in (1, 2)
    )
    assert one.merge(two).totals is None


def test_a_constant_guess_costs_the_entropy() -> None:
    assert least_constant_loss(np.array([[1.0, 1.0]])) == pytest.approx(2 * log(2))
    assert least_constant_loss(np.array([[4.0, 0.0]])) == 0
    rare = least_constant_loss(np.array([[1e12, 1.0]])) / (1e12 + 1)
    assert rare == pytest.approx((1 + log(1e12)) / 1e12, rel=1e-9)
    assert isnan(least_constant_loss(np.array([[1.0, -1.0]])))


def test_the_least_loss_of_a_row_is_its_entropy() -> None:
    found = least_losses(np.array([[0.5, 0.5], [1.0, 0.0], [2.0, 2.0]]))
    assert found == pytest.approx([log(2), 0, 4 * log(2)])
