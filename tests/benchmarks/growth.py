"""Growth: more rows take more time, no more memory; more workers take less time."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from benchmarks import tables
from benchmarks.command import Failed, xent
from benchmarks.contest import Entry, Spread, contest
from benchmarks.plan import Plan
from benchmarks.tables import Bar

_CLASSES = 10
_ROWS = (10_000, 100_000, 1_000_000, 10_000_000)
_QUICK_ROWS = (1_000, 10_000, 100_000)
_KINDS = ("csv", "npy")
# How far from a straight line, and from flat, is still called so.
_LINEAR, _FLAT = 1.2, 1.2


def lines(plan: Plan) -> Iterator[str]:
    """The tables for rows, then for workers."""
    threads = plan.confine()
    sizes = _QUICK_ROWS if plan.quick else _ROWS
    yield f"`xent compute -q` on {_CLASSES} classes, from start to exit, {threads} CPUs.\n\n"
    yield from tables.head("case", "rows", "median", "time / row", "peak")
    found: list[Bar] = []
    for kind in _KINDS:
        try:
            entries = _grown(plan, kind, sizes)
        except Failed as failure:
            yield tables.line((kind, str(failure), "", "", ""))
            continue
        for rows, entry in zip(sizes, entries, strict=True):
            seconds = entry.seconds.median
            cells = tables.duration(seconds), f"{seconds / rows * 1e9:.0f} ns"
            yield tables.line((kind, entry.name, *cells, tables.megabytes(entry.peak)))
        found += _bars(kind, sizes, entries)
    yield from tables.bars(found)
    yield from _workers(plan, sizes[-1])


def _grown(plan: Plan, kind: str, sizes: Sequence[int]) -> list[Entry]:
    with ExitStack() as files:
        contenders = [
            xent(
                "compute",
                "-q",
                *files.enter_context(plan.data(kind, rows, _CLASSES)),
                name=f"{rows:,}",
            )
            for rows in sizes
        ]
        # Other rows have another loss.
        return contest(contenders, plan.alternations, tolerance=None)


def _bars(kind: str, sizes: Sequence[int], entries: Sequence[Entry]) -> Iterator[Bar]:
    """The last rows cost no more than those before them, of which start-up is no part."""
    (few, some, many), (first, second, last) = sizes[-3:], entries[-3:]
    ratio = Spread.of(
        (c.seconds - b.seconds) / (many - some) / ((b.seconds - a.seconds) / (some - few))
        for a, b, c in zip(first.runs, second.runs, last.runs, strict=True)
    )
    more = f"a row from {some:,} to {many:,} / one from {few:,} to {some:,}"
    yield Bar(f"{kind}: time of {more} at most {_LINEAR}", ratio, _LINEAR, at_most=True)
    memory = last.peak / entries[0].peak
    more = f"{many:,} rows / that of {sizes[0]:,}"
    yield Bar(f"{kind}: memory of {more} at most {_FLAT}", memory, _FLAT, at_most=True)


def _workers(plan: Plan, rows: int) -> Iterator[str]:
    if "--jobs" not in xent("compute", "--help").run().out:
        yield "Workers: this version has no --jobs to measure.\n\n"
        return
    yield "Workers, which must find the same to the last bit:\n\n"
    yield from tables.head(*tables.CONTEST)
    for kind in _KINDS:
        try:
            with plan.data(kind, rows, _CLASSES) as files:
                jobs = [
                    xent("compute", "-q", *files, "--jobs", count, name=f"--jobs {count}")
                    for count in (1, 2)
                ]
                entries = contest(jobs, plan.alternations, tolerance=0)
        except Failed as failure:
            yield tables.line((kind, "xent", str(failure), "", ""))
            continue
        yield from tables.results(f"{kind}, {rows:,} rows", entries)
    yield "\n"
