"""Processes that evaluate parts of the input, side by side."""

import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Self

from xent.division import PartFailed, attempted
from xent.inputs.chunk import Chunk
from xent.report.report import Report
from xent.settings import LossSettings


class Workers:
    """Processes at work as long as the `with` block lasts; leaving it stops them.

    They hold a bounded piece of the input each, as one process alone does. Ctrl-C does not reach
    them: it is for this process to stop them. If this process is killed, they end.
    """

    def __init__(self, number: int, settings: LossSettings, *, head: int, tail: int) -> None:
        self._number = number
        self._task = (settings, head, tail)
        self._processes: list[BaseProcess] = []
        self._connections: list[Connection] = []

    def __enter__(self) -> Self:
        try:
            self._start()
        except OSError:  # no more processes are to be had
            self._stop()
            raise PartFailed from None
        except KeyboardInterrupt:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def reports(self, parts: Iterable[Chunk]) -> Iterator[tuple[Chunk, Report]]:
        """Each part with its report, in their order; parts are taken as workers get free.

        Raises:
            PartFailed: One cannot be evaluated, or its worker is gone.
        """
        waiting = enumerate(parts)
        given: dict[Connection, tuple[int, Chunk]] = {}
        done: dict[int, tuple[Chunk, Report]] = {}
        turn = 0
        for connection, task in zip(self._connections, waiting, strict=False):
            given[connection] = _give(connection, task)
        while given:
            for ready in wait([*given]):
                connection = next(each for each in given if each is ready)
                number, part = given.pop(connection)
                done[number] = part, _taken(connection)
                for task in islice(waiting, 1):
                    given[connection] = _give(connection, task)
            while turn in done:
                yield done.pop(turn)
                turn += 1

    def _start(self) -> None:
        forking = _may_fork()
        context = get_context("fork") if forking else get_context("spawn")
        with interrupts_held(spawning=not forking):
            for _ in range(self._number):
                ours, theirs = context.Pipe()
                process = context.Process(
                    target=_serve, args=(theirs, ours, *self._task), daemon=True
                )
                process.start()
                theirs.close()
                self._processes.append(process)
                self._connections.append(ours)

    def _stop(self) -> None:
        with interrupts_held():
            for connection in self._connections:
                connection.close()
            for process in self._processes:
                process.terminate()
            for process in self._processes:
                process.join()


def _give(connection: Connection, task: tuple[int, Chunk]) -> tuple[int, Chunk]:
    try:
        connection.send(task[1])
    except OSError:
        raise PartFailed from None
    return task


def _taken(connection: Connection) -> Report:
    try:
        report = connection.recv()
    except (EOFError, OSError):  # the worker was killed
        raise PartFailed from None
    if report is None:
        raise PartFailed
    found: Report = report
    return found


def _serve(
    connection: Connection, ours: Connection, settings: LossSettings, head: int, tail: int
) -> None:
    """What a worker does until nobody is at the other end."""
    ours.close()
    with suppress(EOFError, OSError):
        while True:
            part = connection.recv()
            connection.send(attempted(part, settings, head, tail))


def _may_fork() -> bool:
    """A fork is at work in 10 ms, a fresh interpreter in 200 ms, which it takes to load NumPy.

    But beside other threads, and where the system's own libraries do not stand it, a fork may
    hang.
    """
    return sys.platform == "linux" and threading.active_count() == 1


@contextmanager
def interrupts_held(*, spawning: bool = False) -> Iterator[None]:
    """Let Ctrl-C wait; a process that is started meanwhile never gets it.

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
