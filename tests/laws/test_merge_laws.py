"""Sums merge in any order and any grouping, bit for bit."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from conftest import batch_of
from xent import LossSum
from xent.report.trace import Trace
from xent.settings import LossSettings

losses = st.lists(st.floats(min_value=0) | st.just(float("nan")))
sums = st.builds(
    lambda nll, correct, ignored: LossSum.of(nll, correct=correct, ignored=ignored),
    losses,
    st.integers(0, 5),
    st.integers(0, 5),
)


@given(sums)
def test_the_empty_sum_changes_nothing(some: LossSum) -> None:
    assert LossSum().merge(some) == some == some.merge(LossSum())


@given(sums, sums)
def test_merging_is_commutative(one: LossSum, other: LossSum) -> None:
    assert one.merge(other) == other.merge(one)


@given(sums, sums, sums)
def test_merging_is_associative(one: LossSum, two: LossSum, three: LossSum) -> None:
    assert one.merge(two).merge(three) == one.merge(two.merge(three))


@given(losses, st.randoms(use_true_random=False), st.integers(1, 10))
def test_any_order_and_any_pieces_give_the_same_bits(
    nll: list[float], random: object, pieces: int
) -> None:
    whole = LossSum.of(nll)
    shuffled = np.random.default_rng(hash(random) % 2**32).permutation(nll)
    merged = LossSum()
    for piece in np.array_split(shuffled, pieces):
        merged = merged.merge(LossSum.of(piece))
    assert merged == whole


def trace(logits: NDArray[np.float64], targets: NDArray[np.int64], head: int, tail: int) -> Trace:
    batch = batch_of(logits, targets)
    return Trace.of(batch, batch.losses(LossSettings()), head=head, tail=tail)


@given(st.lists(st.integers(1, 6), min_size=1, max_size=6), st.integers(0, 4), st.integers(0, 4))
def test_a_trace_keeps_the_ends_however_the_stream_is_cut(
    lengths: list[int], head: int, tail: int
) -> None:
    rows = sum(lengths)
    logits = np.arange(rows * 3, dtype=np.float64).reshape(rows, 3)
    targets = np.arange(rows) % 3
    whole = trace(logits, targets, head, tail)
    start, merged = 0, None
    for length in lengths:
        some = slice(start, start + length)
        piece = trace(logits[some], targets[some], head, tail)
        merged = merged.merge(piece) if merged else piece
        start += length
    assert merged is not None
    kept = [row for row in range(rows) if row < head or row >= rows - tail]
    assert merged.numbers.tolist() == whole.numbers.tolist() == kept
    assert (merged.rows.inputs == logits[kept]).all()
    assert merged.rows.losses.targets.tolist() == [row % 3 for row in kept]
    assert merged.seen == rows


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 4), st.integers(0, 4)), min_size=1))
def test_pieces_with_ends_of_any_length_keep_what_all_of_them_hold(
    pieces: list[tuple[int, int, int]],
) -> None:
    lengths, heads, tails = zip(*pieces, strict=True)
    rows, head, tail = sum(lengths), min(heads), min(tails)
    values = np.arange(rows * 2, dtype=np.float64).reshape(rows, 2)
    start, merged = 0, None
    for length, own_head, own_tail in pieces:
        logits = values[start : start + length]
        piece = trace(logits, np.zeros(length, np.int64), own_head, own_tail)
        merged = merged.merge(piece) if merged else piece
        start += length
    assert merged is not None
    kept = [row for row in range(rows) if row < head or row >= rows - tail]
    assert merged.numbers.tolist() == kept
    assert (merged.rows.inputs == values[kept]).all()
