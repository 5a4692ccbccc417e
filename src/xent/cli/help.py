"""`xent help`: the help of the program, or of one of its commands."""

from typing import Annotated

import typer

Command = Annotated[
    str | None, typer.Argument(metavar="[COMMAND]", help="A command of xent.", show_default=False)
]


def help(context: typer.Context, command: Command = None) -> None:  # noqa: A001  the command's name
    """Show the help of xent, or of a command."""
    program = context.parent
    if program is None:
        raise RuntimeError("help is a command of a program")
    if command is None:
        typer.echo(program.get_help())
        return
    group = program.command
    _, found, _ = group.resolve_command(program, [command])  # type: ignore[attr-defined]  # a group
    with found.make_context(command, [], parent=program, resilient_parsing=True) as shown:
        typer.echo(shown.get_help())
