"""The arguments and options of the commands, each declared once, with the text of its help."""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from xent import inputs, render
from xent.render.view import DEFAULT_COLUMNS, DEFAULT_ROWS
from xent.settings import InputKind, Reduction, Unit

if TYPE_CHECKING:
    from xent.inputs.pairing import Inputs
    from xent.settings import LossSettings

InputFormat = StrEnum("InputFormat", {name: name for name in inputs.FORMATS})  # type: ignore[misc]  # the registry's keys are the choices
OutputFormat = StrEnum("OutputFormat", {name: name for name in render.FORMATS})  # type: ignore[misc]  # the registry's keys are the choices

_VECTOR = "VECTOR"


@dataclass(frozen=True, slots=True)
class Question:
    """What every command that meets a loss is asked: which numbers, and which loss of them."""

    logits: Annotated[
        str,
        typer.Argument(
            metavar="LOGITS",
            help="A file, - for standard input, or numbers in place: '1,0,0; 0,1,0' or "
            "'[[1,0,0],[0,1,0]]'.",
            show_default=False,
        ),
    ]
    targets: Annotated[
        str | None,
        typer.Argument(
            metavar="TARGETS",
            help="The class of each row, from 0, or the probability of each class: a file, -, or "
            "in place. Not needed where LOGITS holds both.",
            show_default=False,
        ),
    ] = None
    input_format: Annotated[
        InputFormat | None,
        typer.Option(
            help="How LOGITS and TARGETS are written, where that is not seen from the content.",
            show_default=False,
        ),
    ] = None
    input_kind: Annotated[
        InputKind,
        typer.Option(help="What LOGITS holds. Only logits are put through softmax."),
    ] = "logits"
    class_axis: Annotated[
        int | None,
        typer.Option(
            metavar="AXIS",
            help="The axis of the classes: -1 for (N, L, V).  [default: PyTorch's, 1, or the only "
            "one that fits]",
            show_default=False,
        ),
    ] = None
    shift: Annotated[
        bool,
        typer.Option("--shift", help="Score each position against the target at the next one."),
    ] = False
    binary: Annotated[
        bool,
        typer.Option(
            "--binary", help="One logit a label, yes or no; several columns are several labels."
        ),
    ] = False
    pos_weight: Annotated[
        str | None,
        typer.Option(
            metavar=_VECTOR,
            help="With --binary: a factor for yes, one for all labels or one for each.",
            show_default=False,
        ),
    ] = None
    weight: Annotated[
        str | None,
        typer.Option(
            metavar=_VECTOR,
            help="A factor for each class: a file, or in place.",
            show_default=False,
        ),
    ] = None
    sample_weight: Annotated[
        str | None,
        typer.Option(
            metavar=_VECTOR,
            help="A factor for each row: a file, -, or in place.",
            show_default=False,
        ),
    ] = None
    ignore_index: Annotated[
        int, typer.Option(metavar="N", help="Leave out the rows with this target.")
    ] = -100
    one_based: Annotated[
        bool, typer.Option("--one-based", help="The targets count the classes from 1, not from 0.")
    ] = False
    label_smoothing: Annotated[
        float,
        typer.Option(metavar="EPS", help="Share of each target that is spread over all classes."),
    ] = 0.0
    temperature: Annotated[float, typer.Option(metavar="T", help="Divide the logits by T.")] = 1.0
    reduction: Annotated[
        Reduction, typer.Option(help="The mean of the rows' losses, their sum, or each of them.")
    ] = "mean"
    unit: Annotated[Unit, typer.Option(help="What losses are measured in.")] = "nats"

    def settings(self) -> "LossSettings":
        """What the user decided about the loss, with the files read that hold weights."""
        from xent.settings import LossSettings

        return LossSettings(
            weight=_vector(self.weight, "weight"),
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
            reduction=self.reduction,
            input_kind=self.input_kind,
            temperature=self.temperature,
            unit=self.unit,
            one_based=self.one_based,
            class_axis=self.class_axis,
            shift=self.shift,
            binary=self.binary,
            pos_weight=_vector(self.pos_weight, "pos_weight"),
        )

    def inputs(self, settings: "LossSettings") -> "Inputs":
        """The stream of batches that the arguments lead to."""
        from xent.inputs.pairing import read_inputs

        return read_inputs(
            self.logits,
            self.targets,
            settings,
            sample_weight=self.sample_weight,
            input_format=self.input_format,
        )


Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print the loss alone, at full precision.")
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


def asks(question: type[Question], name: str = "question") -> Callable[..., Callable[..., None]]:
    """Give a command the fields of `question` for parameters, and the command the question.

    So that an option which several commands share is declared once.
    """
    hints = get_type_hints(question, include_extras=True)
    shared = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=inspect.Parameter.empty if field.default is MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in fields(question)
    ]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = [
            parameter
            for parameter in inspect.signature(command).parameters.values()
            if parameter.name != name
        ]

        @wraps(command)
        def asked(**options: Any) -> None:  # noqa: ANN401  options are of any type
            answers = {field.name: options.pop(field.name) for field in fields(question)}
            command(question(**answers), **options)

        parameters = [*shared, *own]
        asked.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # typer reads it
        asked.__annotations__ = {each.name: each.annotation for each in parameters}
        return asked

    return decorate


def _vector(argument: str | None, role: str) -> Any:  # noqa: ANN401  an array; NumPy comes late
    from xent.inputs.vector import read_vector

    return None if argument is None else read_vector(argument, role)
