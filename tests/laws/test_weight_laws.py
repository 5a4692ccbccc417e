"""What weights of classes and of rows are: how often each counts, up to a common factor."""

from fractions import Fraction
from math import ulp
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import xent
from strategies import HALF, Labelled, factors, labelled, same, smoothing
from xent import LossSum

powers = st.integers(-40, 40).map(lambda power: 2.0**power)


@HALF
@given(labelled(), powers, smoothing(), st.data())
def test_a_power_of_two_in_all_weights_cancels_without_a_trace(
    case: Labelled, power: float, epsilon: float, data: st.DataObject
) -> None:
    logits, targets = case
    for name, count in (("weight", logits.shape[1]), ("sample_weight", len(logits))):
        some = data.draw(factors(count))
        before: dict[str, Any] = {"label_smoothing": epsilon, name: some}
        after = before | {name: some * power}
        for function in (xent.cross_entropy, xent.cross_entropy_grad):
            mean, total = (
                function(logits, targets, **before, reduction=one) for one in ("mean", "sum")
            )
            assert same(function(logits, targets, **after), mean)
            assert same(function(logits, targets, **after, reduction="sum"), total * power)


@HALF
@given(labelled(), powers, smoothing())
def test_one_weight_for_all_is_none(case: Labelled, power: float, epsilon: float) -> None:
    logits, targets = case
    plain = xent.cross_entropy(logits, targets, label_smoothing=epsilon)
    for name, count in (("weight", logits.shape[1]), ("sample_weight", len(logits))):
        options: dict[str, Any] = {"label_smoothing": epsilon, name: np.full(count, power)}
        assert same(xent.cross_entropy(logits, targets, **options), plain)


@given(labelled(), st.floats(1e-9, 1e9), smoothing())
def test_any_one_weight_for_all_cancels(case: Labelled, factor: float, epsilon: float) -> None:
    """But for the rounding of each product, and of the share of a class."""
    logits, targets = case
    weight = np.full(logits.shape[1], factor)
    assert xent.cross_entropy(
        logits, targets, weight=weight, label_smoothing=epsilon
    ) == pytest.approx(
        xent.cross_entropy(logits, targets, label_smoothing=epsilon), rel=2e-15, nan_ok=True
    )


@HALF
@given(labelled(), st.data())
def test_the_weight_of_a_class_is_that_of_its_rows(case: Labelled, data: st.DataObject) -> None:
    logits, targets = case
    weight = data.draw(factors(logits.shape[1]))
    rows = np.where(targets < 0, 1.0, weight[np.maximum(targets, 0)])
    for reduction in ("mean", "sum", "none"):
        assert same(
            xent.cross_entropy(logits, targets, weight=weight, reduction=reduction),
            xent.cross_entropy(logits, targets, sample_weight=rows, reduction=reduction),
        )


@HALF
@given(labelled(), smoothing(), st.data())
def test_a_row_of_weight_2_is_two_rows(case: Labelled, epsilon: float, data: st.DataObject) -> None:
    """And one of weight 0 is none."""
    logits, targets = case
    times = data.draw(st.lists(st.sampled_from([0, 1, 2, 4]), min_size=len(logits)))[: len(logits)]
    weighted = xent.cross_entropy(logits, targets, sample_weight=times, label_smoothing=epsilon)
    repeated = np.repeat(np.arange(len(logits)), times)
    assert same(
        weighted,
        xent.cross_entropy(logits[repeated], targets[repeated], label_smoothing=epsilon),
    )


@given(labelled(), st.data())
def test_a_weighted_sum_has_the_mean_of_the_rows(case: Labelled, data: st.DataObject) -> None:
    logits, targets = case
    weight = data.draw(factors(logits.shape[1]))
    counted = targets >= 0
    losses = xent.cross_entropy(logits, targets, weight=weight, reduction="none")[counted]
    sums = LossSum.of(losses, weight[targets[counted]])
    assert same(sums.mean, xent.cross_entropy(logits, targets, weight=weight))


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0.125, 8)), min_size=2, max_size=20))
def test_a_weighted_sum_has_the_standard_error_of_a_ratio(
    rows: list[tuple[float, float]],
) -> None:
    """Its square is n / (n - 1) · Σ (l - m·w)² / (Σ w)², here in rational arithmetic."""
    losses, weights = zip(*rows, strict=True)
    exact = [(Fraction(loss), Fraction(weight)) for loss, weight in rows]
    count, denominator = len(rows), sum(weight for _, weight in exact)
    mean = sum(loss for loss, _ in exact) / denominator
    deviations = sum((loss - mean * weight) ** 2 for loss, weight in exact)
    squared = Fraction(count, count - 1) * deviations / denominator**2
    found = LossSum.of(losses, weights).standard_error
    one = Fraction(ulp(found))
    assert max(Fraction(found) - one, Fraction()) ** 2 <= squared <= (Fraction(found) + one) ** 2
