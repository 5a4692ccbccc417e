"""From a large .npy file to a loss, as a command, beside PyTorch over a memory map."""

from collections.abc import Iterator

from benchmarks import tables
from benchmarks.command import Failed, peer, xent
from benchmarks.contest import contest
from benchmarks.machine import has
from benchmarks.plan import Plan
from benchmarks.tables import Bar

_CLASSES = 1000
# 4 GB of float32.
_ROWS, _QUICK_ROWS = 1_000_000, 20_000
_PEERS = ("whole", "blocks")
_MOST_MEGABYTES = 150
# PyTorch adds up in float32.
_TOLERANCE = 1e-5


def lines(plan: Plan) -> Iterator[str]:
    """The table: as fast as the faster of PyTorch's ways, in 150 MB."""
    threads = plan.confine()
    rows = _QUICK_ROWS if plan.quick else _ROWS
    case = f"{rows:,} × {_CLASSES:,} float32, {rows * _CLASSES * 4 / 1e9:.2f} GB"
    yield f"From start to exit, threads at most {threads}, file in the page cache. What PyTorch "
    yield "maps counts as memory while it is resident.\n\n"
    yield from tables.head(*tables.CONTEST)
    try:
        with plan.data("npy", rows, _CLASSES) as files:
            contenders = [xent("compute", "-q", *files)] + [
                peer(f"torch, memory map, {how}", "npy_loss.py", how, *files)
                for how in _PEERS
                if has("torch")
            ]
            entries = contest(contenders, plan.alternations, tolerance=_TOLERANCE)
    except Failed as failure:
        yield tables.line((case, "xent", str(failure), "", ""))
        return
    yield from tables.results(case, entries)
    ours, *others = [entry for entry in entries if entry.runs]
    found = [
        Bar(
            f"xent's megabytes at most {_MOST_MEGABYTES}",
            ours.peak / 1e6,
            _MOST_MEGABYTES,
            at_most=True,
        )
    ]
    if others:
        best = min(others, key=lambda entry: entry.seconds.median)
        found.append(Bar(f"{best.name} / xent at least 1", best.times(ours), 1))
    yield from tables.bars(found)
