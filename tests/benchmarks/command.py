"""A command: how long it takes from its start to its exit, and the memory of its processes.

This process stays small and loads no NumPy: a process inherits the high-water mark of the one that
started it (`ru_maxrss` outlives `exec`), and up to there it says nothing of the command.
"""

import os
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.memory import tree_bytes

_INTERVAL_MS = 5
_PEERS = Path(__file__).parent / "peers"


class Failed(Exception):  # noqa: N818  a contender that is out, not an error of the benchmark
    """Why a contender is out of the contest."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a contender.

    Attributes:
        seconds: How long it took.
        peak: The most memory that its processes had together, in bytes.
        out: What it printed.
    """

    seconds: float
    peak: int
    out: str

    @property
    def answer(self) -> str:
        """The last word of it: the loss."""
        return "".join(self.out.split()[-1:])


@dataclass(frozen=True)
class Command:
    """A contender that is started anew for each run.

    Attributes:
        name: How the tables call it.
        words: The program and its arguments.
        limit: After how many seconds it is stopped.
    """

    name: str
    words: Sequence[str]
    limit: float = 600

    def run(self) -> Run:
        """Run it once.

        Raises:
            Failed: It took too long, or its exit status is not 0.
        """
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            start = time.perf_counter()
            # In a session of its own, all of it can be stopped.
            process = subprocess.Popen(
                self.words, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True
            )
            try:
                peak = _peak_until_exit(process.pid, self.limit)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise
            seconds = time.perf_counter() - start
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            err.seek(0)
            if process.returncode:
                last = err.read().decode(errors="replace").strip().rpartition("\n")[2]
                raise Failed(f"exit status {process.returncode}: {last}")
            peak = max(peak, _high_water_mark(usage))
            return Run(seconds, peak, out.read().decode())


def _high_water_mark(usage: resource.struct_rusage) -> int:
    """That of the biggest process, in bytes; 0 where it may be this one's own."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return usage.ru_maxrss * 1024 if usage.ru_maxrss > own else 0


def _peak_until_exit(process: int, limit: float) -> int:
    """Watch a process until it exits, which the kernel tells at once."""
    end = time.perf_counter() + limit
    exit_of_process = os.pidfd_open(process)
    try:
        poll, peak = select.poll(), 0
        poll.register(exit_of_process, select.POLLIN)
        while not poll.poll(_INTERVAL_MS):
            peak = max(peak, tree_bytes(process))
            if time.perf_counter() > end:
                raise Failed(f"over {limit:.0f} s")
        return peak
    finally:
        os.close(exit_of_process)


def xent(*arguments: object, name: str = "xent") -> Command:
    """The program as a user runs it: the script of this environment, else the module."""
    script = Path(sys.executable).with_name("xent")
    program = [str(script)] if script.exists() else [sys.executable, "-m", "xent"]
    return Command(name, [*program, *map(str, arguments)])


def python(name: str, *arguments: object, limit: float = 600) -> Command:
    """This interpreter with arguments."""
    return Command(name, [sys.executable, *map(str, arguments)], limit)


def peer(name: str, script: str, *arguments: object, limit: float = 600) -> Command:
    """One of the programs in `peers/`."""
    return python(name, _PEERS / script, *arguments, limit=limit)
