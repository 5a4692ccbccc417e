"""A table as data: cells, some of them marked or shaded. Dialects turn it into lines."""

from collections.abc import Iterator
from dataclasses import dataclass

from xent.render.cells import cell_count


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a table.

    Attributes:
        text: The value.
        marked: Whether it is the target's.
        shade: How strongly it is coloured, 0 to 1, where there is colour.
    """

    text: str
    marked: bool = False
    shade: float = 0.0


@dataclass(frozen=True, slots=True)
class Gap:
    """Rows that are left out."""

    rows: int

    def __str__(self) -> str:
        return f"… {self.rows} more {'row' if self.rows == 1 else 'rows'}"


@dataclass(frozen=True, slots=True)
class Grid:
    """A table.

    Attributes:
        title: What it shows.
        remark: Its formula, or whatever else stands beside the title.
        header: The columns' names.
        rows: The cells, as many as the header in each row.
        hidden_columns: How many columns are left out.
        widths: The least width of each column's text; () for as wide as its content.
    """

    title: str
    remark: str
    header: list[str]
    rows: list[list[Cell] | Gap]
    hidden_columns: int = 0
    widths: tuple[int, ...] = ()

    def cells(self) -> Iterator[list[Cell]]:
        """The rows that are there."""
        return (row for row in self.rows if not isinstance(row, Gap))

    def column_widths(self) -> list[int]:
        """The cells of a screen that each column's text needs."""
        texts = [self.header, *([cell.text for cell in row] for row in self.cells())]
        least = self.widths or (0,) * len(self.header)
        columns = zip(least, *texts, strict=True)
        return [max(room, *map(cell_count, column)) for room, *column in columns]

    def footnote(self) -> str | None:
        """What is left out to the right."""
        if not self.hidden_columns:
            return None
        return f"… {self.hidden_columns} more {'column' if self.hidden_columns == 1 else 'columns'}"
