"""A derivation as one page for a browser: its own style, no script, nothing to load."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from importlib.resources import files
from itertools import groupby, zip_longest

from xent.errors import Diagnostic
from xent.explanation.blocks import (
    SCALED,
    Block,
    Equations,
    Heading,
    Result,
    ScaledLosses,
    Section,
    StepHeading,
    Title,
    in_words,
    matrices,
    sections,
)
from xent.explanation.derivation import Check, Derivation, Reason, Step
from xent.explanation.equation import ClassNumber, Equation, Sentence, Value
from xent.explanation.render.math import TypesetWidth
from xent.explanation.render.mathml import MathMl, equality, math, number_markup
from xent.numbers import format_short
from xent.render.class_title import Name, class_mention
from xent.render.diagnostic import visible
from xent.render.grid import Cell, Gap, Grid
from xent.render.view import View
from xent.report.report import Report

# Equations longer than this, in characters, are set in several lines: on a telephone, and on any
# screen.
_NARROW, _BROAD = 37, 84
_COLUMNS = {2: "two", 3: "three", 4: "four"}
_LEGEND = (
    "In the tables the target of each row is outlined, and a cell is the more strongly coloured "
    "the more probable its class. Row {}, which is worked here, has a mark at its left."
)
_NO_BREAK = "\N{NO-BREAK SPACE}"
_MINUS = re.compile(r"(?<![^\s(])-(?=[^\s-])|(?<= )-(?= )")
_PRIME = re.compile(r"(?<=\b[a-z])'(?!\w)")
_OPTION = re.compile(r"--[a-z-]+(?: log-probs| probs)?")
_LABEL = re.compile(r"^(?:Check|Careful):")
_EXPONENT = re.compile(r"^(.+)e([+-]\d+)$")


def render(derivation: Derivation, view: View) -> Iterator[str]:
    """Write all of it."""
    # The style is ASCII; elsewhere in a page a reference is as good as the character.
    for line in _page(derivation, view):
        text = line if view.unicode else line.encode("ascii", "xmlcharrefreplace").decode()
        yield f"{text}\n"


def _page(derivation: Derivation, view: View) -> Iterator[str]:
    # The terminal's width is not the page's.
    grids = matrices(derivation, replace(view, width=None))
    title, row, *parts, result = sections(derivation, grids, view.digits)
    steps, others = parts[: len(derivation.steps)], parts[len(derivation.steps) :]
    writer = _Writer(derivation.report, derivation.row, view.digits)
    yield from _head(derivation.question.text(view.digits))
    yield "<body>"
    yield "<header>"
    yield from writer.blocks(title)
    yield from _notes(derivation.report.diagnostics)
    yield from _navigation(derivation.steps)
    yield "</header>"
    yield "<main>"
    yield '<section aria-labelledby="steps">'
    yield from writer.blocks(row)
    yield f'<p class="legend">{_words(_LEGEND.format(derivation.row))}</p>'
    for step in steps:
        yield from writer.section(step)
    yield "</section>"
    for section in others:
        yield from writer.section(section)
    yield "</main>"
    yield "<footer>"
    yield from writer.blocks(result)
    yield "</footer>"
    yield "</body>"
    yield "</html>"


def _head(title: str) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">'
    yield f"<title>{escape(title)}</title>"
    yield f"<style>\n{files(__package__).joinpath('html.css').read_text('utf-8')}</style>"
    yield "</head>"


def _notes(diagnostics: Sequence[Diagnostic]) -> Iterator[str]:
    """Write what is remarkable about the input."""
    if not diagnostics:
        return
    yield '<aside class="notes" aria-label="Notes on the input">'
    for diagnostic in diagnostics:
        text = f"<b>{diagnostic.severity}[{diagnostic.code}]</b> {_outside(diagnostic.message)}"
        if diagnostic.location:
            text += f" <small>{_outside(str(diagnostic.location))}</small>"
        if diagnostic.hint:
            text += f" <small>{_outside(diagnostic.hint)}</small>"
        yield f"<p>{text}</p>"
    yield "</aside>"


def _navigation(steps: Sequence[Step]) -> Iterator[str]:
    yield '<nav aria-label="Steps">'
    yield "<ol>"
    for step in steps:
        yield f'<li><a href="#step-{step.name}">{in_words(step.name)}</a></li>'
    yield "</ol>"
    yield "</nav>"


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes blocks as HTML.

    Attributes:
        report: The report, which knows the names of the classes.
        row: The number of the row that is worked.
        digits: Digits after the decimal point.
    """

    report: Report
    row: int
    digits: int

    def section(self, section: Section) -> Iterator[str]:
        """Write a section with its heading as the label."""
        match section.hint[0]:
            case StepHeading(name, number):
                label, kind = f"step-{name}", ' class="step"' if number else ""
            case Heading(name):
                label, kind = name, ""
        yield f'<section{kind} aria-labelledby="{label}">'
        yield from self.blocks(section)
        yield "</section>"

    def blocks(self, section: Section) -> Iterator[str]:
        """Write what is within a section."""
        for are_reasons, run in groupby(section.blocks, lambda block: isinstance(block, Reason)):
            lines = (line for block in run for line in self._block(block))
            yield from ['<ul class="reasons">', *lines, "</ul>"] if are_reasons else lines

    def _block(self, block: Block) -> Iterator[str]:  # noqa: C901  a case for each block
        match block:
            case Title():
                yield from self._title(block)
            case Heading(name, text):
                yield f'<h2 id="{name}">{text}</h2>'
            case StepHeading():
                yield from _step_heading(block)
            case Sentence():
                yield f"<p>{self._text(block)}</p>"
            case Equations(equations):
                yield from self._equations(equations)
            case Check(claim, equation):
                yield f'<div class="check"><p><b>Check:</b> {self._text(claim)}:</p>'
                yield from self._equations([equation])
                yield "</div>"
            case Reason():
                yield "<li>"
                yield f"<p>{self._text(block.sentence)}</p>"
                yield from self._equations(block.equations)
                yield "</li>"
            case Grid():
                yield from _matrix(block, str(self.row))
            case ScaledLosses():
                yield from _bars(block, self.digits)
            case Result(name, loss, signature):
                number, *unit = loss.split()
                value = " ".join([_html_number(number), *unit])
                yield f'<p class="result">{name} <b>{value}</b></p>'
                yield f'<p class="signature"><code>{_outside(signature)}</code></p>'

    def _title(self, title: Title) -> Iterator[str]:
        yield f"<h1>{self._text(title.question)}</h1>"
        if title.brief:
            yield '<div class="brief">'
            yield from (f"<p>{self._text(sentence)}</p>" for sentence in title.brief)
            yield "</div>"

    def _equations(self, equations: Sequence[Equation]) -> Iterator[str]:
        """Write equations one below the other, their equals signs aligned."""
        if not equations:
            return
        columns = [*zip_longest(*map(self._widths, equations), fillvalue=0)]
        length = sum(map(max, columns)) + 3 * (len(columns) - 1)
        names = ["equations", _COLUMNS[len(columns)]]
        if length > _NARROW:
            names.append("wide" if length <= _BROAD else "tall")
        focus = ' tabindex="0" role="group" aria-label="Equations"' if length > _NARROW else ""
        yield f'<div class="{" ".join(names)}"{focus}>'
        yield from map(self._equation, equations)
        yield "</div>"

    def _equation(self, equation: Equation) -> str:
        """Make each side a formula of its own, so that a line can end at an equals sign."""
        writer = MathMl.rounding(equation.operand_digits(self.digits))
        left, *sides = map(writer.write, equation.sides)
        value = number_markup(format_short(equation.value, self.digits))
        parts = [left, *(equality("", side) for side in (*sides, value))]
        pieces = " ".join(f"<span>{math(part)}</span>" for part in parts)
        return f'<p class="equation">{pieces}</p>'

    def _widths(self, equation: Equation) -> list[int]:
        """Return how many characters each side takes."""
        writer = TypesetWidth.rounding(equation.operand_digits(self.digits))
        sides = [*map(writer.write, equation.sides), format_short(equation.value, self.digits)]
        return [*map(len, sides)]

    def _text(self, sentence: Sentence) -> str:
        return _words(sentence.template).format(*map(self._value, sentence.values))

    def _value(self, value: Value) -> str:
        """Write what stands among the words of a sentence."""
        if isinstance(value, ClassNumber):
            return class_mention(self.report, value.number, _name)
        return _html_number(Sentence("{}", (value,)).text(self.digits))


def _step_heading(heading: StepHeading) -> Iterator[str]:
    label, words = f"step-{heading.name}", in_words(heading.name)
    if heading.number:
        yield f'<h3 id="{label}"><span class="count">{heading.number}</span> {words}</h3>'
    else:
        yield f'<h2 id="{label}">{words.capitalize()}</h2>'
    if heading.formula:
        formula = equality(*map(MathMl().write, heading.formula))
        yield f'<div class="formula">{math(formula, alone=True)}</div>'


def _matrix(grid: Grid, worked: str) -> Iterator[str]:
    """Write a table, but for columns that are blank from top to bottom."""
    label = f"table-{grid.title}"
    kept = [
        column
        for column, name in enumerate(grid.header)
        if name or any(row[column].text for row in grid.cells())
    ]
    yield f'<div class="scroll" tabindex="0" role="group" aria-labelledby="{label}">'
    yield '<table class="matrix">'
    remark = f"<span>{_words(grid.remark)}</span>"
    yield f'<caption id="{label}"><b>{in_words(grid.title)}</b> {remark}</caption>'
    header = "".join(_header(grid.header[column]) for column in kept)
    yield f"<thead><tr>{header}</tr></thead>"
    yield "<tbody>"
    for row in grid.rows:
        if isinstance(row, Gap):
            yield _gap(str(row), len(kept))
        else:
            yield _row([row[column] for column in kept], worked)
    if footnote := grid.footnote:
        yield _gap(footnote, len(kept))
    yield "</tbody>"
    yield "</table>"
    yield "</div>"


def _header(name: str) -> str:
    if isinstance(name, Name):
        return f'<th scope="col">{_name(name)}</th>'
    return f'<th scope="col">{_words(name)}</th>' if name else "<td></td>"


def _row(cells: Sequence[Cell], worked: str) -> str:
    number, *others = cells
    mark = ' class="worked"' if number.text == worked else ""
    values = "".join(map(_cell, others))
    return f'<tr{mark}><th scope="row">{_words(number.text)}</th>{values}</tr>'


def _cell(cell: Cell) -> str:
    target = ' class="target"' if cell.tone == "target" else ""
    # Inputs that are no probabilities may lie above 1, or be nan.
    shade = f' style="--shade:{min(cell.shade, 1):.3f}"' if cell.shade >= 0.0005 else ""
    text = _name(cell.text) if isinstance(cell.text, Name) else _html_number(cell.text)
    return f"<td{target}{shade}>{text}</td>"


def _gap(text: str, columns: int) -> str:
    return f'<tr><td class="gap" colspan="{columns}">{_words(text)}</td></tr>'


def _bars(scaled: ScaledLosses, digits: int) -> Iterator[str]:
    """Write the plot as a table, whose numbers need no bars to be read."""
    yield '<table class="bars">'
    yield f"<caption>{SCALED}</caption>"
    header = '<th scope="col">factor</th><th scope="col">loss</th><td class="bar"></td>'
    yield f"<thead><tr>{header}</tr></thead>"
    yield "<tbody>"
    for (factor, loss), length in zip(scaled.losses, scaled.bars(), strict=True):
        number = _html_number(format_short(loss, digits))
        bar = f'<span style="--share:{length:.4f}"></span>' if length else ""
        yield (
            f'<tr><th scope="row">×{factor:g}</th><td>{number}</td>'
            f'<td class="bar" aria-hidden="true">{bar}</td></tr>'
        )
    yield "</tbody>"
    yield "</table>"


def _html_number(text: str) -> str:
    """Write a number, or a word instead of one, as in print: with a minus, and a power of ten."""
    proper = escape(text.replace("inf", "∞"))
    if found := _EXPONENT.match(proper):
        mantissa, exponent = found[1], int(found[2])
        proper = f"{mantissa}{_NO_BREAK}×{_NO_BREAK}10<sup>{exponent}</sup>"
    return proper.replace("-", "−")


def _words(text: str) -> str:
    """Write our own words, in which minus, prime and apostrophe are as they are typed."""
    proper = _PRIME.sub("′", _MINUS.sub("−", text)).replace("'", "’")
    # What is equal stays together, and a Σ with its term.
    proper = proper.replace(" = ", f"{_NO_BREAK}={_NO_BREAK}").replace("Σ ", f"Σ{_NO_BREAK}")
    coded = _OPTION.sub(r"<code>\g<0></code>", escape(proper))
    return _LABEL.sub(r"<b>\g<0></b>", coded)


def _name(text: str) -> str:
    """Write a name, whose direction of writing is its own."""
    return f"<bdi>{escape(text)}</bdi>"


def _outside(text: str) -> str:
    """Write words that may hold what the user wrote."""
    return escape(visible(text))
