"""`xent check`: what looks wrong, and the loss after the fix."""

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from xent.checkup.render import BRIEF, FORMATS
from xent.cli import options
from xent.cli.grouping import flattened
from xent.cli.loss_options import LossOptions, RequiredLossOptions
from xent.cli.messages import announce
from xent.cli.output import contradictions, format_for, publish
from xent.cli.progress import watched
from xent.cli.rereading import RereadInput, typed
from xent.cli.rule import chosen, rule_words
from xent.cli.status import Status
from xent.errors import InputError, Severity

if TYPE_CHECKING:
    from xent.checkup.collectors import BatchMeans
    from xent.checkup.survey import Survey

CheckupFormat = StrEnum("CheckupFormat", {name: name for name in FORMATS})  # type: ignore[misc]  # the registry's keys are the choices
FailOn = StrEnum("FailOn", {"error": "error", "warning": "warning", "info": "info"})

CheckupFormatOption = Annotated[CheckupFormat | None, options.FORMAT]
BatchSize = Annotated[
    int | None,
    typer.Option(
        "--batch-size",
        min=1,
        metavar="B",
        rich_help_panel="Rules",
        help="Compare the mean of the means of batches of B rows with the mean over rows.",
        show_default=False,
    ),
]
Groups = Annotated[
    str | None,
    typer.Option(
        "--groups",
        metavar="VECTOR",
        rich_help_panel="Rules",
        help="The same for groups of rows: one group number per row, a file or inline.",
        show_default=False,
    ),
]
Select = Annotated[
    list[str] | None,
    typer.Option(
        "--select",
        metavar="CODE,…",
        rich_help_panel="Rules",
        help="Apply only these rules: codes, prefixes of codes, or names, separated by commas.",
        autocompletion=rule_words,
    ),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore",
        metavar="CODE,…",
        rich_help_panel="Rules",
        help="Skip these rules: codes, prefixes of codes, or names, separated by commas.",
        autocompletion=rule_words,
    ),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", rich_help_panel="Output", help="Print one line per finding, and no notes."
    ),
]
FailOnOption = Annotated[
    FailOn,
    typer.Option(
        "--fail-on",
        rich_help_panel="Rules",
        help="Exit with status 1 for findings of this severity or higher.",
    ),
]


@flattened
def check(
    arguments: RequiredLossOptions,
    display: options.DisplayOptions,
    worst: options.Worst = 10,
    batch_size: BatchSize = None,
    groups: Groups = None,
    select: Select = None,
    ignore: Ignore = None,
    fail_on: FailOnOption = FailOn.error,
    quiet: Quiet = False,
    output_format: CheckupFormatOption = None,
    no_progress: options.NoProgress = False,
) -> None:
    """Find the mistake behind a wrong loss, and prove it with the loss after the fix.

    Then show where the loss comes from: the worst rows, the classes, the distribution.
    """
    if batch_size and groups:
        raise typer.BadParameter("--batch-size and --groups cannot be combined")
    view, name = display.view(), format_for(display.output, FORMATS, output_format, "table")

    from xent.checkup.checkup import all_rules
    from xent.checkup.checkup import check as checked

    selected, ignored = (
        [each.code for each in chosen(words or (), all_rules())] for words in (select, ignore)
    )
    means = _batch_means(batch_size, groups)
    survey = _survey(arguments, worst=worst, batch_means=means, no_progress=no_progress)
    announce(
        (note for note in survey.report.diagnostics if note.severity is Severity.NOTE),
        quiet=quiet,
    )
    checkup = checked(survey, select=selected, ignore=ignored)
    announce(contradictions(display.output, FORMATS, output_format), quiet=quiet)
    is_brief = quiet and output_format is None and name == "table"
    written = (BRIEF if is_brief else FORMATS[name]).load()(checkup, view)
    publish(written, display.output, unicode=view.unicode, commands=FORMATS[name].commands)
    if checkup.at_least(Severity(fail_on.value)):
        raise typer.Exit(Status.GATE_FAILED)


def _survey(
    arguments: LossOptions, *, worst: int, batch_means: "BatchMeans | None", no_progress: bool
) -> "Survey":
    """Look at all rows, with another option where that alone makes them a loss.

    Raises:
        InputError: With no such option do the numbers make a loss.
    """
    from xent.checkup.refusals import options_instead
    from xent.checkup.survey import Survey

    def surveyed(asked: RereadInput) -> Survey:
        with watched(asked.arguments, no_progress=no_progress) as (inputs, settings):
            return Survey.of(
                asked.guarded(inputs),
                settings,
                rereader=asked,
                worst=worst,
                batch_means=batch_means,
            )

    asked = RereadInput.of(arguments)
    try:
        return surveyed(asked)
    except InputError as error:
        for changes in (*map(typed, options_instead(error.diagnostic)), *asked.swapped()):
            # Reading again spares the collectors the rows of an option that does not fit either.
            if asked.loss(**changes) is not None:
                return replace(surveyed(asked.with_options(**changes)), refusal=error.diagnostic)
        raise


def _batch_means(size: int | None, groups: str | None) -> "BatchMeans | None":
    from xent.checkup.collectors import BatchMeans
    from xent.inputs.named_arrays import read_vector

    if groups is not None:
        return BatchMeans(read_vector(groups, "groups"))
    return BatchMeans(size) if size else None
