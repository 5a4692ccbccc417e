"""A difference is explained only where a rule predicts the other number."""

import math
from typing import Any

import numpy as np
import pytest

from conftest import problem_of
from xent.verification.differences import Explainer
from xent.verification.program import Precision

WEIGHT = np.array([1.0, 0.5, 2.0])
LOGITS, TARGETS = np.array([[2.0, 1, 0], [0, 3, 1]]), np.array([0, 1])


def reason(number: float, precision: Precision = "double", **options: Any) -> str:
    problem = problem_of(options.pop("logits", LOGITS), options.pop("targets", TARGETS), **options)
    return Explainer(problem).difference(number, precision).reason


def test_the_same_number_is_the_same() -> None:
    problem = problem_of(LOGITS, TARGETS, weight=WEIGHT)
    found = Explainer(problem).difference(problem.loss)
    assert (found.reason, found.predicted) == ("same", 0.3283526494816821)


def test_a_number_beside_it_differs_in_the_last_place() -> None:
    assert reason(0.32835264948168214, weight=WEIGHT) == "last place"
    assert reason(0.32835264948168225, weight=WEIGHT) == "last place (3 ulp)"


def test_float32_is_an_excuse_for_float32_alone() -> None:
    rounded = float(np.float32(0.32835266))
    assert reason(rounded, "single", weight=WEIGHT) == "rounding to float32"
    assert reason(rounded, weight=WEIGHT) == "unexplained"
    assert reason(0.3284, "single", weight=WEIGHT) == "unexplained"


def test_the_mean_over_rows_is_predicted() -> None:
    assert reason(0.2462644871112616, weight=WEIGHT).startswith("divides by the number of rows")
    assert reason(0.2462645, weight=WEIGHT) == "unexplained"


def test_without_weights_no_denominator_explains_anything() -> None:
    assert reason(0.2462644871112616) == "unexplained"


def test_what_cancels_is_predicted() -> None:
    assert reason(0.0, logits=[[40.0, 0]], targets=[0]) == "cancellation: predicted"
    assert reason(1e-3, logits=[[40.0, 0]], targets=[0]) == "unexplained"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (-math.log(2.220446049250313e-16), "clips probabilities at 2.2e-16"),
        (-math.log(1e-7), "divides each row by its sum, then clips at 1e-7"),
        (100.0, "clips logarithms at -100"),
        (34.5, "unexplained"),
    ],
)
def test_a_clip_is_predicted(number: float, words: str) -> None:
    found = reason(number, logits=[[1.0, 0.0]], targets=[1], input_kind="probs")
    assert found.startswith(words)


def test_nan_is_explained_by_a_mask_only() -> None:
    masked = [[1.0, -np.inf, 2.0]]
    assert reason(math.nan, logits=masked, targets=[0]).startswith("0·∞ is nan there")
    assert reason(math.nan) == "unexplained"
