"""Work that is spread over threads or other executors, with its results in order."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Executor

Item = TypeVar("Item")
Result = TypeVar("Result")


def usable_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    count: Callable[[], int | None] = getattr(os, "process_cpu_count", os.cpu_count)
    return count() or 1


def map_in_order(
    executor: "Executor", work: Callable[[Item], Result], items: Iterable[Item], ahead: int
) -> Iterator[Result]:
    """Yield `work(item)` for each item, in their order, whichever is done first.

    Unlike `Executor.map` it takes the items one by one, as results are asked for, so that memory
    is bounded. Where taking an item fails, the results of the items before it come first.

    Args:
        executor: Who does the work; what it refuses to start is done here.
        work: What to do with an item.
        items: The items, taken in the caller's thread.
        ahead: How many items are taken before the first result is waited for.
    """
    failures: list[Exception] = []

    def until_one_fails() -> Iterator[Item]:
        try:
            yield from items
        except Exception as failure:  # noqa: BLE001  whatever it is, it is raised in its turn
            failures.append(failure)

    rest = until_one_fails()
    begun = deque(_begun(executor, work, item) for item in islice(rest, ahead))
    while begun:
        yield begun.popleft()()
        begun.extend(_begun(executor, work, item) for item in islice(rest, 1))
    if failures:
        raise failures.pop()  # bound to no name, which would keep its frames and their files


def map_in_threads(
    work: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Iterator[Result]:
    """Yield `work(item)` for each item, in their order, with threads at work.

    Args:
        work: What to do with an item. Threads pay where most of it are NumPy's loops over large
            arrays, which leave the interpreter to others.
        items: In their order.
        threads: How many work at once. The first item is the caller's own: for a single item, or
            1 thread, none is started.
    """
    rest = iter(items)
    yield from map(work, islice(rest, None if threads == 1 else 1))
    for second in rest:  # only now a thread is worth starting
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(threads) as pool:
            yield from map_in_order(pool, work, chain([second], rest), threads + 2)


def _begun(
    executor: "Executor", work: Callable[[Item], Result], item: Item
) -> Callable[[], Result]:
    """Run the task in a thread, or at once where no thread can be started."""
    try:
        return executor.submit(work, item).result
    except RuntimeError:
        return partial(work, item)
