"""The walk through a formula, which every dialect shares."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from xent.explanation.expression import (
    Call,
    Expression,
    Listed,
    Negative,
    Number,
    Product,
    Ratio,
    Rest,
    Sum,
    Symbol,
    Total,
)

NumberFormat = Callable[[float], str]


class MathWriter(ABC):
    """Writes expressions. A dialect says how each kind of part is written.

    Attributes:
        format_number: Writes a number, in plain characters.
    """

    def __init__(self, format_number: NumberFormat) -> None:
        self.format_number = format_number
        self._writers: dict[type[Expression], Callable[[Any], str]] = {
            Symbol: self.symbol,
            Number: self.number,
            Rest: self.rest,
            Call: self.call,
            Listed: self.listed,
            Negative: self.negative,
            Sum: self.sum,
            Product: self.product,
            Ratio: self.ratio,
            Total: self.total,
        }

    def write(self, part: Expression) -> str:
        """Write an expression, whatever its kind."""
        return self._writers[type(part)](part)

    def grouped(self, part: Expression, *kinds: type[Expression]) -> str:
        """The same, in parentheses where it is of one of these kinds, or a negative number."""
        below_zero = isinstance(part, Number) and self.format_number(part.value).startswith("-")
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
    def rest(self, part: Rest) -> str:
        """What the terms that are not written add up to."""

    @abstractmethod
    def call(self, part: Call) -> str:
        """A function of something."""

    @abstractmethod
    def listed(self, part: Listed) -> str:
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
    def total(self, part: Total) -> str:
        """Σ over an index."""
