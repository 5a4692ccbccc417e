"""`xent verify`: the same loss by other libraries, and why another number is another."""

from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xent.cli import options
from xent.cli.grouping import flattened
from xent.cli.loss_options import RequiredLossOptions
from xent.cli.messages import announce
from xent.cli.output import contradictions, format_for, publish
from xent.cli.programs import SAMPLED_VALUES, read_again, read_problem, task_of
from xent.cli.status import Status
from xent.errors import Diagnostic, InputError, Severity
from xent.verification.render import FORMATS, SEARCH_FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xent.verification.interpreters import Interpreter
    from xent.verification.program import Program
    from xent.verification.searched_rows import SearchedRows

VerificationFormat = StrEnum("VerificationFormat", {name: name for name in FORMATS})  # type: ignore[misc]  # the registry's keys are the choices

VerificationFormatOption = Annotated[VerificationFormat | None, options.FORMAT]
Only = Annotated[
    str | None,
    typer.Option(
        metavar="LIBRARIES",
        rich_help_panel="Verification",
        help="Use only these libraries: pencil, numpy, torch, keras, sklearn, optax.",
        show_default=False,
    ),
]
Python = Annotated[
    str | None,
    typer.Option(
        metavar="PATH",
        rich_help_panel="Verification",
        help="The Python interpreter that has the libraries.  [default: that of xent, then of an "
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
        help="Print the program for one library, or all, without running it.",
        show_default=False,
    ),
]
Expect = Annotated[
    str | None,
    typer.Option(
        metavar="NUMBER",
        rich_help_panel="Verification",
        help="Search for the conventions that give this number, such as another denominator.",
        show_default=False,
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="B",
        rich_help_panel="Verification",
        help="With --expect: also try the mean of the means of batches of B rows.",
        show_default=False,
    ),
]
All = Annotated[
    bool,
    typer.Option(
        "--all",
        rich_help_panel="Verification",
        help="Verify all rows.  [default: a sample of a large input]",
    ),
]


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
    quiet: options.NoNotes = False,
    color: options.Color = options.ColorChoice.auto,  # noqa: ARG001  its callback has taken it
    output_format: VerificationFormatOption = None,
    no_progress: options.NoProgress = False,
) -> None:
    """Calculate the loss with other libraries, and explain each difference.

    Each library runs in a process of its own.
    """
    if expect is not None:
        if code is not None or only is not None:
            raise typer.BadParameter("--expect does not run libraries: omit --code and --only")
        _search(
            arguments,
            expect,
            batch_size,
            output,
            output_format,
            all_rows=all_rows,
            quiet=quiet,
            no_progress=no_progress,
        )
        return
    if batch_size is not None:
        raise typer.BadParameter("--batch-size needs --expect")
    keys = _keys(only if code is None else None if code == "all" else code)
    task = task_of(arguments, keys, all_rows=all_rows, no_progress=no_progress)
    _announce_notes(task.diagnostics, quiet=quiet)
    if code is not None:
        publish([task.text(code)], output)
        return

    from xent.verification.verification import verify as verified

    name = format_for(output, FORMATS, output_format, "table")
    view = options.DisplayOptions(output).view()
    interpreters = _interpreters(python, task.programs.values())
    verification = verified(task.problem, task.programs, interpreters)
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
            f"there is no program for {unknown.args[0]!r}; choose from {there}"
        ) from None


def _announce_notes(diagnostics: "Iterable[Diagnostic]", *, quiet: bool) -> None:
    announce((note for note in diagnostics if note.severity is Severity.NOTE), quiet=quiet)


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
    all_rows: bool,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Search for the conventions that give a number."""
    from xent.verification.expectation import Expected, search

    try:
        expected = Expected.of(expect)
    except ValueError:
        raise typer.BadParameter(f"--expect must be a number, got {expect!r}") from None
    # What can be read only once is held in memory.
    most_values = None if all_rows or not arguments.is_rereadable else SAMPLED_VALUES
    rows, diagnostics = _searched_rows(arguments, most_values, no_progress=no_progress)
    _announce_notes(diagnostics, quiet=quiet)

    def reread(changes: "dict[str, Any]") -> "SearchedRows | None":
        changed = replace(arguments, **changes)
        if not changed.is_rereadable:
            return None
        try:
            return _searched_rows(changed, most_values, no_progress=no_progress)[0]
        except InputError:
            return None

    found = search(rows, expected, arguments.argv(), batch_size, reread)
    name = format_for(output, SEARCH_FORMATS, output_format, "table")
    view = options.DisplayOptions(output).view()
    announce(contradictions(output, SEARCH_FORMATS, output_format), quiet=quiet)
    publish(SEARCH_FORMATS[name].load()(found, view), output, unicode=view.unicode)
    if not found.is_answered:
        raise typer.Exit(Status.GATE_FAILED)


def _searched_rows(
    arguments: RequiredLossOptions, most_values: int | None, *, no_progress: bool
) -> "tuple[SearchedRows, Iterable[Diagnostic]]":
    from xent.verification.searched_rows import SearchedRows

    problem, _, report = read_problem(arguments, most_values, no_progress=no_progress)
    again = partial(read_again, arguments, no_progress=no_progress)
    return SearchedRows(problem, report.loss_sum, again), report.diagnostics
