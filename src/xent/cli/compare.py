"""`xent compare`: whether one model is better than another on the same rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from math import isnan
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xent.cli import options
from xent.cli.executors import is_worth_dividing, open_executor
from xent.cli.grouping import flattened
from xent.cli.loss_options import FormulaOptions
from xent.cli.messages import announce, show
from xent.cli.output import contradictions, format_for, whole_result
from xent.cli.pipes import is_spent
from xent.cli.progress import Progress
from xent.cli.status import Status
from xent.cli.usage import bad_usage
from xent.comparison.render import FORMATS
from xent.errors import Code, Diagnostic, InputError
from xent.render.view import View

if TYPE_CHECKING:
    from xent.comparison.comparison import Comparison
    from xent.comparison.evaluate import Collector, Compared
    from xent.comparison.render import RowText
    from xent.inputs.chunk import Chunk
    from xent.losses.row_losses import RowLosses
    from xent.settings import LossSettings

ComparisonFormat = StrEnum("ComparisonFormat", {name: name for name in FORMATS})  # type: ignore[misc]  # the registry's keys are the choices
# llama-perplexity leaves out of KL what its files have cut off, at 16 below the largest logit.
_LLAMA_LEAST = -16.0


@dataclass(frozen=True)
class ModelArguments:
    """The models, and their targets."""

    files: Annotated[
        list[str],
        typer.Argument(
            metavar="A B… [TARGETS]",
            help="The logits of two or more models, files or inline, then the targets of all, "
            "unless each file holds its own.",
        ),
    ]
    targets: Annotated[
        str | None,
        typer.Option(
            metavar="TARGETS",
            rich_help_panel="Input",
            help="The targets of all models, if they are not the last argument.",
            show_default=False,
        ),
    ] = None
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            rich_help_panel="Input",
            help="Treat rows with the same value as one cluster, such as the tokens of a document: "
            "a column of A or TARGETS, or a file with one name per row.",
            show_default=False,
        ),
    ] = None


@dataclass(frozen=True)
class ComparisonOptions:
    """What of a comparison is shown, where it goes, and what fails."""

    output: options.Output = None
    output_format: Annotated[ComparisonFormat | None, options.FORMAT] = None
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet",
            "-q",
            rich_help_panel="Output",
            help="Print the difference of the mean losses only, and no notes.",
        ),
    ] = False
    digits: Annotated[
        int,
        typer.Option(
            min=1,
            max=15,
            metavar="N",
            rich_help_panel="Output",
            help="Digits after the decimal point.",
        ),
    ] = 4
    movers: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="K",
            rich_help_panel="Output",
            help="Rows whose losses differ most to show.",
        ),
    ] = 5
    signature: Annotated[
        bool,
        typer.Option(
            "--signature",
            rich_help_panel="Output",
            help="Show the signatures, which have all that is needed to reproduce the result.",
        ),
    ] = False
    test: Annotated[
        bool,
        typer.Option(
            "--test",
            rich_help_panel="Output",
            help="Add p-values: a paired t test, a permutation test and McNemar's test; needs the "
            "extra stats.",
        ),
    ] = False
    fail_if_worse: Annotated[
        float | None,
        typer.Option(
            "--fail-if-worse",
            metavar="[TOLERANCE]",
            rich_help_panel="Output",
            help="Exit with status 1 if a model is worse than A by more than TOLERANCE [0] and "
            "more than the 95 % interval.",
            show_default=False,
        ),
    ] = None
    strict: options.Strict = False
    color: options.Color = options.ColorChoice.auto

    def view(self) -> View:
        """Return what is shown, with what the screen can do."""
        display = options.DisplayOptions(self.output, self.digits, signature=self.signature)
        return display.view()


@flattened
def compare(
    models: ModelArguments,
    loss: FormulaOptions,
    shown: ComparisonOptions,
    jobs: options.Jobs = None,
    no_progress: options.NoProgress = False,
) -> None:
    """Compare models on the same rows, each with the first.

    The difference of the mean losses with its 95 % interval, paired row by row, and other
    differences.
    """
    if shown.fail_if_worse is not None and not shown.fail_if_worse >= 0:
        raise bad_usage(f"the tolerance must be at least 0, got {shown.fail_if_worse}")
    if loss.reduction != "mean":
        raise bad_usage(f"compare takes means: omit --reduction {loss.reduction}")
    announce(contradictions(shown.output, FORMATS, shown.output_format), quiet=shown.quiet)
    settings, view = loss.settings(per_target=True), shown.view()
    compared, shards, settings = _opened(models, loss, settings)
    name = format_for(shown.output, FORMATS, shown.output_format, "table")
    is_bare = shown.quiet and shown.output_format is None and name == "table"

    from xent.comparison.evaluate import compare as calculate
    from xent.comparison.parallel import compare_in_parallel
    from xent.comparison.significance import DifferenceCollector, significance
    from xent.inputs.formats.libraries import require
    from xent.parallel.threads import usable_cores

    number = jobs or usable_cores()
    if shown.test:
        require("scipy.stats", "stats", "test a difference")  # before any work
    differences = DifferenceCollector() if shown.test else None
    commands = FORMATS[name].commands
    with whole_result(shown.output, unicode=view.unicode, commands=commands) as write:
        collectors: list[Collector] = [] if differences is None else [differences]
        if FORMATS[name].rows:
            collectors.append(_RowWriter(write, FORMATS[name].load_rows(), settings))
        with Progress.of(shards, settings, hidden=no_progress) as progress:
            seen: dict[str, Any] = {"movers": shown.movers, "on_progress": progress.show}
            found = None
            if (
                not collectors
                and len(shards) == len(compared)
                and is_worth_dividing(shards, number)
            ):
                executor = partial(open_executor, None, number)
                found = compare_in_parallel(
                    compared, shards, settings, executor, **seen, ahead=2 * number + 1
                )
            found = found or calculate(
                compared, collectors, **seen, by_order=loss.join is None, threads=number
            )
        if differences is not None:
            tests = (
                significance(pair, differences.differences(number))
                for number, pair in enumerate(found.pairs)
            )
            found = replace(found, tests=tuple(tests))
        for piece in _bare(found) if is_bare else FORMATS[name].load()(found, view):
            write(piece)
        announce(found.diagnostics, strict=shown.strict, quiet=shown.quiet)
    _check_limit(found, shown.fail_if_worse)


class _RowWriter:
    """A collector that writes the losses of all models on each row."""

    def __init__(
        self, write: Callable[[str], object], rows: "RowText", settings: "LossSettings"
    ) -> None:
        self._write, self._rows, self._settings = write, rows, settings

    def update(self, first_row: int, losses: "Sequence[RowLosses]") -> None:
        """Write the rows of one batch."""
        for piece in self._rows(first_row, losses, self._settings):
            self._write(piece)


def _opened(
    models: ModelArguments, loss: FormulaOptions, settings: "LossSettings"
) -> "tuple[list[Compared], list[Chunk], LossSettings]":
    """Open every model with its targets, and return also the options with their kind."""
    from xent.comparison.arguments import assign_roles
    from xent.comparison.evaluate import Compared
    from xent.inputs.shards import read_shards, shards_of

    names, targets = [*models.files], models.targets
    if len(names) < 2:
        raise bad_usage(
            f"{names[0]} is only one model",
            "xent compare A B TARGETS",
        )
    reading, tables = loss.keyed_reading(models.cluster), _result_tables(names, loss)
    if tables and not settings.is_per_target:
        settings = replace(settings, input_kind="losses")
    if settings.is_per_target:
        pass  # all are models, which need no targets
    elif targets is None and is_spent(names[0]) and len(names) > 2:
        names, targets = names[:-1], names[-1]
    elif targets is None:
        names, targets = assign_roles(names, reading)
    _require_rereadable(names, targets, loss)
    if reading.keys is not None:
        reading = replace(reading, order_by=names[0])
    compared: list[Compared] = []
    shards: list[Chunk] = []
    for name in names:
        own = shards_of(name, targets, loss.sample_weight, reading)
        reading = replace(reading, group=None)  # the clusters are those of the first model's rows
        try:
            inputs = read_shards(own, settings)
        except InputError as error:
            raise _with_hint(error) from None
        kept = inputs.settings_for(settings)
        least = float("-inf")
        if loss.input_kind is None and inputs.files[0].format == "llama":
            kept, least = replace(kept, input_kind="log-probs"), _LLAMA_LEAST
        has_targets = tables.get(name, not settings.is_per_target)
        compared.append(Compared(name, inputs, kept, least, has_targets))
        shards += own
    return compared, shards, settings


def _result_tables(names: "Sequence[str]", loss: FormulaOptions) -> dict[str, bool]:
    """Return the files that hold the loss of each row, and whether they hold its target too.

    Raises:
        InputError: Some of the files hold losses, and some do not.
    """
    from xent.inputs.target_scores import column_names
    from xent.meaning.column_names import is_result_table, is_target_name
    from xent.settings import PER_TARGET

    if loss.input_kind not in (None, *PER_TARGET):
        return {}
    columns = {name: column_names(name, loss.reading()) for name in names}
    tables = [name for name in names if is_result_table(columns[name])]
    if loss.input_kind is None and tables and len(tables) < len(columns):
        other = next(name for name in names if name not in tables)
        raise InputError(
            Code.NOT_COMPARABLE,
            f"{tables[0]} holds the loss of each row, and {other} does not",
            hint="compare losses with losses: xent compute LOGITS TARGETS -o losses.csv",
        )
    return {name: any(map(is_target_name, columns[name])) for name in tables}


def _require_rereadable(names: "Sequence[str]", targets: str | None, loss: FormulaOptions) -> None:
    """Refuse pipes of what is read for every model, and more than one standard input."""
    again = [targets, loss.sample_weight, *(names[:1] if loss.join else ())]
    for each in (*again, *(["-"] if names.count("-") > 1 else ())):
        if is_spent(each):
            raise bad_usage(
                f"{each} is a pipe, but models are read more than once",
                "save its content to a file",
            )


def _with_hint(error: InputError) -> InputError:
    found = error.diagnostic
    if found.code is not Code.MISSING_TARGETS or (found.hint and "--target-column" in found.hint):
        return error
    hint = "name the targets last: xent compare A B TARGETS"
    return InputError(found.code, found.message, found.location, hint)


def _bare(comparison: "Comparison") -> "Sequence[str]":
    unit = comparison.settings.nats_per_unit
    return [f"{pair.difference / unit!r}\n" for pair in comparison.pairs]


def _check_limit(comparison: "Comparison", tolerance: float | None) -> None:
    """Fail where a model is worse than the first one.

    Raises:
        typer.Exit: One is.
    """
    if tolerance is None:
        return
    unit, failed = comparison.settings.nats_per_unit, False
    for number, pair in enumerate(comparison.pairs, 1):
        if pair.is_worse(tolerance * unit):
            name = comparison.models[number].name
            low, high = (bound / unit for bound in pair.interval)
            size = f"{pair.difference / unit:.6g}"
            beyond = f", 95 % interval {low:.6g} … {high:.6g}" if not isnan(low) else ""
            message = f"{name} is worse than {comparison.models[0].name} by {size}{beyond}"
            show(Diagnostic(Code.WORSE_THAN_FIRST, message))
            failed = True
    if failed:
        raise typer.Exit(Status.GATE_FAILED)
