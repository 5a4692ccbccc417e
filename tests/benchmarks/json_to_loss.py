"""From JSON and JSON Lines to a loss, as a command, beside Python's json with NumPy."""

from collections.abc import Iterator

from benchmarks import tables
from benchmarks.command import Failed, peer, xent
from benchmarks.contest import contest
from benchmarks.plan import Plan
from benchmarks.tables import Bar

_ROWS, _QUICK_ROWS, _CLASSES = 150_000, 5_000, 10
# The least ratio of times, and the most of memory.
_PROMISES = {"json": (1.5, 1.0), "jsonl": (2.0, 0.5)}
_TOLERANCE = 1e-9


def lines(plan: Plan) -> Iterator[str]:
    """The table: faster than json with NumPy, in no more memory."""
    threads = plan.confine()
    yield f"From start to exit, threads at most {threads}, files in the page cache.\n\n"
    yield from tables.head(*tables.CONTEST)
    rows = _QUICK_ROWS if plan.quick else _ROWS
    found: list[Bar] = []
    for kind, (speed, memory) in _PROMISES.items():
        case = f"{kind}, {rows:,} × {_CLASSES}"
        try:
            with plan.data(kind, rows, _CLASSES) as (file, _):
                contenders = [xent("compute", "-q", file), peer("json", "json_loss.py", file)]
                entries = contest(contenders, plan.alternations, tolerance=_TOLERANCE)
        except Failed as failure:
            yield tables.line((case, "xent", str(failure), "", ""))
            continue
        yield from tables.results(case, entries)
        ours, base = entries
        if base.runs:
            found.append(Bar(f"{case}: json / xent at least {speed}", base.times(ours), speed))
            share = f"{case}: memory of xent / json at most {memory}"
            found.append(Bar(share, ours.peak / base.peak, memory, at_most=True))
    yield from tables.bars(found)
