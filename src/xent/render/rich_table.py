"""Rich tables and styles as text, for a terminal of any width and for a pipe."""

import re
from collections.abc import Iterator, Sequence
from io import StringIO

from rich.box import Box
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from xent.render.grid import Cell, Gap, Grid, left_out
from xent.render.view import View

# A frame, and a line below the header; blanks keep the columns apart, as a heat map wants it.
_FRAME = Box("╭──╮\n│  │\n├──┤\n│  │\n├──┤\n├──┤\n│  │\n╰──╯\n")
# Stands before the value of the target, where all others have a blank.
_TARGET_MARK = "▸"
# Rows that rich lays out at once, so that the time and memory of a long table grow with its rows.
_ROWS_AT_ONCE = 256
# The width of what has none, such as a pipe.
ENDLESS = 1 << 16

# Grounds from 0 to 1 on which white letters have a contrast of at least 4.5 : 1.
_FAINT, _STRONG = (85, 115, 155), (0, 92, 215)
# Below this a cell has no ground of its own.
_LEAST_SHADE = 0.05
_TONES = {"plain": "", "target": "bold", "wrong": "bold red", "dim": "dim"}


def rich_text(
    renderables: Sequence[RenderableType], view: View, *, width: int | None = None
) -> str:
    """Lay out what rich can render, with the colours of the view.

    Args:
        renderables: Tables and texts; what comes from outside is a `Text`, never markup.
        view: The width and the colours of the screen.
        width: The characters in a line, where they are not the view's.
    """
    file = StringIO()
    console = Console(
        file=file,
        width=width or view.width or ENDLESS,
        color_system=view.colour,
        force_terminal=view.colour is not None,
        legacy_windows=False,
        markup=False,
        highlight=False,
        emoji=False,
    )
    for renderable in renderables:
        console.print(renderable)
    text = file.getvalue()
    # Columns are filled up with blanks, which nobody sees who has no colours.
    return re.sub(" +$", "", text, flags=re.MULTILINE) if view.colour is None else text


def grid_lines(grid: Grid, view: View) -> Iterator[str]:
    """Write a table with its title above and what is left out below, in pieces of some lines."""
    while view.width is not None and grid.dispensable and table_width(grid) > view.width:
        grid = grid.without(grid.dispensable[0])
    title = Text.assemble((grid.title, "bold"), "  ", (grid.remark, "dim"))
    yield rich_text([title], view)
    widths = _column_widths(grid)
    for start in range(0, max(1, len(grid.rows)), _ROWS_AT_ONCE):
        rows = grid.rows[start : start + _ROWS_AT_ONCE]
        is_last = start + _ROWS_AT_ONCE >= len(grid.rows)
        if start and not is_last and view.colour is None:
            yield "".join(_plain_line(row, grid, widths) for row in rows)
            continue
        table = _table(grid, rows, widths, view, headed=not start)
        lines = rich_text([table], view, width=ENDLESS)
        # Only the whole table has an upper and a lower edge.
        kept = lines.splitlines(keepends=True)[1 if start else 0 :]
        yield "".join(kept if is_last else kept[:-1])
    if note := left_out(grid.hidden_rows, grid.hidden_columns):
        yield rich_text([Text(f"  {note}", style="dim")], view)


def wrapped(text: str, width: int, first: str = "", others: str = "") -> list[str]:
    """Break a text between words into lines that fit, and put something before each of them."""
    lines = Text(text, overflow="fold").wrap(Console(file=StringIO()), width - cell_len(others))
    prefixes = (first, *[others] * len(lines))
    return [f"{prefix}{line.plain}".rstrip() for prefix, line in zip(prefixes, lines, strict=False)]


def table_width(grid: Grid) -> int:
    """Count the characters in a line of a table, its frame included."""
    widths = _column_widths(grid)
    # Each column but the first has a blank, or a mark, and what keeps it from the one before.
    return sum(widths) + 2 * (len(widths) - 1) + 4


def shade_style(shade: float, color_system: str | None) -> str:
    """Name the colours of a cell: the ground is the stronger the nearer `shade` is to 1.

    The ground and the letters on it are both set, so that a cell reads the same on a dark
    terminal and on a light one. Sixteen colours have no shades: there, one ground marks what is
    at least 1/2.
    """
    if color_system == "standard":
        return "bright_white on blue" if shade >= 0.5 else ""
    if not shade >= _LEAST_SHADE:
        return ""
    red, green, blue = (
        round(faint + (strong - faint) * min(shade, 1.0))
        for faint, strong in zip(_FAINT, _STRONG, strict=True)
    )
    return f"rgb(255,255,255) on rgb({red},{green},{blue})"


def _table(
    grid: Grid, rows: Sequence[list[Cell] | Gap], widths: Sequence[int], view: View, *, headed: bool
) -> Table:
    table = Table(box=_FRAME, safe_box=False, padding=0, show_header=headed, header_style="")
    header = [Cell(name, "dim") for name in grid.header]
    for text in _row_texts(header, grid, widths, view):
        table.add_column(text, no_wrap=True)
    for row in rows:
        cells = [Cell("⋮", "dim") for _ in widths] if isinstance(row, Gap) else row
        table.add_row(*_row_texts(cells, grid, widths, view))
    return table


def _row_texts(
    cells: Sequence[Cell], grid: Grid, widths: Sequence[int], view: View
) -> Iterator[Text]:
    """Return the cells of a row, each as wide as its column, so that a ground fills all of it."""
    last = len(cells) - 1
    for column, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        style = Style.parse(f"{_TONES[cell.tone]} {shade_style(cell.shade, view.colour)}".strip())
        text = Text(cell.text, style)
        text.align("left" if column in grid.left_aligned else "right", width)
        if cell.tone == "target":  # the mark stands right before the value
            value = cell_len(cell.text)
            text = Text(" " * (width - value) + _TARGET_MARK + cell.text, style)
        elif column:
            text = Text(" ", style).append_text(text)
        # A blank keeps the outer columns from the frame.
        yield Text.assemble(" " * (column == 0), text, " " * (column == last))


def _plain_line(row: list[Cell] | Gap, grid: Grid, widths: Sequence[int]) -> str:
    """Return a line as rich lays it out, in a twentieth of the time, for rows by the thousand."""
    texts = []
    cells = ["⋮"] * len(widths) if isinstance(row, Gap) else [cell.text for cell in row]
    for column, (text, width) in enumerate(zip(cells, widths, strict=True)):
        blanks = " " * (width - cell_len(text))
        texts.append(text + blanks if column in grid.left_aligned else blanks + text)
        if column:
            is_target = not isinstance(row, Gap) and row[column].tone == "target"
            texts[-1] = f"{blanks}{_TARGET_MARK}{text}" if is_target else f" {texts[-1]}"
    return f"│ {' '.join(texts)} │\n"


def _column_widths(grid: Grid) -> list[int]:
    texts = [grid.header, *([cell.text for cell in row] for row in grid.cells())]
    least = grid.widths or (0,) * len(grid.header)
    columns = zip(*texts, strict=True)
    return [max(room, *map(cell_len, column)) for room, column in zip(least, columns, strict=True)]
