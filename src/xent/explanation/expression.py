"""Formulas as trees, which are written as text or MathML, and evaluated as written."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from math import prod
from typing import Literal

# Of the decimal arithmetic in which a formula is evaluated as it is written.
_DIGITS = 60

Function = Literal["exp", "ln", "log1p", "max"]


class Expression:
    """Something that can be calculated with, so that code reads like the formula it builds."""

    __slots__ = ()

    def __add__(self, other: "Expression") -> "Sum":
        return Sum((*_terms(self), *_terms(other)))

    def __sub__(self, other: "Expression") -> "Sum":
        return Sum((*_terms(self), Negative(other)))

    def __mul__(self, other: "Expression") -> "Product":
        return Product((*_factors(self), *_factors(other)))

    def __truediv__(self, other: "Expression") -> "Ratio":
        return Ratio(self, other)

    def __neg__(self) -> "Negative":
        return Negative(self)


@dataclass(frozen=True, slots=True)
class Symbol(Expression):
    """A quantity by its letter, such as p with the index 0."""

    name: str
    index: str = ""


@dataclass(frozen=True, slots=True)
class Number(Expression):
    """A number, written with as many digits as its equation needs."""

    value: float


@dataclass(frozen=True, slots=True)
class Elided(Expression):
    """Terms that are too many to be written, and what they add up to."""

    count: int
    value: float


@dataclass(frozen=True, slots=True)
class Call(Expression):
    """A function of something."""

    function: Function
    argument: Expression


@dataclass(frozen=True, slots=True)
class Negative(Expression):
    """Minus something."""

    term: Expression


@dataclass(frozen=True, slots=True)
class Sum(Expression):
    """Terms that are added; a negative one is subtracted."""

    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Product(Expression):
    """Factors that are multiplied."""

    factors: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Ratio(Expression):
    """A fraction."""

    numerator: Expression
    denominator: Expression


@dataclass(frozen=True, slots=True)
class Summation(Expression):
    """Σ over an index, of a term that has it."""

    index: str
    term: Expression


@dataclass(frozen=True, slots=True)
class NumberList(Expression):
    """Several numbers side by side."""

    elements: tuple[Expression, ...]


def exp(argument: Expression) -> Call:
    """Return e to the power of something."""
    return Call("exp", argument)


def ln(argument: Expression) -> Call:
    """Return the natural logarithm of something."""
    return Call("ln", argument)


def added(terms: tuple[Expression, ...]) -> Expression:
    """Return the sum of some terms, or the only one."""
    return terms[0] if len(terms) == 1 else Sum(terms)


def value_of(expression: Expression, written: Callable[[float], str]) -> Decimal:
    """Evaluate an expression of numbers as a reader with a good calculator would.

    In decimal numbers, for these are what is read: ln 0.9999999999999971 is not quite the
    logarithm of the double that was written so.

    Args:
        expression: Holds no symbols.
        written: What a reader sees of a number.

    Returns:
        Its value; NaN where there is none.
    """

    def value(part: Expression) -> Decimal:
        match part:
            case Number(number) | Elided(_, number):
                found = Decimal(written(number))
            case Call("max", NumberList(elements)):
                found = max(map(value, elements))
            case Call(function, argument):
                found = _FUNCTIONS[function](value(argument))
            case Negative(term):
                found = -value(term)
            case Sum(terms):
                found = sum(map(value, terms), Decimal())
            case Product(factors):
                found = prod(map(value, factors), start=Decimal(1))
            case Ratio(numerator, denominator):
                found = value(numerator) / value(denominator)
            case _:
                raise TypeError(f"{part} has no value")
        return found

    with localcontext(Context(prec=_DIGITS, traps=[])):
        return value(expression)


def _terms(expression: Expression) -> tuple[Expression, ...]:
    return expression.terms if isinstance(expression, Sum) else (expression,)


def _factors(expression: Expression) -> tuple[Expression, ...]:
    return expression.factors if isinstance(expression, Product) else (expression,)


def _log1p(value: Decimal) -> Decimal:
    # Below, 1 + x would lose the digits of x, and the series needs no third term.
    return value - value * value / 2 if abs(value) < Decimal("1e-20") else (1 + value).ln()


_FUNCTIONS: dict[str, Callable[[Decimal], Decimal]] = {
    "exp": Decimal.exp,
    "ln": Decimal.ln,
    "log1p": _log1p,
}
