"""A table as data: cells, some of them marked or shaded. Each format writes it in its own way."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

Tone = Literal["plain", "target", "wrong", "dim"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a table.

    Attributes:
        text: The value.
        tone: What the reader should see at once: that the value is the target's, that it is
            wrong, or that it may be passed over.
        shade: How strongly the cell is coloured, 0 to 1, where there is colour.
    """

    text: str
    tone: Tone = "plain"
    shade: float = 0.0


@dataclass(frozen=True, slots=True)
class Gap:
    """Rows that are left out."""

    rows: int

    def __str__(self) -> str:
        return left_out(rows=self.rows)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table.

    Attributes:
        title: What it shows.
        remark: Its formula, or whatever else stands beside the title.
        header: The names of the columns.
        rows: The cells, as many as the header in each row.
        hidden_columns: How many columns are left out.
        widths: The least width of each column's text; () for as wide as its content.
        dispensable: The columns that are left out first where the room does not suffice.
        left_aligned: The columns that hold words; all others are aligned to the right.
    """

    title: str
    remark: str
    header: list[str]
    rows: list[list[Cell] | Gap]
    hidden_columns: int = 0
    widths: tuple[int, ...] = ()
    dispensable: tuple[int, ...] = ()
    left_aligned: frozenset[int] = frozenset()

    def without(self, column: int) -> "Grid":
        """Leave out one column."""

        def others(values: list[Any]) -> list[Any]:
            return [*values[:column], *values[column + 1 :]]

        def moved(columns: Iterable[int]) -> Iterator[int]:
            return (each - (each > column) for each in columns if each != column)

        return replace(
            self,
            header=others(self.header),
            rows=[row if isinstance(row, Gap) else others(row) for row in self.rows],
            hidden_columns=self.hidden_columns + 1,
            widths=tuple(others([*self.widths])),
            dispensable=tuple(moved(self.dispensable)),
            left_aligned=frozenset(moved(self.left_aligned)),
        )

    def cells(self) -> Iterator[list[Cell]]:
        """Yield the rows that are there."""
        return (row for row in self.rows if not isinstance(row, Gap))

    @property
    def hidden_rows(self) -> int:
        """Return how many rows are left out."""
        return sum(row.rows for row in self.rows if isinstance(row, Gap))

    @property
    def footnote(self) -> str:
        """Return what is left out to the right; empty where every column is there."""
        return left_out(columns=self.hidden_columns)


def left_out(rows: int = 0, columns: int = 0) -> str:
    """Count what a table leaves out; empty where it leaves out nothing."""
    counts = ", ".join(
        f"{number} more {noun}{'s' if number > 1 else ''}"
        for number, noun in ((rows, "row"), (columns, "column"))
        if number
    )
    return f"… {counts}" if counts else ""
