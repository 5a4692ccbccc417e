"""Work that is spread over threads, with its results in order."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Item = TypeVar("Item")
Result = TypeVar("Result")


def usable_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    count: Callable[[], int | None] = getattr(os, "process_cpu_count", os.cpu_count)
    return count() or 1


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Iterator[Result]:
    """Yield `work(item)` for each item, in their order, whichever is done first.

    The items are taken in the caller's thread, only so many ahead that no other thread waits.
    Where taking one fails, the results of those before it come first, as without threads.

    Args:
        work: What to do with an item. It pays where most of it are NumPy's loops over large
            arrays, which leave the interpreter to others.
        items: In their order.
        threads: How many work at once; for 1, or a single item, none is started.
    """
    if threads == 1:
        yield from map(work, items)
        return
    failures: list[Exception] = []

    def until_one_fails() -> Iterator[Item]:
        try:
            yield from items
        except Exception as failure:  # noqa: BLE001  whatever it is, it is raised in its turn
            failures.append(failure)

    rest = until_one_fails()
    first = [*islice(rest, 2)]
    if len(first) == 1:
        yield work(*first)
    elif first:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(threads) as pool:
            begun = deque(_begun(pool, work, item) for item in chain(first, islice(rest, threads)))
            while begun:
                yield begun.popleft()()
                begun.extend(_begun(pool, work, item) for item in islice(rest, 1))
    if failures:
        raise failures.pop()  # bound to no name, which would keep its frames and their files


def _begun(
    pool: "ThreadPoolExecutor", work: Callable[[Item], Result], item: Item
) -> Callable[[], Result]:
    """Where the result is to be had; where no thread is to be had, it is made there."""
    try:
        return pool.submit(work, item).result
    except RuntimeError:
        return partial(work, item)
