"""`xent merge`: the report on all rows, from the reports on some of them."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from xent.cli import options
from xent.cli.grouping import flattened
from xent.cli.result import ResultOptions, write_result
from xent.errors import Code, InputError
from xent.render import FORMATS

if TYPE_CHECKING:
    from xent.report.report import Report

States = Annotated[
    list[str],
    typer.Argument(
        metavar="STATE…",
        help="Files that xent compute --format state has written, one state per line, or - for "
        "standard input.",
    ),
]


@flattened
def merge(states: States, display: options.DisplayOptions, result: ResultOptions) -> None:
    """Merge partial results exactly.

    Each STATE is the result for some of the rows. The loss has the same bits as if one run had read
    all rows, in any order of the states; rows are numbered and shown in that order.
    """
    name = result.name(display)
    if FORMATS[name].of_rows:
        raise typer.BadParameter(f"--format {name} has one line per row, but states hold only sums")

    merged = _merged(states)
    view = display.view()
    shown = merged.trace.ends(view.head, view.tail)
    report = replace(merged, trace=shown)
    write_result(report.settings, lambda _: report, result, display)


def _merged(states: list[str]) -> "Report":
    from hashlib import sha256

    from xent.report.report import differing_fields
    from xent.report.state import read_states, state_line

    first, merged = "", None
    places: dict[bytes, str] = {}
    for place, report in (found for state in states for found in read_states(state)):
        if merged and report.kind != merged.kind:
            own, other = differing_fields(report.kind, merged.kind)
            raise InputError(
                Code.STATES_DIFFER,
                f"{place} has {own}, {first} has {other}: these are different losses",
                hint="merge states of the same loss, which differ only in the number of rows",
            )
        content = sha256(state_line(report).encode("utf-8", "surrogateescape")).digest()
        if content in places:
            raise InputError(
                Code.DUPLICATE_STATE,
                f"{place} holds the same state as {places[content]}: its rows would count twice",
                hint="omit one of them",
            )
        places[content] = place
        first, merged = first or place, merged.merge(report) if merged else report
    if merged is None:  # a file without any state is refused as it is read
        raise ValueError("there is no state")
    return merged
