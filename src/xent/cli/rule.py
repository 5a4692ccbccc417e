"""`xent rule`: what a code means."""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from textwrap import fill
from typing import Annotated, Protocol, TypeVar

import typer

from xent.cli import options, screen
from xent.cli.output import publish
from xent.cli.usage import bad_usage, did_you_mean
from xent.errors import EXPLANATIONS, Code, Severity

# Text is set in lines of this length where the terminal is not narrower.
_WIDTH = 80
# Beside less room than this, a summary is put on lines of its own.
_LEAST_ROOM = 30

RuleFormat = StrEnum("RuleFormat", {"text": "text", "json": "json", "markdown": "markdown"})


class Coded(Protocol):
    """What has a code and a name, by which it is asked for."""

    @property
    def code(self) -> str: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102


class Explained(Coded, Protocol):
    """A rule of the checkup, or another code, that can be explained."""

    @property
    def severity(self) -> Severity: ...  # noqa: D102
    @property
    def summary(self) -> str: ...  # noqa: D102
    @property
    def text(self) -> str: ...  # noqa: D102


AnyCoded = TypeVar("AnyCoded", bound=Coded)


@dataclass(frozen=True, slots=True)
class DiagnosticCode:
    """A code that is not that of a rule, with its explanation."""

    code: Code

    @property
    def name(self) -> str:
        """Return the stable name, such as target-out-of-range."""
        return self.code.slug

    @property
    def severity(self) -> Severity:
        """Return the severity of the code."""
        return self.code.severity

    @property
    def text(self) -> str:
        """Return the explanation: what the code means, and what to do."""
        return EXPLANATIONS[self.code]

    summary = text


def all_codes() -> list[Explained]:
    """Return everything that can be explained: errors, rules of the checkup, notes."""
    from xent.checkup.checkup import all_rules

    others = [*map(DiagnosticCode, sorted(EXPLANATIONS))]
    errors = [each for each in others if each.severity is Severity.ERROR]
    notes = [each for each in others if each.severity is not Severity.ERROR]
    return [*errors, *all_rules(), *notes]


def chosen(words: Iterable[str], among: Sequence[AnyCoded]) -> list[AnyCoded]:
    """Return what is asked for by codes, beginnings of codes, or names.

    Args:
        words: The words, each of which may be several with commas between them.
        among: What may be asked for.

    Raises:
        InputError: A word fits nothing.
    """
    found: dict[str, AnyCoded] = {}
    for word in (each.strip() for several in words for each in several.split(",")):
        fitting = {
            each.code: each
            for each in among
            if each.name == word.lower() or (word and each.code.startswith(word.upper()))
        }
        if not fitting:
            names = [] if re.fullmatch(r"[xX][a-zA-Z]\d*", word) else [each.name for each in among]
            hint = did_you_mean(word, names, "xent rule lists all rules")
            raise bad_usage(f"there is no rule {word or repr(word)}", hint)
        found |= fitting
    return [*found.values()]


def rule_words(incomplete: str) -> list[tuple[str, str]]:
    """Return the codes and names of rules that begin like that, for a shell to offer."""
    from xent.checkup.checkup import all_rules

    return _offered(incomplete, all_rules())


def code_words(incomplete: str) -> list[tuple[str, str]]:
    """Return the codes and names that begin like that, of all that can be explained."""
    return _offered(incomplete, all_codes())


def _offered(incomplete: str, among: Iterable[Explained]) -> list[tuple[str, str]]:
    return [
        (str(word), each.summary)
        for each in among
        for word in (each.code, each.name)
        if word.startswith(incomplete)
    ]


Wanted = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[CODE…]",
        help="Codes, prefixes of codes, or names.  [default: all]",
        show_default=False,
        autocompletion=code_words,
    ),
]
RuleFormatOption = Annotated[
    RuleFormat,
    typer.Option("--format", rich_help_panel="Output", help="Output format."),
]


def rule(
    wanted: Wanted = None,
    output_format: RuleFormatOption = RuleFormat.text,
    color: options.Color = options.ColorChoice.auto,  # noqa: ARG001  its callback has taken it
) -> None:
    """Explain the codes of errors, warnings, findings and notes.

    What a code means and what to do; for a finding of check, also why it matters and an example.
    Without CODE, list all codes, one per line.
    """
    found = chosen(wanted, all_codes()) if wanted else all_codes()
    write = {RuleFormat.json: _json, RuleFormat.markdown: _markdown}.get(output_format, _text)
    publish(write(found, is_list=not wanted), None, unicode=screen.unicode(sys.stdout))


def _text(codes: Sequence[Explained], *, is_list: bool) -> Iterator[str]:
    terminal = screen.width(sys.stdout)
    if is_list:
        yield from _listed(codes, terminal)
        return
    width = min(terminal or _WIDTH, _WIDTH)
    for number, each in enumerate(codes):
        yield "\n" * (number > 0)
        yield f"{_headline(each)}\n"
        for paragraph in each.text.split("\n\n"):
            yield f"\n{_wrapped(paragraph, width)}\n"


def _listed(codes: Sequence[Explained], width: int | None) -> Iterator[str]:
    longest = max(len(each.name) for each in codes)
    for each in codes:
        start = f"{each.code}  {each.severity:<7}  {each.name:<{longest}}  "
        if width is None:
            yield f"{start}{each.summary}\n"
        elif width - len(start) < _LEAST_ROOM:
            yield f"{_wrapped(_headline(each), width)}\n{_wrapped(each.summary, width, ' ' * 7)}\n"
        else:
            yield f"{start}{_wrapped(each.summary, width, ' ' * len(start)).lstrip()}\n"


def _headline(code: Explained) -> str:
    return f"{code.code} {code.name} ({code.severity})"


def _wrapped(text: str, width: int, indent: str = "") -> str:
    return fill(
        " ".join(text.split()),
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _markdown(codes: Sequence[Explained], *, is_list: bool) -> Iterator[str]:
    if is_list:
        yield "| code | name | severity | summary |\n| :-- | :-- | :-- | :-- |\n"
        for each in codes:
            yield f"| {each.code} | `{each.name}` | {each.severity} | {each.summary} |\n"
        return
    for number, each in enumerate(codes):
        yield "\n" * (number > 0)
        yield f"## {each.code} `{each.name}` ({each.severity})\n\n{each.text}\n"


def _json(codes: Sequence[Explained], *, is_list: bool) -> Iterator[str]:  # noqa: ARG001  the same
    names = ("code", "name", "severity", "summary", "text")
    objects = [{name: str(getattr(each, name)) for name in names} for each in codes]
    yield json.dumps(objects, indent=2, ensure_ascii=False) + "\n"
