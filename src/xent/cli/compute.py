"""`xent compute`: every matrix, then the mean loss."""

import sys
from collections.abc import Iterable
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from xent import render
from xent.cli import options, screen
from xent.cli.messages import show
from xent.cli.output import publish
from xent.cli.status import Status
from xent.errors import Code, Diagnostic, Severity
from xent.formats import by_suffix
from xent.render.view import DEFAULT_ROWS, View

if TYPE_CHECKING:
    from xent.evaluate import Evaluation


@options.asks(options.Question)
def compute(
    question: options.Question,
    quiet: options.Quiet = False,
    output_format: options.OutputFormatOption = None,
    output: options.OutputFile = None,
    digits: options.Digits = 4,
    rows: options.Rows = None,
    columns: options.Columns = None,
    full: options.Full = False,
    strict: options.Strict = False,
    fail_above: options.FailAbove = None,
) -> None:
    """Show softmax, its logarithm and the negative log-likelihood, and end in the mean loss."""
    if quiet and output_format:
        raise typer.BadParameter("--quiet prints the number alone; leave out --quiet or --format")
    if fail_above is not None and isnan(fail_above):
        raise typer.BadParameter("--fail-above needs a number; a loss of nan always fails")
    if fail_above is not None and question.reduction == "none":
        raise typer.BadParameter("--fail-above is for one loss; --reduction none has one a row")
    view = _view(output, digits=digits, rows=rows, columns=columns, full=full)

    from xent.evaluate import Evaluation

    settings = question.settings()
    inputs = question.inputs(settings)
    ends = {"head": 0, "tail": 0} if quiet else {"head": view.head, "tail": view.tail}
    evaluation = Evaluation(inputs.batches, settings, notes=inputs.notes, **ends)

    def result() -> Iterable[str]:
        if quiet:
            yield from _bare(evaluation)
        else:
            yield from render.FORMATS[_format(output_format, output)].load()(evaluation, view)
        # The last thing before anything is published: a warning may be what forbids it.
        _announce(evaluation.report().diagnostics, strict=strict)

    publish(result(), output)
    _gate(evaluation.report().loss, fail_above)


def _bare(evaluation: "Evaluation") -> Iterable[str]:
    """The loss alone, or each row's where they are not reduced."""
    from xent.render.number import exact
    from xent.render.records import unreduced

    if evaluation.settings.reduction == "none":
        yield from (f"{exact(loss)}\n" for loss in unreduced(evaluation))
    else:
        yield f"{exact(evaluation.report().loss)}\n"


def _view(
    output: Path | None, *, digits: int, rows: int | None, columns: int | None, full: bool
) -> View:
    default_rows, default_columns = (sys.maxsize, sys.maxsize) if full else (DEFAULT_ROWS, None)
    shown_at = sys.stdout if output is None else None
    return View(
        digits=digits,
        rows=rows or default_rows,
        columns=columns or default_columns,
        width=None if full or columns else screen.width(shown_at),
        colour=screen.colour(shown_at) if output is None else None,
        unicode=screen.unicode(shown_at),
    )


def _format(chosen: options.OutputFormat | None, output: Path | None) -> str:
    if chosen:
        return str(chosen.value)
    return (by_suffix(render.FORMATS, str(output)) if output else None) or "table"


def _announce(diagnostics: Iterable[Diagnostic], *, strict: bool) -> None:
    refused = False
    for diagnostic in diagnostics:
        fails = strict and diagnostic.severity is Severity.WARNING
        show(diagnostic, Severity.ERROR if fails else None)
        refused = refused or fails
    if refused:
        raise typer.Exit(Status.BAD_INPUT)


def _gate(loss: float, limit: float | None) -> None:
    if limit is not None and not loss <= limit:
        show(Diagnostic(Code.LOSS_ABOVE_LIMIT, f"the loss {loss!r} is above {limit!r}"))
        raise typer.Exit(Status.GATE_FAILED)
