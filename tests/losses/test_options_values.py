"""Every option of the loss: values that PyTorch finds, edges, and what is refused."""

import math
from typing import Any

import numpy as np
import pytest

import xent

INF, NAN = math.inf, math.nan

# Found by PyTorch 2.13.0 (CPU): torch.nn.functional.cross_entropy of float64 tensors with the
# options of each case, for reduction "mean", "sum" and "none"; then the gradient of the mean by
# the logits, from autograd. Its own rounding is some ulp of each.
NEAR: dict[str, Any] = {"rel": 4e-15, "abs": 1e-15, "nan_ok": True}

LOGITS = [[0.5, -1.25, 3.0], [2.0, 2.0, 2.0], [-4.0, 0.1, 0.2], [1.5, 0.25, -0.75]]
CLASSES = [0, 2, -100, 1]
PROBABILITIES = [[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.25, 0.25, 0.5], [0.0, 0.5, 0.5]]
WEIGHT = [0.5, 2.0, 1.25]
# (N, C, d1): each row above, and minus a half of it.
PLACES = [[[value, -value / 2] for value in row] for row in LOGITS]
CLASSES_OF_PLACES = [[0, 1], [2, -100], [1, 1], [-100, 2]]

CASES: dict[str, tuple[Any, Any, dict[str, Any], float, float, Any]] = {
    "no options": (
        LOGITS,
        CLASSES,
        {},
        1.7570902262224344,
        5.271270678667303,
        [2.5919857805919686, 1.0986122886681098, 0.0, 1.580672609407224],
    ),
    "weight": (
        LOGITS,
        CLASSES,
        {"weight": WEIGHT},
        1.5548275919854855,
        5.83060346994557,
        [1.2959928902959843, 1.3732653608351373, 0.0, 3.161345218814448],
    ),
    "a negative weight": (
        LOGITS,
        CLASSES,
        {"weight": [-0.5, 2.0, 1.25]},
        1.1776791597649459,
        3.2386176893536014,
        [-1.2959928902959843, 1.3732653608351373, 0.0, 3.161345218814448],
    ),
    "label smoothing": (
        LOGITS,
        CLASSES,
        {"label_smoothing": 0.1},
        1.7459791151113233,
        5.23793734533397,
        [2.5669857805919687, 1.0986122886681098, 0.0, 1.5723392760738908],
    ),
    "full smoothing": (
        LOGITS,
        CLASSES,
        {"label_smoothing": 1.0},
        1.6459791151113232,
        4.937937345333969,
        [2.341985780591969, 1.0986122886681096, 0.0, 1.4973392760738906],
    ),
    "weight and smoothing": (
        LOGITS,
        CLASSES,
        {"weight": WEIGHT, "label_smoothing": 0.1},
        1.5839427442980691,
        5.93978529111776,
        [1.502891823840382, 1.3732653608351373, 0.0, 3.06362810644224],
    ),
    "an ignored class": (
        LOGITS,
        [0, 2, 2, 1],
        {"ignore_index": 2},
        2.086329194999596,
        4.172658389999192,
        [2.5919857805919686, 0.0, 0.0, 1.580672609407224],
    ),
    "an ignored class, weight and smoothing": (
        LOGITS,
        [0, 2, 2, 1],
        {"ignore_index": 2, "weight": WEIGHT, "label_smoothing": 0.3},
        1.9139534290507998,
        4.784883572627,
        [1.9166896909291773, 0.0, 0.0, 2.8681938816978225],
    ),
    "probabilities": (
        LOGITS,
        PROBABILITIES,
        {},
        1.6933772197695616,
        6.773508879078246,
        [1.8669857805919687, 1.0986122886681098, 1.7272382004109446, 2.080672609407224],
    ),
    "probabilities and weight": (
        LOGITS,
        PROBABILITIES,
        {"weight": WEIGHT},
        2.0137695111047083,
        8.055078044418833,
        [2.921881159284359, 0.5493061443340549, 1.3902977505136807, 3.193592990286739],
    ),
    "probabilities and smoothing": (
        LOGITS,
        PROBABILITIES,
        {"label_smoothing": 0.2},
        1.7058772197695617,
        6.823508879078247,
        [1.9619857805919687, 1.0986122886681098, 1.798904867077611, 1.9640059427405574],
    ),
    "probabilities, weight and smoothing": (
        LOGITS,
        PROBABILITIES,
        {"weight": WEIGHT, "label_smoothing": 0.2},
        2.036234913826157,
        8.144939655304627,
        [3.0105013725754786, 0.7140979876342715, 1.428631083847014, 2.991709211247864],
    ),
    "places": (
        PLACES,
        CLASSES_OF_PLACES,
        {},
        1.3007398221023694,
        7.804438932614216,
        [
            [2.5919857805919686, 0.4293736657298547],
            [1.0986122886681098, 0.0],
            [0.7522382004109445, 2.274096162908302],
            [0.0, 0.658132834305037],
        ],
    ),
    "places, weight and smoothing": (
        PLACES,
        CLASSES_OF_PLACES,
        {"weight": WEIGHT, "label_smoothing": 0.1},
        1.1709280944603335,
        10.538352850143001,
        [
            [1.502891823840382, 0.9296693065299703],
            [1.3732653608351373, 0.0],
            [1.512225202457735, 4.345551780265148],
            [0.0, 0.8747493762146296],
        ],
    ),
    "a row alone": (
        LOGITS[0],
        2,
        {},
        0.09198578059196878,
        0.09198578059196878,
        0.09198578059196878,
    ),
    "a row alone, weight and smoothing": (
        LOGITS[0],
        2,
        {"weight": WEIGHT, "label_smoothing": 0.25},
        0.7419857805919688,
        0.9274822257399611,
        0.9274822257399611,
    ),
}

GRADIENTS: dict[str, Any] = {
    "no options": [
        [-0.3083762618126532, 0.004336888735123375, 0.3040393730775298],
        [0.1111111111111111, 0.1111111111111111, -0.2222222222222222],
        [0.0, 0.0, 0.0],
        [0.23948011371702163, -0.2647211320007828, 0.02524101828376117],
    ],
    "a negative weight": [
        [0.1682052337159927, -0.0023655756737036592, -0.165839658042289],
        [0.15151515151515152, 0.15151515151515152, -0.30303030303030304],
        [0.0, 0.0, 0.0],
        [0.5225020662916836, -0.5775733789107989, 0.055071312619115284],
    ],
    "weight and smoothing": [
        [-0.11296419154493162, -0.015782808959621024, 0.12874700050455262],
        [0.10666666666666667, 0.09333333333333334, -0.20000000000000007],
        [0.0, 0.0, 0.0],
        [0.3643549306797689, -0.39211498772565, 0.027760057045881092],
    ],
    "an ignored class, weight and smoothing": [
        [-0.1382873477770083, -0.07622690680044265, 0.2145142545774509],
        [0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0],
        [0.49009264221725607, -0.49385601116166733, 0.003763368944411303],
    ],
    "probabilities, weight and smoothing": [
        [-0.0038130105642651423, -0.1490723401510746, 0.15288535071533976],
        [-0.05416666666666667, 0.020833333333333332, 0.03333333333333333],
        [-0.030892434688006266, 0.01395119292171311, 0.016941241766293164],
        [0.27006229886270433, -0.15357164928424336, -0.11649064957846098],
    ],
    "places, weight and smoothing": [
        [
            [-0.0470684131437215, 0.05618527962917144],
            [-0.0065761703998420944, -0.06818356656486056],
            [0.053644583543563586, 0.011998286935689093],
        ],
        [
            [0.044444444444444446, 0.0],
            [0.03888888888888889, 0.0],
            [-0.08333333333333333, 0.0],
        ],
        [
            [-0.00018119233460577077, 0.16909633444529093],
            [-0.10659933165950897, -0.18540040912593475],
            [0.10678052399411474, 0.016304074680643817],
        ],
        [
            [0.0, 0.02149685073070758],
            [0.0, 0.036213711803746544],
            [0.0, -0.05771056253445411],
        ],
    ],
    "a row alone, weight and smoothing": [
        0.04153788122870695,
        -0.1203226671279632,
        0.0787847858992562,
    ],
}


@pytest.mark.parametrize("name", CASES)
def test_pytorch_finds_the_same_loss(name: str) -> None:
    logits, targets, options, mean, total, rows = CASES[name]
    assert xent.cross_entropy(logits, targets, **options) == pytest.approx(mean, **NEAR)
    found = xent.cross_entropy(logits, targets, **options, reduction="sum")
    assert found == pytest.approx(total, **NEAR)
    each = xent.cross_entropy(logits, targets, **options, reduction="none")
    assert each == pytest.approx(np.array(rows), **NEAR)


@pytest.mark.parametrize("name", GRADIENTS)
def test_pytorch_finds_the_same_gradient(name: str) -> None:
    logits, targets, options, *_ = CASES[name]
    gradient = xent.cross_entropy_grad(logits, targets, **options)
    assert gradient == pytest.approx(np.array(GRADIENTS[name]), **NEAR)


@pytest.mark.parametrize("options", [{}, {"weight": WEIGHT}, {"label_smoothing": 0.1}])
def test_where_all_rows_are_ignored_the_mean_is_nan(options: dict[str, Any]) -> None:
    ignored = [-100] * 4
    assert math.isnan(xent.cross_entropy(LOGITS, ignored, **options))
    assert xent.cross_entropy(LOGITS, ignored, **options, reduction="sum") == 0.0
    assert not xent.cross_entropy(LOGITS, ignored, **options, reduction="none").any()
    assert not xent.cross_entropy_grad(LOGITS, ignored, **options).any()


# As PyTorch 2.13.0 again.
@pytest.mark.parametrize(
    ("targets", "options", "mean", "total"),
    [
        # The weights of all rows are 0.
        ([0] * 4, {"weight": [0.0, 1.0, 1.0]}, NAN, 0.0),
        ([0] * 4, {"weight": [0.0, 1.0, 1.0], "label_smoothing": 0.1}, NAN, 0.4065672586052165),
        (PROBABILITIES, {"weight": [0.0] * 3}, 0.0, 0.0),
        # They cancel.
        ([0, 1, 0, 1], {"weight": [1.0, -1.0, 1.0]}, INF, 4.7649390829275795),
    ],
)
def test_weights_that_add_up_to_0(
    targets: Any, options: dict[str, Any], mean: float, total: float
) -> None:
    assert xent.cross_entropy(LOGITS, targets, **options) == pytest.approx(mean, **NEAR)
    assert xent.cross_entropy(LOGITS, targets, **options, reduction="sum") == pytest.approx(
        total, **NEAR
    )


def test_rows_of_weight_0_leave_no_mean() -> None:
    assert math.isnan(xent.cross_entropy(LOGITS, CLASSES, sample_weight=[0.0] * 4))
    assert math.isnan(xent.cross_entropy(LOGITS, PROBABILITIES, sample_weight=[0.0] * 4))
    assert xent.cross_entropy(LOGITS, CLASSES, sample_weight=[0.0] * 4, reduction="sum") == 0.0


@pytest.mark.parametrize("shape", [(0, 3), (2, 3, 0)])
def test_no_rows_at_all(shape: tuple[int, ...]) -> None:
    rows = shape[:1] + shape[2:]
    for targets in (np.zeros(rows, dtype=int), np.zeros(shape)):
        assert math.isnan(xent.cross_entropy(np.zeros(shape), targets))
        assert xent.cross_entropy(np.zeros(shape), targets, reduction="sum") == 0.0
        assert xent.cross_entropy(np.zeros(shape), targets, reduction="none").shape == rows
        assert xent.cross_entropy_grad(np.zeros(shape), targets).shape == shape


def test_the_weight_of_a_row() -> None:
    """(1·2.5920 + 3·1.5807) / 4; the row between has no weight."""
    found = xent.cross_entropy(LOGITS, CLASSES, sample_weight=[1.0, 0.0, 9.0, 3.0])
    assert found == pytest.approx((2.5919857805919686 + 3 * 1.580672609407224) / 4, **NEAR)


def test_a_temperature_flattens() -> None:
    """At T = 2 the row 2, 0 is what 1, 0 is at T = 1; at 1e9 all classes are as likely."""
    assert xent.cross_entropy([[2, 0]], [0], temperature=2) == 0.31326168751822286
    assert xent.cross_entropy(LOGITS, CLASSES, temperature=1e9) == pytest.approx(math.log(3))
    assert xent.cross_entropy(LOGITS, [2, 0, 2, 0], temperature=1e-9) < 1.1


def test_probabilities_are_taken_as_they_are() -> None:
    given = [[0.25, 0.75], [1.0, 0.0], [0.1, 0.1]]
    losses = xent.cross_entropy(given, [0, 0, 1], input_kind="probs", reduction="none")
    assert losses.tolist() == [-math.log(0.25), 0.0, -math.log(0.1)]
    assert math.copysign(1, losses[1]) == 1
    assert xent.cross_entropy(given, [0, 1, 1], input_kind="probs") == INF
    assert xent.cross_entropy([[0.5, NAN]], [0], input_kind="probs") == math.log(2)
    assert math.isnan(xent.cross_entropy([[0.5, NAN]], [1], input_kind="probs"))


def test_a_class_that_nobody_expects_may_have_the_probability_0() -> None:
    for given, kind in (([[1.0, 0.0]], "probs"), ([[0.0, -INF]], "log-probs")):
        options: dict[str, Any] = {"input_kind": kind}
        assert xent.cross_entropy(given, [[1.0, 0.0]], **options) == 0.0
        assert xent.cross_entropy(given, [[0.5, 0.5]], **options) == INF
        assert xent.cross_entropy(given, [0], label_smoothing=0.1, **options) == INF
        masked: dict[str, Any] = {**options, "weight": [1.0, 0.0]}
        assert xent.cross_entropy(given, [0], label_smoothing=0.1, **masked) == 0.0


def test_a_gradient_by_a_probability_of_0_is_infinite() -> None:
    gradient = xent.cross_entropy_grad([[0.5, 0.5], [1.0, 0.0]], [0, 1], input_kind="probs")
    assert gradient.tolist() == [[-1.0, 0.0], [0.0, -INF]]


def test_bits() -> None:
    assert xent.cross_entropy([[0, 0, 0, 0]], [3], unit="bits") == 2.0
    assert xent.cross_entropy([[0.125, 0.875]], [0], input_kind="probs", unit="bits") == 3.0


TWO = [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]
REFUSED: list[tuple[str, Any, Any, dict[str, Any], str, str]] = [
    ("too few weights", TWO, [0, 1], {"weight": [1, 2]}, "XE205", "2 class weights for 3 classes"),
    ("a matrix of weights", TWO, [0, 1], {"weight": [[1, 2, 3]]}, "XE208", r"\(C,\), got \(1, 3\)"),
    ("a number for a weight", TWO, [0, 1], {"weight": 1}, "XE208", r"shape \(C,\), got \(\)"),
    ("words for weights", TWO, [0, 1], {"weight": ["a"] * 3}, "XE112", "weight must be real"),
    ("smoothing below 0", TWO, [0, 1], {"label_smoothing": -0.1}, "XE210", "0 and 1, got -0.1"),
    ("smoothing above 1", TWO, [0, 1], {"label_smoothing": 1.1}, "XE210", "0 and 1, got 1.1"),
    ("undefined smoothing", TWO, [0, 1], {"label_smoothing": NAN}, "XE210", "0 and 1, got nan"),
    ("temperature 0", TWO, [0, 1], {"temperature": 0}, "XE210", "positive and finite, got 0"),
    ("a negative temperature", TWO, [0, 1], {"temperature": -1.5}, "XE210", "finite, got -1.5"),
    ("an infinite temperature", TWO, [0, 1], {"temperature": INF}, "XE210", "finite, got inf"),
    ("an undefined temperature", TWO, [0, 1], {"temperature": NAN}, "XE210", "finite, got nan"),
    (
        "a temperature of probabilities",
        [[0.5, 0.5]],
        [0],
        {"temperature": 2, "input_kind": "probs"},
        "XE210",
        "is for logits, but the input is probs",
    ),
    (
        "a temperature of their logarithms",
        TWO,
        [0, 1],
        {"temperature": 2, "input_kind": "log-probs"},
        "XE210",
        "is for logits, but the input is log-probs",
    ),
    ("an unknown unit", TWO, [0, 1], {"unit": "dits"}, "XE210", "one of nats, bits, not 'dits'"),
    (
        "an unknown kind",
        TWO,
        [0, 1],
        {"input_kind": "odds"},
        "XE210",
        "one of logits, log-probs, probs, target-log-probs, losses, not 'odds'",
    ),
    (
        "an unknown reduction",
        TWO,
        [0, 1],
        {"reduction": "average"},
        "XE210",
        "one of mean, sum, none, not 'average'",
    ),
    (
        "a number to ignore among probabilities",
        TWO,
        [[0.5, 0.5, 0.0]] * 2,
        {"ignore_index": 1},
        "XE210",
        "probabilities cannot equal ignore_index 1",
    ),
    (
        "a probability above 1",
        [[0.5, 0.5], [0.25, 1.5]],
        [0, 1],
        {"input_kind": "probs"},
        "XE209",
        r"logits\[1, 1\]: 1.5 is not a probability",
    ),
    (
        "a probability below 0, of a place",
        [[[0.5, 0.5], [0.5, -0.25]]],
        [[0, 0]],
        {"input_kind": "probs"},
        "XE209",
        r"logits\[0, 1, 1\]: -0.25 is not a probability",
    ),
    (
        "integers in the logits' shape",
        TWO,
        [[0, 1, 1]] * 2,
        {},
        "XE112",
        "are probabilities and must be floats, got int64",
    ),
    (
        "weights of more rows",
        TWO,
        [0, 1],
        {"sample_weight": [1, 2, 3]},
        "XE208",
        r"sample_weight has shape \(3,\), the rows \(2,\)",
    ),
    (
        "weights of rows in a matrix",
        TWO,
        [0, 1],
        {"sample_weight": [[1, 2], [3, 4]]},
        "XE208",
        r"sample_weight has shape \(2, 2\), the rows \(2,\)",
    ),
    ("an axis too far", TWO, [0, 1], {"class_axis": 2}, "XE208", "have no axis 2 for the classes"),
    ("an axis too low", TWO, [0, 1], {"class_axis": -3}, "XE208", "no axis -3 for the classes"),
    (
        "class numbers for other places",
        [[[0.0, 0.0], [0.0, 0.0]]],
        [[0]],
        {},
        "XE208",
        r"targets of shape \(1, 1\) do not fit logits of shape \(1, 2, 2\)",
    ),
]


@pytest.mark.parametrize(
    ("logits", "targets", "options", "code", "message"),
    [case[1:] for case in REFUSED],
    ids=[case[0] for case in REFUSED],
)
def test_what_is_refused(
    logits: Any, targets: Any, options: dict[str, Any], code: str, message: str
) -> None:
    for function in (xent.cross_entropy, xent.cross_entropy_grad):
        with pytest.raises(xent.InputError, match=message) as caught:
            function(logits, targets, **options)
        assert caught.value.diagnostic.code == code


@pytest.mark.parametrize("targets", [[[0.5, 0.5, 0.0]] * 2, [[0, 1, 0]] * 2])
def test_nll_loss_takes_no_probabilities(targets: Any) -> None:
    with pytest.raises(xent.InputError, match=r"class numbers here, got shape \(2, 3\)"):
        xent.nll_loss(TWO, targets)


def test_an_ignore_index_is_a_whole_number() -> None:
    with pytest.raises(xent.InputError, match=r"an integer, got 2\.5"):
        xent.cross_entropy([[1.0, 2.0]], [0], ignore_index=2.5)  # type: ignore[call-overload]  # that is the test
    one: Any = np.int64(1)
    assert xent.cross_entropy([[0.0, 0.0]], [0], ignore_index=one) == np.log(2)


def test_the_gradient_of_no_mean_is_nan_but_for_ignored_rows() -> None:
    """As PyTorch 2.13.0 has it."""
    gradient = xent.cross_entropy_grad([[1.0, 2.0], [0.5, 0.5]], [0, -100], weight=[0.0, 1.0])
    assert np.isnan(gradient[0]).all()
    assert (gradient[1] == 0).all()
