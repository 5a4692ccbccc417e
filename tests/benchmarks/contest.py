"""Contenders, run in turn so that what else the machine does meets all of them alike."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from benchmarks.command import Failed, Run


class Contender(Protocol):
    """Something that can be run again and again."""

    @property
    def name(self) -> str:
        """How the tables call it."""

    def run(self) -> Run:
        """Run it once; `Failed` where it cannot."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A median, and between what the measurements lay."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """That of at least one value."""
        found = sorted(values)
        return cls(statistics.median(found), found[0], found[-1])

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass
class Entry:
    """What was measured of a contender.

    Attributes:
        name: Its name.
        runs: Its runs, in the order of the alternations; none where it is out.
        failure: Why it is out.
    """

    name: str
    runs: list[Run] = field(default_factory=list)
    failure: str = ""

    @property
    def seconds(self) -> Spread:
        """Of a run."""
        return Spread.of(run.seconds for run in self.runs)

    @property
    def peak(self) -> int:
        """The most memory of all the runs, in bytes."""
        return max(run.peak for run in self.runs)

    def times(self, other: "Entry") -> Spread:
        """How many times as long this one took, each alternation compared with itself."""
        pairs = zip(self.runs, other.runs, strict=True)
        return Spread.of(mine.seconds / theirs.seconds for mine, theirs in pairs)


def contest(
    contenders: Sequence[Contender], alternations: int, *, tolerance: float | None
) -> list[Entry]:
    """Run each once and compare what they found; then time them, A B C A B C and so on.

    Whoever finds another loss did other work: it is out, and not timed.

    Args:
        contenders: The first is what the others are compared with.
        alternations: How often each is timed.
        tolerance: How far a loss may be from the first one's, relative to it; None for
            contenders that are not asked for the same.

    Raises:
        Failed: The first cannot be run.
    """
    entries = [Entry(contender.name) for contender in contenders]
    _alternate(contenders, entries)
    if tolerance is not None:
        _compare([entry for entry in entries if entry.runs], tolerance)
    for entry in entries:
        entry.runs.clear()
    for _ in range(alternations):
        _alternate(contenders, entries)
    return entries


def _alternate(contenders: Sequence[Contender], entries: Sequence[Entry]) -> None:
    """One more run of each that is not out."""
    for contender, entry in zip(contenders, entries, strict=True):
        if entry.failure:
            continue
        try:
            entry.runs.append(contender.run())
        except Failed as failure:
            if entry is entries[0]:
                raise
            entry.failure = str(failure)
            entry.runs.clear()


def _compare(entries: Sequence[Entry], tolerance: float) -> None:
    expected = float(entries[0].runs[0].answer)
    for entry in entries:
        found = float(entry.runs[0].answer)
        # A floor that calculates no loss answers with nan.
        if not math.isnan(found) and not math.isclose(found, expected, rel_tol=tolerance):
            entry.failure = f"found {found}, not {expected}"
