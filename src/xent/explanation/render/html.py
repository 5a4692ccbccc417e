"""A derivation as one page for a browser: its own style, no script, nothing to load."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape
from importlib.resources import files
from itertools import zip_longest
from math import isfinite, isnan

from xent.errors import Diagnostic
from xent.explanation.derivation import Derivation, Reason, Step
from xent.explanation.equation import ClassNumber, Equation, Sentence, Value
from xent.explanation.expression import Expression, Ratio
from xent.explanation.math.mathml import MathMl, continued, equality, math, numeral_markup
from xent.explanation.math.text import TextMath
from xent.numbers import trimmed
from xent.render.class_title import Name, class_mention
from xent.render.diagnostic import visible
from xent.render.grid import Cell, Gap, Grid
from xent.render.stage_grids import stage_grids
from xent.render.summary import headline
from xent.render.view import View

# Equations longer than this, in characters, are set in several lines: on a telephone, and on any
# screen.
_NARROW, _BROAD = 37, 84
_COLUMNS = {2: "two", 3: "three", 4: "four"}
_LEGEND = (
    "In the tables the target of each row is outlined, and a cell is the more strongly coloured "
    "the more probable its class. Row {}, which is worked here, has a mark at its left."
)
_BLANK = "\N{NO-BREAK SPACE}"
_MINUS = re.compile(r"(?<![^\s(])-(?=[^\s-])|(?<= )-(?= )")
_PRIME = re.compile(r"(?<=\b[a-z])'(?!\w)")
_OPTION = re.compile(r"--[a-z-]+(?: log-probs| probs)?")
_LABEL = re.compile(r"^(?:Check|Careful):")
_EXPONENT = re.compile(r"^(.+)e([+-]\d+)$")


def render(derivation: Derivation, view: View) -> Iterator[str]:
    """All of it: the answer in short, the steps, the reasons, the gradient."""
    # The style is ASCII; elsewhere in a page a reference is as good as the character.
    for line in _Page(derivation, view).lines():
        text = line if view.unicode else line.encode("ascii", "xmlcharrefreplace").decode()
        yield f"{text}\n"


class _Page:
    def __init__(self, derivation: Derivation, view: View) -> None:
        self._derivation = derivation
        self._report = derivation.report
        self._digits = view.digits
        self._math = self._writer(view.digits)
        # The terminal's width is not the page's.
        grids = stage_grids(derivation.report, replace(view, width=None), derivation.classes)
        self._grids = {grid.title: grid for grid in grids}

    def lines(self) -> Iterator[str]:
        derivation = self._derivation
        yield from self._head()
        yield "<body>"
        yield from self._opening()
        yield "<main>"
        yield from self._steps()
        if derivation.reasons or derivation.scaled:
            yield from self._reasons()
        if derivation.gradient:
            yield from self._gradient(derivation.gradient)
        yield "</main>"
        yield from self._closing()
        yield "</body>"
        yield "</html>"

    def _head(self) -> Iterator[str]:
        yield "<!DOCTYPE html>"
        yield '<html lang="en">'
        yield "<head>"
        yield '<meta charset="utf-8">'
        yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
        yield '<meta name="color-scheme" content="light dark">'
        yield f"<title>{escape(self._derivation.question.text(self._digits))}</title>"
        yield f"<style>\n{files(__package__).joinpath('html.css').read_text('utf-8')}</style>"
        yield "</head>"

    def _opening(self) -> Iterator[str]:
        derivation = self._derivation
        yield "<header>"
        yield f"<h1>{self._text(derivation.question)}</h1>"
        if derivation.brief:
            yield '<div class="brief">'
            yield from (f"<p>{self._text(sentence)}</p>" for sentence in derivation.brief)
            yield "</div>"
        if self._report.diagnostics:
            yield from _notes(self._report.diagnostics)
        yield '<nav aria-label="Steps">'
        yield "<ol>"
        for step in derivation.steps:
            yield f'<li><a href="#{_anchor(step)}">{_spoken(step.name)}</a></li>'
        yield "</ol>"
        yield "</nav>"
        yield "</header>"

    def _steps(self) -> Iterator[str]:
        row = self._derivation.row
        yield '<section aria-labelledby="steps">'
        yield f'<h2 id="steps">Row {row}, step by step</h2>'
        yield f'<p class="legend">{_words(_LEGEND.format(row))}</p>'
        for number, step in enumerate(self._derivation.steps, 1):
            anchor = _anchor(step)
            yield f'<section class="step" aria-labelledby="{anchor}">'
            count = f'<span class="count">{number}</span>'
            yield f'<h3 id="{anchor}">{count} {_spoken(step.name)}</h3>'
            yield from self._step(step)
            yield "</section>"
        yield "</section>"

    def _step(self, step: Step) -> Iterator[str]:
        if step.formula:
            formula = equality(*map(self._math.write, step.formula))
            yield f'<div class="formula">{math(formula, alone=True)}</div>'
        yield f"<p>{self._text(step.what)} {_words(step.why)}</p>"
        yield from self._equations(step.equations)
        yield from (f"<p>{self._text(sentence)}</p>" for sentence in step.remarks)
        for claim, equation in step.checks:
            yield f'<div class="check"><p><b>Check:</b> {self._text(claim)}:</p>'
            yield from self._equations([equation])
            yield "</div>"
        if step.stage in self._grids:
            yield from self._matrix(self._grids[step.stage])

    def _equations(self, equations: Sequence[Equation]) -> Iterator[str]:
        """Equations one below the other, their equals signs aligned."""
        if not equations:
            return
        columns = [*zip_longest(*map(self._breadths, equations), fillvalue=0)]
        length = sum(map(max, columns)) + 3 * (len(columns) - 1)
        names = ["equations", _COLUMNS[len(columns)]]
        if length > _NARROW:
            names.append("wide" if length <= _BROAD else "tall")
        focus = ' tabindex="0" role="group" aria-label="Equations"' if length > _NARROW else ""
        yield f'<div class="{" ".join(names)}"{focus}>'
        yield from map(self._equation, equations)
        yield "</div>"

    def _equation(self, equation: Equation) -> str:
        """Each side is a formula of its own, so that a line can end at an equals sign."""
        left, *sides = _sides(equation)
        writer = self._writer(equation.operand_digits(self._digits))
        value = numeral_markup(trimmed(equation.value, self._digits))
        parts = [
            writer.write(left),
            *(continued(writer.write(side)) for side in sides),
            continued(value),
        ]
        pieces = " ".join(f"<span>{math(part)}</span>" for part in parts)
        return f'<p class="equation">{pieces}</p>'

    def _breadths(self, equation: Equation) -> list[int]:
        """How many characters each side takes."""
        digits = equation.operand_digits(self._digits)
        writer = _Breadth(lambda value: trimmed(value, digits))
        value = trimmed(equation.value, self._digits)
        return [*(len(writer.write(side)) for side in _sides(equation)), len(value)]

    def _matrix(self, grid: Grid) -> Iterator[str]:
        anchor = f"table-{grid.title}"
        kept = [*_kept_columns(grid)]
        yield f'<div class="scroll" tabindex="0" role="group" aria-labelledby="{anchor}">'
        yield '<table class="matrix">'
        remark = f"<span>{_words(grid.remark)}</span>"
        yield f'<caption id="{anchor}"><b>{_spoken(grid.title)}</b> {remark}</caption>'
        header = "".join(_header(grid.header[column]) for column in kept)
        yield f"<thead><tr>{header}</tr></thead>"
        yield "<tbody>"
        for row in grid.rows:
            if isinstance(row, Gap):
                yield _gap(str(row), len(kept))
            else:
                yield self._row([row[column] for column in kept])
        if footnote := grid.footnote():
            yield _gap(footnote, len(kept))
        yield "</tbody>"
        yield "</table>"
        yield "</div>"

    def _row(self, cells: list[Cell]) -> str:
        name, *others = cells
        worked = ' class="worked"' if name.text == str(self._derivation.row) else ""
        values = "".join(map(_value, others))
        return f'<tr{worked}><th scope="row">{_words(name.text)}</th>{values}</tr>'

    def _reasons(self) -> Iterator[str]:
        yield '<section aria-labelledby="reasons">'
        yield f'<h2 id="reasons">{self._derivation.heading}</h2>'
        if self._derivation.reasons:
            yield '<ul class="reasons">'
            for reason in self._derivation.reasons:
                yield from self._reason(reason)
            yield "</ul>"
        if self._derivation.scaled:
            yield from self._bars()
        yield "</section>"

    def _reason(self, reason: Reason) -> Iterator[str]:
        yield "<li>"
        yield f"<p>{self._text(reason.sentence)}</p>"
        yield from self._equations(reason.equations)
        yield "</li>"

    def _bars(self) -> Iterator[str]:
        """The plot is a table, whose numbers need no bars to be read."""
        scaled = self._derivation.scaled
        most = max((loss for _, loss in scaled if isfinite(loss)), default=0.0)
        yield '<table class="bars">'
        yield "<caption>The same row with its logits multiplied</caption>"
        header = '<th scope="col">factor</th><th scope="col">loss</th><td class="bar"></td>'
        yield f"<thead><tr>{header}</tr></thead>"
        yield "<tbody>"
        for factor, loss in scaled:
            number = _numeral(trimmed(loss, self._digits))
            share = min(max(loss / most, 0.0), 1.0) if most > 0 and not isnan(loss) else 0.0
            bar = f'<span style="--share:{share:.4f}"></span>' if share else ""
            yield (
                f'<tr><th scope="row">×{factor:g}</th><td>{number}</td>'
                f'<td class="bar" aria-hidden="true">{bar}</td></tr>'
            )
        yield "</tbody>"
        yield "</table>"

    def _gradient(self, step: Step) -> Iterator[str]:
        anchor = _anchor(step)
        yield f'<section aria-labelledby="{anchor}">'
        yield f'<h2 id="{anchor}">{_spoken(step.name).capitalize()}</h2>'
        yield from self._step(step)
        yield "</section>"

    def _closing(self) -> Iterator[str]:
        name, loss = headline(self._report, self._digits)
        number, *unit = loss.split()
        yield "<footer>"
        yield f'<p class="result">{name} <b>{" ".join([_numeral(number), *unit])}</b></p>'
        signature = escape(visible(self._report.signature))
        yield f'<p class="signature"><code>{signature}</code></p>'
        yield "</footer>"

    def _text(self, sentence: Sentence) -> str:
        return _words(sentence.template).format(*map(self._within, sentence.values))

    def _within(self, value: Value) -> str:
        """What stands among the words of a sentence."""
        if isinstance(value, ClassNumber):
            return class_mention(self._report, value.number, _name)
        return _numeral(Sentence("{}", (value,)).text(self._digits))

    def _writer(self, digits: int) -> MathMl:
        return MathMl(lambda value: trimmed(value, digits))


class _Breadth(TextMath):
    """A formula in as many characters as it is broad."""

    def ratio(self, part: Ratio) -> str:
        """The broader of what is above and below the line."""
        return max(self.write(part.numerator), self.write(part.denominator), key=len)


def _sides(equation: Equation) -> list[Expression]:
    """What stands before, between and after the equals signs, but for the value."""
    sides = (equation.left, equation.symbolic, equation.substituted)
    return [side for side in sides if side is not None]


def _notes(diagnostics: Sequence[Diagnostic]) -> Iterator[str]:
    """What is remarkable about the input."""
    yield '<aside class="notes" aria-label="Notes on the input">'
    for diagnostic in diagnostics:
        text = f"<b>{diagnostic.severity}[{diagnostic.code}]</b> {_outside(diagnostic.message)}"
        if diagnostic.location:
            text += f" <small>{_outside(str(diagnostic.location))}</small>"
        if diagnostic.hint:
            text += f" <small>{_outside(diagnostic.hint)}</small>"
        yield f"<p>{text}</p>"
    yield "</aside>"


def _kept_columns(grid: Grid) -> Iterator[int]:
    """The columns but for those that are blank from top to bottom."""
    for column, name in enumerate(grid.header):
        if name or any(row[column].text for row in grid.cells()):
            yield column


def _header(name: str) -> str:
    if isinstance(name, Name):
        return f'<th scope="col">{_name(name)}</th>'
    return f'<th scope="col">{_words(name)}</th>' if name else "<td></td>"


def _value(cell: Cell) -> str:
    target = ' class="target"' if cell.marked else ""
    # Inputs that are no probabilities may lie above 1, or be nan.
    shade = f' style="--shade:{min(cell.shade, 1):.3f}"' if cell.shade >= 0.0005 else ""
    text = _name(cell.text) if isinstance(cell.text, Name) else _numeral(cell.text)
    return f"<td{target}{shade}>{text}</td>"


def _gap(text: str, columns: int) -> str:
    return f'<tr><td class="gap" colspan="{columns}">{_words(text)}</td></tr>'


def _numeral(text: str) -> str:
    """A number, or a word instead of one, as in print: with a minus, and a power of ten."""
    proper = escape(text.replace("inf", "∞"))
    if found := _EXPONENT.match(proper):
        mantissa, exponent = found[1], int(found[2])
        proper = f"{mantissa}{_BLANK}×{_BLANK}10<sup>{exponent}</sup>"
    return proper.replace("-", "−")


def _words(text: str) -> str:
    """Our own words, which write minus, prime and apostrophe as they are typed."""
    proper = _PRIME.sub("′", _MINUS.sub("−", text)).replace("'", "’")
    # What is equal stays together, and a Σ with its term.
    proper = proper.replace(" = ", f"{_BLANK}={_BLANK}").replace("Σ ", f"Σ{_BLANK}")
    coded = _OPTION.sub(r"<code>\g<0></code>", escape(proper))
    return _LABEL.sub(r"<b>\g<0></b>", coded)


def _name(text: str) -> str:
    """A name, whose direction of writing is its own."""
    return f"<bdi>{escape(text)}</bdi>"


def _outside(text: str) -> str:
    """Words that may hold what the user wrote."""
    return escape(visible(text))


def _spoken(name: str) -> str:
    return escape(name.replace("_", " "))


def _anchor(step: Step) -> str:
    return f"step-{escape(step.name)}"
