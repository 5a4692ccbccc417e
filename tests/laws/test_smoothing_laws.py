"""Label smoothing is a mixture of the target with a uniform guess."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import xent
from strategies import HALF, Labelled, Matrix, factors, labelled, likely, one_hot, same, smoothing

# The mixture's two parts are rounded, and so is their sum; for logits up to 50 they are below 200.
NEAR: dict[str, Any] = {"rel": 1e-14, "abs": 1e-13}


@HALF
@given(labelled(), smoothing(), st.data())
def test_the_loss_is_affine_in_epsilon(case: Labelled, epsilon: float, data: st.DataObject) -> None:
    logits, targets = case
    weight = data.draw(st.none() | factors(logits.shape[1]))
    for reduction in ("mean", "sum", "none"):
        none, some, full = (
            np.asarray(
                xent.cross_entropy(
                    logits, targets, weight=weight, label_smoothing=part, reduction=reduction
                )
            )
            for part in (0.0, epsilon, 1.0)
        )
        mixed = (1 - epsilon) * none + epsilon * full
        assert some == pytest.approx(mixed, nan_ok=True, rel=1e-14, abs=1e-13 * len(logits))


@HALF
@given(labelled(ignored=False), smoothing())
def test_smoothed_classes_are_smoothed_probabilities(case: Labelled, epsilon: float) -> None:
    logits, targets = case
    classes = logits.shape[1]
    smooth = (1 - epsilon) * one_hot(targets, classes) + epsilon / classes
    for reduction in ("mean", "sum", "none"):
        found = xent.cross_entropy(logits, targets, label_smoothing=epsilon, reduction=reduction)
        expected = xent.cross_entropy(logits, smooth, reduction=reduction)
        assert found == pytest.approx(expected, **NEAR)
    assert xent.cross_entropy_grad(logits, targets, label_smoothing=epsilon) == pytest.approx(
        xent.cross_entropy_grad(logits, smooth), **NEAR
    )


@HALF
@given(likely(), smoothing(), st.data())
def test_smoothed_probabilities_are_probabilities(
    case: tuple[Matrix, Matrix], epsilon: float, data: st.DataObject
) -> None:
    logits, targets = case
    weight = data.draw(st.none() | factors(logits.shape[1]))
    smooth = (1 - epsilon) * targets + epsilon / logits.shape[1]
    assert xent.cross_entropy(
        logits, targets, weight=weight, label_smoothing=epsilon
    ) == pytest.approx(xent.cross_entropy(logits, smooth, weight=weight), **NEAR)


@given(labelled())
def test_full_smoothing_forgets_the_targets(case: Labelled) -> None:
    logits, targets = case
    counted = targets >= 0
    assert same(
        xent.cross_entropy(logits, targets, label_smoothing=1.0),
        xent.cross_entropy(logits, np.where(counted, 0, -100), label_smoothing=1.0),
    )
