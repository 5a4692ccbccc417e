"""What an index calls the rows of a text, and whether another text calls them the same."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from xent.errors import Code, Diagnostic, Location
from xent.inputs.formats.table import quoted


@dataclass(frozen=True, slots=True)
class Ids:
    """The beginning of an index.

    Attributes:
        place: Where its name stands, in the header.
        column: Its name, which may be empty.
        first: What it calls the first rows.
    """

    place: Location
    column: str
    first: tuple[str, ...]

    @property
    def counts(self) -> bool:
        """Whether it does no more than to number the rows."""
        rows = len(self.first)
        return self.first in [tuple(map(str, range(at, at + rows))) for at in (0, 1)]

    @property
    def is_unnamed(self) -> bool:
        """Whether it is called as pandas calls an index that nobody gave a name."""
        return self.column.lower() in ("", "index", "unnamed: 0")


def join_advised(one: Ids | None, other: Ids | None) -> str | None:
    """How rows of two texts may be paired by what an index of the same name calls them."""
    if not one or not other or one.column != other.column:
        return None
    counting = (one.counts, other.counts)
    if all(counting) or (one.is_unnamed and any(counting)):
        return None
    name = shlex.quote(one.column)
    return f"--join {name} pairs the rows that are called the same in this column of both"


def differing(one: Ids | None, other: Ids | None) -> Iterator[Diagnostic]:
    """Warn of rows that are paired by their order, where the index says that they are no pair."""
    advice = join_advised(one, other)
    if not one or not other or not advice:
        return
    pairs = enumerate(zip(one.first, other.first, strict=False))
    for row, (here, there) in pairs:
        if here != there:
            yield Diagnostic(
                Code.IDS_DIFFER,
                f"rows are paired by their order, but row {row} is {quoted(here)} in "
                f"{one.place.source}, and {quoted(there)} in {other.place.source}",
                one.place,
                advice,
            )
            return
