"""What the tests compare with: none of it is the program's own code."""

import csv
import io
import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from mpmath import mp, mpf

mp.dps = 60


@dataclass(frozen=True, slots=True)
class TrueRow:
    """A row to 60 digits: the exponential of each logit, however small or large, and their sum."""

    exponentials: list[mpf]
    total: mpf

    @classmethod
    def of(cls, logits: Iterable[float], temperature: float = 1.0) -> "TrueRow":
        exponentials = [mp.exp(mpf(value) / temperature) for value in logits]
        return cls(exponentials, mp.fsum(exponentials))

    def nll(self, c: int) -> mpf:
        """-ln p_c. For a p_c near 1, of which 60 digits are not enough, from the other classes."""
        own = self.exponentials[c]
        if 2 * own < self.total:
            return mp.log(self.total / own)
        others = (value for at, value in enumerate(self.exponentials) if at != c)
        return mp.log1p(mp.fsum(others) / own)

    def expected(self, shares: Iterable[mpf]) -> mpf:
        """Σ_c share_c·(-ln p_c), in which a share of 0 leaves its class out."""
        return mp.fsum(share * self.nll(c) for c, share in enumerate(shares) if share)


def true_loss(logits: Iterable[float], target: int) -> mpf:
    """The loss of a row to 60 digits, however small it is."""
    return TrueRow.of(logits).nll(target)


def ulps(found: float, true: mpf) -> float:
    """How many units in the last place of the true value lie between it and what was found."""
    return float(abs(mpf(found) - true) / mpf(math.ulp(float(true))))


def most_ulps(found: Iterable[float], true: Iterable[mpf]) -> float:
    """The largest of the errors of many losses, nan if one of them is nan."""
    errors = [ulps(loss, exact) for loss, exact in zip(found, true, strict=True)]
    return math.nan if any(map(math.isnan, errors)) else max(errors)


def exact_mean(values: Iterable[float]) -> float:
    """The mean in rational arithmetic, rounded once."""
    fractions = [Fraction(value) for value in values]
    return float(sum(fractions, Fraction()) / len(fractions))


def slowly_read(text: str, delimiter: str) -> list[list[float]]:
    """Numbers as the csv module splits them and Python reads them."""
    return [
        [float(cell) for cell in row]
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        if row
    ]
