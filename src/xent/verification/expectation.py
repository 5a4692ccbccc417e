"""The search for a number: which conventions give it."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import exp, isfinite, nan, ulp
from typing import Any

from xent.verification.conventions import Changes, Convention, conventions_for
from xent.verification.differences import size_of
from xent.verification.recipe import Recipe
from xent.verification.searched_rows import SearchedRows

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
        is_exact: Whether the number is that of all rows, not one that a sample tells.
    """

    conventions: tuple[Convention, ...]
    value: float
    command: str = ""
    is_exact: bool = True

    @property
    def says(self) -> str:
        """Return what the conventions do, as a noun."""
        if not self.conventions:
            return "the loss as xent and PyTorch calculate it"
        clauses = ", and ".join(each.says for each in self.conventions)
        is_adverbial = clauses.startswith(("in ", "with ", "without "))
        return f"the loss {clauses}" if is_adverbial else clauses

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
        sample: The rows that ruled out pairs of conventions; "" where all rows did.
    """

    expected: Expected
    loss: float
    hits: tuple[Hit, ...]
    nearest: tuple[Hit, ...]
    tried: int
    chance: float
    denominator: float | None
    rows: int
    sample: str = ""

    @property
    def is_answered(self) -> bool:
        """Return whether something gives the number, and hardly by chance."""
        return bool(self.hits) and (self.chance <= _MOST_CHANCE or not self.hits[0].conventions)


# Reads the input with other options; None where it cannot be read so.
Reread = Callable[[Changes], SearchedRows | None]


def search(
    rows: SearchedRows,
    expected: Expected,
    words: Sequence[str],
    batch_size: int | None,
    reread: Reread,
) -> Search:
    """Search the conventions, then pairs of them, for those that give a number.

    Where not all rows are in memory, each convention is calculated over all of them as they are
    read again; of the pairs, those that a sample does not rule out.

    Args:
        rows: The rows.
        expected: The number.
        words: The arguments of the command line that name the rows and the options.
        batch_size: The rows of a batch; None for no batches.
        reread: Reads the input again with other options.
    """
    conventions = conventions_for(rows.problem, batch_size, has_ignored=rows.sums.ignored > 0)
    candidates = _Candidates(rows, conventions, reread, expected)
    own = Hit((), rows.loss, _command(words, ()))
    hits: tuple[Hit, ...] = ()
    chance, tried = 0.0, [own]
    if expected.fits(own.value, 0.0):
        hits = (own,)
    sample = ""
    for level in (candidates.singles, candidates.pairs):
        if hits:
            break
        sample = rows.problem.extent if level == candidates.pairs else ""
        found = [*level()]
        tried += found
        hits = tuple(
            hit
            for hit in found
            if hit.is_exact and expected.fits(hit.value, candidates.rounding(hit))
        )
        chance = _chance(expected, tried, candidates)
    shown = tuple(_with_command(hit, words) for hit in hits[:_MOST_ANSWERS])
    weights = rows.sums.weight
    uneven = float(weights) != rows.sums.counted
    return Search(
        expected,
        own.value,
        shown,
        () if hits else tuple(_with_command(hit, words) for hit in _nearest(expected, tried)),
        len({hit.value for hit in tried}),
        chance,
        float(weights) if uneven else None,
        rows.sums.counted,
        sample,
    )


class _Candidates:
    """All conventions and pairs of them that change the number."""

    def __init__(
        self,
        rows: SearchedRows,
        conventions: Sequence[Convention],
        reread: Reread,
        expected: Expected,
    ) -> None:
        self._conventions, self._reread, self._expected = conventions, reread, expected
        self._rows: dict[tuple[Any, ...], SearchedRows | None] = {(): rows}
        size = size_of(rows.problem)
        if rows.problem.is_sum:
            size *= rows.problem.total / rows.problem.rows
        self._base, self._size = rows.loss, size
        self._values: dict[str, float | None] = {}

    def singles(self) -> Iterator[Hit]:
        """Yield each convention that makes a difference."""
        alone = [(each,) for each in self._conventions]
        for (each,), value in zip(alone, self._exact(alone), strict=True):
            self._values[each.name] = value
            if value is not None and not self._is_near(value, self._base):
                yield Hit((each,), value)

    def pairs(self) -> Iterator[Hit]:
        """Yield each pair that makes another difference than one of the two alone."""
        useful = [each for each in self._conventions if self._values[each.name] is not None]
        pairs = [pair for pair in combinations(useful, 2) if not pair[0].fields & pair[1].fields]
        possible = [pair for pair in pairs if self._is_possible(pair)]
        exact = dict(zip(possible, self._exact(possible), strict=True))
        for pair in pairs:
            value = exact[pair] if pair in exact else self._estimate(pair)[0]
            if value is None or not isfinite(value):
                continue
            alone = (self._base, *(self._values[each.name] for each in pair))
            if not any(other is not None and self._is_near(value, other) for other in alone):
                yield Hit(pair, value, is_exact=pair in exact)

    def rounding(self, hit: Hit) -> float:
        """Return how exact the number of a candidate is."""
        single = any(each.name == "float32" for each in hit.conventions)
        size = max(self._size, abs(hit.value))
        return (_SINGLE if single else _DOUBLE) * size

    def _is_near(self, value: float, other: float) -> bool:
        return abs(value - other) <= _DOUBLE * max(self._size, abs(value))

    def _is_possible(self, conventions: tuple[Convention, ...]) -> bool:
        """Whether a sample does not rule out that conventions give the expected number."""
        value, error = self._estimate(conventions)
        return not abs(value - self._expected.value) > error + self._expected.unit or not error

    def _estimate(self, conventions: tuple[Convention, ...]) -> tuple[float, float]:
        rows = self._read(conventions)
        if rows is None:
            return nan, 0.0
        return rows.estimate(_recipe(rows, conventions))

    def _exact(self, candidates: Sequence[tuple[Convention, ...]]) -> list[float | None]:
        """Return the number of each candidate; None where there is none."""
        found: dict[tuple[Convention, ...], float | None] = dict.fromkeys(candidates)
        for reads in dict.fromkeys(map(_reads, candidates)):
            alike = [each for each in candidates if _reads(each) == reads]
            rows = self._read(alike[0])
            if rows is not None:
                recipes = [_recipe(rows, each) for each in alike]
                found |= zip(alike, rows.values(recipes), strict=True)
        return [
            value if value is not None and isfinite(value) else None for value in found.values()
        ]

    def _read(self, conventions: tuple[Convention, ...]) -> SearchedRows | None:
        """Return the rows as conventions have them read."""
        reads = _reads(conventions)
        if reads not in self._rows:
            self._rows[reads] = self._reread(dict(reads))
        return self._rows[reads]


def _reads(conventions: tuple[Convention, ...]) -> tuple[tuple[str, Any], ...]:
    return tuple(pair for each in conventions for pair in each.reads)


def _recipe(rows: SearchedRows, conventions: tuple[Convention, ...]) -> Recipe:
    recipe = Recipe.of(rows.problem)
    for each in conventions:
        recipe = each.applied(recipe)
    return recipe


def _chance(expected: Expected, tried: Sequence[Hit], candidates: _Candidates) -> float:
    """Return the probability that some candidate hits a number near the expected one by chance.

    The candidates within a factor of two tell how densely their numbers lie there.
    """
    size = abs(expected.value) or expected.unit
    near = {hit.value: hit for hit in tried if abs(hit.value - expected.value) <= size / 2}
    widths = (1.5 * expected.unit + 2 * candidates.rounding(hit) for hit in near.values())
    return 1 - exp(-sum(widths) / size)


def _nearest(expected: Expected, tried: Sequence[Hit]) -> list[Hit]:
    exact = [hit for hit in tried if hit.is_exact]
    return sorted(exact, key=lambda hit: abs(hit.value - expected.value))[:3]


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
