"""A derivation for people at a terminal, or in a pipe."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from math import isfinite, isnan

from xent.explanation.derivation import Derivation, Reason, Step
from xent.explanation.equation import Equation, Sentence
from xent.explanation.math.text import TextMath
from xent.explanation.render.equation_lines import equation_lines, equation_parts
from xent.numbers import trimmed
from xent.render.cells import wrapped
from xent.render.class_title import class_mention
from xent.render.paint import paint
from xent.render.stage_grids import stage_grids
from xent.render.summary import headline
from xent.render.table import grid_lines
from xent.render.view import View

# Prose is set in lines of this length where nothing narrower is asked for.
_PROSE_WIDTH = 80
_INDENT = "   "
_BAR_WIDTH = 40


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of the derivation that is read at once.

    Attributes:
        hint: What is asked, so that a reader can try it first.
        answer: How it comes out.
    """

    hint: list[str]
    answer: list[str]


def render(derivation: Derivation, view: View) -> Iterator[str]:
    """All of it: the answer in short, the steps, the reasons, the gradient."""
    for page in pages(derivation, view):
        for line in (*page.hint, *page.answer):
            yield f"{line}\n"


def pages(derivation: Derivation, view: View) -> Iterator[Page]:
    """The same, piece by piece."""
    yield from _Text(derivation, view).pages()


class _Text:
    def __init__(self, derivation: Derivation, view: View) -> None:
        self._derivation = derivation
        self._view = view
        self._digits = view.digits
        self._called = partial(class_mention, derivation.report)
        self._math = TextMath(lambda value: trimmed(value, view.digits))
        self._width = min(view.width or _PROSE_WIDTH, _PROSE_WIDTH)

    def pages(self) -> Iterator[Page]:
        derivation = self._derivation
        yield Page([*self._opening()], [])
        for number, step in enumerate(derivation.steps, 1):
            yield Page([*self._hint(step, f"{number:<2}")], [*self._answer(step)])
        yield Page([self._title(derivation.heading)], [*self._reasons()])
        if gradient := derivation.gradient:
            yield Page([*self._hint(gradient, "∂ ")], [*self._answer(gradient)])
        yield Page([], [*self._closing()])

    def _opening(self) -> Iterator[str]:
        yield self._title(self._text(self._derivation.question))
        yield ""
        for sentence in self._derivation.brief:
            yield from self._prose(self._text(sentence))
        yield ""
        yield self._title(f"Row {self._derivation.row}, step by step")
        yield ""

    def _hint(self, step: Step, number: str) -> Iterator[str]:
        formula = ""
        if step.formula:
            formula = " = ".join(map(self._math.write, step.formula))
            formula = f"  {paint(formula, self._view.colour, 'dim')}"
        yield f"{number} {self._title(step.name.replace('_', ' '))}{formula}"
        yield from self._prose(f"{self._text(step.what)} {step.why}", _INDENT)

    def _answer(self, step: Step) -> Iterator[str]:
        yield from self._equations(step.equations)
        for sentence in step.remarks:
            yield from self._prose(self._text(sentence), _INDENT)
        for claim, equation in step.checks:
            shown = " = ".join(equation_parts(equation, self._digits))
            yield from self._prose(f"Check: {self._text(claim)}: {shown}", _INDENT)
        yield ""
        if step.stage:
            yield from self._matrix(step.stage)

    def _matrix(self, stage: str) -> Iterator[str]:
        derivation, width = self._derivation, self._view.width
        view = replace(self._view, width=width and width - len(_INDENT))
        for grid in stage_grids(derivation.report, view, derivation.classes):
            if grid.title == stage:
                yield from (f"{_INDENT}{line}" for line in grid_lines(grid, view))
                yield ""

    def _equations(self, equations: tuple[Equation, ...]) -> Iterator[str]:
        if equations:
            indent = 2 * _INDENT
            lines = equation_lines(equations, self._digits, self._width - len(indent))
            yield from (f"{indent}{line}" for line in lines)

    def _reasons(self) -> Iterator[str]:
        for reason in self._derivation.reasons:
            yield from self._reason(reason)
        if self._derivation.scaled:
            yield from self._prose("The same row with its logits multiplied:", _INDENT, "•  ")
            yield from self._bars()
        yield ""

    def _reason(self, reason: Reason) -> Iterator[str]:
        yield from self._prose(self._text(reason.sentence), _INDENT, "•  ")
        yield from self._equations(reason.equations)

    def _bars(self) -> Iterator[str]:
        scaled = self._derivation.scaled
        most = max((loss for _, loss in scaled if isfinite(loss)), default=0.0)
        numbers = [trimmed(loss, self._digits) for _, loss in scaled]
        room = max(map(len, numbers))
        for (factor, loss), number in zip(scaled, numbers, strict=True):
            share = min(max(loss / most, 0.0), 1.0) if most > 0 and not isnan(loss) else 0.0
            bar = "█" * round(_BAR_WIDTH * share)
            yield f"{2 * _INDENT}×{factor:<3g} {number:<{room}} {bar}".rstrip()

    def _closing(self) -> Iterator[str]:
        report = self._derivation.report
        name, loss = headline(report, self._digits)
        yield f"signature  {report.signature}"
        yield self._title(f"{name}  {loss}")

    def _prose(self, text: str, indent: str = "", mark: str = "") -> Iterator[str]:
        yield from wrapped(text, self._width, mark or indent, indent)

    def _title(self, text: str) -> str:
        return paint(text, self._view.colour, "bold")

    def _text(self, sentence: Sentence) -> str:
        return sentence.text(self._digits, self._called)
