"""KL(p‖q) against arithmetic with fifty digits, near and far."""

import mpmath
import numpy as np
import pytest

from conftest import batch_of
from xent.losses.divergence import divergences, log_probabilities, normalised_divergences
from xent.settings import LossSettings


def logs(logits: list[float]) -> np.ndarray:
    batch = batch_of([logits], [0])
    losses = batch.losses(LossSettings())
    return log_probabilities(np.array([logits], dtype=float), "logits", 1.0, losses)


def true_divergence(first: list[float], second: list[float]) -> float:
    with mpmath.workdps(50):
        one, two = ([mpmath.mpf(x) for x in each] for each in (first, second))
        sums = [mpmath.fsum(map(mpmath.exp, each)) for each in (one, two)]
        ps = [mpmath.exp(x) / sums[0] for x in one]
        ratios = [
            (x - mpmath.log(sums[0])) - (y - mpmath.log(sums[1]))
            for x, y in zip(one, two, strict=True)
        ]
        return float(mpmath.fsum(p * r for p, r in zip(ps, ratios, strict=True)))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([1.0, 2.0, 3.0], [3.0, 2.0, 1.0]),
        ([1.0, 2.0, 3.0], [1.0001, 2.0, 3.0]),
        ([0.0, 0.0], [1e-5, 0.0]),
        ([50.0, 0.0], [0.0, 50.0]),
        ([0.0, -900.0], [0.0, 10.0]),
    ],
)
def test_divergence_of_softmax(first: list[float], second: list[float]) -> None:
    [found] = normalised_divergences(logs(first), logs(second))
    assert found == pytest.approx(true_divergence(first, second), rel=1e-9)


def test_a_distribution_does_not_diverge_from_itself() -> None:
    assert normalised_divergences(logs([1.0, 2.0, 4.0]), logs([2.0, 3.0, 5.0])) == [0]


def test_a_class_that_only_the_second_excludes_is_infinitely_far() -> None:
    with np.errstate(all="ignore"):
        certain, masked = logs([0.0, 1.0]), logs([0.0, -np.inf])
        assert normalised_divergences(certain, masked) == [np.inf]
        assert np.isfinite(normalised_divergences(masked, certain)).all()


def test_classes_below_the_least_add_nothing() -> None:
    first, second = np.log([[0.75, 0.25]]), np.log([[0.5, 0.5]])
    assert divergences(first, second, np.log(0.5)) == pytest.approx([0.75 * np.log(1.5)])
    whole = 0.75 * np.log(1.5) + 0.25 * np.log(0.5)
    assert divergences(first, second) == pytest.approx([whole])
