"""The sums of groups have the bits of each group's own sum, whatever way they are added."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xent.losses.cluster_sums import ClusterSums
from xent.losses.group_sums import mean_over_groups, merge_groups, sums_by_group
from xent.losses.loss_sum import LossSum
from xent.losses.row_losses import RowLosses

LOSSES = st.floats(0, 50) | st.sampled_from([1e-320, 1e200, 0.0, float("inf"), float("nan")])


def losses_of(nll: Any, weights: Any = None, ignored: Any = ()) -> RowLosses:
    nll = np.array(nll, dtype=float)
    counted = np.ones(len(nll), dtype=bool)
    counted[list(ignored)] = False
    zeros = np.zeros(len(nll))
    own = np.ones(len(nll)) if weights is None else np.array(weights, dtype=float)
    predictions = (nll > 1).astype(np.int64)
    return RowLosses(
        np.where(counted, 0, -100), counted, predictions, zeros, zeros,
        np.where(counted, nll, np.nan), np.where(counted, own, 0.0),
    )  # fmt: skip


def expected(groups: Any, losses: RowLosses, *, even: bool) -> dict[int, LossSum]:
    found = {}
    for name in sorted({*groups}):
        some = losses.take(np.array(groups) == name)
        counted, weights = some.counted_losses
        found[name] = LossSum.of(
            counted,
            None if even else weights,
            correct=int(some.correct.sum()),
            ignored=int((~some.counted).sum()),
        )
    return found


@given(st.lists(st.tuples(st.integers(0, 4), LOSSES), min_size=1, max_size=40), st.booleans())
def test_each_group_has_the_sum_of_its_rows(rows: list[tuple[int, float]], even: bool) -> None:
    groups = [group for group, _ in rows]
    ignored = range(0, len(rows), 5)
    weights = None if even else 0.1 + np.arange(len(rows))
    losses = losses_of([loss for _, loss in rows], weights, ignored)
    found = sums_by_group(np.array(groups), losses, even=even)
    assert found == expected(groups, losses, even=even)


def test_many_small_groups_and_few_large_ones() -> None:
    random = np.random.default_rng(1)
    losses = losses_of(random.random(5000) * 7, random.random(5000))
    for number in (3, 2500):
        groups = random.integers(0, number, 5000)
        for even in (True, False):
            assert sums_by_group(groups, losses, even=even) == expected(
                groups.tolist(), losses, even=even
            )


def test_groups_merge_in_any_order() -> None:
    one, two = {"a": LossSum.of([0.1])}, {"a": LossSum.of([0.7]), "b": LossSum.of([3.0])}
    assert merge_groups(one, two) == merge_groups(two, one)
    assert merge_groups(one, two)["a"] == LossSum.of([0.1, 0.7])
    assert mean_over_groups(merge_groups(one, two)) == pytest.approx((0.4 + 3) / 2)
    assert np.isnan(mean_over_groups({}))


def test_clusters_of_one_row_have_the_error_of_rows() -> None:
    random = np.random.default_rng(2)
    first, second = random.random(30), random.random(30)
    sums = ClusterSums.of(np.arange(30), first, second, np.ones(30))
    apart = second - first
    assert sums.standard_error == pytest.approx(apart.std(ddof=1) / np.sqrt(30), rel=1e-12)
    parts = [
        ClusterSums.of(np.arange(30)[some], first[some], second[some], np.ones(30)[some])
        for some in (slice(0, 11), slice(11, 30))
    ]
    assert parts[0].merge(parts[1]).standard_error == sums.standard_error


def test_repeated_rows_are_no_new_rows() -> None:
    random = np.random.default_rng(3)
    first, second = random.random(10), random.random(10)
    clusters = np.repeat(np.arange(10), 4)
    sums = ClusterSums.of(clusters, first.repeat(4), second.repeat(4), np.ones(40))
    alone = ClusterSums.of(np.arange(10), first, second, np.ones(10))
    assert sums.standard_error == pytest.approx(alone.standard_error, rel=1e-12)
    assert np.isnan(
        ClusterSums.of(np.zeros(3, int), first[:3], second[:3], np.ones(3)).standard_error
    )
