r"""Formulas in LaTeX, of which amsmath and MathJax understand all: \frac{\exp(z_0)}{S}."""

from collections.abc import Iterator

from xent.explanation.expression import (
    Call,
    Expression,
    NumberList,
    Negative,
    Number,
    Product,
    Ratio,
    Elided,
    Sum,
    Symbol,
    Summation,
)
from xent.explanation.math.text import TextMath
from xent.explanation.math.writer import MathWriter, Numeral

_NAMES = {
    "∂": r"\partial",
    "ε": r"\varepsilon",
    "l": r"\ell",  # in italics an l is too much like a 1
    "log": r"\log",
    "log2": r"\log_2",
    "log1p": r"\operatorname{log1p}",
}
_TALL = (r"\frac", r"\sum", r"\begin", r"\underbrace")

# Terms, or numbers side by side, go on in a new line where they are wider than so many digits.
_WIDTH = 56


class LatexMath(MathWriter):
    """Formulas as they are set in a book, long sums on several lines."""

    def __init__(self, numeral: Numeral) -> None:
        super().__init__(numeral)
        self._measure = _Measure(numeral)

    def width(self, part: Expression) -> int:
        """About how wide a part is on one line, in digits: a digit is half an em."""
        return len(self._measure.write(part))

    def lines(self, part: Expression) -> list[str]:
        """A part on as many lines as it needs, a sum broken before a plus or a minus."""
        if isinstance(part, Sum):
            return self._filled(part.terms, [*self._signed(part)])
        return [self.write(part)]

    def parenthesized(self, text: str) -> str:
        """In parentheses, large ones around what is higher than a line."""
        tall = any(command in text for command in _TALL)
        return rf"\left({text}\right)" if tall else f"({text})"

    def symbol(self, part: Symbol) -> str:
        """Italic where it is one letter, upright where it is a word."""
        if part.name.startswith("["):
            return part.name
        above, over, below = part.name.partition("/")
        if over:
            return rf"\frac{{{_letters(above)}}}{{{_letters(below, part.index)}}}"
        return _letters(part.name, part.index)

    def number(self, part: Number) -> str:
        """As in print, with a power of ten for an exponent."""
        return latex_numeral(self.numeral(part.value))

    def elided(self, part: Elided) -> str:
        """Their sum, and how many there are below a brace."""
        total = self.grouped(Number(part.value))
        return rf"\underbrace{{{total}}}_{{\text{{{part.count:,} more}}}}"

    def call(self, part: Call) -> str:
        r"""\exp(z)."""
        name = _NAMES.get(part.function, rf"\{part.function}")
        return name + self.parenthesized(self.write(part.argument))

    def numberlist(self, part: NumberList) -> str:
        """With commas."""
        *most, last = map(self.write, part.elements)
        return _block(self._filled(part.elements, [*(f"{text}, " for text in most), last]))

    def negative(self, part: Negative) -> str:
        """-x."""
        return f"-{self.grouped(part.term, Sum, Negative)}"

    def sum(self, part: Sum) -> str:
        """X + y - z."""
        return _block(self._filled(part.terms, [*self._signed(part)]))

    def product(self, part: Product) -> str:
        r"""X \cdot y."""
        return r" \cdot ".join(map(self._factor, part.factors))

    def ratio(self, part: Ratio) -> str:
        """A fraction, whose line groups what is above and below it."""
        return rf"\frac{{{self.write(part.numerator)}}}{{{self.write(part.denominator)}}}"

    def summation(self, part: Summation) -> str:
        r"""\sum_c x."""
        return rf"\sum_{part.index} {self.grouped(part.term, Sum, Negative)}"

    def _signed(self, part: Sum) -> Iterator[str]:
        """Each term with its sign before it."""
        first, *others = part.terms
        yield self.write(first)
        for term in others:
            if isinstance(term, Negative):
                yield f" - {self.grouped(term.term, Sum, Negative)}"
            else:
                yield f" + {self.grouped(term)}"

    def _factor(self, factor: Expression) -> str:
        """A power of ten is in parentheses here, being a product itself."""
        text = self.grouped(factor, Sum, Negative)
        return f"({text})" if isinstance(factor, Number) and text[-1] == "}" else text

    def _filled(self, parts: tuple[Expression, ...], texts: list[str]) -> list[str]:
        """Texts in lines, as many in each as there is room for."""
        lines, room = [""], _WIDTH
        for part, text in zip(parts, texts, strict=True):
            needed = self.width(part) + 3
            if needed > room and lines[-1]:
                lines.append("")
                room = _WIDTH
            lines[-1] += text
            room -= needed
        return [line.strip() for line in lines]


class _Measure(TextMath):
    """Writes, in place of a formula, characters that are about as wide all together."""

    def number(self, part: Number) -> str:
        return self.numeral(part.value).replace("e", "·10·")

    def elided(self, part: Elided) -> str:
        return max(f"{part.count:,} more", self.number(Number(part.value)), key=len)

    def ratio(self, part: Ratio) -> str:
        return max(self.write(part.numerator), self.write(part.denominator), key=len)


def latex_numeral(text: str) -> str:
    """A number in plain characters, such as -4.2484e-18, as in print."""
    digits = text.removeprefix("-")
    sign = text[: -len(digits)]
    if digits == "inf":
        return rf"{sign}\infty"
    if digits == "nan":
        return r"\mathrm{nan}"
    mantissa, has_exponent, exponent = digits.partition("e")
    power = rf" \times 10^{{{int(exponent)}}}" if has_exponent else ""
    return f"{sign}{mantissa}{power}"


def _block(lines: list[str]) -> str:
    """Lines within a formula, one below the other."""
    if len(lines) == 1:
        return lines[0]
    rows = r" \\ {}".join(lines)
    return rf"\begin{{gathered}} {rows} \end{{gathered}}"


def _letters(name: str, index: str = "") -> str:
    r"""A letter with its index, and what stands before it: \log p_{12}."""
    *before, letter = map(_name, name.replace("∂", "∂ ").split())
    return " ".join([*before, letter + _subscript(index)])


def _subscript(index: str) -> str:
    if len(index) > 1:
        return f"_{{{index}}}"
    return f"_{index}" if index else ""


def _name(name: str) -> str:
    letter = name.rstrip("'")
    primes = name[len(letter) :]
    upright = letter if len(letter) == 1 else rf"\mathrm{{{letter}}}"
    return _NAMES.get(letter, upright) + primes
