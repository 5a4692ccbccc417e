"""A derivation in Markdown, to paste into GitHub or Stack Overflow: no maths, no HTML.

A paragraph is one line, because GitHub breaks a comment's lines where its source does.
"""

from collections.abc import Iterator, Sequence
from textwrap import indent

from xent.explanation.blocks import (
    SCALED,
    Block,
    Equations,
    Heading,
    Result,
    ScaledLosses,
    StepHeading,
    Title,
    in_words,
    matrices,
    sections,
)
from xent.explanation.derivation import Check, Derivation, Reason, Say
from xent.explanation.equation import Equation, Sentence
from xent.explanation.render.math import TextMath, equation_lines, equation_parts
from xent.numbers import format_short
from xent.render.grid import Grid
from xent.render.markdown import escaped, grid_lines
from xent.render.view import View

# What both sites show of a line of code without a scroll bar.
_CODE_WIDTH = 80
# An item of a list goes on where its text began.
_ITEM = "  "


def render(derivation: Derivation, view: View) -> Iterator[str]:
    """Write all of it, with a blank line between each paragraph and the next."""
    say, blank = derivation.speech(view.digits), ""
    for section in sections(derivation, matrices(derivation, view), view.digits):
        for block in section.blocks:
            for paragraph in _paragraphs(block, say, view.digits):
                yield f"{blank}{paragraph}\n"
                blank = "\n"


def _paragraphs(block: Block, say: Say, digits: int) -> Iterator[str]:  # noqa: C901  a case for each block
    match block:
        case Title(question, brief):
            yield f"## {escaped(say(question))}"
            yield from (escaped(say(sentence)) for sentence in brief)
        case Heading(_, text):
            yield f"### {text}"
        case StepHeading(name, number, formula):
            words = in_words(name)
            title = f"**{number}. {words}**" if number else f"### {words.capitalize()}"
            shown = " = ".join(map(TextMath().write, formula or ()))
            yield f"{title} `{shown}`" if shown else title
        case Sentence():
            yield escaped(say(block))
        case Equations(equations):
            yield from _code(equations, digits)
        case Check(claim, equation):
            shown = " = ".join(equation_parts(equation, digits))
            yield f"Check: {escaped(say(claim))}: `{shown}`"
        case Reason():
            paragraphs = [escaped(say(block.sentence)), *_code(block.equations, digits)]
            yield "- " + indent("\n\n".join(paragraphs), _ITEM).removeprefix(_ITEM)
        case Grid():
            yield "\n".join(grid_lines(block)).rstrip()
        case ScaledLosses(losses):
            rows = [f"| {factor:g} | {format_short(loss, digits)} |" for factor, loss in losses]
            yield f"{SCALED}:"
            yield "\n".join(["| factor | loss |", "| --: | --: |", *rows])
        case Result(name, loss, signature):
            yield f"signature `{signature}`"
            yield f"**{name}** {loss}"


def _code(equations: Sequence[Equation], digits: int) -> Iterator[str]:
    if equations:
        yield "\n".join(["```text", *equation_lines(equations, digits, _CODE_WIDTH), "```"])
