"""Logits, their log-probabilities and their probabilities have one loss, in nats or in bits."""

from math import log
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import xent
from strategies import HALF, WILD, Labelled, Matrix, factors, labelled, likely, same, smoothing

cases = labelled() | likely()
UNITS: list[Any] = ["nats", "bits"]


@HALF
@given(labelled())
def test_the_log_probabilities_of_logits_have_their_loss(case: Labelled) -> None:
    logits, targets = case
    logs = xent.log_softmax(logits)
    for reduction in ("mean", "sum", "none"):
        found = xent.cross_entropy(logs, targets, input_kind="log-probs", reduction=reduction)
        assert same(found, xent.cross_entropy(logits, targets, reduction=reduction))
        assert same(found, xent.nll_loss(logs, targets, reduction=reduction))


@pytest.mark.parametrize(
    ("kind", "function"), [("log-probs", xent.log_softmax), ("probs", xent.softmax)]
)
@HALF
@given(case=cases, epsilon=smoothing(), data=st.data())
def test_with_every_option(
    kind: Any, function: Any, case: Labelled, epsilon: float, data: st.DataObject
) -> None:
    logits, targets = case
    options: dict[str, Any] = {
        "weight": data.draw(st.none() | factors(logits.shape[1])),
        "label_smoothing": epsilon,
        "reduction": "none",
    }
    found = xent.cross_entropy(function(logits), targets, input_kind=kind, **options)
    expected = xent.cross_entropy(logits, targets, **options)
    # A few ulp of p, 2.2e-16 each, are as much in ln p, whatever p is; a weight is at most 8, and
    # those of 6 classes add up.
    assert found == pytest.approx(expected, rel=1e-14, abs=1e-13)


@HALF
@given(cases, st.sampled_from(["logits", "log-probs", "probs"]))
def test_log_probabilities_are_a_fixed_point(case: tuple[Matrix, Any], kind: Any) -> None:
    """They are logits too, of themselves; and so are the logarithms of probabilities."""
    logits, targets = case
    kinds = {"logits": logits, "log-probs": xent.log_softmax(logits), "probs": xent.softmax(logits)}
    scores = kinds[kind]
    again = np.log(scores) if kind == "probs" else scores
    assert xent.cross_entropy(scores, targets, input_kind=kind) == pytest.approx(
        xent.cross_entropy(again, targets), rel=1e-14, abs=1e-13, nan_ok=True
    )


@HALF
@given(labelled(WILD), st.sampled_from(["mean", "sum", "none"]), smoothing())
def test_a_bit_is_ln_2_nats(case: Labelled, reduction: Any, epsilon: float) -> None:
    logits, targets = case
    nats, bits = (
        np.asarray(
            xent.cross_entropy(
                logits, targets, unit=unit, reduction=reduction, label_smoothing=epsilon
            )
        )
        for unit in UNITS
    )
    assert same(bits, nats / log(2))
    steep, steeper = (xent.cross_entropy_grad(logits, targets, unit=unit) for unit in UNITS)
    assert steeper == pytest.approx(steep / log(2), rel=1e-15, nan_ok=True)
