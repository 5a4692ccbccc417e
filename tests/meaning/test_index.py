"""Whether the first column of a matrix is an index."""

import numpy as np
import pytest
from numpy.typing import NDArray

from xent.meaning.index import is_index

LOGITS = np.random.default_rng(0).normal(size=(50, 4))
IDS = np.random.default_rng(1).permutation(50)


def beside(column: NDArray[np.generic]) -> NDArray[np.float64]:
    return np.column_stack([column, LOGITS])


@pytest.mark.parametrize("column", [np.arange(50), np.arange(1, 51), IDS, IDS + 10_000])
def test_counts_and_ids_are_an_index(column: NDArray[np.generic]) -> None:
    assert is_index(beside(column))


@pytest.mark.parametrize(
    "column",
    [LOGITS[:, 0] * 100, IDS - 25, IDS // 2, IDS + 0.5],
    ids=["fractions", "negative", "repeated", "halves"],
)
def test_other_large_numbers_are_none(column: NDArray[np.generic]) -> None:
    assert not is_index(beside(column))


def test_logits_that_are_whole_numbers_are_none() -> None:
    assert not is_index(np.round(beside(IDS) * 3))
