"""From two CSV files to a loss, as a command: `xent compute -q` beside Python programs."""

from collections.abc import Iterator

from benchmarks import tables
from benchmarks.command import Failed, peer, xent
from benchmarks.contest import contest
from benchmarks.machine import has
from benchmarks.plan import Plan
from benchmarks.tables import Bar

_SHAPES = ((1_000_000, 10), (20_000, 1000), (300, 50_000))
_QUICK_SHAPES = ((20_000, 10), (500, 1000), (10, 50_000))
_READERS = ("polars", "pandas", "pyarrow", "duckdb")
_LOSSES = ("numpy", "torch")
_LIMIT_SECONDS = 60
_TOLERANCE = 1e-9


def lines(plan: Plan) -> Iterator[str]:
    """The table: twice as fast as the fastest, in a fifth of its memory."""
    threads = plan.confine()
    yield f"From start to exit, threads at most {threads}, files in the page cache; "
    yield f"a run is stopped after {_LIMIT_SECONDS} s.\n\n"
    yield from tables.head(*tables.CONTEST)
    found: list[Bar] = []
    for rows, classes in _QUICK_SHAPES if plan.quick else _SHAPES:
        case = f"{rows:,} × {classes:,}"
        try:
            with plan.data("csv", rows, classes) as files:
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
        ours, *others = [entry for entry in entries if entry.runs]
        if others:
            best = min(others, key=lambda entry: entry.seconds.median)
            promise = f"{case}: {best.name}, the fastest, / xent"
            found.append(Bar(f"{promise}: time at least 2", best.times(ours), 2))
            found.append(Bar(f"{promise}: memory at least 5", best.peak / ours.peak, 5))
    yield from tables.bars(found)
