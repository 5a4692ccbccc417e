"""An inspection for people."""

from collections.abc import Iterator

import numpy as np

from xent.inputs.formats.cells import listed
from xent.inputs.formats.dialect import Dialect
from xent.inputs.shapes import format_shape
from xent.inspection.inspection import Inspection, Seen
from xent.inspection.kind import Kind
from xent.inspection.render.looks import looks_like
from xent.numbers import as_given, rounded
from xent.render.cells import cell_count
from xent.render.class_title import titled
from xent.render.columns import GAP, hidden, shown_columns
from xent.render.diagnostic import visible
from xent.render.grid import Cell, Gap, Grid
from xent.render.paint import paint
from xent.render.table import grid_lines
from xent.render.view import View

_BARS = " ▁▂▃▄▅▆▇█"
_BAR_COUNT = 10
_ELLIPSIS = "…"
_UNNAMED = "(no name)"


def render(inspection: Inspection, view: View) -> Iterator[str]:
    """What the file is, a line for each array, the first rows, and what they look like."""
    for line in _lines(inspection, view):
        yield f"{line}\n"


def _lines(inspection: Inspection, view: View) -> Iterator[str]:
    name = paint(visible(inspection.source), view.colour, "bold")
    yield f"{name}  {paint(_written(inspection), view.colour, 'dim')}"
    if inspection.dialect:
        yield from _columns(inspection.dialect)
    arrays = inspection.arrays
    width = max(len(_name(each)) for each in arrays)
    for each in arrays:
        name = f"{_name(each):<{width}}  " if width else ""
        yield name + _summary(each, None if view.width is None else view.width - len(name))
    yield ""
    for each in arrays if len(arrays) <= 2 else ():
        if each.first.ndim == 2 and each.first.shape[1] > 1:
            yield from grid_lines(_first_rows(each, view), view)
            yield ""
        elif each.first.size:
            yield _first_values(each, view)
            yield ""
    for each in arrays:
        it = f"{_name(each)}: " if len(arrays) > 1 else ""
        yield paint(f"{it}looks like {looks_like(each)}", view.colour, "bold")
    if inspection.command:
        yield f"  {visible(inspection.command)}"


def _written(inspection: Inspection) -> str:
    """The format, and how it is packed."""
    packed = f", packed with {inspection.compression}" if inspection.compression else ""
    comma = inspection.dialect is not None and inspection.dialect.decimal_comma
    return f"{inspection.format}{', with decimal commas' if comma else ''}{packed}"


def _columns(dialect: Dialect) -> Iterator[str]:
    """What the columns of a text are, where they have names or are not all of one kind."""
    roles = dialect.columns
    if roles.names:
        names = [name or _UNNAMED for name in roles.names]
        yield f"header   {visible(listed(names))}"
    target = () if roles.target is None else (roles.target,)
    for what, columns in (("index", roles.indexes), ("targets", target)):
        for column in columns:
            named = f", {visible(roles.names[column] or _UNNAMED)}" if roles.names else ""
            yield f"{what:<7}  column {column}{named}"


def _name(seen: Seen) -> str:
    return visible(seen.name)


def _summary(seen: Seen, room: int | None) -> str:
    """Shape, type, range, spread, mean and standard deviation of an array on one line."""
    tally = seen.tally
    start, end = f"{format_shape(seen.shape)} {seen.dtype}", f" nan={tally.nans}"
    if tally.finite:
        low, high = tally.histogram.low, tally.histogram.high
        bars = _bars(tally.histogram.bars(_BAR_COUNT))
        moments = f"μ={tally.mean:.3g} σ={tally.deviation:.3g}"
        end = f" ∈ [{low:.3g} {bars} {high:.3g}] {moments}{end}"
    if tally.infinities:
        end += f" inf={tally.infinities}"
    whole = f"{start} n={tally.count}{end}"
    # The shape tells it as well.
    return whole if room is None or len(whole) <= room else start + end


def _bars(counts: list[int]) -> str:
    """A character for each count, as high as it is large; a blank for none."""
    most, heights = max(counts), len(_BARS) - 1
    return "".join(_BARS[-(-count * heights // most)] for count in counts)


def _first_rows(seen: Seen, view: View) -> Grid:
    values = np.asarray(seen.first, np.float64)
    places = as_given(values, view.digits)
    texts = [[rounded(value, view.digits, places) for value in row] for row in values.tolist()]
    names = [*map(titled, seen.class_names)] or [*map(str, range(values.shape[1]))]

    def width_of(column: int) -> int:
        return max(cell_count(names[column]), *(len(row[column]) for row in texts))

    label = len(str(len(texts)))
    columns = shown_columns(
        values.shape[1],
        set(),
        limit=view.column_limit,
        room=None if view.width is None else view.width - max(len("row"), label) - 2,
        width_of=width_of,
    )
    rows: list[list[Cell] | Gap] = [
        [Cell(str(number)), *(Cell(_ELLIPSIS if x == GAP else row[x]) for x in columns)]
        for number, row in enumerate(texts)
    ]
    if left_out := seen.shape[0] - len(texts):
        rows.append(Gap(left_out))
    header = ["row", *(_ELLIPSIS if x == GAP else names[x] for x in columns)]
    return Grid(
        "first rows",
        _name(seen) or "as they are read",
        header,
        rows,
        hidden(values.shape[1], columns),
    )


def _first_values(seen: Seen, view: View) -> str:
    values = np.asarray(seen.first, np.float64).ravel()
    places = 0 if seen.kind is Kind.CLASS_NUMBERS else as_given(values, view.digits)
    texts = [rounded(value, view.digits, places) for value in values.tolist()]
    more = [f"{_ELLIPSIS} {seen.shape[0] - len(texts)} more"] if seen.shape[0] > len(texts) else []
    title = paint(f"first {_name(seen) or 'values'}", view.colour, "bold")
    return f"{title}  {', '.join([*texts, *more])}"
