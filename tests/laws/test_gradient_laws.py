"""The gradient is the derivative of the loss, and pulls no row as a whole anywhere."""

from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import xent
from strategies import HALF, Labelled, Matrix, factors, labelled, likely, smoothing
from textbook import textbook_gradient, textbook_loss

# Both parts of a derivative, of at most 8, are rounded a few times, and a row's are added up.
NEAR: dict[str, Any] = {"rel": 1e-14, "abs": 1e-14}


@st.composite
def options(draw: st.DrawFn, logits: Matrix) -> dict[str, Any]:
    rows, classes = logits.shape
    return {
        "weight": draw(st.none() | factors(classes)),
        "sample_weight": draw(st.none() | factors(rows)),
        "label_smoothing": draw(smoothing()),
        "temperature": draw(st.sampled_from([1.0, 1.0, 3.0, 0.5])),
        "reduction": draw(st.sampled_from(["mean", "sum"])),
    }


@HALF
@given(labelled() | likely(), st.data())
def test_loss_and_gradient_are_those_of_the_definition(case: Labelled, data: st.DataObject) -> None:
    logits, targets = case
    some = data.draw(options(logits))
    if (targets < 0).all():
        return  # a mean of nothing has no derivative
    loss = float(textbook_loss(logits.tolist(), targets, **some))
    assert xent.cross_entropy(logits, targets, **some) == pytest.approx(loss, rel=2e-14)
    slow = textbook_gradient(logits, partial(textbook_loss, targets=targets, **some))
    scale = 8.0 if some["reduction"] == "mean" else 64.0
    found = xent.cross_entropy_grad(logits, targets, **some)
    assert found == pytest.approx(slow, rel=1e-14, abs=scale * 1e-15)


@HALF
@given(labelled() | likely(), st.data())
def test_each_row_of_the_gradient_adds_up_to_0(case: Labelled, data: st.DataObject) -> None:
    logits, targets = case
    gradient = xent.cross_entropy_grad(logits, targets, **data.draw(options(logits)))
    # 6 classes of at most 64 each, w·s, over a temperature of 0.5.
    assert gradient.sum(axis=1) == pytest.approx(0, abs=6 * 128 * 2**-52)


@HALF
@given(labelled(), st.data())
def test_an_ignored_row_has_no_gradient(case: Labelled, data: st.DataObject) -> None:
    logits, targets = case
    some = data.draw(options(logits))
    gradient = xent.cross_entropy_grad(logits, targets, **some)
    assert not gradient[targets < 0].any()
    spoilt = np.where((targets < 0)[:, None], np.nan, logits)
    assert (xent.cross_entropy_grad(spoilt, targets, **some) == gradient).all()


@given(labelled(ignored=False))
def test_it_is_the_softmax_less_the_target(case: Labelled) -> None:
    logits, targets = case
    expected = xent.softmax(logits)
    expected[np.arange(len(targets)), targets] -= 1
    found = xent.cross_entropy_grad(logits, targets, reduction="sum")
    assert found == pytest.approx(expected, **NEAR)


@pytest.mark.parametrize("kind", ["log-probs", "probs"])
@HALF
@given(case=labelled(ignored=False) | likely(), data=st.data())
def test_the_chain_rule_leads_from_one_kind_of_input_to_another(
    kind: Any, case: Labelled, data: st.DataObject
) -> None:
    """∂l/∂z_c = g_c - p_c·Σ g for log-probabilities; for probabilities g is p·∂l/∂p."""
    logits, targets = case
    some = data.draw(options(logits)) | {"temperature": 1.0}
    probabilities = xent.softmax(logits)
    scores = xent.log_softmax(logits) if kind == "log-probs" else probabilities
    own = xent.cross_entropy_grad(scores, targets, input_kind=kind, **some)
    if kind == "probs":
        own *= probabilities
    through = own - probabilities * own.sum(axis=1, keepdims=True)
    found = xent.cross_entropy_grad(logits, targets, **some)
    assert found == pytest.approx(through, rel=1e-13, abs=64 * 6 * 2**-52)
