"""The loss falls as the target's logit rises, and curves upwards everywhere."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import xent
from strategies import HALF, ORDINARY, Labelled, factors, labelled, smoothing

cases = labelled(ignored=False)


@given(cases, st.floats(0, 30))
def test_a_higher_logit_of_the_target_never_raises_the_loss(case: Labelled, more: float) -> None:
    logits, targets = case
    raised = logits.copy()
    raised[np.arange(len(targets)), targets] += more
    before, after = (
        xent.cross_entropy(scores, targets, reduction="none") for scores in (logits, raised)
    )
    # Two losses that are nearly equal may be rounded in opposite directions.
    assert (after <= before * (1 + 4e-15)).all()


@given(cases, st.floats(0, 30), st.data())
def test_a_higher_logit_of_another_class_never_lowers_it(
    case: Labelled, more: float, data: st.DataObject
) -> None:
    logits, targets = case
    other = data.draw(st.integers(0, logits.shape[1] - 1))
    raised = logits.copy()
    raised[targets != other, other] += more
    before, after = (
        xent.cross_entropy(scores, targets, reduction="none") for scores in (logits, raised)
    )
    assert (after >= before * (1 - 4e-15)).all()


@HALF
@given(cases, st.floats(0, 1), smoothing(), st.data())
def test_between_two_points_it_is_never_above_their_line(
    case: Labelled, part: float, epsilon: float, data: st.DataObject
) -> None:
    here, targets = case
    there = data.draw(arrays(np.float64, here.shape, elements=ORDINARY))
    weight = data.draw(st.none() | factors(here.shape[1]))
    between, one, other = (
        xent.cross_entropy(scores, targets, weight=weight, label_smoothing=epsilon)
        for scores in (part * here + (1 - part) * there, here, there)
    )
    # Half an ulp of each logit of 50 on the way, 4e-15, over.
    assert between <= part * one + (1 - part) * other + 1e-13


@HALF
@given(cases, st.data())
def test_the_gradient_leads_uphill(case: Labelled, data: st.DataObject) -> None:
    """Of a convex loss, the tangent at one point is never above the loss at another."""
    here, targets = case
    there = data.draw(arrays(np.float64, here.shape, elements=ORDINARY))
    gradient = xent.cross_entropy_grad(here, targets)
    tangent = xent.cross_entropy(here, targets) + float((gradient * (there - here)).sum())
    assert xent.cross_entropy(there, targets) >= tangent - 1e-13
