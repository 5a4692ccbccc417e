r"""A derivation in LaTeX, for a document with amsmath and for a notebook's Markdown cell.

Every step is an align* of its own, for the sake of both readers. LaTeX does not break a display
across pages unless a document says \allowdisplaybreaks, which MathJax does not know; with short
displays, pages break between them, and nothing needs to be said. Sentences are lines of \text,
because MathJax knows no \intertext. The comment stands within the first display, because in front
of it a notebook would show it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from textwrap import wrap

from xent.explanation.equation import Equation, Sentence
from xent.explanation.expression import Expression, Symbol
from xent.explanation.math.latex import LatexMath, latex_numeral
from xent.explanation.render.latex_grid import environment, excerpt, matrix, ruled, table
from xent.explanation.render.latex_text import escaped
from xent.explanation.derivation import Derivation, Reason, Step
from xent.numbers import trimmed
from xent.render.ascii import ascii_text
from xent.render.class_title import class_mention
from xent.render.grid import Grid
from xent.render.stage_grids import stage_grids
from xent.render.summary import headline
from xent.render.view import View

_COMMENT = r"% Needs \usepackage{amsmath}, and nothing else."
_COMMENT_ON_NAMES = (
    r"% Needs \usepackage{amsmath}, and LuaLaTeX or XeLaTeX with a font for the names."
)
# Of all that is written here only names have such characters.
_BEYOND_ASCII = re.compile(r"[^\0-\x7f]")
# The text of an article in 10 points is 34.5 em wide. Every display is given about this width, so
# that all begin at the same margin, though LaTeX and MathJax centre each.
_PAGE = r"\hspace{33em}"
# What fits in: characters of a sentence; digits, of half an em, in an equation; and a matrix as
# wide as one in a terminal with so many characters.
_PROSE_WIDTH = 72
_EQUATION_WIDTH = 62
_MATRIX_WIDTH = 62
# A longer left side has a line of its own.
_LEFT_WIDTH = 14


def render(derivation: Derivation, view: View) -> Iterator[str]:
    """All of it: the answer in short, the steps, the reasons, the gradient, and the loss."""
    plain = all(map(str.isascii, derivation.report.class_names))
    comment = f" {_COMMENT if plain else _COMMENT_ON_NAMES}"
    for title, *others in _Latex(derivation, view).displays():
        rows = [rf"\rlap{{{title}}}{_PAGE}", *others]
        body = " \\\\\n".join(f"&{row}" for row in rows)
        text = f"\\begin{{align*}}{comment}\n{body}\n\\end{{align*}}\n"
        yield text if view.unicode else _BEYOND_ASCII.sub(_spelled, text)
        comment = ""


def _spelled(match: re.Match[str]) -> str:
    return escaped(ascii_text(match.group()))


class _Latex:
    """The displays. Each is an iterator of rows, the first of which is text."""

    def __init__(self, derivation: Derivation, view: View) -> None:
        self._derivation = derivation
        self._digits = view.digits
        self._called = partial(class_mention, derivation.report)
        # A page has a width of its own, whatever the screen's; columns asked for are all shown.
        self._view = replace(view, width=_MATRIX_WIDTH if view.columns is None else None)

    def displays(self) -> Iterator[Iterator[str]]:
        derivation = self._derivation
        yield self._opening()
        steps = enumerate(derivation.steps, 1)
        yield from _titled(
            f"Row {derivation.row}, step by step",
            chain.from_iterable(self._step(step, f"{number}. ") for number, step in steps),
        )
        yield from _titled(derivation.heading, self._reasons())
        if derivation.gradient:
            yield from self._step(derivation.gradient, "")
        yield self._closing()

    def _opening(self) -> Iterator[str]:
        yield _bold(self._text(self._derivation.question))
        for sentence in self._derivation.brief:
            yield from _prose(self._text(sentence))

    def _step(self, step: Step, number: str) -> Iterator[Iterator[str]]:
        yield self._worked(step, number)
        if step.checks:
            yield self._checks(step)
        report, classes = self._derivation.report, self._derivation.classes
        symbols = {stage.name: stage.symbol for stage in report.stages}
        # A matrix has no room for names above its columns.
        shown = report if step.stage == "nll" else replace(report, class_names=())
        for grid in stage_grids(shown, self._view, classes):
            if grid.title == step.stage:
                yield self._all_rows(grid, symbols[step.stage])

    def _worked(self, step: Step, number: str) -> Iterator[str]:
        yield _bold(number + step.name.replace("_", " "))
        yield from _prose(f"{self._text(step.what)} {step.why}")
        yield from self._equations(step.equations, step.formula)
        for sentence in step.remarks:
            yield from _prose(self._text(sentence))

    def _all_rows(self, grid: Grid, symbol: str) -> Iterator[str]:
        """The matrix of a stage, or the table of the rows' losses."""
        marked = any(cell.marked for row in grid.cells() for cell in row)
        if grid.title == "nll":
            yield from _prose(f"{excerpt(grid)}:")
            yield rf"\quad{table(grid)}"
        else:
            named = self._called if self._derivation.report.class_names else None
            box = ", the target's entry in a box" if marked else ""
            yield from _prose(f"{excerpt(grid, named)}{box}:")
            yield rf"\quad {LatexMath(str).write(Symbol(symbol))} = {matrix(grid)}"

    def _checks(self, step: Step) -> Iterator[str]:
        for claim, equation in step.checks:
            yield from _prose(f"Check: {self._text(claim)}:")
            yield from self._equations([equation])

    def _reasons(self) -> Iterator[Iterator[str]]:
        yield from map(self._reason, self._derivation.reasons)
        if self._derivation.scaled:
            yield self._scaled()

    def _reason(self, reason: Reason) -> Iterator[str]:
        yield from _prose(self._text(reason.sentence))
        yield from self._equations(reason.equations)

    def _scaled(self) -> Iterator[str]:
        rows = [
            (f"{factor:g}", latex_numeral(trimmed(loss, self._digits)))
            for factor, loss in self._derivation.scaled
        ]
        yield from _prose("The same row with its logits multiplied:")
        yield r"\quad" + ruled("rr", (r"\text{factor}", r"\text{loss}"), rows)

    def _closing(self) -> Iterator[str]:
        report = self._derivation.report
        name, loss = headline(report, self._digits)
        number, _, unit = loss.partition(" ")
        # A line may end behind a bar or a comma, there being no blanks.
        signature = re.sub("([|,])", r"\1 ", report.signature)
        yield r"\text{signature}"
        for line in wrap(signature, _PROSE_WIDTH, break_on_hyphens=False):
            yield rf"\quad\text{{{escaped(line.replace(' ', ''))}}}"
        value = latex_numeral(number) + (rf"\text{{ {unit}}}" if unit else "")
        yield rf"{_bold(name)} = {value}"

    def _equations(
        self, equations: Sequence[Equation], formula: tuple[Expression, Expression] | None = None
    ) -> Iterator[str]:
        """A row of aligned equations, the formula above its numbers."""
        said = [(equation.left, equation.symbolic) for equation in equations]
        rows = []
        if formula and formula not in said:
            math = LatexMath(str)
            rows = [f"{math.write(formula[0])} &= {math.write(formula[1])}"]
        for equation in equations:
            rows += _equation_rows(equation, self._digits)
        if rows:
            yield rf"\quad{environment('aligned', rows)}"

    def _text(self, sentence: Sentence) -> str:
        return sentence.text(self._digits, self._called)


def _titled(title: str, displays: Iterator[Iterator[str]]) -> Iterator[Iterator[str]]:
    """A title in the first display: in one of its own it could stay behind when a page ends."""
    for number, display in enumerate(displays):
        yield display if number else chain([_bold(title)], display)


def _equation_rows(equation: Equation, digits: int) -> list[str]:
    """An equation on one row; one that is too wide on several, broken before its equals signs."""
    operand_digits = equation.operand_digits(digits)
    math = LatexMath(lambda value: trimmed(value, operand_digits))
    parts = [part for part in (equation.symbolic, equation.substituted) if part is not None]
    left, value = math.write(equation.left), latex_numeral(trimmed(equation.value, digits))
    width = sum(math.width(part) + 3 for part in [equation.left, *parts]) + len(value)
    if width <= _EQUATION_WIDTH:
        return [f"{left} &= {' = '.join([*map(math.write, parts), value])}"]
    rows = []
    for part in parts:
        first, *others = math.lines(part)
        rows += [f"&= {first}", *(rf"&\qquad {{}}{other}" for other in others)]
    rows.append(f"&= {value}")
    if math.width(equation.left) > _LEFT_WIDTH:
        return [f"&{left}", *rows]
    return [f"{left} {rows[0]}", *rows[1:]]


def _bold(text: str) -> str:
    return rf"\textbf{{{escaped(text)}}}"


def _prose(text: str) -> Iterator[str]:
    for line in wrap(text, _PROSE_WIDTH, break_long_words=False, break_on_hyphens=False):
        yield rf"\text{{{escaped(line)}}}"
