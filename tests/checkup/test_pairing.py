"""What counts as proof: skill does, luck does not."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from healthy import numpy_outputs
from mistakes import examined
from xent.checkup.pairing import Pairing, is_significant
from xent.errors import Severity
from xent.losses.softmax import log_softmax


def skilled(rows: int, classes: int, skill: float, seed: int) -> Pairing:
    random = np.random.default_rng(seed)
    targets = random.integers(classes, size=rows)
    logits = random.normal(size=(rows, classes))
    logits[np.arange(rows), targets] += skill
    return Pairing(log_softmax(logits), targets)


def with_targets(pairing: Pairing, targets: NDArray[np.int64]) -> Pairing:
    return Pairing(pairing.log_probs, targets)


def test_rank_scores_are_even_without_skill_whatever_the_frequencies() -> None:
    random = np.random.default_rng(0)
    targets = random.choice(3, 3000, p=[0.9, 0.08, 0.02])
    logits = random.normal(size=(3000, 3)) + np.array([5.0, 0, -2])
    scores = Pairing(log_softmax(logits), targets).rank_scores()
    assert scores.mean() == pytest.approx(0, abs=0.005)


def test_equal_rows_have_no_rank_score() -> None:
    pairing = Pairing(np.full((7, 2), np.log(0.5)), np.array([0, 1, 0, 1, 1, 1, 0]))
    assert (pairing.rank_scores() == 0).all()


def test_a_frequent_class_does_not_drown_a_rare_one() -> None:
    random = np.random.default_rng(4)
    targets = (random.random(4000) < 0.01).astype(np.int64)
    margin = random.normal(size=4000) - 6 + 6 * targets
    right = Pairing(log_softmax(np.stack([-margin, margin], axis=1) / 2), targets)
    wrong = Pairing(right.log_probs[:, ::-1], targets)
    assert is_significant(wrong, right)
    assert not is_significant(right, wrong)


def test_the_right_targets_are_proved_and_the_wrong_are_not() -> None:
    right = skilled(200, 4, 2.0, seed=1)
    wrong = with_targets(right, (right.targets + 1) % 4)
    assert is_significant(wrong, right)
    assert not is_significant(right, wrong)


def test_few_rows_prove_nothing() -> None:
    right = skilled(9, 4, 20.0, seed=1)
    assert not is_significant(with_targets(right, (right.targets + 1) % 4), right)


def test_calibration_is_no_proof() -> None:
    sure = skilled(500, 4, 1.0, seed=2)
    softer = Pairing(log_softmax(sure.log_probs / 3), sure.targets)
    too_sure = Pairing(log_softmax(sure.log_probs * 30), sure.targets)
    assert softer.nll().mean() < too_sure.nll().mean()
    assert not is_significant(too_sure, softer)


def test_what_is_only_no_longer_the_worst_is_not_proved() -> None:
    """Next to targets that are never predicted, random ones are an improvement."""
    right = skilled(1000, 4, 4.0, seed=3)
    worst = with_targets(right, right.log_probs.argmin(axis=1))
    luck = with_targets(right, np.random.default_rng(33).integers(4, size=1000))
    assert luck.nll().mean() < worst.nll().mean()
    assert not is_significant(worst, luck)


@pytest.mark.parametrize("skill", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("smooth", [False, True])
def test_no_accusation_by_luck(skill: float, *, smooth: bool, tmp_path: Path) -> None:
    """Models with little skill or none, sure or not, few rows or many, in order or not."""
    random = np.random.default_rng(0)
    for _ in range(60):
        classes, rows = int(random.choice([2, 3, 5, 10])), int(random.choice([2, 5, 20, 60, 400]))
        slow = np.cumsum(random.random(rows) < 0.1) % classes
        targets = slow if smooth else random.integers(classes, size=rows)
        logits = random.normal(size=(rows, classes))
        logits[np.arange(rows), targets] += skill
        if smooth and rows >= 5:
            window = np.full(5, 0.2)
            logits = np.stack([np.convolve(each, window, "same") for each in logits.T], axis=1)
        found = examined(logits * random.choice([0.3, 1, 5, 20]), targets, tmp_path)
        names = {each.name for each in found.at_least(Severity.ERROR)}
        # Without skill the targets are indeed those of other rows.
        assert names <= ({"rows-unrelated"} if not skill else set())


def test_random_rows_of_healthy_outputs_give_no_error(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    for output in numpy_outputs():
        for _ in range(3):
            count = int(random.choice([3, 12, 40, 100, 250]))
            if count < len(output.targets):
                rows = random.choice(len(output.targets), count, replace=False)
                logits = output.logits[rows] * random.choice([0.3, 1, 3])
                found = examined(logits, output.targets[rows], tmp_path)
                assert found.at_least(Severity.ERROR) == [], output.name
