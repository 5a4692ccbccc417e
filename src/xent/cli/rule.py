"""`xent rule`: what a finding means."""

import sys
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated

import typer

from xent.cli import screen
from xent.cli.output import publish


def rule_words(incomplete: str) -> list[tuple[str, str]]:
    """Return the codes and names of rules that begin like that, for a shell to offer."""
    from xent.checkup.checkup import all_rules

    return [
        (word, each.summary)
        for each in all_rules()
        for word in (each.code, each.name)
        if word.startswith(incomplete)
    ]


Wanted = Annotated[
    str | None,
    typer.Argument(
        metavar="[CODE]",
        help="A code or a name; all rules without.",
        show_default=False,
        autocompletion=rule_words,
    ),
]


def rule(wanted: Wanted = None) -> None:
    """Say what a finding of check means.

    What it finds, why that matters, an example, and the fix; without CODE, a line for each.
    """
    publish(_lines(wanted), None, unicode=screen.unicode(sys.stdout))


def _lines(wanted: str | None) -> Iterator[str]:
    from xent.checkup.checkup import all_rules

    rules = all_rules()
    if wanted is None:
        width = max(len(each.name) for each in rules)
        for each in rules:
            yield f"{each.code}  {each.severity:<7}  {each.name:<{width}}  {each.summary}\n"
        return
    for each in rules:
        if wanted.upper() == each.code or wanted.lower() == each.name:
            yield f"{each.code} {each.name} ({each.severity})\n\n{each.text}\n"
            return
    names = [word for each in rules for word in (each.code, each.name)]
    similar = get_close_matches(wanted, names, n=1)
    hint = f"; did you mean {similar[0]}?" if similar else "; xent rule lists them all"
    raise typer.BadParameter(f"there is no rule {wanted}{hint}")
