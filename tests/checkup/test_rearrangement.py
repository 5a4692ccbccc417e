"""Parts of the targets in another order, as of shards that were joined as text sorts them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from xent.checkup.alignment import Alignment, best_alignment
from xent.checkup.rows import LabelledRows
from xent.checkup.sample import SampledRows
from xent.settings import LossSettings

RANDOM = np.random.default_rng(2)
COUNT = 1200
TARGETS = RANDOM.integers(4, size=COUNT)
LOGITS = RANDOM.normal(size=(COUNT, 4))
LOGITS[np.arange(COUNT), TARGETS] += 2


def aligned(targets: NDArray[np.int64]) -> Alignment:
    numbers = np.arange(COUNT)
    sample = SampledRows(LOGITS, targets.astype(np.float64), numbers, None, COUNT)
    return best_alignment(LabelledRows(sample, LossSettings()))


@pytest.mark.parametrize(
    ("sizes", "order"),
    [
        ([300, 300, 300, 300], [0, 2, 1, 3]),
        ([100] * 12, sorted(range(12), key=str)),
        ([250, 400, 150, 400], [2, 0, 3, 1]),
        ([700, 137, 363], [2, 1, 0]),
    ],
)
def test_the_parts_are_put_back_to_the_row(sizes: list[int], order: list[int]) -> None:
    parts = np.split(TARGETS, np.cumsum(sizes)[:-1])
    given = np.concatenate([parts[each] for each in order])
    found = aligned(given)
    assert found.parts
    here, there = found.rows_of(COUNT)
    assert (here == np.arange(COUNT)).all()
    assert (given[there] == TARGETS).mean() > 0.98
    names = {"numpy": np, "targets": given}
    exec(found.lines, names)  # noqa: S102  our own line
    assert (names["targets"] == given[there]).all()


def test_rows_in_place_have_no_parts() -> None:
    assert not aligned(TARGETS)


def test_shuffled_rows_have_no_parts() -> None:
    assert not aligned(np.random.default_rng(3).permutation(TARGETS))


def test_two_parts_exchanged_are_a_rotation() -> None:
    found = aligned(np.roll(TARGETS, 100))
    assert (found.step, found.cyclic, found.parts) == (100, True, ())
