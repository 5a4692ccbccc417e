"""The path that most rows take: what it finds beside the loss, and that it finds it everywhere."""

import itertools
from fractions import Fraction
from math import ldexp
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import DTypeLike, NDArray

import xent
from adversarial_rows import Rows, rows_of
from oracle import most_ulps
from xent.losses import target_nll
from xent.losses.target_nll import TargetNLL

# Either side of where columns give way to rows, and far above.
CLASSES = [1, 2, 3, 8, 33, 47, 48, 49, 50, 100, 300]


def found(logits: NDArray[Any]) -> TargetNLL:
    with np.errstate(all="ignore"):
        return TargetNLL.of(logits, np.zeros(len(logits), dtype=np.int64))


@pytest.mark.parametrize("classes", CLASSES)
def test_the_prediction_is_the_first_of_the_largest(classes: int) -> None:
    logits = np.random.default_rng(classes).integers(-3, 3, (500, classes)).astype(float)
    logits[::7] *= -0.0
    assert np.array_equal(found(logits).argmax, logits.argmax(axis=1))


@pytest.mark.parametrize("classes", CLASSES)
def test_there_is_none_where_a_row_is_undefined(classes: int) -> None:
    rng = np.random.default_rng(classes)
    logits = rng.normal(size=(60, classes))
    places = rng.integers(classes, size=60)
    logits[np.arange(60), places] = np.resize([np.nan, np.inf, 0.0], 60)
    logits[3::6] = -np.inf
    result = found(logits)
    undefined = np.isnan(logits).any(axis=1) | (abs(logits.max(axis=1)) == np.inf)
    assert np.array_equal(result.argmax == -1, undefined)
    assert np.array_equal(np.isnan(result.nll), undefined)
    assert np.array_equal(np.isnan(result.other_exp_sum), undefined)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int8, np.uint16, ">f4", ">f8"])
@pytest.mark.parametrize("classes", CLASSES)
def test_each_dtype_gives_the_bits_of_its_doubles(classes: int, dtype: DTypeLike) -> None:
    logits = np.random.default_rng(classes).uniform(0, 50, (70, classes)).astype(dtype)
    narrow, wide = found(logits), found(logits.astype(np.float64))
    assert np.array_equal(narrow.nll, wide.nll)
    assert np.array_equal(narrow.argmax, wide.argmax)


@pytest.mark.parametrize("classes", [2, 20, 49, 70])
@pytest.mark.parametrize("top", [-1e5, -709.0, -100.5, -99.5, 0.0, 599.5, 600.5, 709.0, 1e5])
@pytest.mark.parametrize("behind", [0.0, 1e-9, 30.0, 500.0, 560.0, 700.0, 740.0])
def test_rows_of_any_size_keep_to_the_bound(classes: int, top: float, behind: float) -> None:
    """The edges of what exponentials of undivided logits can do are nowhere to be seen."""
    logits = top - behind - np.random.default_rng(0).uniform(0, 3, (4, classes))
    targets = np.array([0, 1, 0, 1])
    logits[np.arange(4), [0, 1, 1, 0]] = top
    rows = Rows(logits, targets)
    losses: NDArray[np.float64] = xent.cross_entropy(logits, targets, reduction="none")
    assert most_ulps(losses.tolist(), rows.true_losses()) <= 4


@pytest.mark.parametrize("kind", ["ordinary", "confident", "crumbs", "ties", "masked"])
@pytest.mark.parametrize("classes", [20, 40, 60, 200])
def test_so_do_rows_of_a_few_dozen_classes(kind: str, classes: int) -> None:
    rows = rows_of(kind, classes, 30)
    losses: NDArray[np.float64] = xent.cross_entropy(rows.logits, rows.targets, reduction="none")
    assert most_ulps(losses.tolist(), rows.true_losses()) <= 4


@pytest.mark.parametrize("classes", [2, 7, 48, 49, 300])
def test_a_row_has_the_same_bits_at_every_place_of_a_block(
    classes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Vector instructions take what is left over at the end of an array differently."""
    rng = np.random.default_rng(classes)
    row = rng.normal(size=classes) * 5
    for count in (1, 2, 3, 5, 8, 13, 64, 257):
        values = found(np.tile(row, (count, 1))).nll
        assert (values == found(row[None]).nll).all()
    monkeypatch.setattr(target_nll, "_BLOCK_ROWS", 3)
    assert (found(np.tile(row, (64, 1))).nll == values[0]).all()


@given(
    st.lists(
        st.floats(width=32, allow_nan=False)
        | st.just(0.0)
        | st.builds(ldexp, st.integers(1 - 2**24, 2**24 - 1), st.integers(-45, -15)),
        min_size=1,
        max_size=6,
    )
)
def test_differences_that_are_said_to_be_exact_are(values: list[float]) -> None:
    logits = np.array([values], dtype=np.float32)
    if not target_nll._differ_exactly(logits):
        return
    for one, other in itertools.product(values, repeat=2):
        assert Fraction(one - other) == Fraction(one) - Fraction(other)


def test_usual_differences_are_known_to_be_exact() -> None:
    logits = np.random.default_rng(0).normal(size=(20, 500)) * 5
    logits[3, 4] = 0
    assert target_nll._differ_exactly(logits.astype(np.float32))
    assert target_nll._differ_exactly(logits.astype(np.float16))
    assert not target_nll._differ_exactly(logits)
    logits[3, 4] = 1e-30
    assert not target_nll._differ_exactly(logits.astype(np.float32))
    logits[3, 4] = -np.inf
    assert not target_nll._differ_exactly(logits.astype(np.float32))


@pytest.mark.parametrize("gap", range(20, 40))
def test_differences_are_said_to_be_exact_as_far_as_they_are(gap: int) -> None:
    one, other = ldexp(2**24 - 1, gap), -ldexp(2**24 - 1, 0)
    exact = Fraction(one - other) == Fraction(one) - Fraction(other)
    assert target_nll._differ_exactly(np.array([[one, other]], dtype=np.float32)) == exact
