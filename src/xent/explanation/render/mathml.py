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
from xent.explanation.render.math import TextMath

_EQUALS, _TIMES = "<mo>=</mo>", "<mo>×</mo>"
# Invisible: it says that a function is applied to what follows.
_APPLIED = "<mo>\N{FUNCTION APPLICATION}</mo>"
_THIN_SPACE = '<mspace width="0.17em"></mspace>'
_NO_BREAK = "\N{NO-BREAK SPACE}"
_PRIME = "<mo>′</mo>"
_NO_DIGITS = {"inf": "<mi>∞</mi>", "nan": "<mi>nan</mi>"}
_TALL = ("<mfrac>", "<munder>", "<mtable>")
_TAG = re.compile("<[^>]*>")
# Characters in a line of a sum; a browser never breaks a formula by itself.
_LINE = 64


class MathMl(TextMath):
    """Write expressions as they are set in a book, each as one element."""

    plus, minus, sign = "<mo>+</mo>", "<mo>−</mo>", "<mo>−</mo>"

    def _parenthesized(self, text: str) -> str:
        return _fenced("(", text, ")")

    def _symbol(self, part: Symbol) -> str:
        """Write a symbol in italics if it is one letter, upright if it is a word."""
        if part.name.startswith("["):  # Iverson's bracket: 1 where the condition holds, else 0
            return _fenced("[", equality(*map(_name, part.name.strip("[]").split(" = "))), "]")
        above, _, below = part.name.rpartition("/")
        symbol = _letters(below, part.index)
        return f"<mfrac>{_letters(above)}{symbol}</mfrac>" if above else symbol

    def _number(self, part: Number) -> str:
        return number_markup(self.format_number(part.value))

    def _elided(self, part: Elided) -> str:
        words = f"<mtext>…{_NO_BREAK}{part.count:,} more, together{_NO_BREAK}</mtext>"
        return self._parenthesized(words + number_markup(self.format_number(part.value)))

    def _call(self, part: Call) -> str:
        return _row(_name(part.function), _APPLIED, self._parenthesized(self.write(part.argument)))

    def _numberlist(self, part: NumberList) -> str:
        return _row("<mo>,</mo>".join(map(self.write, part.elements)))

    def _negative(self, part: Negative) -> str:
        return _row(super()._negative(part))

    def _sum(self, part: Sum) -> str:
        """Write a sum in several lines if it has many terms."""
        lines = [*_lines(self._signed(part))]
        rows = "".join(f"<mtr><mtd>{line}</mtd></mtr>" for line in lines)
        return _row(lines[0]) if len(lines) == 1 else f"<mtable>{rows}</mtable>"

    def _product(self, part: Product) -> str:
        return _row("<mo>⋅</mo>".join(map(self._factor, part.factors)))

    def _factor(self, part: Expression) -> str:
        """Write a factor, in parentheses if it is a power of ten, a product itself."""
        if isinstance(part, Number) and part.value > 0 and "e" in self.format_number(part.value):
            return self._parenthesized(self.write(part))
        return self._term(part)

    def _ratio(self, part: Ratio) -> str:
        return f"<mfrac>{self.write(part.numerator)}{self.write(part.denominator)}</mfrac>"

    def _summation(self, part: Summation) -> str:
        return _row(f"<munder><mo>∑</mo>{_name(part.index)}</munder>", self._term(part.term))


def equality(*sides: str) -> str:
    """Join sides with equals signs; an empty first side continues an equation."""
    return _row(_EQUALS.join(sides))


def math(content: str, *, alone: bool = False) -> str:
    """Make a formula, on a line of its own or within one, with fractions in full size."""
    place = 'display="block"' if alone else 'displaystyle="true"'
    return f"<math {place}>{content}</math>"


def number_markup(text: str) -> str:
    """Write a number in plain characters, such as -4.2484e-18, as in print."""
    digits = text.removeprefix("-")
    mantissa, has_exponent, exponent = digits.partition("e")
    number = _NO_DIGITS.get(digits) or f"<mn>{escape(mantissa)}</mn>"
    if has_exponent:
        power = number_markup(str(int(exponent)))
        number = _row(number, _TIMES, f"<msup><mn>10</mn>{power}</msup>")
    return _row(MathMl.sign, number) if text.startswith("-") else number


def _fenced(before: str, content: str, after: str) -> str:
    """Put brackets around content, which grow with a fraction or a Σ, but not with an index."""
    mark = "mo" if any(tall in content for tall in _TALL) else 'mo stretchy="false"'
    return _row(f"<{mark}>{before}</mo>", content, f"<{mark}>{after}</mo>")


def _letters(name: str, index: str = "") -> str:
    """Write a letter with its index, and functions such as log, or a ∂, before it."""
    *functions, letter = name.replace("∂", "∂ ").split()
    before = "".join(map(_function, functions))
    return _row(before, _indexed(letter, index)) if before else _indexed(letter, index)


def _function(name: str) -> str:
    """Write log, or log2 with its base below the line; ∂ binds closer than a function."""
    if name == "∂":
        return _name(name)
    base = name.lstrip("abcdefghijklmnopqrstuvwxyz")
    return _indexed(name.removesuffix(base), base) + _APPLIED + _THIN_SPACE


def _indexed(name: str, index: str) -> str:
    letter = _name(name.removesuffix("'"))
    place = (f"<mn>{index}</mn>" if index.isdigit() else _name(index)) if index else ""
    prime = _PRIME if name.endswith("'") else ""
    tag = f"m{'sub' if place else ''}{'sup' if prime else ''}"
    return f"<{tag}>{letter}{place}{prime}</{tag}>" if place or prime else letter


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


def _name(text: str) -> str:
    return f"<mi>{escape(text)}</mi>"


def _row(*parts: str) -> str:
    """Make one element of several."""
    return f"<mrow>{''.join(parts)}</mrow>"
