"""The binary loss: values that PyTorch finds, 60 digits, edges, and what is refused."""

import math
from typing import Any

import numpy as np
import pytest

import xent
from oracle import true_loss, ulps

binary = xent.binary_cross_entropy_with_logits
INF, NAN = math.inf, math.nan

LOGITS = [[0.5, -1.25, 3.0], [40.0, -40.0, 0.0]]
LABELS = [[1.0, 0.0, 0.25], [1.0, 0.0, 0.5]]
WEIGHT = [[1.0, 0.5, 2.0], [3.0, 1.0, 0.0]]
POS_WEIGHT = [2.0, 0.5, 3.0]
# ln(1 + exp(-40)). PyTorch finds it for the fourth element, and 0 for the fifth, whose value is
# the same: there 1 + exp(-40) has been rounded to 1.
TINY = 4.248354255291589e-18


# Found by PyTorch 2.13.0 (CPU): torch.nn.functional.binary_cross_entropy_with_logits of float64
# tensors, for reduction "mean", "sum" and "none".
@pytest.mark.parametrize(
    ("weight", "pos_weight", "mean", "total", "elements"),
    [
        (
            None,
            None,
            0.6196234329431944,
            3.7177405976591666,
            [
                [0.4740769841801067, 0.25192908134537295, 2.298587351573742],
                [TINY, TINY, 0.6931471805599453],
            ],
        ),
        (
            WEIGHT,
            None,
            0.8662027046667129,
            5.197216228000277,
            [
                [0.4740769841801067, 0.12596454067268648, 4.597174703147484],
                [1.2745062765874767e-17, TINY, 0.0],
            ],
        ),
        (
            None,
            POS_WEIGHT,
            0.8182097396976816,
            4.9092584381860895,
            [
                [0.9481539683602134, 0.25192908134537295, 2.322881027360613],
                [8.496708510583178e-18, TINY, 1.3862943611198906],
            ],
        ),
        (
            WEIGHT,
            POS_WEIGHT,
            0.9533134272923544,
            5.719880563754126,
            [
                [0.9481539683602134, 0.12596454067268648, 4.645762054721226],
                [2.5490125531749533e-17, TINY, 0.0],
            ],
        ),
    ],
)
def test_pytorch_finds_the_same(
    weight: Any, pos_weight: Any, mean: float, total: float, elements: Any
) -> None:
    near = 1e-15
    assert binary(LOGITS, LABELS, weight, pos_weight) == pytest.approx(mean, rel=near)
    found = binary(LOGITS, LABELS, weight, pos_weight, reduction="sum")
    assert found == pytest.approx(total, rel=near)
    each = binary(LOGITS, LABELS, weight, pos_weight, reduction="none")
    assert each == pytest.approx(np.array(elements), rel=near, abs=0)


@pytest.mark.parametrize(
    ("logit", "label", "expected"),
    [
        # As PyTorch 2.13.0.
        (1000.0, 0.0, 1000.0),
        (-1000.0, 1.0, 1000.0),
        (1000.0, 1.0, 0.0),
        (-1000.0, 0.0, 0.0),
        (INF, 0.0, INF),
        (INF, 0.5, INF),
        (INF, 1.0, NAN),
        (-INF, 0.0, NAN),
        (NAN, 0.0, NAN),
    ],
)
def test_the_edges(logit: float, label: float, expected: float) -> None:
    assert binary([logit], [label]) == pytest.approx(expected, nan_ok=True)


def test_each_element_is_within_the_bound() -> None:
    rng = np.random.default_rng(6)
    logits = np.concatenate([rng.normal(size=300) * 3, rng.uniform(-700, 700, 300)])
    for label in (0, 1):
        losses = binary(logits, np.full(600, float(label)), reduction="none")
        for logit, loss in zip(logits.tolist(), losses.tolist(), strict=True):
            assert ulps(loss, true_loss([0.0, logit], label)) <= 2


def test_the_mean_is_over_elements_and_not_over_weights() -> None:
    assert binary([0.0, 0.0], [1.0, 1.0], [2.0, 0.0]) == math.log(2)


def test_the_mean_of_nothing_is_nan() -> None:
    assert math.isnan(binary([], []))
    assert binary([], [], reduction="sum") == 0.0
    assert binary(np.zeros((0, 3)), np.zeros((0, 3)), reduction="none").shape == (0, 3)


def test_a_single_logit_needs_no_list() -> None:
    assert binary(0, 1) == math.log(2)
    assert binary(0, 1, reduction="none").shape == ()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, 2.0], [1.0]), r"targets of shape \(1,\) do not fit logits of shape \(2,\)"),
        (([[1.0], [2.0]], [1.0, 0.0]), r"\(2,\) do not fit logits of shape \(2, 1\)"),
        (([1.0, 2.0], [1, 0], [1, 2, 3]), r"^weight of shape \(3,\) does not fit"),
        (([1.0, 2.0], [1, 0], None, [1, 2, 3]), r"^pos_weight of shape \(3,\) does not fit"),
        (([1.0], [1], [[1.0], [2.0]]), r"weight of shape \(2, 1\) does not fit"),
        ((["a"], [1]), "logits must be real numbers"),
        (([1.0], ["a"]), "targets must be real numbers"),
        (([1.0], [1], ["a"]), "weight must be real numbers"),
    ],
)
def test_what_does_not_fit_is_an_input_error(arguments: Any, message: str) -> None:
    with pytest.raises(xent.InputError, match=message):
        binary(*arguments)


def test_an_unknown_reduction_is_a_value_error() -> None:
    unknown: Any = "average"
    with pytest.raises(ValueError, match=r"mean.*sum.*none.*not 'average'"):
        binary([1.0], [1.0], reduction=unknown)
