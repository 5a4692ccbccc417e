"""Losses against 60 digits, and against what was published."""

import math

import numpy as np
import pytest
from numpy.typing import ArrayLike

import xent
from oracle import exact_mean

IDENTITY = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
MARGINS = [[1, 4, 1, 1], [5, 1, 2, 1], [1, 2, 5, 1]]


def test_the_worked_examples_are_correctly_rounded() -> None:
    assert xent.cross_entropy(IDENTITY, [0, 1, 2]) == 0.5514447139320511
    assert xent.cross_entropy(MARGINS, [1, 0, 2]) == 0.10165968125955888
    assert xent.cross_entropy(np.multiply(IDENTITY, 10), [0, 1, 2]) == pytest.approx(
        9.0796e-05, rel=1e-5
    )


def test_a_small_loss_keeps_its_digits() -> None:
    """The textbook's logsumexp(z) - z_t cancels to 0 here, in PyTorch, SciPy and sklearn too."""
    assert xent.cross_entropy([[40, 0]], [0]) == 4.248354255291589e-18


def test_a_large_loss_does_not_overflow() -> None:
    assert xent.cross_entropy([[1000, 1]], [1]) == 999.0


LOGITS = [[0.5, -1.25, 3.0], [2.0, 2.0, 2.0], [-4.0, 0.1, 0.2]]


@pytest.mark.parametrize(
    ("logits", "targets", "mean", "total", "rows"),
    [
        # Found by PyTorch 2.13.0 (CPU): torch.nn.functional.cross_entropy of float64 tensors,
        # with reduction "mean", "sum" and "none".
        (MARGINS, [1, 0, 2], 0.10165968125955877, None, None),
        (
            LOGITS,
            [0, 2, 1],
            1.4809454232236743,
            4.442836269671023,
            [2.5919857805919686, 1.0986122886681098, 0.7522382004109445],
        ),
        (
            LOGITS,
            [0, -100, 1],
            1.6721119905014565,
            3.344223981002913,
            [2.5919857805919686, 0.0, 0.7522382004109445],
        ),
    ],
)
def test_pytorch_finds_the_same(
    logits: list[list[float]],
    targets: list[int],
    mean: float,
    total: float | None,
    rows: list[float] | None,
) -> None:
    near = 2e-15  # PyTorch's own rounding: 8 ulp in the first of these
    assert xent.cross_entropy(logits, targets) == pytest.approx(mean, rel=near)
    if total is not None:
        found = xent.cross_entropy(logits, targets, reduction="sum")
        assert found == pytest.approx(total, rel=near)
    if rows is not None:
        each = xent.cross_entropy(logits, targets, reduction="none")
        assert each.tolist() == pytest.approx(rows, rel=near)


def test_float32_logits_are_taken_at_their_exact_values() -> None:
    logits = np.random.default_rng(5).normal(size=(50, 7)).astype(np.float32)
    targets = np.arange(50) % 7
    assert xent.cross_entropy(logits, targets) == xent.cross_entropy(
        logits.astype(np.float64), targets
    )


def test_the_mean_is_rounded_once() -> None:
    rng = np.random.default_rng(11)
    logits, targets = rng.normal(size=(1000, 5)) * 20, rng.integers(5, size=1000)
    losses = xent.cross_entropy(logits, targets, reduction="none")
    assert xent.cross_entropy(logits, targets) == exact_mean(losses.tolist())
    assert xent.cross_entropy(logits, targets, reduction="sum") == math.fsum(losses.tolist())


def test_ignored_rows_take_no_part() -> None:
    logits = [[1.0, 2.0], [float("nan"), 0.0], [3.0, 0.5]]
    kept = xent.cross_entropy([logits[0], logits[2]], [1, 0])
    assert xent.cross_entropy(logits, [1, -100, 0]) == kept
    assert xent.cross_entropy(logits, [1, 7, 0], ignore_index=7) == kept
    assert xent.cross_entropy(logits, [1, -100, 0], reduction="none")[1] == 0.0


def test_an_ignore_index_among_the_classes_leaves_that_class_out() -> None:
    assert xent.cross_entropy(IDENTITY, [0, 1, 2], ignore_index=0) == xent.cross_entropy(
        IDENTITY[1:], [1, 2]
    )


def test_the_mean_of_no_rows_is_nan_and_their_sum_is_zero() -> None:
    assert math.isnan(xent.cross_entropy([[1.0, 2.0]], [-100]))
    assert xent.cross_entropy([[1.0, 2.0]], [-100], reduction="sum") == 0.0


INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("row", "target", "expected"),
    [
        # What PyTorch 2.13.0 gives, case by case.
        ([1.0, -INF], 0, 0.0),
        ([1.0, -INF], 1, INF),
        ([1.0, INF], 0, NAN),
        ([1.0, INF], 1, NAN),
        ([-INF, -INF], 0, NAN),
        ([NAN, 1.0], 1, NAN),
        ([5.0], 0, 0.0),
    ],
)
def test_what_is_not_finite_follows_pytorch(row: list[float], target: int, expected: float) -> None:
    found = xent.cross_entropy([row], [target])
    assert found == expected or (math.isnan(found) and math.isnan(expected))


def test_nll_loss_after_log_softmax_is_cross_entropy() -> None:
    rng = np.random.default_rng(3)
    logits, targets = rng.normal(size=(200, 9)) * 5, rng.integers(9, size=200)
    assert xent.nll_loss(xent.log_softmax(logits), targets) == pytest.approx(
        xent.cross_entropy(logits, targets), rel=1e-15
    )


def test_nll_loss_takes_log_probabilities_as_they_are() -> None:
    assert xent.nll_loss([[-0.25, -1.5], [-3.0, -2.0]], [0, 1], reduction="sum") == 2.25
    assert math.copysign(1, xent.nll_loss([[0.0, -INF]], [0])) == 1


@pytest.mark.parametrize(
    ("logits", "targets", "message"),
    [
        (1.0, 0, r"\(N, C, …\) or \(C,\), got \(\)"),
        ([[], []], [0, 0], "at least one class"),
        ([1.0, 2.0], [0], r"targets of shape \(1,\) do not fit logits of shape \(2,\)"),
        ([[1.0, 2.0]], 0, r"targets of shape \(\) do not fit"),
        ([[1.0, 2.0]], [0, 1], r"targets of shape \(2,\) do not fit logits of shape \(1, 2\)"),
        ([["a", "b"]], [0], "real numbers"),
        ([[1.0, 2.0]], ["a"], "real numbers"),
        ([[1.0, 2.0]], [2], r"targets\[0\]: target 2 is outside the 2 classes 0..1"),
        ([[1.0, 2.0], [1.0, 2.0]], [0, -1], r"targets\[1\]: target -1 is outside"),
        ([[1.0, 2.0]], [0.5], "0.5 is not the number of a class"),
        ([[1.0, 2.0]], [NAN], "nan is not the number of a class"),
        ([[1.0, 2.0]], [2**64 - 1], "18446744073709551615 is not the number of a class"),
    ],
)
def test_what_does_not_fit_is_an_input_error(
    logits: ArrayLike, targets: ArrayLike, message: str
) -> None:
    for function in (xent.cross_entropy, xent.nll_loss):
        with pytest.raises(xent.InputError, match=message):
            function(logits, targets)


def test_an_unknown_reduction_is_an_input_error() -> None:
    with pytest.raises(xent.InputError, match="one of mean, sum, none, not 'average'"):
        xent.cross_entropy([[1.0, 2.0]], [0], reduction="average")  # type: ignore[call-overload]  # that is the test


def test_targets_that_fit_another_axis_are_told_which() -> None:
    with pytest.raises(xent.InputError) as refused:
        xent.cross_entropy(np.zeros((2, 3, 5)), np.zeros((2, 3), dtype=int))
    assert refused.value.diagnostic.hint == ("they fit with class_axis=2")
