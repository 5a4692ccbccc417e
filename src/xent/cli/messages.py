"""Notes, warnings and errors, on standard error."""

import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress

import typer

from xent.cli import screen
from xent.cli.status import Status
from xent.cli.suggestion import command_with
from xent.errors import Diagnostic, Severity
from xent.render.ascii import ascii_text
from xent.render.diagnostic import diagnostic_text
from xent.render.inert import inert_text


def show(
    diagnostic: Diagnostic, severity: Severity | None = None, words: Sequence[str] = ()
) -> None:
    """Write a diagnostic to standard error, if there is one that takes it.

    Args:
        diagnostic: What to write.
        severity: What it counts as here, where that is not its own.
        words: The arguments of the command line, to which the options of a hint are added.
    """
    if sys.stderr is None:
        return
    command = command_with(words, diagnostic.options) if words and diagnostic.options else ""
    text = diagnostic_text(
        diagnostic, severity=severity, colour=screen.colour(sys.stderr), command=command
    )
    text = inert_text(text)
    with suppress(OSError):  # the result does not depend on it
        sys.stderr.write(text if screen.unicode(sys.stderr) else ascii_text(text))


def announce(
    diagnostics: Iterable[Diagnostic], *, strict: bool = False, quiet: bool = False
) -> None:
    """Write diagnostics to standard error.

    Args:
        diagnostics: What to write.
        strict: Whether warnings count as errors.
        quiet: Whether notes are left out.

    Raises:
        typer.Exit: A warning counts as an error.
    """
    refused = False
    for diagnostic in diagnostics:
        if quiet and diagnostic.severity is Severity.NOTE:
            continue
        fails = strict and diagnostic.severity is Severity.WARNING
        show(diagnostic, Severity.ERROR if fails else None)
        refused = refused or fails
    if refused:
        raise typer.Exit(Status.BAD_INPUT)
