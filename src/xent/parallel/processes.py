"""Processes on this machine as an executor."""

import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process, resource_tracker
from os import _exit, getpid


@contextmanager
def process_pool(number: int) -> Iterator[Executor]:
    """Start processes that work until the `with` block is left.

    Ctrl-C does not reach them: it is for this process to stop them. If this process is killed,
    they end.

    Args:
        number: How many processes.

    Raises:
        BrokenExecutor: No more processes are to be had. The futures of the executor raise it too,
            where a process was killed.
    """
    forking = _may_fork()
    context = get_context("fork" if forking else "spawn")
    pool = ProcessPoolExecutor(number, mp_context=context, initializer=_end_with_parent)
    try:
        try:
            with interrupts_held(spawning=not forking):  # which raises Ctrl-C at its end
                for _ in range(number):  # a first task each starts them
                    pool.submit(getpid)
        except OSError as error:
            raise BrokenExecutor from error
        yield pool
    finally:
        with interrupts_held():  # a pool that is half shut down fails as the interpreter ends
            pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """Ignore Ctrl-C, and end this process when its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            _exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _may_fork() -> bool:
    """Return whether workers can be forked, which takes 10 ms where a fresh interpreter takes 200.

    But beside other threads, and where the system's own libraries do not stand it, a fork may
    hang.
    """
    return sys.platform == "linux" and threading.active_count() == 1


@contextmanager
def interrupts_held(*, spawning: bool = False) -> Iterator[None]:
    """Hold back Ctrl-C; a process that is started meanwhile never gets it.

    Args:
        spawning: Whether fresh interpreters are started.
    """
    if sys.platform == "win32":  # which has no masks
        yield
        return
    if spawning:
        # Where it does not run yet it is started with them, and lets Ctrl-C through again.
        resource_tracker.ensure_running()
    held: list[int] = []
    # The mask is what processes inherit. But NumPy has threads, and one of them may get the
    # signal that this one blocks.
    before = signal.signal(signal.SIGINT, lambda number, _: held.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, before)
        for number in held:
            signal.raise_signal(number)
