"""The options of the commands that say what is shown, where it goes and how it is worked out."""

import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from xent import render
from xent.cli import screen
from xent.render.view import DEFAULT_COLUMNS, DEFAULT_ROWS, View

_FORMATS = render.FORMATS | render.MATRIX_FORMATS
OutputFormat = StrEnum("OutputFormat", {name: name for name in _FORMATS})  # type: ignore[misc]  # the registries' keys are the choices

Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Print the loss alone, with full precision, and no notes."),
]
FORMAT = typer.Option(
    "--format",
    rich_help_panel="Output",
    help="Output format.  [default: the suffix of -o, else table]",
    show_default=False,
)
OutputFormatOption = Annotated[OutputFormat | None, FORMAT]


def file_or_stdout(word: str) -> Path | None:
    """Return the file that `-o` names; None for standard output, which is called `-`."""
    return None if word == "-" else Path(word)


Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        parser=file_or_stdout,
        metavar="FILE",
        rich_help_panel="Output",
        help="Write to FILE, in the format of its suffix; - is standard output.",
        show_default=False,
    ),
]

ColorChoice = StrEnum("ColorChoice", {"auto": "auto", "always": "always", "never": "never"})


def _choose_color(when: ColorChoice) -> ColorChoice:
    screen.choose_color(when.value)
    return when


Color = Annotated[
    ColorChoice,
    typer.Option(
        "--color",
        callback=_choose_color,
        is_eager=True,  # errors of the other options have colours too
        rich_help_panel="Output",
        help="Use colours; auto means on a terminal, unless NO_COLOR is set.",
    ),
]


@dataclass(frozen=True)
class DisplayOptions:
    """What of a result is shown, and where it goes."""

    output: Output = None
    digits: Annotated[
        int, typer.Option(min=1, max=15, metavar="N", help="Digits after the decimal point.")
    ] = 4
    rows: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help=f"Rows of each matrix to show, the first and the last.  [default: {DEFAULT_ROWS}]",
            show_default=False,
        ),
    ] = None
    columns: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Classes of each matrix to show.  [default: what fits the terminal; "
            f"{DEFAULT_COLUMNS} in a pipe]",
            show_default=False,
        ),
    ] = None
    full: Annotated[bool, typer.Option("--full", help="Show all rows and all classes.")] = False

    signature: Annotated[
        bool,
        typer.Option(
            "--signature",
            help="Show the signature, which has all that is needed to reproduce the result.",
        ),
    ] = False
    color: Color = ColorChoice.auto

    def view(self) -> View:
        """Return the view that the options and the screen allow."""
        default_rows = sys.maxsize if self.full else DEFAULT_ROWS
        default_columns = sys.maxsize if self.full else None
        shown_at = sys.stdout if self.output is None else None
        return View(
            digits=self.digits,
            rows=self.rows or default_rows,
            columns=self.columns or default_columns,
            width=None if self.full or self.columns else screen.width(shown_at),
            colour=screen.colour(shown_at) if self.output is None else None,
            unicode=screen.unicode(shown_at),
            signature=self.signature,
        )


Stage = StrEnum("Stage", ["logits", "softmax", "log_softmax", "nll", "gradient"])
StageOption = Annotated[
    Stage | None,
    typer.Option(
        "--stage",
        rich_help_panel="Output",
        help="Write this matrix alone, whole and with full precision; gradient is ∂loss/∂input.",
        show_default=False,
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        min=1,
        metavar="N",
        rich_help_panel="Performance",
        help="Processes for large files.  [default: the number of cores]",
        show_default=False,
    ),
]
Dask = Annotated[
    str | None,
    typer.Option(
        "--dask",
        metavar="ADDRESS",
        rich_help_panel="Performance",
        help="Use the workers of this Dask scheduler; local starts some here.",
        show_default=False,
    ),
]
NoProgress = Annotated[
    bool,
    typer.Option(
        "--no-progress",
        rich_help_panel="Performance",
        help="Do not show a progress bar.",
    ),
]
NoNotes = Annotated[
    bool, typer.Option("--quiet", "-q", rich_help_panel="Output", help="Print no notes.")
]
Strict = Annotated[
    bool, typer.Option("--strict", rich_help_panel="Output", help="Treat warnings as errors.")
]
FailAbove = Annotated[
    float | None,
    typer.Option(
        "--fail-above",
        metavar="LOSS",
        help="Exit with status 1 if the loss exceeds LOSS or is nan.",
        show_default=False,
    ),
]
Baseline = Annotated[
    str | None,
    typer.Option(
        "--baseline",
        metavar="STATE",
        help="Exit with status 1 if the mean exceeds that of STATE, which -o main.state has "
        "written, by more than --tolerance and more than noise.",
        show_default=False,
    ),
]
Tolerance = Annotated[
    float,
    typer.Option(
        "--tolerance", metavar="X", help="By how much the mean may exceed that of --baseline."
    ),
]
Group = Annotated[
    str | None,
    typer.Option(
        "--group",
        metavar="COLUMN",
        rich_help_panel="Output",
        help="Show the mean of each group of rows: a column of LOGITS or TARGETS, or a file with "
        "one name per row.",
        show_default=False,
    ),
]
Per = Annotated[
    str | None,
    typer.Option(
        "--per",
        metavar="N",
        rich_help_panel="Output",
        help="Show bits per byte or character: N is their number in all rows together, or a file "
        "with one length per row.",
        show_default=False,
    ),
]
Worst = Annotated[
    int,
    typer.Option(
        "--worst",
        min=0,
        metavar="K",
        rich_help_panel="Output",
        help="Show the K rows with the largest losses.",
    ),
]
