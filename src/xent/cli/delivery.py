"""What becomes of a result: it is written, what is to be said of it is said, and it is judged."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING

import typer

from xent import render
from xent.cli import options
from xent.cli.messages import announce, show
from xent.cli.output import format_for, publish
from xent.cli.status import Status
from xent.errors import Code, Diagnostic

if TYPE_CHECKING:
    from xent.pipeline import Evaluation

# The formats that are made of every row.
OF_ROWS = ("csv", "jsonl")


@dataclass(frozen=True)
class Delivery:
    """How a loss is written, and which one is too high."""

    quiet: options.Quiet = False
    output_format: options.OutputFormatOption = None
    strict: options.Strict = False
    fail_above: options.FailAbove = None

    def format(self, look: options.Look) -> str:
        """The name of the format.

        Raises:
            typer.BadParameter: The options do not go together.
        """
        if self.quiet and self.output_format:
            raise typer.BadParameter(
                "--quiet prints the number alone; leave out --quiet or --format"
            )
        if self.fail_above is not None and isnan(self.fail_above):
            raise typer.BadParameter("--fail-above needs a number; a loss of nan always fails")
        return format_for(look.output, render.FORMATS, self.output_format, "table")

    def deliver(self, evaluation: "Evaluation", look: options.Look) -> None:
        """Write the result, whole or not at all, and what there is to say of it.

        Raises:
            typer.Exit: A warning counts as an error, or the loss is too high.
        """
        view, name = look.view(), self.format(look)

        def result() -> Iterator[str]:
            if self.quiet:
                yield from _bare(evaluation)
            else:
                yield from render.FORMATS[name].load()(evaluation, view)
            # The last thing before anything is published: a warning may be what forbids it.
            announce(evaluation.report().diagnostics, strict=self.strict)

        publish(result(), look.output, unicode=view.unicode)
        loss, limit = evaluation.report().loss, self.fail_above
        if limit is not None and not loss <= limit:
            show(Diagnostic(Code.LOSS_ABOVE_LIMIT, f"the loss {loss!r} is above {limit!r}"))
            raise typer.Exit(Status.GATE_FAILED)


def _bare(evaluation: "Evaluation") -> Iterable[str]:
    """The loss alone, or each row's where they are not reduced."""
    from xent.numbers import exact
    from xent.render.records import unreduced

    if evaluation.settings.reduction == "none":
        yield from (f"{exact(loss)}\n" for loss in unreduced(evaluation))
    else:
        yield f"{exact(evaluation.report().loss)}\n"
