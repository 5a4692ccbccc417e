"""A derivation for people at a terminal, or in a pipe."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

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
from xent.render.paint import paint
from xent.render.rich_table import grid_lines, wrapped
from xent.render.view import View

# Prose is set in lines of this length where nothing narrower is asked for.
_PROSE_WIDTH = 80
_INDENT = "   "
_BULLET = "•  "
_BAR_WIDTH = 40


def render(derivation: Derivation, view: View) -> Iterator[str]:
    """Write all of it."""
    for hint, answer in pages(derivation, view):
        yield from (f"{line}\n" for line in (*hint, *answer))


def brief(derivation: Derivation, view: View) -> Iterator[str]:
    """Write the short answer alone."""
    say = derivation.speech(view.digits)
    for sentence in derivation.brief:
        yield from (f"{line}\n" for line in _prose(say(sentence), view, ""))


def pages(derivation: Derivation, view: View) -> Iterator[tuple[list[str], list[str]]]:
    """Write the sections one by one: the lines of the hint, and those of the answer."""
    say = derivation.speech(view.digits)
    # Matrices are indented too.
    narrower = replace(view, width=_narrower(view))
    blank: list[str] = []
    for section in sections(derivation, matrices(derivation, narrower), view.digits):
        hint, answer = (
            [line for block in blocks for line in _lines(block, say, view)]
            for blocks in (section.hint, section.answer)
        )
        yield [*blank, *hint], answer
        blank = [""]


def _lines(block: Block, say: Say, view: View) -> Iterator[str]:  # noqa: C901, PLR0912  a case for each block
    match block:
        case Title(question, brief):
            yield _title(say(question), view)
            yield ""
            for sentence in brief:
                yield from _prose(say(sentence), view, "")
        case Heading(_, text):
            yield _title(text, view)
        case StepHeading(name, number, formula):
            shown = " = ".join(map(TextMath().write, formula or ()))
            dim = f"  {paint(shown, view.colour, 'dim')}" if shown else ""
            yield f"{number or '∂':<2} {_title(in_words(name), view)}{dim}"
        case Sentence():
            yield from _prose(say(block), view)
        case Equations(equations):
            yield from _equations(equations, view)
        case Check(claim, equation):
            shown = " = ".join(equation_parts(equation, view.digits))
            yield from _prose(f"Check: {say(claim)}: {shown}", view)
        case Reason():
            yield from _prose(say(block.sentence), view, _INDENT, _BULLET)
            yield from _equations(block.equations, view)
        case Grid():
            yield ""
            for piece in grid_lines(block, replace(view, width=_narrower(view))):
                yield from (f"{_INDENT}{line}" for line in piece.splitlines())
        case ScaledLosses():
            yield from _prose(f"{SCALED}:", view, _INDENT, _BULLET)
            yield from _bars(block, view)
        case Result(name, loss, signature):
            if view.signature:
                yield f"signature  {signature}"
            yield _title(f"{name}  {loss}", view)


def _narrower(view: View) -> int | None:
    """Return the room beside an indent."""
    return view.width and view.width - len(_INDENT)


def _prose(text: str, view: View, indent: str = _INDENT, mark: str = "") -> list[str]:
    return wrapped(text, _prose_width(view), mark or indent, indent)


def _equations(equations: Sequence[Equation], view: View) -> Iterator[str]:
    indent = 2 * _INDENT
    if equations:
        lines = equation_lines(equations, view.digits, _prose_width(view) - len(indent))
        yield from (f"{indent}{line}" for line in lines)


def _bars(scaled: ScaledLosses, view: View) -> Iterator[str]:
    numbers = [format_short(loss, view.digits) for _, loss in scaled.losses]
    room = max(map(len, numbers))
    for (factor, _), number, length in zip(scaled.losses, numbers, scaled.bars(), strict=True):
        bar = "█" * round(_BAR_WIDTH * length)
        yield f"{2 * _INDENT}×{factor:<3g} {number:<{room}} {bar}".rstrip()


def _title(text: str, view: View) -> str:
    return paint(text, view.colour, "bold")


def _prose_width(view: View) -> int:
    return min(view.width or _PROSE_WIDTH, _PROSE_WIDTH)
