"""The search for a number names the convention that gives it, and stays silent about others."""

import math
from typing import Any

import numpy as np
import pytest

from conftest import problem_of
from xent.verification.expectation import Expected, Search, search
from xent.verification.searched_rows import SearchedRows

ROWS, CLASSES = 23, 5
RNG = np.random.default_rng(11)
LOGITS = RNG.normal(size=(ROWS, CLASSES)) * 3
TARGETS = RNG.integers(CLASSES, size=ROWS)
WEIGHT = RNG.uniform(0.2, 3, CLASSES)
INDEX = np.arange(ROWS)


def softmax(z: Any, axis: int = 1) -> Any:
    exps = np.exp(z - z.max(axis=axis, keepdims=True))
    return exps / exps.sum(axis=axis, keepdims=True)


def nll(p: Any, targets: Any = TARGETS) -> Any:
    return -np.log(p[np.arange(len(targets)), targets])


P = softmax(LOGITS)
W = WEIGHT[TARGETS]
BINARY = np.log1p(np.exp(LOGITS)) - LOGITS * np.eye(CLASSES)[TARGETS]

# By hand, as people calculate them.
PLANTED = {
    "sum": nll(P).sum(),
    "bits": nll(P).mean() / math.log(2),
    "base 10": nll(P).mean() / math.log(10),
    "perplexity": math.exp(nll(P).mean()),
    "sign": -nll(P).mean(),
    "softmax twice": nll(softmax(P)).mean(),
    "inputs as log-probabilities": -LOGITS[INDEX, TARGETS].mean(),
    "no logarithm": -P[INDEX, TARGETS].mean(),
    "softmax over the rows": nll(softmax(LOGITS, 0)).mean(),
    "negated inputs": nll(softmax(-LOGITS)).mean(),
    "targets -1": nll(P, (TARGETS - 1) % CLASSES).mean(),
    "shift": nll(P[:-1], TARGETS[1:]).mean(),
    "mean over elements": nll(P).mean() / CLASSES,
    "sigmoid": BINARY.mean(),
    "smoothing 0.1": 0.9 * nll(P).mean() - 0.1 * np.log(P).mean(),
    "mean of batch means": np.mean([nll(P)[at : at + 4].mean() for at in range(0, ROWS, 4)]),
}


def searched(number: str | float, batch_size: int | None = 4, **options: Any) -> Search:
    logits, targets = options.pop("logits", LOGITS), options.pop("targets", TARGETS)
    problem = problem_of(logits, targets, **options)
    rows, expected = SearchedRows.of(problem), Expected.of(str(number))
    return search(rows, expected, ["z", "t"], batch_size, lambda _: None)


def names(found: Search) -> list[list[str]]:
    return [[each.name for each in hit.conventions] for hit in found.hits]


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize("digits", [6, 12, 17])
def test_a_planted_convention_is_found(name: str, digits: int) -> None:
    found = searched(format(PLANTED[name], f".{digits}g"))
    assert [name] in names(found)
    assert found.is_answered


def test_denominators_of_weighted_losses() -> None:
    weighted = (W * nll(P)).sum()
    assert names(searched(weighted / ROWS, weight=WEIGHT)) == [["mean over rows"]]
    assert names(searched(nll(P).mean(), weight=WEIGHT)) == [["no class weights"]]
    assert names(searched(weighted / W.sum(), weight=WEIGHT)) == [[]]


def test_ignored_rows_in_the_denominator() -> None:
    targets = TARGETS.copy()
    targets[:3] = -100
    number = nll(P)[3:].sum() / ROWS
    assert names(searched(number, targets=targets)) == [["mean over all rows"]]


def test_smoothing_over_the_other_classes() -> None:
    others = (-np.log(P).sum(axis=1) - nll(P)) / (CLASSES - 1)
    number = (0.8 * nll(P) + 0.2 * others).mean()
    assert names(searched(number, label_smoothing=0.2)) == [["smoothing over the other classes"]]


@pytest.mark.parametrize("floor", [1e-7, 1e-15, 1e-16])
def test_clips_are_found_where_they_matter(floor: float) -> None:
    probs = np.array([[1.0, 0.0], [0.3, 0.7]])
    number = -(math.log(floor) + math.log(0.7)) / 2
    found = searched(number, logits=probs, targets=[1, 1], input_kind="probs")
    assert [f"clip {floor:.2g}"] in names(found)


def test_a_pair_is_found() -> None:
    assert ["bits", "softmax twice"] in names(searched(nll(softmax(P)).mean() / math.log(2)))
    assert ["mean over rows", "softmax twice"] in names(
        searched((W * nll(softmax(P))).mean(), weight=WEIGHT)
    )


def test_float32_is_found() -> None:
    single = float(np.float32(nll(P).mean()) + np.float32(3e-7))
    assert names(searched(f"{single:.9g}")) == [["float32"]]


def test_the_loss_itself_needs_no_convention() -> None:
    found = searched(f"{nll(P).mean():.4f}")
    assert names(found) == [[]]
    assert found.hits[0].command == "xent compute -q z t"


def test_a_command_gives_the_number_where_there_is_one() -> None:
    found = searched(f"{PLANTED['bits']:.9f}")
    assert found.hits[0].command == "xent compute -q z t --unit bits"
    assert not searched(f"{PLANTED['softmax twice']:.9f}").hits[0].command


@pytest.mark.parametrize("template", [".4f", ".7f", ".16f"])
def test_random_numbers_get_no_answer(template: str) -> None:
    rng = np.random.default_rng(5)
    answered = sum(
        searched(format(number, template), weight=WEIGHT).is_answered
        for number in rng.uniform(0, 6, 50)
    )
    assert answered <= 1


def test_too_few_digits_are_no_answer() -> None:
    found = searched("2.4")
    if found.hits and found.hits[0].conventions:
        assert not found.is_answered
    assert found.tried > 1


def test_nothing_found_names_the_nearest() -> None:
    found = searched("123456.789")
    assert not found.hits
    assert len(found.nearest) == 3


@pytest.mark.parametrize("text", ["x", "", "nan", "inf"])
def test_only_finite_numbers_are_searched_for(text: str) -> None:
    with pytest.raises(ValueError, match=r"^could|^" + text):
        Expected.of(text)


@pytest.mark.parametrize(
    ("text", "value", "fits"),
    [
        ("0.33", 0.334, True),
        ("0.33", 0.3351, True),
        ("0.33", 0.341, False),
        ("0.33", 0.324, False),
        ("1.2e-05", 1.24e-5, True),
        ("1.2e-05", 1.4e-5, False),
        ("-0.33", -0.338, True),
        ("-0.33", -0.322, False),
    ],
)
def test_a_number_fits_the_digits_typed(text: str, value: float, fits: bool) -> None:
    assert Expected.of(text).fits(value, 0.0) is fits


THREADS = [  # PyTorch's issues 25571, 107680, 8062 and 31295: the loss, and what was expected
    ("1.0598", "5.29915", [[0.2, 0.3, 0.5], [0.5, 0.2, 0.3]], [2, 1], [2.0, 4, 6]),
    ("0.8705", "54.4052", [[2.3, 2.1, 4.5], [4.2, 3.2, 5.1]], [1, 2], [25.0, 25, 100]),
    ("133.3333", "2000", [[-100, 100], [-100, 100]], [0, 1], [20.0, 10]),
]


@pytest.mark.parametrize(("own", "other", "logits", "targets", "weight"), THREADS)
def test_threads_about_weights_resolve(
    own: str, other: str, logits: Any, targets: Any, weight: list[float]
) -> None:
    options: dict[str, Any] = {"logits": logits, "targets": targets, "weight": np.array(weight)}
    assert names(searched(own, **options)) == [[]]
    found = searched(other, **options)
    assert names(found)[0] == ["mean over rows"]
    assert found.is_answered
    assert found.denominator == np.array(weight)[targets].sum()


# PyTorch's issue 12299: probabilities, which scikit-learn's log_loss takes, and logits are wanted
SCIKIT_LEARN, PYTORCH = "1.168852632439994", "1.1064976453781128"
SHARES: dict[str, Any] = {"logits": [[0.2, 0.3, 0.5]] * 3, "targets": [0, 1, 2]}


def test_the_thread_about_probabilities_resolves_from_both_sides() -> None:
    assert names(searched(PYTORCH, **SHARES)) == [["float32"]]
    assert names(searched(SCIKIT_LEARN, **SHARES))[0] == ["inputs as probabilities"]
    assert names(searched(SCIKIT_LEARN, input_kind="probs", **SHARES)) == [[]]
    found = searched(PYTORCH, input_kind="probs", **SHARES)
    assert names(found) == [["inputs as logits", "float32"]]
    assert found.hits[0].says == (
        "the loss with softmax applied to probabilities, as to logits, and in float32 arithmetic"
    )


MEASURED = [  # the number, the inputs and options, and the convention
    ("0.24626", {"weight": [1, 0.5, 2]}, "mean over rows"),
    ("0.32835266", {"weight": [1, 0.5, 2]}, "float32"),
    ("0.42206", {"label_smoothing": 0.1}, None),
    ("16.118", {"logits": [[1.0, 0]], "targets": [1], "input_kind": "probs"}, "clip 1e-07"),
    ("34.539", {"logits": [[1.0, 0]], "targets": [1], "input_kind": "probs"}, "clip 1e-15"),
    ("36.841", {"logits": [[1.0, 0]], "targets": [1], "input_kind": "probs"}, "clip 1e-16"),
    ("36.044", {"logits": [[1.0, 0]], "targets": [1], "input_kind": "probs"}, "clip 2.2e-16"),
    ("15.942", {"logits": [[1.0, 0]], "targets": [1], "input_kind": "probs"}, "clip 1.2e-07"),
]


@pytest.mark.parametrize(("number", "options", "name"), MEASURED)
def test_numbers_that_libraries_print_are_named(
    number: str, options: dict[str, Any], name: str | None
) -> None:
    given = {"logits": [[2.0, 1, 0], [0, 3, 1]], "targets": [0, 1], **options}
    if "weight" in given:
        given["weight"] = np.array(given["weight"])
    assert names(searched(number, **given))[0] == ([name] if name else [])
