"""`xent compute`: every matrix, then the mean loss."""

from collections.abc import Iterable
from math import isnan
from typing import TYPE_CHECKING

import typer

from xent import render
from xent.cli import options
from xent.cli.machine import cores
from xent.cli.messages import announce, show
from xent.cli.output import format_for, publish
from xent.cli.status import Status
from xent.errors import Code, Diagnostic

if TYPE_CHECKING:
    from xent.evaluate import Evaluation
    from xent.workers import Workers


@options.expanded
def compute(
    question: options.RequiredQuestion,
    look: options.Look,
    quiet: options.Quiet = False,
    output_format: options.OutputFormatOption = None,
    strict: options.Strict = False,
    fail_above: options.FailAbove = None,
    jobs: options.Jobs = None,
) -> None:
    """Print every matrix on the way, and the mean loss.

    Softmax, its logarithm and the negative log-likelihood of each row, then the numbers about all
    of them; the mean loss is the last line.
    """
    if quiet and output_format:
        raise typer.BadParameter("--quiet prints the number alone; leave out --quiet or --format")
    if fail_above is not None and isnan(fail_above):
        raise typer.BadParameter("--fail-above needs a number; a loss of nan always fails")
    if fail_above is not None and question.reduction == "none":
        raise typer.BadParameter("--fail-above is for one loss; --reduction none has one a row")
    view, name = look.view(), format_for(look.output, render.FORMATS, output_format, "table")

    from xent.division import DividedEvaluation

    settings = question.settings()
    head, tail = (0, 0) if quiet else (view.head, view.tail)

    number = jobs or cores()

    def crew() -> "Workers":
        from xent.workers import Workers

        return Workers(number, settings, head=head, tail=tail)

    evaluation = DividedEvaluation(
        question.shards(), settings, crew if number > 1 else None, head=head, tail=tail
    )

    def result() -> Iterable[str]:
        if quiet:
            yield from _bare(evaluation)
        else:
            yield from render.FORMATS[name].load()(evaluation, view)
        # The last thing before anything is published: a warning may be what forbids it.
        announce(evaluation.report().diagnostics, strict=strict)

    publish(result(), look.output, unicode=view.unicode)
    _gate(evaluation.report().loss, fail_above)


def _bare(evaluation: "Evaluation") -> Iterable[str]:
    """The loss alone, or each row's where they are not reduced."""
    from xent.numeral import exact
    from xent.render.records import unreduced

    if evaluation.settings.reduction == "none":
        yield from (f"{exact(loss)}\n" for loss in unreduced(evaluation))
    else:
        yield f"{exact(evaluation.report().loss)}\n"


def _gate(loss: float, limit: float | None) -> None:
    if limit is not None and not loss <= limit:
        show(Diagnostic(Code.LOSS_ABOVE_LIMIT, f"the loss {loss!r} is above {limit!r}"))
        raise typer.Exit(Status.GATE_FAILED)
