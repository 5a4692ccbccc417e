"""`xent inspect`: show what is in a file."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

import typer

from xent.cli import options
from xent.cli.grouping import flattened
from xent.cli.loss_options import ReadingOptions
from xent.cli.messages import announce
from xent.cli.output import contradictions, format_for, publish
from xent.errors import Code, InputError
from xent.inspection.render import FORMATS

InspectionFormat = StrEnum("InspectionFormat", {name: name for name in FORMATS})  # type: ignore[misc]  # the registry's keys are the choices

Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE…",
        help="Files, - for standard input, or inline numbers: logits, targets, or both.",
    ),
]
InspectionFormatOption = Annotated[InspectionFormat | None, options.FORMAT]


@flattened
def inspect(
    files: Files,
    reading: ReadingOptions,
    output: options.Output = None,
    quiet: options.NoNotes = False,
    color: options.Color = options.ColorChoice.auto,  # noqa: ARG001  its callback has taken it
    output_format: InspectionFormatOption = None,
) -> None:
    """Show what files contain, as compute reads them.

    The format, the shape, distribution and first rows of each array, what the array seems to be,
    and the command that calculates the loss.
    """
    view, name = (
        options.DisplayOptions(output).view(),
        format_for(output, FORMATS, output_format, "table"),
    )

    from xent.inspection.inspection import inspect_argument

    if files.count("-") > 1:
        raise InputError(Code.STDIN_TWICE, "standard input can be read only once")
    found = [inspect_argument(file, reading.reading(), reading.argv()) for file in files]
    announce(contradictions(output, FORMATS, output_format), quiet=quiet)
    announce((note for each in found for note in each.notes), quiet=quiet)
    texts = ["".join(FORMATS[name].load()(each, view)) for each in found]
    publish([_SEVERAL[name](texts) if len(texts) > 1 else texts[0]], output, unicode=view.unicode)


# How several inspections make one text.
_SEVERAL: dict[str, Callable[[list[str]], str]] = {
    "table": "\n".join,
    "json": lambda texts: f"[\n{','.join(texts)}]\n",
}
