"""Grids in LaTeX: matrices and tables, of which amsmath and MathJax understand all."""

from collections.abc import Callable, Iterable, Sequence

from xent.explanation.math.latex import latex_number
from xent.explanation.render.latex_text import escaped
from xent.render.class_title import Name
from xent.render.grid import Cell, Gap, Grid

# Without a word to amsmath, its matrices have no more columns.
_MOST_COLUMNS = 10
# The numbers of a row and of its target stand before a matrix, not in it.
_LABELS = 2
_OWN = "each row's target"
_DOTS = {"…": r"\ddots", "": ""}
# Room between a rule and the digits below it.
_STRUT = r"\rule{0pt}{2.6ex}"


def matrix(grid: Grid) -> str:
    """The cells of a stage in parentheses, the targets' in boxes."""
    rows = [*map(_joined, _entries(grid, _LABELS))]
    columns = len(grid.header) - _LABELS
    if columns <= _MOST_COLUMNS:
        return environment("pmatrix", rows)
    return rf"\left({environment('array', rows, 'r' * columns)}\right)"


def table(grid: Grid) -> str:
    """The cells below their header; the last column has words."""
    header = [_entry(Cell(name)) for name in grid.header]
    return ruled("r" * (len(header) - 1) + "l", header, _entries(grid, 0))


def ruled(alignment: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with a rule below its header."""
    first, *others = map(_joined, rows)
    below = rf"\hline{_STRUT} {first}"
    return environment("array", [_joined(header), below, *others], alignment)


def environment(name: str, rows: Iterable[str], alignment: str = "") -> str:
    """Rows as LaTeX separates them, between begin and end."""
    columns = f"{{{alignment}}}" if alignment else ""
    body = " \\\\\n".join(rows)
    return f"\\begin{{{name}}}{columns}\n{body}\n\\end{{{name}}}"


def excerpt(grid: Grid, named: Callable[[int], str] | None = None) -> str:
    """Which rows and classes are there: Rows 0 to 4 and 35 to 39, classes 0, 1 and 7.

    Args:
        grid: The matrix.
        named: What the classes are called, where they have names; then they are all listed.
    """
    spans: list[list[str]] = [[]]
    for row in grid.rows:
        if isinstance(row, Gap):
            spans.append([])
        else:
            spans[-1].append(row[0].text)
    if len(spans) > 1:
        rows = f"Rows {_listed([_span(numbers) for numbers in spans if numbers])}"
    else:
        rows = "All rows" if len(grid.rows) > 1 else "The only row"
    if not grid.hidden_columns and not named:
        return rows
    names = grid.header[_LABELS:]
    classes = [named(int(name)) if named else name for name in names if name.isdigit()]
    word = ", classes " if classes else ", "
    return f"{rows}{word}{_listed([*classes, *(_OWN for name in names if name == 'at target')])}"


def _span(numbers: list[str]) -> str:
    first, last = numbers[0], numbers[-1]
    return first if first == last else f"{first} to {last}"


def _listed(names: list[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _entries(grid: Grid, first_column: int) -> list[list[str]]:
    """The cells as maths, with dots where rows are left out."""
    dots = [_DOTS.get(name, r"\vdots") for name in grid.header[first_column:]]
    return [
        dots if isinstance(row, Gap) else [*map(_entry, row[first_column:])] for row in grid.rows
    ]


def _entry(cell: Cell) -> str:
    if isinstance(cell.text, Name):
        return rf"\text{{{escaped(cell.text)}}}"
    if cell.text == "…":
        return r"\cdots"
    word = cell.text.isalpha() and cell.text not in ("nan", "inf")
    text = rf"\text{{{cell.text}}}" if word else latex_number(cell.text)
    return rf"\boxed{{{text}}}" if cell.marked else text


def _joined(entries: Sequence[str]) -> str:
    return " & ".join(entries).rstrip()
