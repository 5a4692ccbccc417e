"""Threads change when something is done, and nothing else."""

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

import xent
from xent.parallel.threads import map_in_threads, usable_cores


def slowly(number: int) -> int:
    time.sleep(0.002 * (number % 3))
    return number * number


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 40])
def test_results_come_in_the_order_of_their_items(count: int, threads: int) -> None:
    assert [*map_in_threads(slowly, range(count), threads)] == [each**2 for each in range(count)]


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_what_came_before_a_failed_item_comes_first(count: int, threads: int) -> None:
    def items() -> Iterator[int]:
        yield from range(count)
        raise ValueError("no further item")

    seen: list[int] = []
    with pytest.raises(ValueError, match="no further item"):
        seen.extend(map_in_threads(slowly, items(), threads))
    assert seen == [each**2 for each in range(count)]


@pytest.mark.parametrize("threads", [1, 3])
def test_the_first_failure_map_in_threads_is_the_one_that_is_raised(threads: int) -> None:
    def work(number: int) -> None:
        time.sleep(0.01 if number == 2 else 0)
        if number >= 2:
            raise ValueError(f"item {number}")

    with pytest.raises(ValueError, match="item 2"):
        [*map_in_threads(work, range(9), threads)]


def test_items_are_taken_as_they_are_needed() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for number in range(1000):
            taken += 1
            yield number

    results = map_in_threads(slowly, items(), 2)
    assert [next(results) for _ in range(5)] == [0, 1, 4, 9, 16]
    assert taken <= 10


def test_one_thread_or_the_first_item_is_the_callers_own() -> None:
    own = threading.get_ident()
    assert {*map_in_threads(lambda _: threading.get_ident(), range(5), 1)} == {own}
    assert {*map_in_threads(lambda _: threading.get_ident(), range(1), 4)} == {own}
    first, *others = map_in_threads(lambda _: threading.get_ident(), range(5), 4)
    assert first == own not in others


def test_there_is_a_core() -> None:
    assert usable_cores() >= 1


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_a_loss_has_the_same_bits_on_any_number_of_threads(
    classes: int, reduction: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(classes)
    count = 3_000_000 // classes // (10 if classes < 10 else 1)
    logits, targets = rng.normal(size=(count, classes)) * 4, rng.integers(classes, size=count)
    found = []
    for threads in (1, 2, 7):
        monkeypatch.setattr("xent.functional.usable_cores", lambda n=threads: n)
        found.append(xent.cross_entropy(logits, targets, reduction=reduction))  # type: ignore[call-overload]
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


@pytest.mark.parametrize("most", [0, 1])
def test_where_no_thread_is_to_be_had_the_work_is_done(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[threading.Thread] = []
    start = threading.Thread.start

    def sparing(thread: threading.Thread) -> None:
        if len(started) == most:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", sparing)
    assert [*map_in_threads(slowly, range(9), 3)] == [each**2 for each in range(9)]
    assert len(started) == most
