"""`xent verify`: the same loss by other libraries, and why another number is another."""

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xent.cli import options
from xent.cli.grouping import flattened
from xent.cli.loss_options import RequiredLossOptions
from xent.cli.messages import announce
from xent.cli.output import contradictions, format_for, publish
from xent.cli.progress import watched
from xent.cli.status import Status
from xent.errors import InputError
from xent.verification.render import FORMATS, SEARCH_FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from xent.inputs.pairing import Inputs
    from xent.verification.interpreters import Interpreter
    from xent.verification.problem import Problem
    from xent.verification.program import Program

# So many logits of a larger input are verified, unless all are asked for.
_SAMPLED_VALUES = 1 << 16
# And so many where programs hold the rows themselves.
_LITERAL_VALUES = 1 << 12

VerificationFormat = StrEnum("VerificationFormat", {name: name for name in FORMATS})  # type: ignore[misc]  # the registry's keys are the choices

VerificationFormatOption = Annotated[
    VerificationFormat | None,
    typer.Option(
        "--format",
        rich_help_panel="Output",
        help="How the result is written. By default a table, or what -o's file name ends in.",
        show_default=False,
    ),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", rich_help_panel="Output", help="Print no notes.")
]
Only = Annotated[
    str | None,
    typer.Option(
        metavar="LIBRARIES",
        rich_help_panel="Verification",
        help="Ask these libraries alone: pencil, numpy, torch, keras, sklearn, optax.",
        show_default=False,
    ),
]
Python = Annotated[
    str | None,
    typer.Option(
        metavar="PATH",
        rich_help_panel="Verification",
        help="The interpreter that has the libraries.  [default: that of xent, then that of an "
        "active environment]",
        show_default=False,
    ),
]
CodeOption = Annotated[
    str | None,
    typer.Option(
        "--code",
        rich_help_panel="Output",
        metavar="LIBRARY",
        help="Print the program of one library, or of all in one, and do not run it.",
        show_default=False,
    ),
]
Expect = Annotated[
    str | None,
    typer.Option(
        metavar="NUMBER",
        rich_help_panel="Verification",
        help="Search for conventions that give this number, such as another denominator.",
        show_default=False,
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="B",
        rich_help_panel="Verification",
        help="With --expect: try the mean of the means of batches of B rows as well.",
        show_default=False,
    ),
]
All = Annotated[
    bool,
    typer.Option(
        "--all",
        rich_help_panel="Verification",
        help="Verify all rows; else a sample of a large input is verified.",
    ),
]


@dataclass(frozen=True)
class _Task:
    """The rows to verify, and the programs that are to do it."""

    problem: "Problem"
    programs: "dict[str, Program]"
    remark: str


@flattened
def verify(
    arguments: RequiredLossOptions,
    only: Only = None,
    python: Python = None,
    code: CodeOption = None,
    expect: Expect = None,
    batch_size: BatchSize = None,
    all_rows: All = False,
    output: options.Output = None,
    quiet: Quiet = False,
    color: options.Color = options.ColorChoice.auto,  # noqa: ARG001  its callback has taken it
    output_format: VerificationFormatOption = None,
    no_progress: options.NoProgress = False,
) -> None:
    """Calculate the loss with other libraries, and explain each difference.

    Each library runs in a process of its own. The exit status is 1 where a difference is
    unexplained, or where nothing gives the number that is expected.
    """
    if expect is not None:
        if code is not None or only is not None:
            raise typer.BadParameter("--expect searches for a number; it runs no library")
        _search(
            arguments,
            expect,
            batch_size,
            output,
            output_format,
            quiet=quiet,
            no_progress=no_progress,
        )
        return
    if batch_size is not None:
        raise typer.BadParameter("--batch-size is for --expect")
    keys = _keys(only if code is None else None if code == "all" else code)
    task = _task(arguments, keys, all_rows=all_rows, quiet=quiet, no_progress=no_progress)
    if code is not None:
        publish([_text(code, task)], output)
        return

    from xent.verification.verification import verify as verified

    name = format_for(output, FORMATS, output_format, "table")
    view = options.DisplayOptions(output).view()
    interpreters = _interpreters(python, task.programs.values())
    verification = verified(task.problem, task.programs, interpreters, task.remark)
    announce(contradictions(output, FORMATS, output_format), quiet=quiet)
    publish(FORMATS[name].load()(verification, view), output, unicode=view.unicode)
    if not verification.is_explained:
        raise typer.Exit(Status.GATE_FAILED)


def _keys(words: str | None) -> list[str]:
    from xent.verification.libraries import LIBRARIES, chosen

    try:
        return chosen(words)
    except KeyError as unknown:
        there = ", ".join(LIBRARIES)
        raise typer.BadParameter(
            f"there is no program for {unknown.args[0]!r}; there are {there}"
        ) from None


def _text(code: str, task: _Task) -> str:
    from xent.verification.program import combined

    programs = [*task.programs.values()]
    return combined(programs) if code == "all" else task.programs[code].text


def _task(
    arguments: RequiredLossOptions,
    keys: "Sequence[str]",
    *,
    all_rows: bool,
    quiet: bool,
    no_progress: bool,
) -> _Task:
    """Read the rows, as many as are verified, and write the programs."""
    from xent.verification.reading import data_of
    from xent.verification.verification import programs_of

    problem, inputs = _problem(
        arguments, None if all_rows else _SAMPLED_VALUES, quiet=quiet, no_progress=no_progress
    )
    has_shards = len(arguments.shards()) > 1
    data = {
        lists: data_of(problem, inputs, has_shards=has_shards, lists=lists)
        for lists in {key == "pencil" for key in keys}
    }
    is_long = problem.inputs.size > _LITERAL_VALUES and not all_rows
    if is_long and any(each.is_literal for each in data.values()):
        problem = problem.every(-(-problem.inputs.size // _LITERAL_VALUES))
        data = {
            lists: data_of(problem, inputs, has_shards=has_shards, lists=lists) for lists in data
        }
    remark = ""
    if not problem.is_whole:
        remark = (
            f"{problem.rows:,} of {problem.total:,} rows, every {problem.stride} of them; --all "
            "verifies all"
        )
    spoken = f" {remark}." if remark else ""
    programs = programs_of(problem, keys, lambda key: data[key == "pencil"], spoken)
    return _Task(problem, programs, remark)


def _problem(
    arguments: RequiredLossOptions, most_values: int | None, *, quiet: bool, no_progress: bool
) -> "tuple[Problem, Inputs]":
    from xent.errors import Severity
    from xent.pipeline import evaluate
    from xent.verification.problem import RowCollector

    settings = arguments.settings()
    collector = RowCollector(settings, most_values)
    with watched(arguments, settings, no_progress=no_progress) as inputs:
        report = evaluate(inputs, settings, (collector,))
    announce(
        (note for note in report.diagnostics if note.severity is Severity.NOTE),
        quiet=quiet,
    )
    return collector.problem(), inputs


def _interpreters(python: str | None, programs: "Iterable[Program]") -> "list[Interpreter]":
    from xent.verification.interpreters import Interpreter, default_paths
    from xent.verification.verification import distributions

    names = distributions(programs)
    if python is None:
        found = (Interpreter.of(path, names) for path in default_paths())
        return [each for each in found if each is not None]
    interpreter = Interpreter.of(python, names)
    if interpreter is None:
        raise typer.BadParameter(f"--python {python} is not an interpreter of Python 3.8 or later")
    return [interpreter]


def _search(
    arguments: RequiredLossOptions,
    expect: str,
    batch_size: int | None,
    output: Path | None,
    output_format: VerificationFormat | None,
    *,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Search for the conventions that give a number."""
    from xent.verification.expectation import Expected, search

    try:
        expected = Expected.of(expect)
    except ValueError:
        raise typer.BadParameter(f"--expect takes a number, not {expect!r}") from None
    problem, _ = _problem(arguments, None, quiet=quiet, no_progress=no_progress)
    found = search(problem, expected, arguments.argv(), batch_size, _rereader(arguments))
    name = format_for(output, SEARCH_FORMATS, output_format, "table")
    view = options.DisplayOptions(output).view()
    announce(contradictions(output, SEARCH_FORMATS, output_format), quiet=quiet)
    publish(SEARCH_FORMATS[name].load()(found, view), output, unicode=view.unicode)
    if not found.is_answered:
        raise typer.Exit(Status.GATE_FAILED)


def _rereader(arguments: RequiredLossOptions) -> "Callable[[dict[str, Any]], Problem | None]":
    """Return what reads the input again with other options, where it can be read again."""

    def reread(changes: "dict[str, Any]") -> "Problem | None":
        from xent.pipeline import evaluate
        from xent.verification.problem import RowCollector

        changed = replace(arguments, **changes)
        if not changed.is_rereadable:
            return None
        try:
            settings = changed.settings()
            collector = RowCollector(settings)
            evaluate(changed.inputs(settings), settings, (collector,))
        except InputError:
            return None
        return collector.problem()

    return reread
