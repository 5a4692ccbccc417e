"""Formulas on one line of plain characters: exp(z₀)/S."""

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

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class TextMath(MathWriter):
    """Formulas as they are typed, with subscripts where Unicode has them."""

    def parenthesized(self, text: str) -> str:
        """As on paper."""
        return f"({text})"

    def symbol(self, part: Symbol) -> str:
        """p₀ for a number as index, p[c] for a letter."""
        if part.index.isdigit():
            return part.name + part.index.translate(_SUBSCRIPTS)
        return f"{part.name}[{part.index}]" if part.index else part.name

    def number(self, part: Number) -> str:
        """As it is."""
        return self.numeral(part.value)

    def elided(self, part: Elided) -> str:
        """How many there are, and their sum."""
        return f"(… {part.count:,} more, together {self.numeral(part.value)})"

    def call(self, part: Call) -> str:
        """exp(z)."""
        return f"{part.function}({self.write(part.argument)})"

    def numberlist(self, part: NumberList) -> str:
        """With commas."""
        return ", ".join(map(self.write, part.elements))

    def negative(self, part: Negative) -> str:
        """-x."""
        return f"-{self.grouped(part.term, Sum, Negative)}"

    def sum(self, part: Sum) -> str:
        """X + y - z."""
        first, *others = part.terms
        return self.write(first) + "".join(map(self._added, others))

    def product(self, part: Product) -> str:
        """x·y."""
        return "·".join(self.grouped(factor, Sum, Negative) for factor in part.factors)

    def ratio(self, part: Ratio) -> str:
        """x/y, with blanks where the parts themselves have some."""
        above = self.grouped(part.numerator, Sum, Negative)
        below = self.grouped(part.denominator, Sum, Negative, Product, Ratio)
        return f"{above} / {below}" if " " in above + below else f"{above}/{below}"

    def summation(self, part: Summation) -> str:
        """Σ x."""
        return f"Σ {self.grouped(part.term, Sum, Negative)}"

    def _added(self, term: Expression) -> str:
        if isinstance(term, Negative):
            return f" - {self.grouped(term.term, Sum, Negative)}"
        return f" + {self.grouped(term)}"
