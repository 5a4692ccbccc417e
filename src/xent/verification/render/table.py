"""A verification for people."""

import io
from collections.abc import Iterator

from xent.render.diagnostic import visible
from xent.render.paint import paint
from xent.render.view import View
from xent.verification.render.cells import HEADER, notes, rows, verdict
from xent.verification.verification import Verification

# Where nothing sets a limit.
_WIDTH = 120
# A narrower table has no room for the calls.
_WIDTH_WITH_CALLS = 110


def render(verification: Verification, view: View) -> Iterator[str]:
    """Return a row for each library, then the verdict."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, title_justify="left")
    width = view.width or _WIDTH
    shown = [name for name in HEADER if name != "call" or width >= _WIDTH_WITH_CALLS]
    for name in shown:
        number = name == "loss"
        table.add_column(
            name,
            justify="right" if number else "left",
            no_wrap=number or name == "library",
            overflow="fold",
        )
    for cells in rows(verification):
        named = dict(zip(HEADER, cells, strict=True))
        table.add_row(*(Text(visible(named[name])) for name in shown))
    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        color_system=view.colour,
        force_terminal=view.colour is not None,
        highlight=False,
        markup=False,
    )
    console.print(table)
    yield "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())
    if len(shown) < len(HEADER):
        yield "… 1 more column: call\n"
    if lines := notes(verification):
        yield "\n" + "".join(f"{line}\n" for line in lines)
    if verification.remark:
        yield f"\n{verification.remark}\n"
    yield f"\n{paint(verdict(verification), view.colour, 'bold')}\n"
