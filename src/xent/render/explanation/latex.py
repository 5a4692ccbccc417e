r"""A derivation in LaTeX, for a document with amsmath or a notebook's Markdown cell.

Every step is an align* of its own, for the sake of both readers. A display is what LaTeX cannot
break across pages unless a document says \allowdisplaybreaks, which MathJax does not know: with
short ones, pages break between them and nothing needs to be said. Sentences are lines of \text,
because MathJax knows no \intertext. For the same reason the comment stands within the first
display: in front of it, a notebook would show it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from textwrap import wrap

from xent.derivation.equation import Equation, Sentence
from xent.derivation.expression import Symbol
from xent.derivation.steps import Derivation, Reason, Step
from xent.numeral import trimmed
from xent.render.grid import Cell, Gap, Grid
from xent.render.math.latex import LatexMath, latex_numeral
from xent.render.stage_grids import stage_grids
from xent.render.summary import headline
from xent.render.view import View

_COMMENT = r"% Needs \usepackage{amsmath}, and nothing else."
# The text of an article in 10 points is 34.5 em wide. Every display is given about this width, so
# that they all begin at the same margin, though LaTeX and MathJax centre each.
_PAGE = "33em"
# The characters of a sentence, and of an equation in digits, that fit in.
_PROSE_WIDTH = 72
_EQUATION_WIDTH = 62
# A matrix is as wide as one in a terminal with so many characters.
_MATRIX_WIDTH = 65
# Without a word to amsmath, its matrices have no more columns.
_MOST_COLUMNS = 10

_SPECIAL = {
    "\\": r"\backslash", "{": r"\{", "}": r"\}", "_": r"\_", "#": r"\#", "%": r"\%", "&": r"\&",
    "~": r"\sim", "^": r"\wedge", "|": "|", "<": "<", ">": ">",
    "Σ": r"\Sigma", "ε": r"\varepsilon", "∂": r"\partial", "·": r"\cdot", "×": r"\times",
    "…": r"\ldots",
    **{digit: f"_{number}" for number, digit in enumerate("₀₁₂₃₄₅₆₇₈₉")},
}  # fmt: skip
_OPTION = r"(?P<option>--[a-z][a-z-]*)"
_NUMBER = r"(?P<number>(?<![\w.])(?:-?\d+(?:\.\d+)?e[+-]?\d+|-\d+(?:\.\d+)?|-?inf\b))"
# A hyphen within a word is one.
_MINUS = r"(?P<minus>(?<![\w-])-(?![-\d]))"
_CHARACTER = f"(?P<character>[{re.escape(''.join(_SPECIAL))}$])"
_MATHS = re.compile("|".join([_OPTION, _NUMBER, _MINUS, _CHARACTER]))


def render(derivation: Derivation, view: View) -> Iterator[str]:
    """All of it: the answer in short, the steps, the reasons, the gradient, and the loss."""
    comment = f" {_COMMENT}"
    for rows in _Latex(derivation, view).displays():
        lines = " \\\\\n".join(rows)
        yield f"\\begin{{align*}}{comment}\n{lines}\n\\end{{align*}}\n"
        comment = ""


class _Latex:
    def __init__(self, derivation: Derivation, view: View) -> None:
        self._derivation = derivation
        self._digits = view.digits
        # A page has a width of its own, whatever the screen's; columns asked for are shown.
        self._view = replace(view, width=_MATRIX_WIDTH if view.columns is None else None)

    def displays(self) -> Iterator[Iterator[str]]:
        """The rows of each align*."""
        derivation = self._derivation
        yield self._opening()
        for number, step in enumerate(derivation.steps, 1):
            yield from self._step(step, f"{number}. ")
        yield self._why()
        for reason in derivation.reasons:
            yield self._reason(reason)
        if derivation.scaled:
            yield self._scaled()
        if derivation.gradient:
            yield from self._step(derivation.gradient, "")
        yield self._closing()

    def _opening(self) -> Iterator[str]:
        yield _title(self._text(self._derivation.question))
        for sentence in self._derivation.brief:
            yield from _prose(self._text(sentence))
        yield rf"&\textbf{{Row {self._derivation.row}, step by step}}"

    def _step(self, step: Step, number: str) -> Iterator[Iterator[str]]:
        yield self._worked(step, number)
        for grid in stage_grids(self._derivation.report, self._view):
            if grid.title == step.stage:
                yield self._all_rows(grid)

    def _worked(self, step: Step, number: str) -> Iterator[str]:
        yield _title(number + step.name.replace("_", " "))
        yield from _prose(f"{self._text(step.what)} {step.why}")
        yield from self._equations(step.equations, step.formula)
        for sentence in step.remarks:
            yield from _prose(self._text(sentence))
        for claim, equation in step.checks:
            yield from _prose(f"Check: {claim}:")
            yield from self._equations([equation])
