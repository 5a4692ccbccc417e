"""The walk through a formula, which every dialect shares."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

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

Numeral = Callable[[float], str]


class MathWriter(ABC):
    """Writes expressions. A dialect says how each kind of part is written.

    Attributes:
        numeral: How a number is written, in plain characters.
    """

    def __init__(self, numeral: Numeral) -> None:
        self.numeral = numeral
        self._writers: dict[type[Expression], Callable[[Any], str]] = {
            Symbol: self.symbol,
            Number: self.number,
            Elided: self.elided,
            Call: self.call,
            NumberList: self.numberlist,
            Negative: self.negative,
            Sum: self.sum,
            Product: self.product,
            Ratio: self.ratio,
            Summation: self.summation,
        }

    def write(self, part: Expression) -> str:
        """Write an expression, whatever its kind."""
        return self._writers[type(part)](part)

    def grouped(self, part: Expression, *kinds: type[Expression]) -> str:
        """The same, in parentheses where it is of one of these kinds, or a negative number."""
        below_zero = isinstance(part, Number) and self.numeral(part.value).startswith("-")
        text = self.write(part)
        return self.parenthesized(text) if isinstance(part, kinds) or below_zero else text

    @abstractmethod
    def parenthesized(self, text: str) -> str:
        """Something in parentheses."""

    @abstractmethod
    def symbol(self, part: Symbol) -> str:
        """A letter with its index."""

    @abstractmethod
    def number(self, part: Number) -> str:
        """A number."""

    @abstractmethod
    def elided(self, part: Elided) -> str:
        """What the terms that are not written add up to."""

    @abstractmethod
    def call(self, part: Call) -> str:
        """A function of something."""

    @abstractmethod
    def numberlist(self, part: NumberList) -> str:
        """Numbers side by side."""

    @abstractmethod
    def negative(self, part: Negative) -> str:
        """Minus something."""

    @abstractmethod
    def sum(self, part: Sum) -> str:
        """Terms that are added."""

    @abstractmethod
    def product(self, part: Product) -> str:
        """Factors that are multiplied."""

    @abstractmethod
    def ratio(self, part: Ratio) -> str:
        """A fraction."""

    @abstractmethod
    def summation(self, part: Summation) -> str:
        """Σ over an index."""
