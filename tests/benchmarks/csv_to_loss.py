"""From two CSV files to a loss, as a command: `xent compute -q` beside Python programs."""

from collections.abc import Iterator

from benchmarks import tables
from benchmarks.command import Failed, peer, xent
from benchmarks.contest import contest
from benchmarks.machine import has
from benchmarks.plan import Plan
from benchmarks.tables import Bar

# Rows, classes, the form of a number, the least ratio of times to polars with NumPy, and the most
# of memory. Once with the default of numpy.savetxt.
_CASES = (
    (500_000, 10, "%.6f", 1, 0.4),
    (8_000, 1000, "%.9g", 1.2, 0.25),
    (120, 50_000, "%.17g", 2, 0.25),
    (150_000, 10, "%.18e", 1, 0.5),
)
_QUICK_DIVISOR = 20
_BASE = "polars, numpy"
_READERS = ("polars", "pandas", "pyarrow", "duckdb")
_LOSSES = ("numpy", "torch")
_LIMIT_SECONDS = 60
_TOLERANCE = 1e-9


def lines(plan: Plan) -> Iterator[str]:
    """The table: as fast as polars with NumPy at least, in less than half of its memory."""
    threads = plan.confine()
    yield f"From start to exit, threads at most {threads}, files in the page cache; "
    yield f"a run is stopped after {_LIMIT_SECONDS} s.\n\n"
    yield from tables.head(*tables.CONTEST)
    found: list[Bar] = []
    for most_rows, classes, form, speed, memory in _CASES:
        rows = most_rows // _QUICK_DIVISOR if plan.quick else most_rows
        case = f"{rows:,} × {classes:,}, {form}"
        try:
            with plan.data("csv", rows, classes, form) as files:
                contenders = [xent("compute", "-q", *files)] + [
                    peer(
                        f"{reader}, {loss}",
                        "csv_loss.py",
                        reader,
                        loss,
                        *files,
                        limit=_LIMIT_SECONDS,
                    )
                    for reader in _READERS
                    for loss in _LOSSES
                    if has(reader, loss)
                ]
                entries = contest(contenders, plan.alternations, tolerance=_TOLERANCE)
        except Failed as failure:
            yield tables.line((case, "xent", str(failure), "", ""))
            continue
        yield from tables.results(case, entries)
        ours, base = entries[0], next((each for each in entries if each.name == _BASE), None)
        if base and base.runs:
            found.append(Bar(f"{case}: {_BASE} / xent at least {speed}", base.times(ours), speed))
            share = f"{case}: memory of xent / {_BASE} at most {memory}"
            found.append(Bar(share, ours.peak / base.peak, memory, at_most=True))
    yield from tables.bars(found)
