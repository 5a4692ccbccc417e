"""The result of compute and merge: how it is written, and which loss is too high."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import isnan
from typing import TYPE_CHECKING

import typer

from xent import render
from xent.cli import options
from xent.cli.messages import announce, show
from xent.cli.output import contradictions, format_for, whole_result
from xent.cli.status import Status
from xent.cli.usage import bad_usage
from xent.errors import Code, Diagnostic

if TYPE_CHECKING:
    from xent.inputs.batch import Batch
    from xent.losses.row_losses import RowLosses
    from xent.pipeline import Collector
    from xent.report.baseline import BaselineDifference
    from xent.report.report import Report
    from xent.settings import LossSettings


@dataclass(frozen=True)
class ResultOptions:
    """How a loss is written, and which one is too high."""

    quiet: options.Quiet = False
    output_format: options.OutputFormatOption = None
    strict: options.Strict = False
    fail_above: options.FailAbove = None
    baseline: options.Baseline = None
    tolerance: options.Tolerance = 0.0

    def name(self, display: options.DisplayOptions) -> str:
        """Return the name of the format.

        Raises:
            typer.BadParameter: The options do not go together.
            InputError: The format is that of a matrix.
        """
        if self.fail_above is not None and isnan(self.fail_above):
            raise typer.BadParameter("--fail-above must be a number; a loss of nan always fails")
        if not self.tolerance >= 0:
            raise bad_usage(f"the tolerance must be at least 0, got {self.tolerance}")
        if self.tolerance and self.baseline is None:
            raise bad_usage(
                "--tolerance needs --baseline",
                "add --baseline main.state",
            )
        name = format_for(display.output, render.FORMATS, self.output_format, "table")
        if name not in render.FORMATS:
            raise bad_usage(f"--format {name} is for a whole matrix", "choose one with --stage")
        return name

    def format(self, display: options.DisplayOptions) -> render.ResultFormat:
        """Return the format that the options ask for."""
        return render.BARE if self.is_bare(display) else render.FORMATS[self.name(display)]

    def is_bare(self, display: options.DisplayOptions) -> bool:
        """Tell whether the loss alone is written: --quiet replaces the table by the number."""
        return self.quiet and self.output_format is None and self.name(display) == "table"


class RowWriter:
    """A collector that writes something for each row."""

    def __init__(
        self, write: Callable[[str], object], rows: "render.RowText", settings: "LossSettings"
    ) -> None:
        self._write, self._rows, self._settings = write, rows, settings

    def update(self, batch: "Batch", losses: "RowLosses") -> None:
        """Write the rows of one batch."""
        for piece in self._rows(batch.first_row, losses, self._settings):
            self._write(piece)


def write_result(
    settings: "LossSettings",
    calculate: "Callable[[Sequence[Collector]], Report]",
    result: ResultOptions,
    display: options.DisplayOptions,
) -> None:
    """Write a report, whole or not at all, and what there is to say of it.

    Args:
        settings: The options of the loss.
        calculate: Calculates the report; the collectors that it takes see all rows.
        result: How the report is written, and which loss is too high.
        display: How much of the report is shown, and where it goes.

    Raises:
        typer.Exit: A warning counts as an error, or the loss is too high.
    """
    view, format_ = display.view(), result.format(display)
    announce(
        contradictions(display.output, render.FORMATS, result.output_format), quiet=result.quiet
    )
    baseline = None if result.baseline is None else _read_baseline(result.baseline)
    needs_rows = format_.of_rows or (format_.rows and settings.reduction == "none")
    commands = format_.commands
    with whole_result(display.output, unicode=view.unicode, commands=commands) as write:
        rows = [RowWriter(write, format_.load_rows(), settings)] if needs_rows else []
        report = calculate(rows)
        if baseline is not None:
            report = replace(report, baseline=baseline(report))
        for piece in format_.load()(report, view):
            write(piece)
        failures = [*_failures(report, result)]
        if format_.commands:
            from xent.render.github import annotation

            for failure in failures:
                write(annotation(failure))
        # The last thing before anything is published: a warning may be what forbids it.
        announce(report.diagnostics, strict=result.strict, quiet=result.quiet)
    _stop(failures)


def check_limit(report: "Report", result: ResultOptions) -> None:
    """Compare the loss with what --fail-above and --baseline accept.

    Raises:
        typer.Exit: The loss is above it.
    """
    if result.baseline is not None:
        report = replace(report, baseline=_read_baseline(result.baseline)(report))
    _stop([*_failures(report, result)])


def _read_baseline(argument: str) -> "Callable[[Report], BaselineDifference]":
    """Read the baseline before any work, and return how a report is compared with it."""
    from xent.report.baseline import compare_with_baseline, read_baseline

    return partial(compare_with_baseline, baseline=read_baseline(argument), name=argument)


def _failures(report: "Report", result: ResultOptions) -> "Iterator[Diagnostic]":
    limit, baseline = result.fail_above, report.baseline
    if limit is not None and not report.loss <= limit:
        yield Diagnostic(Code.LOSS_ABOVE_LIMIT, f"the loss {report.loss!r} is above {limit!r}")
    if baseline is not None and baseline.is_worse(result.tolerance):
        low, high = (f"{bound:.6g}" for bound in baseline.interval)
        yield Diagnostic(
            Code.LOSS_ABOVE_BASELINE,
            f"the mean loss is above that of {baseline.name}, {baseline.loss:.6g}, by "
            f"{baseline.difference:.6g}, 95 % interval {low} … {high}",
        )


def _stop(failures: "Sequence[Diagnostic]") -> None:
    for failure in failures:
        show(failure)
    if failures:
        raise typer.Exit(Status.GATE_FAILED)
