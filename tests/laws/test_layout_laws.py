"""Where the axes of an array stand changes nothing about its rows."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import xent
from strategies import HALF, ORDINARY, Labelled, Matrix, factors, labelled, likely, same, smoothing

Case = tuple[Matrix, Any, dict[str, Any]]


@st.composite
def images(draw: st.DrawFn) -> Case:
    """(N, C, d1, …) logits, class numbers or probabilities, and options with a factor a row."""
    shape = draw(array_shapes(min_dims=2, max_dims=4, min_side=1, max_side=4))
    places = shape[:1] + shape[2:]
    logits = draw(arrays(np.float64, shape, elements=ORDINARY))
    options: dict[str, Any] = {
        "weight": draw(st.none() | factors(shape[1])),
        "label_smoothing": draw(smoothing()),
        "sample_weight": draw(st.none() | arrays(np.float64, places, elements=st.floats(0.125, 8))),
    }
    numbers = st.integers(0, shape[1] - 1) | st.just(-100)
    targets: Any = draw(
        arrays(np.int64, places, elements=numbers)
        | arrays(np.float64, shape, elements=st.floats(0, 1))
    )
    return logits, targets, options


def as_rows(array: Any, axis: int = 1) -> Any:
    last = np.moveaxis(array, axis, -1)
    return last.reshape(-1, last.shape[-1])


@HALF
@given(images())
def test_places_are_rows(case: Case) -> None:
    logits, targets, options = case
    own = options["sample_weight"]
    flat_options = options | {"sample_weight": None if own is None else own.reshape(-1)}
    flat = as_rows(logits), as_rows(targets) if targets.ndim == logits.ndim else targets.reshape(-1)
    for reduction in ("mean", "sum"):
        assert same(
            xent.cross_entropy(logits, targets, **options, reduction=reduction),
            xent.cross_entropy(*flat, **flat_options, reduction=reduction),
        )
    losses = xent.cross_entropy(logits, targets, **options, reduction="none")
    assert losses.shape == logits.shape[:1] + logits.shape[2:]
    each = xent.cross_entropy(*flat, **flat_options, reduction="none")
    assert same(losses.reshape(-1), each)
    gradient = xent.cross_entropy_grad(logits, targets, **options)
    assert gradient.shape == logits.shape
    assert same(as_rows(gradient), xent.cross_entropy_grad(*flat, **flat_options))


@HALF
@given(images(), st.data())
def test_the_classes_may_stand_along_any_axis(case: Case, data: st.DataObject) -> None:
    logits, targets, options = case
    axis = data.draw(st.integers(-logits.ndim, logits.ndim - 1))
    moved = np.moveaxis(logits, 1, axis)
    labels = np.moveaxis(targets, 1, axis) if targets.ndim == logits.ndim else targets
    for reduction in ("mean", "sum", "none"):
        assert same(
            xent.cross_entropy(moved, labels, **options, reduction=reduction, class_axis=axis),
            xent.cross_entropy(logits, targets, **options, reduction=reduction),
        )
    gradient = xent.cross_entropy_grad(moved, labels, **options, class_axis=axis)
    expected = xent.cross_entropy_grad(logits, targets, **options)
    assert same(np.moveaxis(gradient, axis, 1), expected)
    if targets.ndim < logits.ndim:
        found = xent.nll_loss(moved, targets, class_axis=axis)
        assert same(found, xent.nll_loss(logits, targets))


@HALF
@given(labelled() | likely(), smoothing())
def test_one_row_needs_no_axis_of_rows(case: Labelled, epsilon: float) -> None:
    for row, target in zip(*case, strict=True):
        for reduction in ("mean", "sum", "none"):
            found, expected = (
                xent.cross_entropy(*some, label_smoothing=epsilon, reduction=reduction)
                for some in ((row, target), (row[None], target[None]))
            )
            assert np.shape(found) == ()
            assert same(found, np.squeeze(expected))
        gradient = xent.cross_entropy_grad(row, target, label_smoothing=epsilon)
        batch = xent.cross_entropy_grad(row[None], target[None], label_smoothing=epsilon)
        assert same(gradient, batch[0])


@HALF
@given(images())
def test_the_order_in_memory_does_not_matter(case: Case) -> None:
    logits, targets, options = case
    for other in (np.asfortranarray(logits), logits.astype(">f8"), logits[::-1].copy()[::-1]):
        for reduction in ("mean", "none"):
            assert same(
                xent.cross_entropy(other, targets, **options, reduction=reduction),
                xent.cross_entropy(logits, targets, **options, reduction=reduction),
            )
        assert same(
            xent.cross_entropy_grad(other, targets, **options),
            xent.cross_entropy_grad(logits, targets, **options),
        )
