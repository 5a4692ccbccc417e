"""A verification for people."""

import io
from collections.abc import Iterator

from xent.render.diagnostic import visible
from xent.render.paint import paint
from xent.render.view import View
from xent.verification.render.cells import HEADER, rows, verdict
from xent.verification.verification import Verification

# Where nothing sets a limit.
_WIDTH = 120


def render(verification: Verification, view: View) -> Iterator[str]:
    """A row for each library, then the verdict."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, title_justify="left")
    for name in HEADER:
        number = name == "loss"
        table.add_column(
            name,
            justify="right" if number else "left",
            no_wrap=number or name == "library",
            overflow="fold",
        )
    for cells in rows(verification):
        table.add_row(*(Text(visible(cell)) for cell in cells))
    out = io.StringIO()
    console = Console(
        file=out,
        width=view.width or _WIDTH,
        color_system=view.colour,
        force_terminal=view.colour is not None,
        highlight=False,
        markup=False,
    )
    console.print(table)
    yield "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())
    if verification.remark:
        yield f"\n{verification.remark}\n"
    yield f"\n{paint(verdict(verification), view.colour, 'bold')}\n"
