"""Whether a class pads the ends of sequences."""

import numpy as np
import pytest
from numpy.typing import NDArray

from xent.meaning.padding import padding_class


def sequences(*, left: bool = False, seed: int = 0) -> NDArray[np.int64]:
    random = np.random.default_rng(seed)
    tokens = random.integers(1, 50, size=(12, 16))
    for row, length in zip(tokens, random.integers(2, 10, size=12), strict=True):
        row[slice(None, length) if left else slice(-length, None)] = 0
    return tokens.ravel()


@pytest.mark.parametrize("left", [False, True])
def test_runs_at_one_end_of_the_sequences_are_padding(*, left: bool) -> None:
    targets = sequences(left=left)
    assert padding_class(targets, np.full(len(targets), 7)) == 0


def test_a_class_that_is_predicted_there_is_none() -> None:
    targets = sequences()
    assert padding_class(targets, targets) is None


def test_runs_anywhere_are_none() -> None:
    random = np.random.default_rng(1)
    targets = random.integers(1, 50, size=200)
    for start in (13, 48, 101, 150):
        targets[start : start + 5] = 0
    assert padding_class(targets, np.full(200, 7)) is None


def test_sorted_classes_are_none() -> None:
    targets = np.repeat(np.arange(10), 10)
    assert padding_class(targets, np.full(100, 11)) is None
