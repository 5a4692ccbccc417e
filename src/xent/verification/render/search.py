"""What a search for a number found, in all formats."""

from collections.abc import Iterator
from textwrap import wrap
from typing import Any

from xent.render.diagnostic import visible
from xent.render.json import SCHEMA, strict_json
from xent.render.markdown import escaped
from xent.render.paint import paint
from xent.render.view import View
from xent.verification.expectation import Hit, Search

_WIDTH = 80


def text(found: Search, view: View) -> Iterator[str]:
    """Return the answer for people."""
    first, *rest = _sentences(found)
    yield f"{paint(first, view.colour, 'bold')}\n"
    for sentence in rest:
        yield from (f"{line}\n" for line in wrap(sentence, _WIDTH, break_on_hyphens=False))
    for hit in found.hits or found.nearest:
        yield "\n"
        for line in wrap(
            f"{hit.value!r}  {hit.says}",
            _WIDTH,
            subsequent_indent="  ",
            break_on_hyphens=False,
        ):
            yield f"{line}\n"
        yield from (f"  {label}: {visible(line)}\n" for label, line in _ways(hit))


def markdown(found: Search, _: View) -> Iterator[str]:
    """Return the answer, to paste into an issue."""
    first, *rest = _sentences(found)
    yield f"**{escaped(first)}**\n"
    for sentence in rest:
        yield f"{escaped(sentence)}\n"
    yield "\n"
    for hit in found.hits or found.nearest:
        yield f"- {hit.value!r}: {escaped(hit.says)}\n"
        yield from (f"  - {label}: `{line}`\n" for label, line in _ways(hit))


def json(found: Search, _: View) -> Iterator[str]:
    """Return the answer as one strict JSON object."""
    listed: dict[str, Any] = {
        "schema": SCHEMA,
        "expected": found.expected.value,
        "answered": found.is_answered,
        "loss": found.loss,
        "tried": found.tried,
        "sample": found.sample or None,
        "chance": found.chance,
        "hits": [_object(hit) for hit in found.hits],
        "nearest": [_object(hit) for hit in found.nearest],
    }
    lines = ",\n".join(f'  "{name}": {strict_json(value)}' for name, value in listed.items())
    yield f"{{\n{lines}\n}}\n"


def _sentences(found: Search) -> Iterator[str]:
    number = found.expected.text
    if not found.hits:
        yield f"No convention gives {number}."
        yield f"{found.tried} numbers were tried; the nearest are: The loss is {found.loss!r}."
        yield from _remarks(found)
        return
    first = found.hits[0]
    if not first.conventions:
        yield f"{number} is {first.says}."
    elif not found.is_answered:
        yield f"{number} may be one of these by chance: it has too few digits to tell."
    elif len(found.hits) == 1:
        yield f"{number} is {first.says}."
    else:
        yield f"{number} is one of these; the data do not distinguish them."
    if first.conventions:
        divisor = f", which divides by Σ w = {found.denominator:g}" if found.denominator else ""
        yield f"The loss as xent and PyTorch calculate it{divisor}, is {found.loss!r}.".replace(
            "it, is", "it is" if not divisor else "it, is"
        )
        chance = f"{found.chance:.1%}" if found.chance >= 0.001 else "less than 0.1%"
        yield (
            f"{found.tried} numbers were tried; the probability that one of them fits by chance is "
            f"{chance}."
        )
        yield from _remarks(found)


def _remarks(found: Search) -> Iterator[str]:
    """Say what a sample decided."""
    if found.sample:
        yield (
            f"All numbers are those of all rows; a sample, {found.sample}, ruled out pairs of "
            "conventions. --all takes all rows at once, and tries softmax over the rows as well."
        )


def _ways(hit: Hit) -> Iterator[tuple[str, str]]:
    if hit.command:
        yield "command", hit.command
    if hit.code:
        yield "code", hit.code


def _object(hit: Hit) -> dict[str, Any]:
    return {
        "conventions": [each.name for each in hit.conventions],
        "says": hit.says,
        "value": hit.value,
        "command": hit.command or None,
        "code": hit.code or None,
    }
