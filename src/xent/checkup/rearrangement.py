"""Whether the targets are those of the rows, but their parts stand in another order."""

from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from xent.checkup.association import Association

Integers = NDArray[np.int64]
Doubles = NDArray[np.float64]

# Blocks of rows that the parts are found in.
_MOST_BLOCKS = 256
_LEAST_ROWS = 4
_MOST_PARTS = 32
# What a change of step must gain, in standard deviations of a block.
_WORTH_A_CHANGE = 4.0


def rearranged_parts(
    association: Association, lags: Integers, deviations_at: "list[Doubles]"
) -> tuple[tuple[int, int], ...]:
    """Return which targets belong to the rows, part by part; none if no order of parts fits.

    Every part of the rows is a step away from its targets. The best step of each block is found by
    dynamic programming; the steps, which are exact, then give the exact sizes of the parts.

    Args:
        association: The rows and their targets.
        lags: The steps that may be those of a part.
        deviations_at: (n,) for each of these steps the deviation of each row at its target.

    Returns:
        The first target of each part, and the one behind its last, in the order of the rows.
    """
    count = len(association.targets)
    size = max(_LEAST_ROWS, -(-count // _MOST_BLOCKS))
    starts = np.arange(0, count, size)
    gains = np.stack([np.add.reduceat(each, starts) for each in deviations_at], axis=1)
    penalty = _WORTH_A_CHANGE * association.scale * float(np.sqrt(size / count))
    path = _best_path(gains, penalty)
    changes = np.flatnonzero(np.diff(path)) + 1
    first_blocks = np.concatenate([[0], changes])
    if not 2 <= len(first_blocks) <= _MOST_PARTS:
        return ()
    steps = lags[path[first_blocks]]
    sizes = _sizes(steps, np.append(starts[first_blocks], count))
    if sizes is None:
        return ()
    sizes = _refined(sizes, path[first_blocks], deviations_at, 2 * size)
    begins = np.append(0, sizes.cumsum())
    return tuple(
        (int(start + step), int(stop + step))
        for (start, stop), step in zip(pairwise(begins.tolist()), steps.tolist(), strict=True)
    )


def _best_path(gains: Doubles, penalty: float) -> Integers:
    """Choose a column for each row of (blocks, K) gains, where each change costs a penalty.

    References:
        A. Viterbi, "Error bounds for convolutional codes and an asymptotically optimum decoding
        algorithm", IEEE Transactions on Information Theory 13 (1967).
    """
    best = gains[0].copy()
    came_from = np.empty(gains.shape, dtype=np.int64)
    stay = np.arange(gains.shape[1])
    for block, gain in enumerate(gains[1:], 1):
        top = int(best.argmax())
        came_from[block] = np.where(best[top] - penalty > best, top, stay)
        best = np.maximum(best, best[top] - penalty) + gain
    path = np.empty(len(gains), dtype=np.int64)
    path[-1] = best.argmax()
    for block in range(len(gains) - 1, 0, -1):
        path[block - 1] = came_from[block, path[block]]
    return path


def _refined(
    sizes: Integers, path: Integers, deviations_at: "list[Doubles]", most: int
) -> Integers:
    """Move rows between two parts of the same step, whose sizes only the rows themselves tell.

    Args:
        sizes: (k,) the sizes of the parts.
        path: (k,) which of the steps each part has.
        deviations_at: As in `rearranged_parts`.
        most: How many rows may move.
    """
    up_to = np.stack([np.append(0.0, each.cumsum()) for each in deviations_at])

    def fit(some: Integers) -> float:
        ends = np.append(0, some.cumsum())
        return float((up_to[path, ends[1:]] - up_to[path, ends[:-1]]).sum())

    for one, other in combinations(range(len(sizes)), 2):
        if path[one] != path[other]:
            continue
        tried = []
        for rows in range(-most, most + 1):
            moved = sizes.copy()
            moved[one] += rows
            moved[other] -= rows
            if (moved > 0).all():
                tried.append((fit(moved), moved))
        sizes = max(tried, key=lambda pair: pair[0])[1]
    return sizes


def _sizes(steps: Integers, about: Integers) -> Integers | None:
    """Return the sizes of parts that are so many steps away from where they belong.

    Args:
        steps: (k,) by how many rows the targets of each part are further.
        about: (k + 1,) about where each part begins, and the number of rows.

    Returns:
        (k,) the sizes; None where the parts do not fill the targets without a gap.
    """
    count, parts = int(about[-1]), len(steps)
    rank = (about[:-1] + steps).argsort().argsort()
    # A part's step is the size of all parts before its targets, less that of all before its rows.
    before_targets = (rank[None, :] < rank[:, None]).astype(np.float64)
    before_rows = np.tri(parts, k=-1)
    system = np.vstack([before_targets - before_rows, np.ones(parts)])
    wanted = np.append(steps, count).astype(np.float64)
    guess = np.diff(about).astype(np.float64)
    # The closest to the guess of all sizes that fit.
    correction = np.linalg.lstsq(system, wanted - system @ guess, rcond=None)[0]
    sizes = np.rint(guess + correction).astype(np.int64)
    fits = (system @ sizes == wanted).all() and (sizes > 0).all()
    return sizes if fits else None
