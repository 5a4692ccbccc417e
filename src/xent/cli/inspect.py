"""`xent inspect`: show what is in a file."""

from enum import StrEnum
from typing import Annotated

import typer

from xent.cli import options
from xent.cli.grouping import expanded
from xent.cli.messages import announce
from xent.cli.output import format_for, publish
from xent.cli.question import ReadingOptions
from xent.inspection.render import FORMATS

InspectionFormat = StrEnum("InspectionFormat", {name: name for name in FORMATS})  # type: ignore[misc]  # the registry's keys are the choices

File = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="A file, - for standard input, or numbers in place: logits, targets, or both.",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print no notes.")]
InspectionFormatOption = Annotated[
    InspectionFormat | None,
    typer.Option(
        "--format",
        help="How it is written. By default a table, or what -o's file name ends in.",
        show_default=False,
    ),
]


@expanded
def inspect(
    file: File,
    reading: ReadingOptions,
    output: options.Output = None,
    quiet: Quiet = False,
    output_format: InspectionFormatOption = None,
) -> None:
    """Show what is in a file, as compute reads it.

    Its format, the shape, spread and first rows of what it holds, what that looks like, and the
    command that calculates the loss.
    """
    view, name = (
        options.DisplayOptions(output).view(),
        format_for(output, FORMATS, output_format, "table"),
    )

    from xent.inspection.inspection import inspect_argument

    inspection = inspect_argument(file, reading.reading(), reading.argv())
    announce(inspection.notes, quiet=quiet)
    publish(FORMATS[name].load()(inspection, view), output, unicode=view.unicode)
