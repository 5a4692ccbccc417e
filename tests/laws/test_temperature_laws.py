"""A temperature T divides the logits, without rounding them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from mpmath import mpf

import xent
from oracle import true_loss, ulps
from strategies import HALF, Labelled, Matrix, labelled, same, smoothing

# Up to 4 times the logits: beyond, the smallest exponentials are no normal doubles.
powers = st.integers(-2, 6).map(lambda power: 2.0**power)
odd = st.floats(0.05, 20)
whole = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=6),
    elements=st.integers(-400, 400).map(float),
)


@HALF
@given(labelled(), powers, smoothing())
def test_a_power_of_two_divides_exactly(case: Labelled, power: float, epsilon: float) -> None:
    logits, targets = case
    logits[np.abs(logits) < 1e-300] = 0  # the smallest doubles cannot be halved
    for reduction in ("mean", "none"):
        found = xent.cross_entropy(
            logits, targets, temperature=power, label_smoothing=epsilon, reduction=reduction
        )
        divided = xent.cross_entropy(
            logits / power, targets, label_smoothing=epsilon, reduction=reduction
        )
        assert same(found, divided)
    assert same(xent.softmax(logits, temperature=power), xent.softmax(logits / power))
    assert same(xent.log_softmax(logits, temperature=power), xent.log_softmax(logits / power))
    gradient = xent.cross_entropy_grad(logits, targets, temperature=power)
    assert same(gradient, xent.cross_entropy_grad(logits / power, targets) / power)


@given(whole, st.sampled_from([3.0, 5.0, 10.0, 0.375]))
def test_so_does_whatever_divides_without_a_rest(logits: Matrix, temperature: float) -> None:
    targets = np.arange(len(logits)) % logits.shape[1]
    assert same(
        xent.cross_entropy(logits * temperature, targets, temperature=temperature),
        xent.cross_entropy(logits, targets),
    )


@HALF
@given(labelled(ignored=False), odd)
def test_any_other_is_right_to_the_bound_of_the_rows(case: Labelled, temperature: float) -> None:
    """Dividing the logits first rounds them, and that can cost hundreds of ulp."""
    logits, targets = case
    losses = xent.cross_entropy(logits, targets, temperature=temperature, reduction="none")
    for row, target, loss in zip(logits.tolist(), targets.tolist(), losses.tolist(), strict=True):
        divided = [mpf(value) / mpf(temperature) for value in row]
        assert ulps(loss, true_loss(divided, target)) <= 4


@given(labelled(), odd)
def test_and_near_the_loss_of_divided_logits(case: Labelled, temperature: float) -> None:
    logits, targets = case
    found = xent.cross_entropy(logits, targets, temperature=temperature, reduction="none")
    divided = xent.cross_entropy(logits / temperature, targets, reduction="none")
    # Half an ulp of a logit of 1000 is 6e-14, in each of two.
    assert found == pytest.approx(divided, rel=3e-13, abs=1e-300)
