"""An inspection for people."""

from collections.abc import Iterator

from rich.cells import cell_len

from xent.inputs.formats.cells import listed
from xent.inputs.formats.dialect import Dialect
from xent.inputs.shapes import format_shape
from xent.inspection.inspection import Inspection
from xent.inspection.summary import ArraySummary, describe_kind
from xent.numbers import decimals_needed, rounded
from xent.render.class_title import titled
from xent.render.columns import GAP, hidden, shown_columns
from xent.render.diagnostic import visible
from xent.render.grid import Cell, Gap, Grid
from xent.render.paint import paint
from xent.render.rich_table import grid_lines
from xent.render.view import View

_BARS = " ▁▂▃▄▅▆▇█"
_ELLIPSIS = "…"


def render(inspection: Inspection, view: View) -> Iterator[str]:
    """Yield the file's format, a line per array, the first rows, and what they look like."""
    for line in _lines(inspection, view):
        yield f"{line}\n"


def _lines(inspection: Inspection, view: View) -> Iterator[str]:
    source = paint(visible(inspection.source), view.colour, "bold")
    yield f"{source}  {paint(_format(inspection), view.colour, 'dim')}"
    if inspection.dialect:
        yield from _columns(inspection.dialect)
    arrays = inspection.arrays
    names = [visible(array.name) for array in arrays]
    width = max(map(len, names))
    for array, name in zip(arrays, names, strict=True):
        label = f"{name:<{width}}  " if width else ""
        yield label + _summary(array, None if view.width is None else view.width - len(label))
    yield ""
    for array in arrays if len(arrays) <= 2 else ():
        if array.first_rows.ndim == 2 and array.first_rows.shape[1] > 1:
            yield "".join(grid_lines(_first_rows(array, view), view))
        elif array.first_rows.size:
            yield _first_values(array, view)
            yield ""
    for array, name in zip(arrays, names, strict=True):
        label = f"{name}: " if len(arrays) > 1 else ""
        yield paint(f"{label}looks like {describe_kind(array)}", view.colour, "bold")
    if inspection.command:
        yield f"  {visible(inspection.command)}"


def _format(inspection: Inspection) -> str:
    commas = inspection.dialect is not None and inspection.dialect.decimal_comma
    packed = f", packed with {inspection.compression}" if inspection.compression else ""
    return f"{inspection.format}{', with decimal commas' if commas else ''}{packed}"


def _columns(dialect: Dialect) -> Iterator[str]:
    """Yield the names of the columns of a text file, and which of them hold no logits."""
    table = dialect.columns
    names = [visible(name or "(no name)") for name in table.names]
    if names:
        yield f"header   {listed(names)}"
    for column in table.indexes:
        yield f"index    column {column}{f', {names[column]}' if names else ''}"
    if table.target is not None:
        yield f"targets  column {table.target}{f', {names[table.target]}' if names else ''}"


def _summary(array: ArraySummary, room: int | None) -> str:
    """Return the shape, dtype, range, distribution, mean and standard deviation on one line."""
    stats = array.stats
    start, end = f"{format_shape(array.shape)} {array.dtype}", f" nan={stats.nans}"
    if stats.finite:
        low, high = stats.low, stats.high
        moments = f"μ={stats.mean:.3g} σ={stats.standard_deviation:.3g}"
        end = f" ∈ [{low:.3g} {_bars(stats.histogram())} {high:.3g}] {moments}{end}"
    if stats.infinities:
        end += f" inf={stats.infinities}"
    line = f"{start} n={stats.count}{end}"
    # The shape implies the count.
    return line if room is None or len(line) <= room else start + end


def _bars(counts: list[int]) -> str:
    """Return a character per count, as high as the count is large; a blank for 0."""
    most, heights = max(counts), len(_BARS) - 1
    return "".join(_BARS[-(-count * heights // most)] for count in counts)


def _first_rows(array: ArraySummary, view: View) -> Grid:
    decimals = int(decimals_needed(array.first_rows.ravel(), view.digits))
    texts = [[rounded(x, view.digits, decimals) for x in row] for row in array.first_rows.tolist()]
    names = [*map(titled, array.class_names)] or [*map(str, range(array.first_rows.shape[1]))]
    columns = shown_columns(
        len(names),
        set(),
        limit=view.column_limit,
        room=None if view.width is None else view.width - len("row") - 5,
        width_of=lambda column: max(cell_len(names[column]), *(len(row[column]) for row in texts)),
    )
    rows: list[list[Cell] | Gap] = [
        [Cell(str(number)), *(Cell(_ELLIPSIS if x == GAP else row[x]) for x in columns)]
        for number, row in enumerate(texts)
    ]
    if left_out := array.shape[0] - len(texts):
        rows.append(Gap(left_out))
    return Grid(
        title="first rows",
        remark=visible(array.name) or "as they are read",
        header=["row", *(_ELLIPSIS if x == GAP else names[x] for x in columns)],
        rows=rows,
        hidden_columns=hidden(len(names), columns),
    )


def _first_values(array: ArraySummary, view: View) -> str:
    values = array.first_rows.ravel()
    decimals = int(decimals_needed(values, view.digits))
    texts = [rounded(value, view.digits, decimals) for value in values.tolist()]
    if left_out := array.shape[0] - len(texts):
        texts.append(f"{_ELLIPSIS} {left_out} more")
    title = paint(f"first {visible(array.name) or 'values'}", view.colour, "bold")
    return f"{title}  {', '.join(texts)}"
