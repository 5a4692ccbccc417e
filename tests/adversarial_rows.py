"""Rows that are hard on a loss: of each kind as many as are asked for, the same every time."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from mpmath import mpf
from numpy.typing import NDArray

from oracle import true_loss

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Logits (n, C), and the class (n,) that each row should have."""

    logits: Matrix
    targets: NDArray[np.int64]

    def true_losses(self) -> list[mpf]:
        """The loss of each row to 60 digits."""
        pairs = zip(self.logits.tolist(), self.targets.tolist(), strict=True)
        return [true_loss(row, target) for row, target in pairs]


Maker = Callable[[np.random.Generator, int, int], Rows]


def rows_of(kind: str, classes: int, count: int) -> Rows:
    """Rows of one of `KINDS`, the same for the same arguments."""
    return KINDS[kind](np.random.default_rng([classes, *kind.encode()]), count, classes)


def _anywhere(rng: np.random.Generator, logits: Matrix) -> Rows:
    return Rows(logits, rng.integers(logits.shape[1], size=len(logits)))


def _with_one(rng: np.random.Generator, logits: Matrix, value: Matrix | float) -> Rows:
    """Set one logit of each row, the target's."""
    rows = _anywhere(rng, logits)
    logits[np.arange(len(logits)), rows.targets] = value
    return rows


def _elsewhere(rng: np.random.Generator, rows: Rows) -> Rows:
    """The same rows, with any other class for the target."""
    classes = rows.logits.shape[1]
    return Rows(
        rows.logits, (rows.targets + rng.integers(1, classes, size=len(rows.targets))) % classes
    )


def _ordinary(rng: np.random.Generator, count: int, classes: int) -> Rows:
    return _anywhere(rng, rng.normal(size=(count, classes)) * 3)


def _confident(rng: np.random.Generator, count: int, classes: int) -> Rows:
    """One logit above all others, the target's: the loss is as small as exp(-700)."""
    return _with_one(rng, rng.normal(size=(count, classes)), rng.uniform(5, 700, count))


def _hopeless(rng: np.random.Generator, count: int, classes: int) -> Rows:
    return _elsewhere(rng, _confident(rng, count, classes))


def _ties(rng: np.random.Generator, count: int, classes: int) -> Rows:
    """Some classes share the maximum, and one of them is the target."""
    logits = np.round(rng.normal(size=(count, classes)) * 2)
    largest = logits.max(axis=1)
    for _ in range(2):
        rows = _with_one(rng, logits, largest)
    return rows


def _crumbs(rng: np.random.Generator, count: int, classes: int) -> Rows:
    """Two classes share the maximum, and no other adds half an ulp to their sum by itself.

    A plain sum loses most of the others.
    """
    logits = rng.uniform(-37.4, -36.8, size=(count, classes))
    rows = _with_one(rng, logits, 0.0)
    logits[np.arange(count), _elsewhere(rng, rows).targets] = 0.0
    return rows


def _wide(rng: np.random.Generator, count: int, classes: int) -> Rows:
    return _anywhere(rng, rng.uniform(-700, 700, size=(count, classes)))


def _offset(offset: float) -> Maker:
    """Differences of logits that are themselves rounded to 1.5e-8."""
    return lambda rng, count, classes: _anywhere(rng, rng.normal(size=(count, classes)) + offset)


def _straddling(rng: np.random.Generator, count: int, classes: int) -> Rows:
    """Logits of very different sizes, so that their differences lose all that they can."""
    sizes = 10.0 ** rng.uniform(-12, 2.8, size=(count, classes))
    return _anywhere(rng, sizes * rng.choice([-1, 1], size=sizes.shape))


def _tiny(rng: np.random.Generator, count: int, classes: int) -> Rows:
    return _anywhere(rng, rng.normal(size=(count, classes)) * 1e-300)


def _denormal(rng: np.random.Generator, count: int, classes: int) -> Rows:
    units = rng.integers(-(2**40), 2**40, size=(count, classes))
    return _anywhere(rng, units * np.ldexp(1.0, -1074))


def _masked(rng: np.random.Generator, count: int, classes: int) -> Rows:
    """Some classes are ruled out by -inf, in each tenth row all but the target."""
    logits = rng.normal(size=(count, classes)) * 3
    kept = rng.normal(size=count) * 3
    logits[rng.uniform(size=logits.shape) < 0.4] = -np.inf
    logits[::10] = -np.inf
    return _with_one(rng, logits, kept)


def _runner_up(rng: np.random.Generator, count: int, classes: int) -> Rows:
    """All of the loss is one other class's exponential, which is below the normal doubles."""
    rows = _with_one(rng, np.full((count, classes), -700.0), 400.0)
    runners = _elsewhere(rng, rows).targets
    rows.logits[np.arange(count), runners] = 400 - rng.uniform(708.4, 745, count)
    return rows


def _crowd(rng: np.random.Generator, count: int, classes: int) -> Rows:
    """The loss is the sum of all other exponentials, each below the normal doubles."""
    behind = rng.uniform(708.4, 745, size=(count, 1)) + rng.uniform(0, 1, size=(count, classes))
    return _with_one(rng, 400 - behind, 400.0)


KINDS: dict[str, Maker] = {
    "ordinary": _ordinary,
    "confident": _confident,
    "hopeless": _hopeless,
    "ties": _ties,
    "crumbs": _crumbs,
    "wide": _wide,
    "offset 1e8": _offset(1e8),
    "offset -1e8": _offset(-1e8),
    "straddling": _straddling,
    "tiny": _tiny,
    "denormal": _denormal,
    "masked": _masked,
    "runner-up": _runner_up,
    "crowd": _crowd,
}
