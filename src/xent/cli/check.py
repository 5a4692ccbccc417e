"""`xent check`: what looks wrong, and the loss after the fix."""

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from xent.checkup.render import FORMATS
from xent.cli import options
from xent.cli.grouping import expanded
from xent.cli.messages import announce
from xent.cli.output import format_for, publish
from xent.cli.progress import watched
from xent.cli.question import Question, RequiredQuestion
from xent.cli.rereading import RereadQuestion, typed
from xent.cli.rule import rule_words
from xent.cli.status import Status
from xent.errors import InputError, Severity

if TYPE_CHECKING:
    from xent.checkup.collectors import BatchMeans
    from xent.checkup.survey import Survey

CheckupFormat = StrEnum("CheckupFormat", {name: name for name in FORMATS})  # type: ignore[misc]  # the registry's keys are the choices
FailOn = StrEnum("FailOn", {"error": "error", "warning": "warning", "info": "info"})

CheckupFormatOption = Annotated[
    CheckupFormat | None,
    typer.Option(
        "--format",
        help="How the findings are written. By default a table, or what -o's file name ends in.",
        show_default=False,
    ),
]
Worst = Annotated[
    int, typer.Option("--worst", min=0, metavar="K", help="Show the K rows with the largest loss.")
]
BatchSize = Annotated[
    int | None,
    typer.Option(
        "--batch-size",
        min=1,
        metavar="B",
        help="Compare the mean of the means of batches of B rows with the mean.",
        show_default=False,
    ),
]
Groups = Annotated[
    str | None,
    typer.Option(
        "--groups",
        metavar="VECTOR",
        help="The same for groups of rows: a number for each row that tells its group.",
        show_default=False,
    ),
]
Select = Annotated[
    list[str] | None,
    typer.Option(
        "--select",
        metavar="CODE",
        help="Apply this rule alone; may be repeated.",
        autocompletion=rule_words,
    ),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore",
        metavar="CODE",
        help="Leave this rule out; may be repeated.",
        autocompletion=rule_words,
    ),
]
FailOnOption = Annotated[
    FailOn, typer.Option("--fail-on", help="Exit with status 1 for a finding like that, or worse.")
]


@expanded
def check(
    question: RequiredQuestion,
    display: options.DisplayOptions,
    worst: Worst = 10,
    batch_size: BatchSize = None,
    groups: Groups = None,
    select: Select = None,
    ignore: Ignore = None,
    fail_on: FailOnOption = FailOn.error,
    output_format: CheckupFormatOption = None,
    no_progress: options.NoProgress = False,
) -> None:
    """Name what is wrong, and the loss after the fix.

    Then where the loss comes from: the worst rows, the classes, the spread. The exit status is 1
    where something is wrong.
    """
    if batch_size and groups:
        raise typer.BadParameter("--batch-size and --groups both say which rows are one batch")
    view, name = display.view(), format_for(display.output, FORMATS, output_format, "table")

    from xent.checkup.checkup import all_rules
    from xent.checkup.checkup import check as checked

    known = {word for rule in all_rules() for word in (rule.code, rule.name)}
    for word in (*(select or ()), *(ignore or ())):
        if word not in known:
            raise typer.BadParameter(f"there is no rule {word}; xent rule lists them all")
    means = _batch_means(batch_size, groups)
    survey = _survey(question, worst=worst, batch_means=means, no_progress=no_progress)
    announce(
        (note for note in survey.report.diagnostics if note.severity is Severity.NOTE),
        strict=False,
    )
    checkup = checked(survey, select=select or (), ignore=ignore or ())
    publish(FORMATS[name].load()(checkup, view), display.output, unicode=view.unicode)
    if checkup.at_least(Severity(fail_on.value)):
        raise typer.Exit(Status.GATE_FAILED)


def _survey(
    question: Question, *, worst: int, batch_means: "BatchMeans | None", no_progress: bool
) -> "Survey":
    """Look at all rows, with another option where that alone makes them a loss.

    Raises:
        InputError: With no such option do the numbers make a loss.
    """
    from xent.checkup.refusals import options_instead
    from xent.checkup.survey import Survey

    def surveyed(asked: RereadQuestion) -> Survey:
        settings = asked.question.settings()
        with watched(asked.question, settings, no_progress=no_progress) as inputs:
            return Survey.of(
                asked.guarded(inputs),
                inputs.settings_for(settings),
                rereader=asked,
                worst=worst,
                batch_means=batch_means,
            )

    asked = RereadQuestion.of(question)
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
