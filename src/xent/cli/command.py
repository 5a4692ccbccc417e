"""A command of the program: its arguments checked, and its help."""

import re
import sys
from collections import defaultdict
from typing import Any

from typer.core import TyperCommand

from xent.cli import screen
from xent.cli.examples import EXAMPLES, EXIT_STATUS
from xent.cli.messages import show
from xent.cli.usage import ParserError, check_words, choice_text, with_implied_values
from xent.errors import Code, Diagnostic

_GROUPS = ("Arguments", "Input", "Loss", "Rules", "Verification", "Output", "Performance", "Other")
# More characters than this are no metavar: choices are listed behind the help.
_LONGEST_METAVAR = 30


class Command(TyperCommand):
    """A command whose options are listed in groups, with examples below them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  click's types differ between typer versions
        """Parse the arguments, and check what only all of them together tell."""
        words = args = with_implied_values(args)
        ctx.allow_extra_args = True  # too many are an error of ours
        try:
            rest: list[str] = super().parse_args(ctx, [*args])
        except ParserError as error:
            error.ctx = error.ctx or ctx
            raise
        if not ctx.resilient_parsing:
            check_words(ctx, words)
            if not ctx.params.get("quiet") and any(map(_is_stdin, ctx.params.values())):
                _say_that_it_waits()
        return rest

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002  as above
        """Name the arguments: one that may be left out in brackets."""
        arguments = [each for each in self.params if each.param_type_name == "argument"]
        return [self.options_metavar or "", *map(_usage_piece, arguments)]

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  as above
        """List the arguments, then the options by group."""
        groups: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for each in self.get_params(ctx):
            record = each.get_help_record(ctx)
            if record is not None and each.param_type_name == "argument":
                text = record[1].removesuffix("[required]").rstrip()
                groups["Arguments"].append((_argument_name(each), text))
            elif record is not None:
                name = getattr(each, "rich_help_panel", None) or "Other"
                groups[name].append(_short_metavar(each, record))
        for name in _GROUPS:
            if groups[name]:
                with formatter.section(name):
                    formatter.write_dl(groups[name])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002  as above
        """Show examples, and what the exit status says."""
        with formatter.section("Examples"):
            for line in EXAMPLES[self.name or ""]:
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")
        with formatter.section("Exit status"):
            formatter.write_dl(EXIT_STATUS[self.name or ""])


def _argument_name(argument: Any) -> str:  # noqa: ANN401  as above
    name = str(argument.metavar or argument.name.upper())
    return name[1:-1] if name.startswith("[") else name


def _usage_piece(argument: Any) -> str:  # noqa: ANN401  as above
    name = _argument_name(argument)
    return name if argument.required else f"[{name}]"


def _short_metavar(option: Any, record: tuple[str, str]) -> tuple[str, str]:  # noqa: ANN401  as above
    flags, text = record
    words = [*map(choice_text, getattr(option.type, "choices", ()))]
    if len("|".join(words)) <= _LONGEST_METAVAR:
        return record
    flags = re.sub(
        rf"[<\[{{]{re.escape('|'.join(words))}[>\]}}]",
        option.name.rpartition("_")[2].upper(),
        flags,
    )
    return flags, f"{text.rstrip()} One of {', '.join(words)}."


def _is_stdin(value: object) -> bool:
    return value == "-" or (isinstance(value, (list, tuple)) and "-" in value)


def _say_that_it_waits() -> None:
    if screen.is_terminal(sys.stdin):
        message = "reading numbers from the terminal; end them with Ctrl-D"
        show(Diagnostic(Code.WAITING_FOR_INPUT, message))
