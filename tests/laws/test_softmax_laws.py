"""What holds for softmax and the loss whatever the logits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

import xent

matrices = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12),
    elements=st.floats(-700, 700),
)
Matrix = NDArray[np.float64]


def targets_for(logits: Matrix) -> NDArray[np.int64]:
    return np.array([row * 7 % logits.shape[1] for row in range(len(logits))])


@given(matrices)
def test_rows_sum_to_1(logits: Matrix) -> None:
    assert xent.softmax(logits).sum(axis=1) == pytest.approx(1, abs=1e-14)


@given(matrices)
def test_the_logs_are_those_of_the_probabilities(logits: Matrix) -> None:
    assert np.exp(xent.log_softmax(logits)) == pytest.approx(xent.softmax(logits), rel=1e-12)


@given(matrices, st.integers(-1000, 1000))
def test_a_shift_of_a_row_changes_nothing(logits: Matrix, shift: int) -> None:
    whole = np.round(logits)  # so that adding the shift is exact
    targets = targets_for(logits)
    before = xent.cross_entropy(whole, targets, reduction="none")
    assert (xent.cross_entropy(whole + shift, targets, reduction="none") == before).all()


@given(matrices, st.randoms(use_true_random=False))
def test_the_order_of_the_classes_does_not_matter(logits: Matrix, random: object) -> None:
    order = np.random.default_rng(hash(random) % 2**32).permutation(logits.shape[1])
    targets = targets_for(logits)
    moved = np.argsort(order)[targets]
    assert xent.cross_entropy(logits[:, order], moved, reduction="none") == pytest.approx(
        xent.cross_entropy(logits, targets, reduction="none"), rel=1e-15
    )


@given(st.integers(1, 200), st.floats(-1e300, 1e300))
def test_even_logits_give_ln_c(classes: int, value: float) -> None:
    assert xent.cross_entropy([[value] * classes], [classes - 1]) == pytest.approx(
        np.log(classes), rel=1e-15
    )


@given(matrices)
def test_a_loss_is_never_negative(logits: Matrix) -> None:
    assert (xent.cross_entropy(logits, targets_for(logits), reduction="none") >= 0).all()


@given(matrices)
def test_a_row_alone_and_the_row_in_a_batch_have_the_same_bits(logits: Matrix) -> None:
    targets = targets_for(logits)
    together = xent.cross_entropy(logits, targets, reduction="none")
    for row, target, loss in zip(logits, targets, together, strict=True):
        assert xent.cross_entropy([row], [target]) == loss


@pytest.mark.parametrize("classes", [2, 3, 17, 1000, 40_000])
def test_so_have_rows_in_long_batches(classes: int) -> None:
    """Longer than one slice of work, and with every remainder that a vector loop can have."""
    rng = np.random.default_rng(classes)
    rows = max(5, 200_000 // classes)
    logits, targets = rng.normal(size=(rows, classes)) * 9, rng.integers(classes, size=rows)
    together = xent.cross_entropy(logits, targets, reduction="none")
    for row in rng.integers(rows, size=20):
        assert xent.cross_entropy(logits[row : row + 1], targets[row : row + 1]) == together[row]
