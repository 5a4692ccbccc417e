"""A yes or no is a choice of two classes, one of which has the logit 0."""

from math import inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import xent
from strategies import HALF, Matrix, factors, same

binary = xent.binary_cross_entropy_with_logits
Case = tuple[Matrix, Matrix]


@st.composite
def questions(draw: st.DrawFn, elements: st.SearchStrategy[float], labels: Any) -> Case:
    shape = draw(array_shapes(max_dims=2, max_side=6))
    return (
        draw(arrays(np.float64, shape, elements=elements)),
        draw(arrays(np.float64, shape, elements=labels)),
    )


# Below e^-600 the loss of a row takes another way, to keep the digits of the smallest doubles.
finite = st.floats(-600, 600)
far = st.floats(-1e4, 1e4)
any_logit = st.floats() | st.sampled_from([inf, -inf, nan])
sure = st.sampled_from([0.0, 1.0])
unsure = st.floats(0, 1)


def two_classes(logits: Matrix) -> Matrix:
    return np.stack([np.zeros(logits.size), logits.reshape(-1)], axis=1)


@HALF
@given(questions(finite, sure))
def test_a_sure_label_gives_the_bits_of_the_class(case: Case) -> None:
    logits, labels = case
    pairs, classes = two_classes(logits), labels.reshape(-1).astype(int)
    for reduction in ("mean", "sum"):
        assert binary(logits, labels, reduction=reduction) == xent.cross_entropy(
            pairs, classes, reduction=reduction
        )
    losses = binary(logits, labels, reduction="none")
    assert losses.shape == logits.shape
    assert same(losses.reshape(-1), xent.cross_entropy(pairs, classes, reduction="none"))


@given(questions(far, unsure))
def test_an_unsure_label_is_a_probability(case: Case) -> None:
    logits, labels = case
    flat = labels.reshape(-1)
    shares = np.stack([1 - flat, flat], axis=1)
    losses = binary(logits, labels, reduction="none").reshape(-1)
    expected = xent.cross_entropy(two_classes(logits), shares, reduction="none")
    assert losses == pytest.approx(expected, rel=2e-15, abs=1e-320)


@HALF
@given(questions(finite, sure), st.data())
def test_the_weight_of_yes_is_that_of_its_class(case: Case, data: st.DataObject) -> None:
    logits, labels = case
    factor = data.draw(st.floats(0.125, 8))
    losses = binary(logits, labels, pos_weight=factor, reduction="none").reshape(-1)
    expected = xent.cross_entropy(
        two_classes(logits), labels.reshape(-1).astype(int), weight=[1, factor], reduction="none"
    )
    assert losses == pytest.approx(expected, rel=1e-15, abs=1e-320)  # 4 ulp


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@HALF
@given(case=questions(any_logit, st.sampled_from([0.0, 0.25, 0.5, 1.0])))
def test_yes_and_no_may_change_places(reduction: Any, case: Case) -> None:
    """With labels whose 1 - y is exact; any other is rounded by the caller."""
    logits, labels = case
    assert same(
        binary(-logits, 1 - labels, reduction=reduction),
        binary(logits, labels, reduction=reduction),
    )


@HALF
@given(questions(finite, unsure), st.data())
def test_one_weight_for_all_elements_or_one_each(case: Case, data: st.DataObject) -> None:
    logits, labels = case
    last = data.draw(factors(logits.shape[-1]))
    for name in ("weight", "pos_weight"):
        wide: dict[str, Any] = {name: np.broadcast_to(last, logits.shape)}
        narrow: dict[str, Any] = {name: last}
        assert same(
            binary(logits, labels, reduction="none", **narrow),
            binary(logits, labels, reduction="none", **wide),
        )
    plain = binary(logits, labels, reduction="none")
    assert same(binary(logits, labels, last, reduction="none"), plain * last)
    ones = np.ones(logits.shape)
    assert same(binary(logits, labels, ones, ones, reduction="none"), plain)


@given(questions(any_logit, unsure), st.data())
def test_the_order_of_the_elements_does_not_matter(case: Case, data: st.DataObject) -> None:
    logits, labels = case
    order = data.draw(st.permutations(range(logits.size)))
    for reduction in ("mean", "sum"):
        assert same(
            binary(logits.reshape(-1)[order], labels.reshape(-1)[order], reduction=reduction),
            binary(logits, labels, reduction=reduction),
        )


@given(questions(far, sure))
def test_a_loss_is_never_negative(case: Case) -> None:
    assert (binary(*case, reduction="none") >= 0).all()
