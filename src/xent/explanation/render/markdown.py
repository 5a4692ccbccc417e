"""A derivation in Markdown, to paste into GitHub or Stack Overflow: no maths, no HTML.

A paragraph is one line, because GitHub breaks a comment's lines where its source does.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from textwrap import indent

from xent.explanation.derivation import Derivation, Reason, Step
from xent.explanation.equation import Equation, Sentence
from xent.explanation.expression import Expression
from xent.explanation.math.text import TextMath
from xent.explanation.render.equation_lines import equation_lines, equation_parts
from xent.numbers import trimmed
from xent.render.class_title import class_mention
from xent.render.markdown import escaped, grid_lines
from xent.render.stage_grids import stage_grids
from xent.render.summary import headline
from xent.render.view import View

# What both sites show of a line of code without a scroll bar.
_CODE_WIDTH = 80
# An item of a list goes on where its text began.
_ITEM = "  "


def render(derivation: Derivation, view: View) -> Iterator[str]:
    """All of it: the answer in short, the steps, the reasons, the gradient, and the loss."""
    blank = ""
    for block in _Markdown(derivation, view).blocks():
        yield f"{blank}{block}\n"
        blank = "\n"


class _Markdown:
    """The blocks, with a blank line between each and the next."""

    def __init__(self, derivation: Derivation, view: View) -> None:
        self._derivation = derivation
        self._view = view
        self._digits = view.digits
        self._called = partial(class_mention, derivation.report)

    def blocks(self) -> Iterator[str]:
        derivation = self._derivation
        yield f"## {self._text(derivation.question)}"
        yield from map(self._text, derivation.brief)
        yield f"### Row {derivation.row}, step by step"
        for number, step in enumerate(derivation.steps, 1):
            yield from self._step(step, f"**{number}. {escaped(step.name.replace('_', ' '))}**")
        if derivation.reasons or derivation.scaled:
            yield f"### {derivation.heading}"
            yield from self._reasons()
        if derivation.gradient:
            yield from self._step(derivation.gradient, "### Gradient")
        yield from self._closing()

    def _step(self, step: Step, title: str) -> Iterator[str]:
        yield f"{title}{_formula(step.formula)}"
        yield f"{self._text(step.what)} {escaped(step.why)}"
        yield from self._equations(step.equations)
        yield from map(self._text, step.remarks)
        for claim, equation in step.checks:
            shown = " = ".join(equation_parts(equation, self._digits))
            yield f"Check: {self._text(claim)}: `{shown}`"
        yield from self._matrix(step)

    def _matrix(self, step: Step) -> Iterator[str]:
        derivation = self._derivation
        for grid in stage_grids(derivation.report, self._view, derivation.classes):
            if grid.title == step.stage:
                yield "\n".join(grid_lines(grid)).rstrip()

    def _equations(self, equations: Sequence[Equation]) -> Iterator[str]:
        if equations:
            lines = equation_lines(equations, self._digits, _CODE_WIDTH)
            yield "\n".join(["```text", *lines, "```"])

    def _reasons(self) -> Iterator[str]:
        yield from map(self._reason, self._derivation.reasons)
        if self._derivation.scaled:
            yield "The same row with its logits multiplied:"
            yield "\n".join(self._scaled())

    def _reason(self, reason: Reason) -> str:
        blocks = [self._text(reason.sentence), *self._equations(reason.equations)]
        return "- " + indent("\n\n".join(blocks), _ITEM).removeprefix(_ITEM)

    def _scaled(self) -> Iterator[str]:
        yield "| factor | loss |"
        yield "| --: | --: |"
        for factor, loss in self._derivation.scaled:
            yield f"| {factor:g} | {trimmed(loss, self._digits)} |"

    def _closing(self) -> Iterator[str]:
        report = self._derivation.report
        name, loss = headline(report, self._digits)
        yield f"signature `{report.signature}`"
        yield f"**{name}** {loss}"

    def _text(self, sentence: Sentence) -> str:
        return escaped(sentence.text(self._digits, self._called))


def _formula(formula: tuple[Expression, Expression] | None) -> str:
    return f" `{' = '.join(map(TextMath(str).write, formula))}`" if formula else ""
