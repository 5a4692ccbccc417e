"""The arguments and options that say which numbers are read, how, and which loss is calculated."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xent.cli.pipes import is_spent
from xent.cli.usage import bad_usage
from xent.errors import InputError
from xent.inputs.formats import FORMATS
from xent.inputs.inline import unshielded
from xent.settings import InputKind, LogBase, Reduction, Unit

if TYPE_CHECKING:
    from xent.inputs.chunk import Chunk
    from xent.inputs.pairing import Inputs
    from xent.inputs.read_options import ReadOptions
    from xent.settings import LossSettings

Header = StrEnum("Header", {"yes": "yes", "no": "no"})
InputFormat = StrEnum("InputFormat", {name: name for name in FORMATS})  # type: ignore[misc]  # the registry's keys are the choices

# The question that the program was made for: every prediction is right, and the loss is 0.5514.
_EXAMPLE = ("1,0,0; 0,1,0; 0,0,1", "0,1,2")
_VECTOR = "VECTOR"
_LOGITS_HELP = (
    "A file, - for standard input, or inline numbers: '1,0,0; 0,1,0' or '[[1,0,0],[0,1,0]]'. "
    "Several files: a quoted pattern, 'part-*.npy', or @LIST, a file that lists them."
)


@dataclass(frozen=True)
class InputArguments:
    """The arguments that name the logits and the targets."""

    logits: Annotated[
        str | None,
        typer.Argument(metavar="LOGITS", help=_LOGITS_HELP, show_default=False),
    ] = None
    targets: Annotated[
        str | None,
        typer.Argument(
            metavar="TARGETS",
            help="The class of each row, counted from 0, or the probability of each class: a "
            "file, -, or inline. Not needed if LOGITS holds both.",
            show_default=False,
        ),
    ] = None


@dataclass(frozen=True)
class ReadingOptions:
    """Options of how files are read, where their content does not tell."""

    targets_key: Annotated[
        str | None,
        typer.Option(
            "--target-column",
            "--targets-key",
            metavar="NAME",
            help="The name of the targets in a file of several arrays; in a table, the name or "
            "number of their column.",
            show_default=False,
        ),
    ] = None
    class_columns: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            help="The columns of the classes: names, numbers, or a pattern such as 'prob_*'. May "
            "be repeated.",
            show_default=False,
        ),
    ] = None
    index_column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="A column that is not a class, by name or number; it is skipped. May be repeated.",
            show_default=False,
        ),
    ] = None
    class_names: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="The names of the classes in the order of the logits, such as cat,dog, or a file "
            "with one name per line; targets may be names then.",
            show_default=False,
        ),
    ] = None
    header: Annotated[
        Header | None,
        typer.Option(
            help="Whether the first line of LOGITS is a header.  [default: detected]",
            show_default=False,
        ),
    ] = None
    targets_header: Annotated[
        Header | None,
        typer.Option(
            help="Whether the first line of TARGETS is a header.  [default: detected]",
            show_default=False,
        ),
    ] = None
    logits_key: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The name of the logits in a file of several arrays, or in a table.",
            show_default=False,
        ),
    ] = None
    input_format: Annotated[
        InputFormat | None,
        typer.Option(
            help="The format of files and pipes.  [default: detected from the content]",
            show_default=False,
        ),
    ] = None
    comment: Annotated[
        str | None,
        typer.Option(metavar="MARK", help="Comment prefix.", show_default=False),
    ] = None

    def reading(self) -> "ReadOptions":
        """Return the options as the readers take them."""
        from xent.inputs.class_names import read_class_names
        from xent.inputs.read_options import ReadOptions

        return ReadOptions(
            None if self.input_format is None else self.input_format.value,
            self.logits_key,
            None if self.targets_key is None else unshielded(self.targets_key),
            None if self.header is None else self.header is Header.yes,
            None if self.targets_header is None else self.targets_header is Header.yes,
            self.comment or None,
            tuple(map(unshielded, self.index_column or ())),
            class_names=() if self.class_names is None else read_class_names(self.class_names),
            class_columns=tuple(map(unshielded, self.class_columns or ())),
        )

    def argv(self) -> tuple[str, ...]:
        """Return the options that were given, as they would be typed."""
        return _typed(self, [each.name for each in fields(self)])


@dataclass(frozen=True)
class FormulaOptions(ReadingOptions):
    """The options of a loss, and of how rows are paired, without the arguments."""

    weight: Annotated[
        str | None,
        typer.Option(
            metavar=_VECTOR,
            help="One weight per class: a file, or inline.",
            show_default=False,
        ),
    ] = None
    ignore_index: Annotated[
        int, typer.Option(metavar="N", help="Ignore rows with this target.")
    ] = -100
    label_smoothing: Annotated[
        float,
        typer.Option(
            metavar="EPS",
            help="Label smoothing: the share of each target that is spread over all classes.",
        ),
    ] = 0.0
    reduction: Annotated[
        Reduction,
        typer.Option(help="Print the mean of the losses, their sum, or the loss of each row."),
    ] = "mean"
    input_kind: Annotated[
        InputKind | None,
        typer.Option(
            help="What LOGITS holds; target-log-probs and losses are one number per row, without "
            "TARGETS.  [default: logits, or what the array's name says]",
            show_default=False,
        ),
    ] = None
    sample_weight: Annotated[
        str | None,
        typer.Option(
            metavar=_VECTOR,
            help="One weight per row: a file, -, or inline.",
            show_default=False,
        ),
    ] = None
    temperature: Annotated[float, typer.Option(metavar="T", help="Divide the logits by T.")] = 1.0
    unit: Annotated[Unit, typer.Option(help="The unit of the loss.")] = "nats"
    one_based: Annotated[
        bool, typer.Option("--one-based", help="The targets count the classes from 1, not 0.")
    ] = False
    binary: Annotated[
        bool,
        typer.Option(
            "--binary", help="One logit per yes-or-no label; several columns are several labels."
        ),
    ] = False
    pos_weight: Annotated[
        str | None,
        typer.Option(
            metavar=_VECTOR,
            help="With --binary: the weight of yes, one for all labels or one per label.",
            show_default=False,
        ),
    ] = None
    class_axis: Annotated[
        int | None,
        typer.Option(
            metavar="AXIS",
            help="The axis of the classes, such as -1 for (N, L, V).  [default: the one that "
            "fits, or 1, as in PyTorch]",
            show_default=False,
        ),
    ] = None
    shift: Annotated[
        bool,
        typer.Option(
            "--shift", help="Score each position against the next target, as language models are."
        ),
    ] = False
    join: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            rich_help_panel="Input",
            help="Pair rows by this column of both files, such as id, instead of by their order.",
            show_default=False,
        ),
    ] = None

    log_base: Annotated[
        LogBase,
        typer.Option(
            help="The base of target-log-probs or losses: 10 for KenLM's, 2 for bits.",
        ),
    ] = "e"

    def settings(self, *, per_target: bool = False) -> "LossSettings":
        """Return what the options say about the loss, with the weights read from their files.

        Args:
            per_target: Whether the command can do with one number per row.

        Raises:
            InputError: The options do not go together, or a file cannot be read.
        """
        from xent.settings import PER_TARGET, LossSettings

        if self.input_kind in PER_TARGET and not per_target:
            raise bad_usage(
                f"--input-kind {self.input_kind} has no classes to look at here",
                "xent compute and xent compare take one number per row",
            )

        with _spelled_as_typed():
            return LossSettings(
                weight=_vector(self.weight, "weight"),
                ignore_index=self.ignore_index,
                label_smoothing=self.label_smoothing,
                reduction=self.reduction,
                input_kind=self.input_kind or "logits",
                temperature=self.temperature,
                unit=self.unit,
                one_based=self.one_based,
                class_axis=self.class_axis,
                shift=self.shift,
                binary=self.binary,
                pos_weight=_vector(self.pos_weight, "pos_weight"),
                log_base=self.log_base,
            )

    def keyed_reading(self, group: str | None = None) -> "ReadOptions":
        """Return how files are read, with the keys that pair their rows, and their groups."""
        from xent.inputs.read_options import Keys

        keys, groups = (
            None if name is None else Keys(unshielded(name)) for name in (self.join, group)
        )
        return replace(self.reading(), keys=keys, group=groups, input_kind=self.input_kind)


@dataclass(frozen=True)
class LossOptions(FormulaOptions, InputArguments):
    """The arguments and options of every command that calculates a loss."""

    def argv(self) -> tuple[str, ...]:
        """Return the arguments and options as they would be typed."""
        places = [each.name for each in fields(InputArguments)]
        options = [each.name for each in fields(self) if each.name not in places]
        given = [getattr(self, name) for name in places]
        return (*(unshielded(word) for word in given if word is not None), *_typed(self, options))

    def inputs(self, settings: "LossSettings") -> "Inputs":
        """Return the batches that the arguments lead to, or those of the example without any."""
        from xent.inputs.shards import read_shards

        return read_shards(self.shards(), settings)

    def shards(self, group: str | None = None) -> "tuple[Chunk, ...]":
        """Return the shards that the arguments name, or the example without any.

        Args:
            group: The groups of the rows, a column or a file.
        """
        from xent.inputs.shards import shards_of

        logits, targets = (self.logits, self.targets) if self.logits is not None else _EXAMPLE
        reading = self.keyed_reading(group)
        return shards_of(logits, targets, self.sample_weight, reading)

    @property
    def is_rereadable(self) -> bool:
        """Return whether all inputs can be read more than once, as pipes cannot."""
        return not any(map(is_spent, (self.logits, self.targets, self.sample_weight)))


def _typed(options: Any, names: Sequence[str]) -> tuple[str, ...]:  # noqa: ANN401  a dataclass
    """Return the options among `names` that differ from their default, as they would be typed."""
    argv: list[str] = []
    for each in fields(options):
        value = getattr(options, each.name)
        if each.name not in names or value == each.default:
            continue
        for one in value if isinstance(value, list) else [value]:
            argv += typed_option(each.name, one)
    return tuple(argv)


def typed_option(name: str, value: object) -> list[str]:
    """Return an option as it would be typed: its flag alone where the value is True."""
    flag = f"--{name.replace('_', '-')}"
    return [flag] if value is True else [flag, unshielded(str(value))]


@dataclass(frozen=True)
class RequiredLossOptions(LossOptions):
    """The arguments and options of a command that needs LOGITS."""

    logits: Annotated[str, typer.Argument(metavar="LOGITS", help=_LOGITS_HELP)] = field()


@contextmanager
def _spelled_as_typed() -> Iterator[None]:
    """Name options in the messages of the settings by their spelling on the command line."""
    try:
        yield
    except InputError as error:
        wrong = error.diagnostic
        message = re.sub(
            r"^(label_smoothing|temperature|weight)|(?<= )pos_weight",
            lambda name: f"--{name[0].replace('_', '-')}",
            wrong.message,
        )
        raise InputError(wrong.code, message, wrong.location, wrong.hint) from None


def _vector(argument: str | None, role: str) -> Any:  # noqa: ANN401  an array; NumPy comes late
    if argument is None:
        return None
    from xent.inputs.named_arrays import read_vector

    return read_vector(argument, role)
