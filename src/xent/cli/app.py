"""The program: its commands, and what becomes of whatever goes wrong in them."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import xent
from xent.cli.check import check
from xent.cli.compute import compute
from xent.cli.explain import explain
from xent.cli.messages import show
from xent.cli.rule import rule
from xent.cli.status import Status
from xent.errors import Code, InputError


class _Commands(TyperGroup):
    """The group of commands, whose every failure becomes a message and an exit status."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401  click's types differ between typer versions
        with _failures():
            return super().invoke(ctx)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401  as above
        from xent.inputs.source import is_inline

        word = args[0]
        if self.get_command(ctx, word) is None and (Path(word).is_file() or is_inline(word)):
            ctx.fail(f"{word!r} is no command. Did you mean: xent compute {' '.join(args)}")
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    # Plain help and plain errors: rich's would be loaded for them, and are coloured even in a
    # pipe where GITHUB_ACTIONS is set.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(compute)
app.command()(explain)
app.command()(check)
app.command()(rule)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"xent {xent.__version__}")
        raise typer.Exit


@app.callback()
def _program(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Calculate the cross-entropy loss: every matrix on the way, and the mean at the end."""


def run(arguments: list[str]) -> int:
    """Run the command line and give its exit status."""
    from xent.inputs.source import shielded

    status: int | str | None = Status.DONE
    try:
        app(shielded(arguments), prog_name="xent")
    except SystemExit as stop:
        status = stop.code
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        return _abandon_stdout()
    return status if isinstance(status, int) else Status.DONE


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except InputError as error:
        show(error.diagnostic)
    except BrokenPipeError:
        raise typer.Exit(_abandon_stdout()) from None
    except MemoryError:
        show(
            InputError(
                Code.OUT_OF_MEMORY, "this does not fit in memory", hint="is a row that long?"
            ).diagnostic
        )
    except OSError as error:
        name = error.filename or "the input"
        show(InputError(Code.UNREADABLE, f"cannot read {name}: {error.strerror}").diagnostic)
    else:
        return
    raise typer.Exit(Status.BAD_INPUT)


def _abandon_stdout() -> Status:
    """Let what is still buffered go nowhere, so that the interpreter's last flush is quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Status.PIPE_CLOSED
