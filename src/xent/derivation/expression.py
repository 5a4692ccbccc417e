"""Formulas as trees, which are written in text, LaTeX or MathML, and evaluated as written."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp as exponential
from math import inf, isfinite, log, log1p, nan, prod
from typing import Literal

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
class Rest(Expression):
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
class Total(Expression):
    """Σ over an index, of a term that has it."""

    index: str
    term: Expression


@dataclass(frozen=True, slots=True)
class Listed(Expression):
    """Several numbers side by side."""

    elements: tuple[Expression, ...]


def exp(argument: Expression) -> Call:
    """E to the power of something."""
    return Call("exp", argument)


def ln(argument: Expression) -> Call:
    """The natural logarithm of something."""
    return Call("ln", argument)


def added(terms: tuple[Expression, ...]) -> Expression:
    """The sum of some terms, or the only one."""
    return terms[0] if len(terms) == 1 else Sum(terms)


def value_of(expression: Expression, written: Callable[[float], float]) -> float:
    """Evaluate an expression of numbers as a reader with a calculator would.

    Args:
        expression: Holds no symbols.
        written: What a reader sees of a number.

    Returns:
        Its value; nan where there is none.
    """

    def value(part: Expression) -> float:
        match part:
            case Number(number) | Rest(_, number):
                found = written(number)
            case Call("max", Listed(elements)):
                found = max(map(value, elements))
            case Call(function, argument):
                found = _FUNCTIONS[function](value(argument))
            case Negative(term):
                found = -value(term)
            case Sum(terms):
                found = sum(map(value, terms))
            case Product(factors):
                found = prod(map(value, factors))
            case Ratio(numerator, denominator):
                found = value(numerator) / value(denominator)
            case _:
                raise TypeError(f"{part} has no value")
        return found

    try:
        return value(expression)
    except (OverflowError, ValueError, ZeroDivisionError):
        return nan


def _terms(expression: Expression) -> tuple[Expression, ...]:
    return expression.terms if isinstance(expression, Sum) else (expression,)


def _factors(expression: Expression) -> tuple[Expression, ...]:
    return expression.factors if isinstance(expression, Product) else (expression,)


def _ln(value: float) -> float:
    if value == 0:
        return -inf
    return log(value) if isfinite(value) else value


_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "exp": lambda value: exponential(value) if value < 709 else inf,
    "ln": _ln,
    "log1p": log1p,
}
