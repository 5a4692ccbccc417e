"""`xent compute`: every matrix, then the mean loss."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from xent.cli import options
from xent.cli.executors import is_worth_dividing, open_executor
from xent.cli.grouping import flattened
from xent.cli.loss_options import RequiredLossOptions
from xent.cli.messages import announce
from xent.cli.output import contradictions, format_for, whole_file
from xent.cli.progress import Progress, watched
from xent.cli.result import ResultOptions, check_limit, write_result
from xent.cli.usage import bad_usage
from xent.inputs.inline import unshielded
from xent.render import MATRIX_FORMATS

if TYPE_CHECKING:
    from xent.pipeline import Collector
    from xent.report.report import Report


@flattened
def compute(
    arguments: RequiredLossOptions,
    display: options.DisplayOptions,
    result: ResultOptions,
    stage: options.StageOption = None,
    group: options.Group = None,
    per: options.Per = None,
    worst: options.Worst = 0,
    jobs: options.Jobs = None,
    dask: options.Dask = None,
    no_progress: options.NoProgress = False,
) -> None:
    """Calculate the loss, and show every matrix that leads to it.

    The softmax, its logarithm and the negative log-likelihood of each row, then a summary; the mean
    loss is the last line.
    """
    if stage is not None:
        if dask is not None:
            raise bad_usage("--stage writes the rows in order, which --dask does not keep")
        if group is not None or per is not None or worst:
            raise bad_usage("--stage writes only a matrix: omit --group, --per and --worst")
        _write_stage(arguments, stage, display, result, jobs=jobs, no_progress=no_progress)
        return
    _check_options(arguments, result, display)

    from xent.inputs.shards import read_shards
    from xent.parallel.threads import usable_cores
    from xent.pipeline import evaluate, evaluate_in_parallel
    from xent.report.lengths import LengthSum
    from xent.report.worst_rows import WorstCollector

    settings, view = arguments.settings(per_target=True), display.view()
    number = jobs or usable_cores()
    lengths = None if per is None else LengthSum(unshielded(per))
    largest = WorstCollector(worst) if worst else None
    own: list[Collector] = [] if largest is None else [largest]
    own += [lengths] if lengths and lengths.is_per_row else []
    head, tail = (0, 0) if result.is_bare(display) else (view.head, view.tail)
    shards = arguments.shards(group)
    inputs = read_shards(shards, settings)
    settings = inputs.settings_for(settings)

    def calculate(collectors: "Sequence[Collector]") -> "Report":
        with Progress.of(shards, settings, hidden=no_progress) as progress:
            seen: dict[str, Any] = {"head": head, "tail": tail, "on_progress": progress.show}
            report = None
            collectors = [*collectors, *own]
            if not collectors and is_worth_dividing(shards, number, dask):
                executor = partial(open_executor, dask, number)
                ahead = 2 * number + 1  # nobody waits for work
                report = evaluate_in_parallel(
                    inputs, shards, settings, executor, **seen, ahead=ahead
                )
            report = report or evaluate(inputs, settings, collectors, **seen, threads=number)
            if lengths:
                report = replace(report, length=lengths.total(report.rows))
            return replace(report, worst=largest.rows()) if largest else report

    write_result(settings, calculate, result, display)


def _write_stage(
    arguments: RequiredLossOptions,
    stage: options.Stage,
    display: options.DisplayOptions,
    result: ResultOptions,
    *,
    jobs: int | None,
    no_progress: bool,
) -> None:
    """Write one stage of all rows; its gradient in a second pass, where the mean divides it."""
    from xent.cli.stage import StageWriter
    from xent.pipeline import evaluate

    name = format_for(display.output, MATRIX_FORMATS, result.output_format, "csv")
    if name not in MATRIX_FORMATS:
        raise bad_usage(
            f"--stage writes no {name}", f"name one of {', '.join(MATRIX_FORMATS)} with --format"
        )
    denominator = 1.0
    if stage.value == "gradient" and arguments.reduction == "mean":
        if not arguments.is_rereadable:
            raise bad_usage(
                "the gradient of the mean needs two passes, but a pipe can be read only once",
                "save the input to a file, or use --reduction sum",
            )
        with watched(arguments, no_progress=no_progress) as (inputs, settings):
            denominator = float(evaluate(inputs, settings, threads=jobs).loss_sum.weight)
    announce(
        contradictions(display.output, MATRIX_FORMATS, result.output_format), quiet=result.quiet
    )
    with (
        whole_file(display.output) as file,
        watched(arguments, no_progress=no_progress) as (inputs, settings),
    ):
        names = inputs.class_names if stage.value != "nll" else ()
        with MATRIX_FORMATS[name].load()(file, names) as write:
            writer = StageWriter(write, stage, settings, denominator)
            report = evaluate(inputs, settings, [writer], threads=jobs)
        announce(report.diagnostics, strict=result.strict, quiet=result.quiet)
    check_limit(report, result)


def _check_options(
    arguments: RequiredLossOptions, result: ResultOptions, display: options.DisplayOptions
) -> None:
    name = result.name(display)
    if result.fail_above is not None and arguments.reduction == "none":
        raise typer.BadParameter(
            "--fail-above needs a single loss, but --reduction none has one per row"
        )
    if result.baseline is not None and arguments.reduction == "none":
        raise bad_usage("--baseline compares means: omit --reduction none")
    if name == "state" and arguments.reduction == "none":
        raise typer.BadParameter("a state holds sums: omit --reduction none")
