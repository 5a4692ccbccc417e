"""Start-up: what a command costs that has next to nothing to calculate."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks import tables
from benchmarks.command import python, xent
from benchmarks.contest import contest
from benchmarks.machine import has
from benchmarks.plan import Plan
from benchmarks.tables import Bar

_BATCH = Path(__file__).parents[2] / "examples" / "margins" / "batch.json"
# Short runs are told apart by more of them.
_MORE = 4
_NUMPY, _TYPER = "import numpy", "import typer"
_IMPORTS = (_NUMPY, _TYPER, "import torch")
# Each with what it is compared with, and the most times that it may take as long.
_PROMISES = (
    ("xent compute", _NUMPY, 2.2),
    ("xent compute -q", _NUMPY, 1.7),
    ("xent --version", _TYPER, 1.2),
)


def lines(plan: Plan) -> Iterator[str]:
    """The table, and the ratios to what NumPy and typer need by themselves."""
    plan.confine()
    contenders = [python(code, "-c", code) for code in _IMPORTS if has(code.split()[1])] + [
        xent("compute", _BATCH, name="xent compute"),
        xent("compute", "-q", _BATCH, name="xent compute -q"),
        xent("--version", name="xent --version"),
        xent("--help", name="xent --help"),
    ]
    yield "From start to exit, on the worked example.\n\n"
    yield from tables.head("contender", "median", "minimum", f"time / {_NUMPY}", "peak")
    # They are asked for different things: there is no loss to compare.
    entries = contest(contenders, plan.alternations * _MORE, tolerance=None)
    for entry in entries:
        if entry.failure:
            yield tables.line((entry.name, entry.failure, "", "", ""))
            continue
        seconds = entry.seconds
        shown = tables.duration(seconds.median), tables.duration(seconds.low)
        ratio = str(entry.times(entries[0]))
        yield tables.line((entry.name, *shown, ratio, tables.megabytes(entry.peak)))
    named = {entry.name: entry for entry in entries}
    yield from tables.bars(
        Bar(f"{name} / {base} at most {most}", named[name].times(named[base]), most, at_most=True)
        for name, base, most in _PROMISES
        if named[name].runs and named[base].runs
    )
