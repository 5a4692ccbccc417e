"""The association of rows and targets: exact moments, and every lag at once."""

from itertools import permutations

import numpy as np
import pytest

from xent.checkup.alignment import Alignment
from xent.checkup.association import Association, ranks_in_columns
from xent.losses.softmax import log_softmax


def association(rows: int, classes: int, skill: float, seed: int) -> Association:
    random = np.random.default_rng(seed)
    targets = random.integers(classes, size=rows)
    logits = random.normal(size=(rows, classes))
    logits[np.arange(rows), targets] += skill
    return Association(log_softmax(logits), targets)


def test_equal_values_share_their_mean_rank() -> None:
    ranks = ranks_in_columns(np.array([[3.0], [1], [3], [0], [3]]))
    assert ranks.ravel().tolist() == [3, 1, 3, 0, 3]


def test_mean_and_deviation_are_those_over_all_orders_of_the_targets() -> None:
    some = association(6, 3, 1.0, seed=2)
    targets = np.array([0, 1, 1, 2, 0, 1])
    sums = [
        Association(some.log_probs, np.array(order)).deviations[np.arange(6), order].sum()
        for order in permutations(targets.tolist())
    ]
    exact = Association(some.log_probs, targets)
    assert np.mean(sums) == pytest.approx(0, abs=1e-12)
    assert np.std(sums) == pytest.approx(exact.scale)


@pytest.mark.parametrize("rows", [7, 30, 64])
def test_each_lag_is_that_of_the_targets_rolled(rows: int) -> None:
    some = association(rows, 4, 1.0, seed=rows)
    for lag in range(rows):
        rolled = Association(some.log_probs, np.roll(some.targets, -lag))
        assert some.at_lags[lag] == pytest.approx(rolled.z, abs=1e-9)


def test_random_orders_have_a_z_of_variance_one() -> None:
    some, random = association(200, 5, 3.0, seed=1), np.random.default_rng(0)
    zs = [Association(some.log_probs, random.permutation(some.targets)).z for _ in range(400)]
    assert np.mean(zs) == pytest.approx(0, abs=0.15)
    assert np.std(zs) == pytest.approx(1, abs=0.12)
    assert some.z > 15


def test_a_single_class_has_no_association() -> None:
    some = association(50, 3, 1.0, seed=4)
    assert Association(some.log_probs, np.ones(50, dtype=np.int64)).z == 0


@pytest.mark.parametrize(
    "alignment",
    [
        Alignment(3),
        Alignment(-2),
        Alignment(2, start=11),
        Alignment(-4, start=9),
        Alignment(7, cyclic=True),
        Alignment(is_reversed=True),
    ],
    ids=str,
)
def test_the_line_pairs_the_rows_that_are_meant(alignment: Alignment) -> None:
    rows = np.arange(40)
    names = {"numpy": np, "logits": rows, "targets": rows}
    exec(alignment.lines, names)  # noqa: S102  our own line
    here, there = alignment.rows_of(40)
    assert (names["logits"] == here).all()
    assert (names["targets"] == there).all()
