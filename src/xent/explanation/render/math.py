"""Formulas and equations in plain characters: p₀ = exp(z₀)/S = exp(1)/4.7183 = 0.5761."""

from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import Self

from xent.explanation.equation import Equation
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
from xent.numbers import format_short

NumberFormat = Callable[[float], str]
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class TextMath:
    """Write expressions on one line, as they are typed, with subscripts where Unicode has them.

    A subclass is another notation, and overrides what it writes differently.

    Attributes:
        format_number: Writes a number, in plain characters.
        plus: What stands between two terms.
        minus: What stands before a term that is subtracted.
        sign: What stands before a negative number or term.
    """

    plus, minus, sign = " + ", " - ", "-"

    def __init__(self, format_number: NumberFormat = str) -> None:
        self.format_number = format_number

    @classmethod
    def rounding(cls, digits: int) -> Self:
        """Return a writer of numbers with at most so many digits after the point."""
        return cls(lambda value: format_short(value, digits))

    def write(self, part: Expression) -> str:
        """Write an expression, with the method of its type's name, as `ast.NodeVisitor` does."""
        text: str = getattr(self, f"_{type(part).__name__.lower()}")(part)
        return text

    def _grouped(self, part: Expression, *kinds: type[Expression]) -> str:
        """Write a part, in parentheses if it is of one of these types or a negative number."""
        below_zero = isinstance(part, Number) and self.format_number(part.value).startswith("-")
        text = self.write(part)
        return self._parenthesized(text) if below_zero or isinstance(part, kinds) else text

    def _term(self, part: Expression) -> str:
        return self._grouped(part, Sum, Negative)

    def _signed(self, part: Sum) -> list[str]:
        """Write each term of a sum with its sign before it."""
        first, *others = part.terms
        return [
            self.write(first),
            *(
                self.minus + self._term(term.term)
                if isinstance(term, Negative)
                else self.plus + self._grouped(term)
                for term in others
            ),
        ]

    def _parenthesized(self, text: str) -> str:
        return f"({text})"

    def _symbol(self, part: Symbol) -> str:
        if part.index.isdigit():
            return part.name + part.index.translate(_SUBSCRIPTS)
        return f"{part.name}[{part.index}]" if part.index else part.name

    def _number(self, part: Number) -> str:
        return self.format_number(part.value)

    def _elided(self, part: Elided) -> str:
        return f"(… {part.count:,} more, together {self.format_number(part.value)})"

    def _call(self, part: Call) -> str:
        return f"{part.function}({self.write(part.argument)})"

    def _numberlist(self, part: NumberList) -> str:
        return ", ".join(map(self.write, part.elements))

    def _negative(self, part: Negative) -> str:
        return self.sign + self._term(part.term)

    def _sum(self, part: Sum) -> str:
        return "".join(self._signed(part))

    def _product(self, part: Product) -> str:
        return "·".join(map(self._term, part.factors))

    def _ratio(self, part: Ratio) -> str:
        above = self._term(part.numerator)
        below = self._grouped(part.denominator, Sum, Negative, Product, Ratio)
        return f"{above} / {below}" if " " in above + below else f"{above}/{below}"

    def _summation(self, part: Summation) -> str:
        return f"Σ {self._term(part.term)}"


class TypesetWidth(TextMath):
    """Write as many characters as a formula is wide where fractions are stacked."""

    def _ratio(self, part: Ratio) -> str:
        return max(self.write(part.numerator), self.write(part.denominator), key=len)


def equation_parts(equation: Equation, digits: int) -> list[str]:
    """Return what stands between the equals signs: left, symbolic, substituted and value.

    The substituted numbers have as many digits as give the value in the digits shown.
    """
    writer = TextMath.rounding(equation.operand_digits(digits))
    return [*map(writer.write, equation.sides), equation.result(digits)]


def equation_lines(equations: Sequence[Equation], digits: int, width: int) -> Iterator[str]:
    """Align equations of the same shape; break one that is too wide at its equals signs."""
    rows = [equation_parts(equation, digits) for equation in equations]
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    if sum(widths) + 3 * (len(widths) - 1) <= width and len({*map(len, rows)}) == 1:
        for row in rows:
            cells = (part.ljust(size) for part, size in zip(row, widths, strict=True))
            yield " = ".join(cells).rstrip()
        return
    for row in rows:
        line = " = ".join(row)
        yield from [line] if len(line) <= width else _broken(row, width)


def _broken(parts: list[str], width: int) -> Iterator[str]:
    """Put each side on lines of its own, long sums broken between their terms."""
    left, *sides = parts
    start = f"{left} = "
    for side in sides:
        room = max(width - len(start), 20)
        lines = wrap(side, room, break_long_words=False, break_on_hyphens=False)
        yield start + lines[0]
        yield from (" " * len(start) + line for line in lines[1:])
        start = f"{' ' * len(left)} = "
