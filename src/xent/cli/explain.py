"""`xent explain`: the derivation, in the user's own numbers."""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from xent.cli import options, screen
from xent.cli.grouping import flattened
from xent.cli.loss_options import LossOptions
from xent.cli.messages import announce, show
from xent.cli.output import contradictions, format_for, publish
from xent.cli.progress import watched
from xent.errors import Code, Diagnostic
from xent.explanation import BRIEF
from xent.explanation import FORMATS as DERIVATION_FORMATS
from xent.formats import Format
from xent.render.ascii import ascii_text

if TYPE_CHECKING:
    from xent.explanation.derivation import Derivation
    from xent.render.view import View

# A derivation is text for people; as Python it is the program that `verify --code all` prints.
FORMATS = {**DERIVATION_FORMATS, "python": Format("xent.cli.programs:task_of", (".py",))}

ExplanationFormat = StrEnum("ExplanationFormat", {name: name for name in FORMATS})  # type: ignore[misc]  # the registry's keys are the choices

ExplanationFormatOption = Annotated[
    ExplanationFormat | None,
    typer.Option(
        "--format",
        rich_help_panel="Output",
        help="Output format; python is a program that calculates the loss with each library.  "
        "[default: the suffix of -o, else text]",
        show_default=False,
    ),
]
RowNumber = Annotated[
    int | None,
    typer.Option(
        "--row",
        min=0,
        metavar="N",
        rich_help_panel="Output",
        help="The row to work in full, counted from 0.  [default: the one with the largest loss]",
        show_default=False,
    ),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        rich_help_panel="Output",
        help="Print the short answer only, and no notes.",
    ),
]
StepByStep = Annotated[
    bool,
    typer.Option(
        "--step",
        rich_help_panel="Output",
        help="Pause before each answer: Enter continues, q quits.",
    ),
]


@flattened
def explain(
    arguments: LossOptions,
    display: options.DisplayOptions,
    row: RowNumber = None,
    step: StepByStep = False,
    quiet: Quiet = False,
    output_format: ExplanationFormatOption = None,
    strict: options.Strict = False,
    no_progress: options.NoProgress = False,
) -> None:
    """Derive the loss step by step, and explain why it is not 0.

    The derivation uses your numbers: the formula and the reason of each step, and one row worked in
    full. Without LOGITS an example is derived.
    """
    view, name = display.view(), format_for(display.output, FORMATS, output_format, "text")
    announce(contradictions(display.output, FORMATS, output_format), quiet=quiet)
    is_brief = quiet and output_format is None and name == "text"
    is_shown = name == "text" and not is_brief and display.output is None
    paused = step and is_shown and screen.is_conversation()
    if step and not paused and not quiet:
        show(
            Diagnostic(
                Code.NO_PAUSES, "--step needs a terminal and text output: there are no pauses"
            )
        )

    if name == "python":
        if row is not None:
            raise typer.BadParameter("--row works one row in full; a program calculates all rows")
        _publish_program(arguments, display, strict=strict, quiet=quiet, no_progress=no_progress)
        return

    from xent.explanation.derive import derive

    with watched(arguments, no_progress=no_progress) as (inputs, settings):
        derivation = derive(inputs, settings, row=row, digits=view.digits, shown_rows=view.rows)
    announce(derivation.report.diagnostics, strict=strict, quiet=quiet)
    if paused:
        _converse(derivation, view)
    else:
        written = (BRIEF if is_brief else FORMATS[name]).load()(derivation, view)
        publish(written, display.output, unicode=view.unicode)


def _publish_program(
    arguments: LossOptions,
    display: options.DisplayOptions,
    *,
    strict: bool,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Write the program that calculates the loss with each library."""
    from xent.verification.libraries import LIBRARIES

    task = FORMATS["python"].load()(arguments, [*LIBRARIES], no_progress=no_progress)
    announce(task.diagnostics, strict=strict, quiet=quiet)
    publish([task.text("all")], display.output)


def _converse(derivation: "Derivation", view: "View") -> None:
    """Show each hint, wait, and show the answer."""
    from xent.explanation.render.text import pages

    for hint, answer in pages(derivation, view):
        _print(hint, view)
        if answer and _asked_to_leave():
            return
        _print(answer, view)


def _print(lines: list[str], view: "View") -> None:
    for line in lines:
        print(line if view.unicode else ascii_text(line))  # noqa: T201  a conversation, no result


def _asked_to_leave() -> bool:
    """Wait for a line; `q`, or the end of the input, asks to leave."""
    sys.stdout.write("   [Enter: work it out, q: leave] ")
    sys.stdout.flush()
    line = sys.stdin.readline()
    return not line or line.strip().lower() in ("q", "quit")
