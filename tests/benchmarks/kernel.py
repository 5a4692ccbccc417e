"""The arithmetic alone: one call, with the arrays in memory and the libraries warm.

Each library works in a process of its own, for a pool of threads that spins after its work would
be timed with the next one's.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from benchmarks import tables
from benchmarks.command import Failed, Run
from benchmarks.contest import Contender, contest
from benchmarks.machine import has
from benchmarks.plan import Plan
from benchmarks.tables import Bar

# np.exp alone on the same numbers: whoever takes exponentials takes so long at least.
_FLOOR, _MOST_FLOORS, _FLOOR_CLASSES = "exp", 1.6, 1000

_CLASSES = (2, 10, 1000, 32_000, 128_000)
# Numbers in a batch, as many for each number of classes: an evaluation, not what a cache holds.
_SIZE, _QUICK_SIZE = 32_768_000, 512_000
# A float32 mean of a million rows is rounded on the way.
_TOLERANCES = {"float32": 1e-5, "float64": 1e-9}
_PEERS = {
    "torch": ("torch",),
    "scipy": ("scipy",),
    "sklearn": ("sklearn", "scipy"),
    "optax": ("optax", "jax"),
}
_SCRIPT = Path(__file__).parent / "peers" / "call_kernel.py"


def lines(plan: Plan) -> Iterator[str]:
    """The table: at least twice as fast as PyTorch, and slower than none."""
    threads = plan.confine(default=1)
    yield f"One call of each library's function, threads at most {threads}.\n\n"
    yield from tables.head(*tables.CONTEST)
    found = []
    for dtype, tolerance in _TOLERANCES.items():
        for classes in _CLASSES:
            rows = (_QUICK_SIZE if plan.quick else _SIZE) // classes
            case = f"{dtype}, {rows:,} × {classes:,}"
            with ExitStack() as stack:
                calls: list[Contender] = [
                    stack.enter_context(_Calls.of(name, dtype, rows, classes, threads))
                    for name in ("xent", _FLOOR, *(name for name in _PEERS if has(*_PEERS[name])))
                ]
                entries = contest(calls, plan.alternations, tolerance=tolerance)
            yield from tables.results(case, entries)
            if classes >= _FLOOR_CLASSES:
                promise = f"{case}: xent / np.exp alone at most {_MOST_FLOORS}"
                ratio = entries[0].times(entries[1])
                found.append(Bar(promise, ratio, _MOST_FLOORS, at_most=True))
            for entry in entries[2:]:
                if entry.runs:
                    least = 2 if entry.name == "torch" else 1
                    promise = f"{case}: {entry.name} / xent at least {least}"
                    found.append(Bar(promise, entry.times(entries[0]), least))
    yield from tables.bars(found)


@dataclass(frozen=True)
class _Calls:
    """A process that makes one call for each line it is sent."""

    name: str
    process: subprocess.Popen[str]
    questions: IO[str]
    answers: IO[str]

    @classmethod
    def of(cls, name: str, dtype: str, rows: int, classes: int, threads: int) -> "_Calls":
        words = [sys.executable, str(_SCRIPT), name, dtype, *map(str, (rows, classes, threads))]
        process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        assert process.stdin
        assert process.stdout
        return cls(name, process, process.stdin, process.stdout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(BrokenPipeError):
            self.questions.close()
        self.answers.close()
        self.process.wait()

    def run(self) -> Run:
        """One call, timed by the process itself, which has no children to add to its peak."""
        try:
            self.questions.write("\n")
            seconds, peak, loss = self.answers.readline().split()
        except (BrokenPipeError, ValueError):
            raise Failed("it stopped with an error, shown above") from None
        return Run(float(seconds), int(peak), loss)
