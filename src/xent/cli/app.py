"""The program: its commands, and what becomes of whatever goes wrong in them."""

import errno
import os
import shlex
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import xent
from xent.cli.memory_limit import require_room_for_numpy
from xent.cli.status import Status

# Each is the function of the same name in the module of the same name, loaded when it is called.
_COMMANDS = (
    "compute",
    "explain",
    "check",
    "verify",
    "compare",
    "inspect",
    "merge",
    "rule",
    "help",
)
# Plain help and plain errors: rich's would be loaded for them, and are coloured even in a pipe
# where GITHUB_ACTIONS is set.
_PLAIN: dict[str, Any] = {"rich_markup_mode": None, "pretty_exceptions_enable": False}
_DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class _Commands(TyperGroup):
    """The group of commands, whose every failure becomes a message and an exit status."""

    def make_context(self, *args: Any, **extra: Any) -> Any:  # noqa: ANN401  as below
        with _failures():  # of options, or of help and the version, which are printed here
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401  click's types differ between typer versions
        with _failures(ctx.obj or ()), warnings.catch_warnings():
            # Of a nan that signals, which is a nan like others here.
            warnings.filterwarnings("ignore", "invalid value encountered in cast")
            require_room_for_numpy()
            return super().invoke(ctx)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002  as above
        return [*_COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002  as above
        if cmd_name in _COMMANDS and cmd_name not in self.commands:
            self.commands[cmd_name] = _loaded(cmd_name)
        return self.commands.get(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401  as above
        from xent.cli.usage import bad_usage, did_you_mean
        from xent.inputs.inline import is_inline, unshielded

        word, *_ = words = [*map(unshielded, args)]
        # A shell that asks how a word may go on wants no advice.
        if self.get_command(ctx, word) is None and not ctx.resilient_parsing:
            if Path(word).is_file() or is_inline(word):
                hint = f"did you mean: {shlex.join(['xent', 'compute', *words])}"
                raise bad_usage(f"{word} is not a command", hint)
            hint = did_you_mean(word, _COMMANDS, f"the commands are {', '.join(_COMMANDS)}")
            raise bad_usage(f"there is no command {word!r}", hint)
        return super().resolve_command(ctx, args)


def _loaded(name: str) -> Any:  # noqa: ANN401  as above
    from xent.cli.command import Command

    alone = typer.Typer(add_completion=False, **_PLAIN)
    alone.command(name, cls=Command)(getattr(import_module(f"xent.cli.{name}"), name))
    return typer.main.get_command(alone)


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    # Help is as wide as the terminal.
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": sys.maxsize},
    **_PLAIN,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"xent {xent.__version__}")
        raise typer.Exit


@app.callback()
def _program(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Calculate the cross-entropy loss, with every intermediate matrix."""


def run(arguments: list[str]) -> int:
    """Run the command line and give its exit status."""
    from xent.cli import screen
    from xent.cli.output import ClosedOutput
    from xent.inputs.inline import shielded

    screen.choose_color("auto")
    if sys.stdout is None:
        sys.stdout = ClosedOutput()
    status: int | str | None = Status.DONE
    try:
        app(shielded(arguments), prog_name="xent", obj=arguments)
    except SystemExit as stop:
        status = stop.code
    except OSError:  # of a wrong usage, which standard error does not take
        status = Status.BAD_INPUT
    try:
        sys.stdout.flush()
    except OSError:
        return _abandon_stdout()
    return status if isinstance(status, int) else Status.DONE


@contextmanager
def _failures(arguments: Sequence[str] = ()) -> Iterator[None]:
    from xent.cli.messages import show
    from xent.cli.usage import ParserError, parser_diagnostic
    from xent.errors import Code, InputError

    try:
        yield
    except ParserError as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help
            raise
        show(parser_diagnostic(error))
    except InputError as error:
        show(error.diagnostic, words=arguments)
    except BrokenPipeError:
        raise typer.Exit(_abandon_stdout()) from None
    except MemoryError:
        show(
            InputError(
                Code.OUT_OF_MEMORY,
                "this does not fit in memory",
                hint="each row of numbers is held in memory as a whole",
            ).diagnostic
        )
    except ImportError as error:
        cause = error.__cause__ or error  # NumPy's own words fill a page
        name = (getattr(cause, "name", None) or "a library").partition(".")[0]
        why = (str(cause).strip() or type(cause).__name__).splitlines()[0]
        show(InputError(Code.MISSING_LIBRARY, f"{name} cannot be loaded: {why}").diagnostic)
    except OSError as error:
        code, what = Code.UNREADABLE, f"read {error.filename or 'the input'}"
        if error.errno in _DISK_IS_FULL:  # help, or a long result that waits for its end
            code, what = Code.UNWRITABLE, "write to standard output or a temporary file"
        show(InputError(code, f"cannot {what}: {error.strerror}").diagnostic)
    else:
        return
    raise typer.Exit(Status.BAD_INPUT)


def _abandon_stdout() -> Status:
    """Let what is still buffered go nowhere, so that the interpreter's last flush is quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Status.PIPE_CLOSED
