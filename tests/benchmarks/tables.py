"""The tables in Markdown, and whether the bars hold."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.contest import Entry, Spread

CONTEST = ("case", "contender", "median", "time / first", "peak")


@dataclass(frozen=True, slots=True)
class Bar:
    """What was promised of a measurement.

    Attributes:
        promise: In words.
        found: What was measured.
        limit: What it should be.
        at_most: Whether `limit` is the most, else it is the least.
    """

    promise: str
    found: Spread | float
    limit: float
    at_most: bool = False

    @property
    def margin(self) -> float:
        """By how much of the limit it holds; negative where it is missed."""
        median = self.found.median if isinstance(self.found, Spread) else self.found
        return (median / self.limit - 1) * (-1 if self.at_most else 1)

    def cells(self) -> tuple[str, str, str]:
        """Its line in the table."""
        found = self.found if isinstance(self.found, Spread) else f"{self.found:.2f}"
        verdict = "holds" if self.margin >= 0 else "MISSED"
        return self.promise, str(found), f"{verdict} by {abs(self.margin):.0%}"


def head(*names: str) -> Iterator[str]:
    """A table's first lines; words to the left, numbers to the right."""
    yield line(names)
    yield line([":--" if name in {"case", "contender", "bar"} else "--:" for name in names])


def line(cells: Iterable[str]) -> str:
    """A table's line."""
    return f"| {' | '.join(cells)} |\n"


def results(case: str, entries: Sequence[Entry]) -> Iterator[str]:
    """The lines of a case, compared with its first contender."""
    for entry in entries:
        if entry.failure:
            yield line((case, entry.name, entry.failure, "", ""))
        else:
            ratio = str(entry.times(entries[0]))
            cells = duration(entry.seconds.median), ratio, megabytes(entry.peak)
            yield line((case, entry.name, *cells))


def bars(found: Iterable[Bar]) -> Iterator[str]:
    """The table of the bars."""
    yield "\n"
    yield from head("bar", "measured", "verdict")
    yield from (line(bar.cells()) for bar in found)
    yield "\n"


def duration(seconds: float) -> str:
    """Seconds, or milliseconds below one."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"


def megabytes(size: float) -> str:
    """Bytes in units of 10^6."""
    return f"{size / 1e6:.0f} MB"
