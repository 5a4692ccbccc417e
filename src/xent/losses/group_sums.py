"""The exact sums of groups of rows, however many the groups are."""

from collections.abc import Mapping
from math import fsum, nan

import numpy as np
from numpy.typing import NDArray

from xent.losses.exact_sum import ExactProducts, ExactSum, segment_products, segment_sums
from xent.losses.loss_sum import LossSum
from xent.losses.row_losses import RowLosses

# Below this many rows per group, groups are summed together.
_MANY = 64
# Sums of values between these, and of their products, need no special care.
_LEAST, _MOST = 2.0**-300, 2.0**300


def sums_by_group(
    groups: NDArray[np.int64], losses: RowLosses, *, even: bool
) -> dict[int, LossSum]:
    """Return the sums of each group of rows.

    Args:
        groups: (n,) the number of the group of each row.
        losses: The losses of the rows.
        even: Whether each counted row has the weight 1.
    """
    order = np.argsort(groups, kind="stable")
    groups, losses = groups[order], losses.take(order)
    ignored = dict(zip(*_counts(groups[~losses.counted]), strict=True))
    correct = dict(zip(*_counts(groups[losses.correct]), strict=True))
    values, weights = losses.counted_losses
    groups = groups[losses.counted]
    starts = np.flatnonzero(np.diff(groups, prepend=groups[:1] - 1))
    names = groups[starts].tolist()
    if len(values) > _MANY * len(starts) or not (_is_tame(values) and _is_tame(weights)):
        found = [*_one_by_one(values, None if even else weights, starts)]
    else:
        found = [*_together(values, None if even else weights, starts)]
    sums = dict(zip(names, found, strict=True))
    return {
        name: _with_counts(sums.get(name, LossSum()), correct.get(name, 0), ignored.get(name, 0))
        for name in sorted({*names, *ignored})
    }


def totals_by_group(
    groups: NDArray[np.int64], *columns: NDArray[np.float64]
) -> tuple[list[int], *tuple[list[ExactSum], ...]]:
    """Return the numbers of the groups, and the exact sum of each column over each group.

    Args:
        groups: (n,) the number of the group of each row.
        *columns: (n,) values.
    """
    order = np.argsort(groups, kind="stable")
    groups = groups[order]
    starts = np.flatnonzero(np.diff(groups, prepend=groups[:1] - 1))
    found = [_totals(values[order], starts) for values in columns]
    return groups[starts].tolist(), *found


def _totals(values: NDArray[np.float64], starts: NDArray[np.intp]) -> list[ExactSum]:
    if _is_tame(values):
        return [*map(ExactSum, segment_sums(values, starts))]
    return [*map(ExactSum.of, np.split(values, starts[1:]))]


def merge_groups(one: Mapping[str, LossSum], other: Mapping[str, LossSum]) -> dict[str, LossSum]:
    """Return the groups of both sets of rows together."""
    merged = {**one}
    for name, sums in other.items():
        merged[name] = merged[name].merge(sums) if name in merged else sums
    return merged


def mean_over_groups(groups: Mapping[str, LossSum]) -> float:
    """Return the mean of the means of the groups, in nats; nan where no row counts."""
    means = [sums.mean for sums in groups.values() if sums.counted]
    if not means or not all(map(np.isfinite, means)):
        return float(np.mean(means)) if means else nan
    return fsum(means) / len(means)


def _counts(groups: NDArray[np.int64]) -> tuple[list[int], list[int]]:
    names, counts = np.unique(groups, return_counts=True)
    return names.tolist(), counts.tolist()


def _is_tame(values: NDArray[np.float64]) -> bool:
    sizes = np.abs(values[values != 0])
    return bool(((sizes > _LEAST) & (sizes < _MOST)).all())


def _one_by_one(
    values: NDArray[np.float64], weights: NDArray[np.float64] | None, starts: NDArray[np.intp]
) -> "list[LossSum]":
    ends = [*starts[1:].tolist(), len(values)]
    return [
        LossSum.of(values[start:end], None if weights is None else weights[start:end])
        for start, end in zip(starts.tolist(), ends, strict=True)
    ]


def _together(
    values: NDArray[np.float64], weights: NDArray[np.float64] | None, starts: NDArray[np.intp]
) -> "list[LossSum]":
    counts = np.diff(starts, append=len(values)).tolist()
    totals = [*map(ExactSum, segment_sums(values, starts))]
    squares = [*map(ExactProducts, segment_products(values, values, starts))]
    if weights is None:
        sums = [*map(ExactSum.of_ones, counts)]
        cross = [*map(ExactProducts.of_ones, totals)]
        weight_squares = [*map(ExactProducts.of_ones, sums)]
    else:
        sums = [*map(ExactSum, segment_sums(weights, starts))]
        cross = [*map(ExactProducts, segment_products(values, weights, starts))]
        weight_squares = [*map(ExactProducts, segment_products(weights, weights, starts))]
    return [
        LossSum(count, 0, 0, *each)
        for count, *each in zip(counts, totals, sums, squares, cross, weight_squares, strict=True)
    ]


def _with_counts(sums: LossSum, correct: int, ignored: int) -> LossSum:
    return sums.merge(LossSum(ignored=ignored, correct=correct)) if correct or ignored else sums
