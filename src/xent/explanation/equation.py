"""An equation of a derivation: in letters, in numbers, and what comes out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite, isnan

from xent.explanation.expression import Expression, Number, value_of
from xent.numbers import format_short, last_place, rounded

# In units of the last place shown.
_BELOW_A_TIE = Decimal("0.499")
# Digits beyond those asked for that an equation may need before a stabler one is shown instead.
_PATIENCE = 6
# What a double near 1 stands for, to 1e-25.
_MOST_DIGITS = 25

Operand = tuple[Expression, float | Expression]


@dataclass(frozen=True, slots=True)
class Equation:
    """left = symbolic = substituted = value.

    Attributes:
        left: What is calculated.
        symbolic: How, in letters; None where `left` says it.
        substituted: How, in numbers; None where there is nothing to calculate.
        value: What comes out.
        nearly: Whether the value is the double next to what comes out, and no more than that.
    """

    left: Expression
    symbolic: Expression | None
    substituted: Expression | None
    value: float
    nearly: bool = False

    @property
    def sides(self) -> tuple[Expression, ...]:
        """Return the expressions before, between and after the equals signs, without the value."""
        sides = (self.left, self.symbolic, self.substituted)
        return tuple(side for side in sides if side is not None)

    def result(self, digits: int) -> str:
        """Write the value: 1 where it is 1, 1.0000 where it is nearly that."""
        return rounded(self.value, digits) if self.nearly else format_short(self.value, digits)

    @classmethod
    def of(
        cls,
        left: Expression,
        formula: Callable[..., Expression],
        operands: Sequence[Operand],
        value: float,
    ) -> "Equation":
        """Write a formula twice, once with the letters of its operands, once with their numbers."""
        numbers = (
            number if isinstance(number, Expression) else Number(float(number))
            for _, number in operands
        )
        return cls(left, formula(*(letter for letter, _ in operands)), formula(*numbers), value)

    def operand_digits(self, digits: int) -> int:
        """Return how many digits the substituted numbers need, `digits` or more.

        With that many, a reader who evaluates what is written, and rounds to `digits`, finds what
        is written behind the equals sign: never 0.3049 where the sum of the shown terms is 0.3050.
        """
        return next(
            (more for more in range(digits, _MOST_DIGITS) if self.holds(digits, more)),
            _MOST_DIGITS,
        )

    def is_readable(self, digits: int) -> bool:
        """Return whether not far more digits than `digits` are needed."""
        return self.operand_digits(digits) <= digits + _PATIENCE

    def holds(self, digits: int, operand_digits: int) -> bool:
        """Return whether the numbers, with `operand_digits`, give the value as it is written."""
        if self.substituted is None:
            return True
        found = value_of(self.substituted, lambda value: format_short(value, operand_digits))
        if not isfinite(self.value):
            return float(found) == self.value or (found.is_nan() and isnan(self.value))
        # Not even a tie, which some round up and some to the even digit.
        shown = rounded(self.value, digits)
        gap = abs(found - Decimal(shown))
        return bool(gap < _BELOW_A_TIE * Decimal(last_place(shown)))


@dataclass(frozen=True, slots=True)
class ClassNumber:
    """A class that a sentence speaks of. What it is called is the report's to say."""

    number: int


Value = float | int | ClassNumber


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words with numbers among them.

    Attributes:
        template: The words; `{}` stands for each number, or class.
        values: The numbers; an integer is written as it is.
    """

    template: str
    values: tuple[Value, ...] = ()

    def text(self, digits: int, called: Callable[[int], str] = str) -> str:
        """Write the sentence with its numbers.

        Args:
            digits: How many digits they get.
            called: What a class is called, by its number.
        """
        return self.template.format(*(_written(value, digits, called) for value in self.values))


def _written(value: Value, digits: int, called: Callable[[int], str]) -> str:
    match value:
        case ClassNumber(number):
            return called(number)
        case int():
            return f"{value:,}"
    return format_short(value, digits)
