"""The search for a number: which conventions give it."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import exp, isfinite, ulp
from typing import Any

from xent.verification.conventions import Changes, Convention, conventions_for
from xent.verification.differences import size_of
from xent.verification.problem import Problem
from xent.verification.recipe import Calculator, Recipe

# Up to this probability of a hit by chance a hit is an answer.
_MOST_CHANCE = 0.02
# Hits that are told.
_MOST_ANSWERS = 5
# Rounding errors, in units of the numbers on the way to a loss.
_DOUBLE, _SINGLE = 8 * 2.0**-52, 4 * 2.0**-23


@dataclass(frozen=True, slots=True)
class Expected:
    """A number as it was typed.

    Attributes:
        text: What was typed.
        value: The number.
        unit: What a unit in its last digit is worth.
    """

    text: str
    value: float
    unit: float

    @classmethod
    def of(cls, text: str) -> "Expected":
        """Read a number.

        Raises:
            ValueError: It is not a finite number.
        """
        value = float(text)
        if not isfinite(value):
            raise ValueError(text)
        mantissa, _, exponent = text.strip().lower().partition("e")
        unit = 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
        return cls(text.strip(), value, unit)

    def fits(self, value: float, rounding: float) -> bool:
        """Return whether a number rounds, or is cut off, to the digits that were typed.

        Args:
            value: The number.
            rounding: How much less exact it may be.
        """
        if not isfinite(value):
            return False
        slack = rounding + 2 * ulp(self.value)
        rounded = abs(value - self.value) <= self.unit / 2 + slack
        beyond = (value - self.value) * (1 if self.value >= 0 else -1)
        return rounded or -slack <= beyond < self.unit


@dataclass(frozen=True, slots=True)
class Hit:
    """Conventions that give a number.

    Attributes:
        conventions: The conventions; none for xent's own.
        value: The number that they give.
        command: The command that prints the number; "" where there is none.
    """

    conventions: tuple[Convention, ...]
    value: float
    command: str = ""

    @property
    def says(self) -> str:
        """Return what the conventions do, in a clause."""
        if not self.conventions:
            return "the loss as xent and PyTorch calculate it"
        return ", and ".join(each.says for each in self.conventions)

    @property
    def code(self) -> str:
        """Lines of Python that calculate so."""
        return "; ".join(each.code for each in self.conventions if each.code)


@dataclass(frozen=True, slots=True)
class Search:
    """What a search for a number found.

    Attributes:
        expected: The number.
        loss: The loss that xent finds.
        hits: What gives the number, all of them equally simple.
        nearest: What comes nearest, where nothing gives it.
        tried: How many different numbers the conventions give.
        chance: The probability that a number like that is hit by chance.
        denominator: Σ w, which the mean divides by; None where it is the number of rows.
        rows: The rows that count.
    """

    expected: Expected
    loss: float
    hits: tuple[Hit, ...]
    nearest: tuple[Hit, ...]
    tried: int
    chance: float
    denominator: float | None
    rows: int

    @property
    def is_answered(self) -> bool:
        """Return whether something gives the number, and hardly by chance."""
        return bool(self.hits) and (self.chance <= _MOST_CHANCE or not self.hits[0].conventions)


Reread = Callable[[Changes], Problem | None]


def search(
    problem: Problem,
    expected: Expected,
    words: Sequence[str],
    batch_size: int | None,
    reread: Reread,
) -> Search:
    """Search the conventions, then pairs of them, for those that give a number.

    Args:
        problem: All rows.
        expected: The number.
        words: The arguments of the command line that name the rows and the options.
        batch_size: The rows of a batch; None for no batches.
        reread: Reads the input again with other options.
    """
    candidates = _Candidates(problem, conventions_for(problem, batch_size), reread)
    own = Hit((), problem.loss, _command(words, ()))
    hits: tuple[Hit, ...] = ()
    chance, tried = 0.0, [own]
    if expected.fits(own.value, 0.0):
        hits = (own,)
    for level in (candidates.singles, candidates.pairs):
        if hits:
            break
        found = [*level()]
        tried += found
        hits = tuple(hit for hit in found if expected.fits(hit.value, candidates.rounding(hit)))
        chance = _chance(expected, tried, candidates)
    shown = tuple(_with_command(hit, words) for hit in hits[:_MOST_ANSWERS])
    weights = problem.sums.weight
    uneven = float(weights) != problem.sums.counted
    return Search(
        expected,
        own.value,
        shown,
        () if hits else tuple(_with_command(hit, words) for hit in _nearest(expected, tried)),
        len({hit.value for hit in tried}),
        chance,
        float(weights) if uneven else None,
        problem.sums.counted,
    )


class _Candidates:
    """All conventions and pairs of them that change the number."""

    def __init__(self, problem: Problem, conventions: Sequence[Convention], reread: Reread) -> None:
        self._conventions, self._reread = conventions, reread
        self._calculators: dict[tuple[Any, ...], Calculator | None] = {(): Calculator(problem)}
        self._base, self._size = problem.loss, size_of(problem)
        self._values: dict[str, float | None] = {}

    def singles(self) -> Iterator[Hit]:
        """Yield each convention that makes a difference."""
        for each in self._conventions:
            value = self._values[each.name] = self._value((each,))
            if value is not None and not self._is_near(value, self._base):
                yield Hit((each,), value)

    def pairs(self) -> Iterator[Hit]:
        """Yield each pair that makes another difference than one of the two alone."""
        useful = [each for each in self._conventions if self._values[each.name] is not None]
        for first, second in combinations(useful, 2):
            if first.fields & second.fields:
                continue
            value = self._value((first, second))
            if value is None:
                continue
            alone = (self._base, self._values[first.name], self._values[second.name])
            if not any(other is not None and self._is_near(value, other) for other in alone):
                yield Hit((first, second), value)

    def rounding(self, hit: Hit) -> float:
        """Return how exact the number of a candidate is."""
        single = any(each.name == "float32" for each in hit.conventions)
        size = max(self._size, abs(hit.value))
        return (_SINGLE if single else _DOUBLE) * size

    def _is_near(self, value: float, other: float) -> bool:
        return abs(value - other) <= _DOUBLE * max(self._size, abs(value))

    def _value(self, conventions: tuple[Convention, ...]) -> float | None:
        reads = tuple(pair for each in conventions for pair in each.reads)
        if reads not in self._calculators:
            problem = self._reread(dict(reads))
            self._calculators[reads] = None if problem is None else Calculator(problem)
        calculator = self._calculators[reads]
        if calculator is None:
            return None
        recipe = Recipe.of(calculator.problem)
        for each in conventions:
            recipe = each.applied(recipe)
        value = calculator.value(recipe)
        return value if isfinite(value) else None


def _chance(expected: Expected, tried: Sequence[Hit], candidates: _Candidates) -> float:
    """Return the probability that some candidate hits a number near the expected one by chance.

    The candidates within a factor of two tell how densely their numbers lie there.
    """
    size = abs(expected.value) or expected.unit
    near = {hit.value: hit for hit in tried if abs(hit.value - expected.value) <= size / 2}
    widths = (1.5 * expected.unit + 2 * candidates.rounding(hit) for hit in near.values())
    return 1 - exp(-sum(widths) / size)


def _nearest(expected: Expected, tried: Sequence[Hit]) -> list[Hit]:
    return sorted(tried, key=lambda hit: abs(hit.value - expected.value))[:3]


def _with_command(hit: Hit, words: Sequence[str]) -> Hit:
    return Hit(hit.conventions, hit.value, _command(words, hit.conventions))


def _command(words: Sequence[str], conventions: Sequence[Convention]) -> str:
    """Return the command of xent that prints the number of some conventions, if there is one."""
    if any(each.options is None for each in conventions):
        return ""
    line = ["xent", "compute", "-q", *words]
    for each in conventions:
        for name, value in each.options or ():
            line = _with_option(line, name, value)
    return shlex.join(line)


def _with_option(line: list[str], name: str, value: Any) -> list[str]:  # noqa: ANN401  any option
    """Return a command with an option of another value, or without it."""
    flag = f"--{name.replace('_', '-')}"
    if flag in line:
        at = line.index(flag)
        takes_value = name != "shift"
        line = line[:at] + line[at + 1 + int(takes_value) :]
    if value is None or value is False:
        return line
    return [*line, flag] if value is True else [*line, flag, str(value)]
