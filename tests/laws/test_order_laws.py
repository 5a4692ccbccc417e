"""Weighted, smoothed, ignored, infinite or undefined: rows give the same bits in any order."""

from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import xent
from strategies import (
    HALF,
    WILD,
    Classes,
    Labelled,
    Matrix,
    factors,
    labelled,
    likely,
    same,
    smoothing,
)
from xent import LossSum
from xent.inputs import arrays
from xent.losses import cross_entropy, target_nll

terms = st.lists(st.tuples(st.floats(), st.floats()))
randoms = st.randoms(use_true_random=False)


def figures(sums: LossSum) -> list[str]:
    """All that is shown of a sum, so that nan equals nan."""
    return [repr(value) for value in (sums.mean, sums.standard_error, sums.perplexity, sums.bits)]


def merged(pieces: list[LossSum], random: Random) -> LossSum:
    """Merge any two until one is left: a tree of any shape."""
    while len(pieces) > 1:
        one, other = (pieces.pop(random.randrange(len(pieces))) for _ in range(2))
        pieces.append(one.merge(other))
    return pieces[0]


@HALF
@given(terms, randoms, st.integers(1, 8))
def test_weighted_losses_in_any_order_pieces_and_tree(
    rows: list[tuple[float, float]], random: Random, count: int
) -> None:
    whole = LossSum.of([loss for loss, _ in rows], [weight for _, weight in rows])
    shuffled = random.sample(rows, len(rows))
    cuts = [0, *sorted(random.randint(0, len(rows)) for _ in range(count)), len(rows)]
    pieces = [
        LossSum.of([loss for loss, _ in part], [weight for _, weight in part])
        for part in (shuffled[start:stop] for start, stop in pairwise(cuts))
    ]
    found = merged(pieces, random)
    assert found == whole
    assert figures(found) == figures(whole)


@st.composite
def options(draw: st.DrawFn, logits: Matrix) -> dict[str, Any]:
    rows, classes = logits.shape
    return {
        "weight": draw(st.none() | factors(classes)),
        "sample_weight": draw(st.none() | factors(rows)),
        "label_smoothing": draw(smoothing()),
        "temperature": draw(st.sampled_from([1.0, 1.0, 3.0, 0.25])),
        "unit": draw(st.sampled_from(["nats", "bits"])),
    }


def rearranged(order: list[int], some: dict[str, Any]) -> dict[str, Any]:
    own = some["sample_weight"]
    return {**some, "sample_weight": None if own is None else own[order]}


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@HALF
@given(data=st.data())
def test_the_order_of_the_rows(reduction: str, data: st.DataObject) -> None:
    soft = data.draw(st.booleans())
    logits, targets = data.draw(likely(WILD) if soft else labelled(WILD))
    some = data.draw(options(logits)) | {"reduction": reduction}
    order = data.draw(st.permutations(range(len(logits))))
    before = xent.cross_entropy(logits, targets, **some)
    after = xent.cross_entropy(logits[order], targets[order], **rearranged(order, some))
    assert same(after, before)


def everything(logits: Matrix, targets: Classes, some: dict[str, Any]) -> list[Any]:
    """The loss in each reduction, and the gradient."""
    reductions: list[Any] = ["mean", "sum", "none"]
    losses = [xent.cross_entropy(logits, targets, **some, reduction=one) for one in reductions]
    return [*losses, xent.cross_entropy_grad(logits, targets, **some)]


@HALF
@given(labelled(WILD), st.integers(1, 40), st.integers(1, 40), st.data())
def test_the_pieces_that_an_array_is_worked_on_in(
    case: Labelled, elements: int, slices: int, data: st.DataObject
) -> None:
    logits, targets = case
    some = data.draw(options(logits))
    few = data.draw(st.sampled_from([0, 48]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(target_nll, "_FEW_CLASSES", few)
        whole = everything(logits, targets, some)
        patch.setattr(arrays, "_ELEMENTS", elements)
        patch.setattr(cross_entropy, "_SLICE", slices)
        patch.setattr(target_nll, "_BLOCK", slices)
        cut = everything(logits, targets, some)
    assert all(map(same, cut, whole))
