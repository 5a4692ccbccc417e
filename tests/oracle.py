"""What the tests compare with: none of it is the program's own code."""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

from mpmath import mp, mpf

mp.dps = 60


def true_loss(logits: Sequence[float], target: int) -> mpf:
    """The loss of a row to 60 digits, by the textbook's formula."""
    exact = [mpf(value) for value in logits]
    largest = max(exact)
    return mp.log(mp.fsum(mp.exp(value - largest) for value in exact)) + largest - exact[target]


def true_confident_loss(logits: Sequence[float], target: int) -> mpf:
    """The loss of a row so confident that 60 digits of the sum are not enough."""
    exact = [mpf(value) for value in logits]
    others = [value - exact[target] for at, value in enumerate(exact) if at != target]
    return mp.log1p(mp.fsum(mp.exp(value) for value in others))


def ulps(found: float, true: mpf) -> float:
    """How many units in the last place of the true value lie between it and what was found."""
    return float(abs(mpf(found) - true) / mpf(math.ulp(float(true))))


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
