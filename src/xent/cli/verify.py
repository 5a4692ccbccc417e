"""`xent verify`: the same loss by other libraries, and why another number is another."""

from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xent.cli import options
from xent.cli.grouping import expanded
from xent.cli.messages import announce
from xent.cli.output import format_for, publish
from xent.cli.programs import SAMPLED_VALUES, read_again, read_problem, task_of
from xent.cli.question import RequiredQuestion
from xent.cli.status import Status
from xent.errors import Diagnostic, InputError, Severity
from xent.verification.render import FORMATS, SEARCH_FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xent.verification.interpreters import Interpreter
    from xent.verification.program import Program
    from xent.verification.searched_rows import SearchedRows

VerificationFormat = StrEnum("VerificationFormat", {name: name for name in FORMATS})  # type: ignore[misc]  # the registry's keys are the choices

VerificationFormatOption = Annotated[
    VerificationFormat | None,
    typer.Option(
        "--format",
        help="How the result is written. By default a table, or what -o's file name ends in.",
        show_default=False,
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Write the result to FILE.", show_default=False
    ),
]
Only = Annotated[
    str | None,
    typer.Option(
        metavar="LIBRARIES",
        help="Ask these libraries alone: pencil, numpy, torch, keras, sklearn, optax.",
        show_default=False,
    ),
]
Python = Annotated[
    str | None,
    typer.Option(
        metavar="PATH",
        help="The interpreter that has the libraries.  [default: that of xent, then that of an "
        "active environment]",
        show_default=False,
    ),
]
CodeOption = Annotated[
    str | None,
    typer.Option(
        "--code",
        metavar="LIBRARY",
        help="Print the program of one library, or of all in one, and do not run it.",
        show_default=False,
    ),
]
Expect = Annotated[
    str | None,
    typer.Option(
        metavar="NUMBER",
        help="Search for conventions that give this number, such as another denominator.",
        show_default=False,
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="B",
        help="With --expect: try the mean of the means of batches of B rows as well.",
        show_default=False,
    ),
]
All = Annotated[
    bool,
    typer.Option("--all", help="Take all rows of a large input, not a sample."),
]


@expanded
def verify(
    question: RequiredQuestion,
    only: Only = None,
    python: Python = None,
    code: CodeOption = None,
    expect: Expect = None,
    batch_size: BatchSize = None,
    all_rows: All = False,
    output: Output = None,
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
            question,
            expect,
            batch_size,
            output,
            output_format,
            all_rows=all_rows,
            no_progress=no_progress,
        )
        return
    if batch_size is not None:
        raise typer.BadParameter("--batch-size is for --expect")
    keys = _keys(only if code is None else None if code == "all" else code)
    task = task_of(question, keys, all_rows=all_rows, no_progress=no_progress)
    _announce_notes(task.diagnostics)
    if code is not None:
        publish([task.text(code)], output)
        return

    from xent.verification.verification import verify as verified

    name = format_for(output, FORMATS, output_format, "table")
    view = options.DisplayOptions(output).view()
    interpreters = _interpreters(python, task.programs.values())
    verification = verified(task.problem, task.programs, interpreters)
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


def _announce_notes(diagnostics: "Iterable[Diagnostic]") -> None:
    announce((note for note in diagnostics if note.severity is Severity.NOTE), strict=False)


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
    question: RequiredQuestion,
    expect: str,
    batch_size: int | None,
    output: Path | None,
    output_format: VerificationFormat | None,
    *,
    all_rows: bool,
    no_progress: bool,
) -> None:
    """Search for the conventions that give a number."""
    from xent.verification.expectation import Expected, search

    try:
        expected = Expected.of(expect)
    except ValueError:
        raise typer.BadParameter(f"--expect takes a number, not {expect!r}") from None
    # What can be read only once is held in memory.
    most_values = None if all_rows or not question.is_rereadable else SAMPLED_VALUES
    rows, diagnostics = _searched_rows(question, most_values, no_progress=no_progress)
    _announce_notes(diagnostics)

    def reread(changes: "dict[str, Any]") -> "SearchedRows | None":
        changed = replace(question, **changes)
        if not changed.is_rereadable:
            return None
        try:
            return _searched_rows(changed, most_values, no_progress=no_progress)[0]
        except InputError:
            return None

    found = search(rows, expected, question.argv(), batch_size, reread)
    name = format_for(output, SEARCH_FORMATS, output_format, "table")
    view = options.DisplayOptions(output).view()
    publish(SEARCH_FORMATS[name].load()(found, view), output, unicode=view.unicode)
    if not found.is_answered:
        raise typer.Exit(Status.GATE_FAILED)


def _searched_rows(
    question: RequiredQuestion, most_values: int | None, *, no_progress: bool
) -> "tuple[SearchedRows, Iterable[Diagnostic]]":
    from xent.verification.searched_rows import SearchedRows

    problem, _, report = read_problem(question, most_values, no_progress=no_progress)
    again = partial(read_again, question, no_progress=no_progress)
    return SearchedRows(problem, report.loss_sum, again), report.diagnostics
