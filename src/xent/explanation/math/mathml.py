"""Formulas as presentation MathML, of the core that browsers draw without help."""

import re
from collections.abc import Iterator
from html import escape

from xent.explanation.expression import (
    Call,
    Elided,
    Expression,
    Negative,
    Number,
    NumberList,
    Product,
    Ratio,
    Sum,
    Summation,
    Symbol,
)
from xent.explanation.math.writer import MathWriter

_MINUS = "<mo>−</mo>"
_TIMES = "<mo>×</mo>"
_EQUALS = "<mo>=</mo>"
# Invisible: it says that a function is applied to what follows.
_APPLIED = "<mo>\N{FUNCTION APPLICATION}</mo>"
_THIN_BLANK = '<mspace width="0.17em"></mspace>'
_BLANK = "\N{NO-BREAK SPACE}"
_PRIME = "<mo>′</mo>"
_NO_DIGITS = {"inf": "<mi>∞</mi>", "nan": "<mi>nan</mi>"}
_TALL = ("<mfrac>", "<munder>", "<mtable>")
_TAG = re.compile("<[^>]*>")
# Characters in a line of a sum; a browser never breaks a formula by itself.
_LINE = 64


class MathMl(MathWriter):
    """Formulas as they are set in a book. Each is one element."""

    def parenthesized(self, text: str) -> str:
        """In parentheses, which grow with a fraction or a Σ, but not with an index."""
        return _fenced("(", text, ")")

    def symbol(self, part: Symbol) -> str:
        """Italic where it is one letter, upright where it is a word."""
        if part.name.startswith("["):
            return _bracket(part.name.strip("[]"))
        above, over, below = part.name.partition("/")
        if over:
            return f"<mfrac>{_letters(above)}{_letters(below, part.index)}</mfrac>"
        return _letters(part.name, part.index)

    def number(self, part: Number) -> str:
        """As in print: a minus, and a power of ten for an exponent."""
        return numeral_markup(self.numeral(part.value))

    def elided(self, part: Elided) -> str:
        """How many there are, and their sum."""
        words = f"<mtext>…{_BLANK}{part.count:,} more, together{_BLANK}</mtext>"
        return self.parenthesized(words + numeral_markup(self.numeral(part.value)))

    def call(self, part: Call) -> str:
        """Exp(z), with the name upright."""
        return _row(_name(part.function), _APPLIED, self.parenthesized(self.write(part.argument)))

    def numberlist(self, part: NumberList) -> str:
        """With commas."""
        return _row("<mo>,</mo>".join(map(self.write, part.elements)))

    def negative(self, part: Negative) -> str:
        """-x."""
        return _row(_MINUS, self.grouped(part.term, Sum, Negative))

    def sum(self, part: Sum) -> str:
        """X + y - z, in several lines where there are many of them."""
        first, *others = part.terms
        lines = [*_lines([self.write(first), *map(self._added, others)])]
        return _row(lines[0]) if len(lines) == 1 else _column(lines)

    def product(self, part: Product) -> str:
        """x·y."""
        return _row("<mo>⋅</mo>".join(map(self._factor, part.factors)))

    def ratio(self, part: Ratio) -> str:
        """A fraction, whose line groups what is above and below it."""
        return f"<mfrac>{self.write(part.numerator)}{self.write(part.denominator)}</mfrac>"

    def summation(self, part: Summation) -> str:
        """Σ with its index below."""
        sign = f"<munder><mo>∑</mo>{_name(part.index)}</munder>"
        return _row(sign, self.grouped(part.term, Sum, Negative))

    def _added(self, term: Expression) -> str:
        if isinstance(term, Negative):
            return _MINUS + self.grouped(term.term, Sum, Negative)
        return f"<mo>+</mo>{self.grouped(term)}"

    def _factor(self, factor: Expression) -> str:
        """As it is, but a power of ten, being a product itself, in parentheses."""
        if isinstance(factor, Number) and factor.value > 0 and "e" in self.numeral(factor.value):
            return self.parenthesized(self.write(factor))
        return self.grouped(factor, Sum, Negative)


def equality(*sides: str) -> str:
    """What is equal, side by side."""
    return _row(_EQUALS.join(sides))


def continued(side: str) -> str:
    """A side behind an equals sign, for an equation that is set in several pieces."""
    return _row(_EQUALS, side)


def math(content: str, *, alone: bool = False) -> str:
    """A whole formula, on a line of its own or not, with fractions in full size."""
    place = 'display="block"' if alone else 'displaystyle="true"'
    return f"<math {place}>{content}</math>"


def numeral_markup(text: str) -> str:
    """A number in plain characters, such as -4.2484e-18, as in print."""
    digits = text.removeprefix("-")
    mantissa, has_exponent, exponent = digits.partition("e")
    number = _NO_DIGITS.get(digits) or f"<mn>{escape(mantissa)}</mn>"
    if has_exponent:
        power = numeral_markup(str(int(exponent)))
        number = _row(number, _TIMES, f"<msup><mn>10</mn>{power}</msup>")
    return _row(_MINUS, number) if text.startswith("-") else number


def _bracket(condition: str) -> str:
    """Iverson's bracket: 1 where the condition holds, 0 elsewhere."""
    return _fenced("[", equality(*map(_name, condition.split(" = "))), "]")


def _fenced(before: str, content: str, after: str) -> str:
    mark = "mo" if any(tall in content for tall in _TALL) else 'mo stretchy="false"'
    return _row(f"<{mark}>{before}</mo>", content, f"<{mark}>{after}</mo>")


def _letters(name: str, index: str = "") -> str:
    """A letter with its index, with functions such as log, or a ∂, before it."""
    *functions, letter = name.replace("∂", "∂ ").split()
    before = "".join(_function(function) for function in functions)
    return _row(before, _indexed(letter, index)) if before else _indexed(letter, index)


def _function(name: str) -> str:
    """Log, or log2 with its base below the line; ∂ binds closer than a function."""
    if name == "∂":
        return _name(name)
    base = name.lstrip("abcdefghijklmnopqrstuvwxyz")
    return _indexed(name.removesuffix(base), base) + _APPLIED + _THIN_BLANK


def _indexed(name: str, index: str) -> str:
    letter = _name(name.removesuffix("'"))
    place = (f"<mn>{index}</mn>" if index.isdigit() else _name(index)) if index else ""
    if name.endswith("'"):
        if place:
            return f"<msubsup>{letter}{place}{_PRIME}</msubsup>"
        return f"<msup>{letter}{_PRIME}</msup>"
    return f"<msub>{letter}{place}</msub>" if place else letter


def _lines(terms: list[str]) -> Iterator[str]:
    """Fill lines with terms."""
    line, length = "", 0
    for term in terms:
        room = len(_TAG.sub("", term)) + 2
        if line and length + room > _LINE:
            yield line
            # The empty element keeps the line's first + or - a sign between two terms.
            line, length = "<mrow></mrow>", 0
        line, length = line + term, length + room
    yield line


def _column(lines: list[str]) -> str:
    rows = "".join(f"<mtr><mtd>{line}</mtd></mtr>" for line in lines)
    return f"<mtable>{rows}</mtable>"


def _name(text: str) -> str:
    return f"<mi>{escape(text)}</mi>"


def _row(*parts: str) -> str:
    """One element of several."""
    content = "".join(parts)
    return f"<mrow>{content}</mrow>"
