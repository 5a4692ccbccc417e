"""The arguments and options that commands share, each declared once."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from xent import inputs, render
from xent.render.view import DEFAULT_COLUMNS, DEFAULT_ROWS

InputFormat = StrEnum("InputFormat", {name: name for name in inputs.FORMATS})  # type: ignore[misc]  # the registry's keys are the choices
OutputFormat = StrEnum("OutputFormat", {name: name for name in render.FORMATS})  # type: ignore[misc]  # the registry's keys are the choices

Logits = Annotated[
    str,
    typer.Argument(
        metavar="LOGITS",
        help="A file, - for standard input, or numbers in place: '1,0,0; 0,1,0' or "
        "'[[1,0,0],[0,1,0]]'.",
        show_default=False,
    ),
]
Targets = Annotated[
    str | None,
    typer.Argument(
        metavar="TARGETS",
        help="The class of each row, from 0: a file, -, or in place. Not needed where LOGITS "
        "holds both.",
        show_default=False,
    ),
]
InputFormatOption = Annotated[
    InputFormat | None,
    typer.Option(
        "--input-format",
        help="How LOGITS and TARGETS are written, where that is not seen from the content.",
        show_default=False,
    ),
]
IgnoreIndex = Annotated[
    int, typer.Option("--ignore-index", metavar="N", help="Leave out the rows with this target.")
]
OneBased = Annotated[
    bool, typer.Option("--one-based", help="The targets count the classes from 1, not from 0.")
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print the mean loss alone, at full precision.")
]
OutputFormatOption = Annotated[
    OutputFormat | None,
    typer.Option(
        "--format",
        help="How the result is written. By default a table, or what -o's file name ends in.",
        show_default=False,
    ),
]
OutputFile = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Write the result to FILE.", show_default=False
    ),
]
Digits = Annotated[
    int, typer.Option("--digits", min=1, max=17, metavar="N", help="Digits after the point.")
]
Rows = Annotated[
    int | None,
    typer.Option(
        "--rows",
        min=1,
        metavar="N",
        help=f"Rows shown of each matrix, the first and the last.  [default: {DEFAULT_ROWS}]",
        show_default=False,
    ),
]
Columns = Annotated[
    int | None,
    typer.Option(
        "--columns",
        min=1,
        metavar="N",
        help="Classes shown of each matrix.  [default: what fits the terminal; "
        f"{DEFAULT_COLUMNS} in a pipe]",
        show_default=False,
    ),
]
Full = Annotated[bool, typer.Option("--full", help="Show every row and every class.")]
Strict = Annotated[bool, typer.Option("--strict", help="Take each warning for an error.")]
FailAbove = Annotated[
    float | None,
    typer.Option(
        "--fail-above",
        metavar="LOSS",
        help="Exit with status 1 where the loss is above LOSS, or nan.",
        show_default=False,
    ),
]
