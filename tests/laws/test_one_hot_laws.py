"""A class number and the probabilities that are certain of it mean the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import xent
from strategies import HALF, Labelled, factors, labelled, one_hot, same, smoothing

cases = labelled(ignored=False)


@HALF
@given(cases, st.sampled_from([1.0, 3.0, 0.25]))
def test_certain_probabilities_give_the_bits_of_the_class(
    case: Labelled, temperature: float
) -> None:
    logits, targets = case
    certain = one_hot(targets, logits.shape[1])
    for reduction in ("mean", "sum", "none"):
        found, expected = (
            xent.cross_entropy(logits, some, reduction=reduction, temperature=temperature)
            for some in (certain, targets)
        )
        assert same(found, expected)
    assert same(xent.cross_entropy_grad(logits, certain), xent.cross_entropy_grad(logits, targets))


@HALF
@given(cases, smoothing(), st.data())
def test_with_weights_and_smoothing_they_give_the_same_sum(
    case: Labelled, epsilon: float, data: st.DataObject
) -> None:
    """Not the same mean: that of probabilities is over the rows, as PyTorch has it."""
    logits, targets = case
    weight = data.draw(factors(logits.shape[1]))
    certain = one_hot(targets, logits.shape[1])
    found, expected = (
        xent.cross_entropy(logits, some, weight=weight, label_smoothing=epsilon, reduction="none")
        for some in (certain, targets)
    )
    # w·(gap + ln Σ) is rounded as a whole for a class, part by part for probabilities.
    assert found == pytest.approx(expected, rel=1e-14, abs=1e-300)
