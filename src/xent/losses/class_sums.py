"""How much of the targets falls to each class, summed so that any split of rows gives the same."""

from dataclasses import dataclass
from math import fsum, nan

import numpy as np
from numpy.typing import NDArray

# A value is cut into a whole number, and three of so many bits after the point.
_BITS = 31
_PLACES = 4
_UNIT_BITS = _BITS * (_PLACES - 1)

Integers = NDArray[np.int64]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ClassSums:
    """The sum of the target's shares of each class, Σ s·q_c, over counted rows.

    Sums are held as whole numbers in units of 2**-93: `merge` is integer addition, associative and
    commutative. 2**32 rows fit.

    Attributes:
        places: Arrays of (K, C) digits to the base 2**31, the whole numbers first, of K labels
            with C classes each; as many as are needed. None where a share was nan or is too large.
    """

    places: tuple[Integers, ...] | None

    @classmethod
    def of_classes(cls, targets: Integers, classes: int, weights: Doubles | None) -> "ClassSums":
        """Count class numbers.

        Args:
            targets: (n,) the class of each counted row.
            classes: C.
            weights: (n,) a factor s for each row; None for 1 throughout.
        """
        if weights is None:
            return cls((np.bincount(targets, minlength=classes)[None, :],))
        # Whole numbers below 2**53 add up exactly in doubles.
        found = [
            np.bincount(targets, digits, classes).astype(np.int64)[None, :]
            for digits in _digits(weights)
        ]
        return cls(tuple(found) if _fits(weights) else None)

    @classmethod
    def of_probabilities(
        cls, shares: Doubles, weights: Doubles | None, labels: int, first_row: int
    ) -> "ClassSums":
        """Add up probabilities.

        Args:
            shares: (n, C) the probabilities that are the targets.
            weights: (n,) a factor s for each row; None for 1 throughout.
            labels: K: row r belongs to label r % K.
            first_row: The number of the first of these rows.
        """
        values = shares if weights is None else shares * weights[:, None]
        if not _fits(values):
            return cls(None)
        starts = [(label - first_row) % labels for label in range(labels)]
        return cls(
            tuple(
                np.stack([digits[start::labels].sum(axis=0, dtype=np.int64) for start in starts])
                for digits in (each.astype(np.int64) for each in _digits(values))
            )
        )

    def merge(self, other: "ClassSums") -> "ClassSums":
        """Return the sums of both sets of rows together; of other labels they are not known."""
        if self.places is None or other.places is None or self.shape != other.shape:
            return ClassSums(None)
        one, two = sorted((self.places, other.places), key=len)
        both = (np.add(*each) for each in zip(one, two, strict=False))
        return ClassSums((*both, *two[len(one) :]))

    @property
    def shape(self) -> tuple[int, ...]:
        """(K, C); () where the sums are not known."""
        return () if self.places is None else self.places[0].shape

    @property
    def totals(self) -> Doubles | None:
        """(K, C) the sums."""
        if self.places is None:
            return None
        # With each digit below 2**31, sums that are equal round to the same double.
        found, carry = np.zeros(self.shape), np.zeros(self.shape, np.int64)
        for power, digits in reversed([*enumerate(self.places)]):
            whole = digits + carry
            carry = whole >> _BITS if power else np.zeros_like(whole)
            found += np.ldexp((whole - (carry << _BITS)).astype(np.float64), -_BITS * power)
        return found

    def scaled(self) -> dict[int, int]:
        """Return the sums that are not 0 as whole numbers in units of 2**-93, by their index."""
        if self.places is None:
            return {}
        flat = [digits.ravel() for digits in self.places]
        indices = np.flatnonzero(np.any(flat, axis=0)).tolist()
        return {
            index: sum(
                int(digits[index]) << (_UNIT_BITS - _BITS * power)
                for power, digits in enumerate(flat)
            )
            for index in indices
        }

    @classmethod
    def of_scaled(cls, scaled: dict[int, int], shape: tuple[int, int]) -> "ClassSums":
        """Reverse `scaled`.

        Raises:
            IndexError: An index is outside the shape.
            OverflowError: A sum is larger than any rows add up to.
        """
        places = [np.zeros(shape[0] * shape[1], np.int64) for _ in range(_PLACES)]
        for index, value in scaled.items():
            rest = value
            for power in range(_PLACES):
                places[power][index], rest = divmod(rest, 1 << (_UNIT_BITS - _BITS * power))
        return cls(tuple(digits.reshape(shape) for digits in places))


def least_constant_loss(shares: Doubles) -> float:
    """Return Σ_c a_c·ln(A / a_c) with A = Σ_c a_c, summed over the labels.

    It is what a constant guess costs that gives each class its share of the targets: the least
    loss that a guess without a look at the inputs can have.

    Args:
        shares: (K, C) the weights a of the classes in the loss of all rows.

    Returns:
        The loss, in nats; nan where a share is negative.
    """
    if not (shares >= 0).all():
        return nan
    sums = shares.sum(axis=1, keepdims=True)
    others = sums - shares
    with np.errstate(all="ignore"):
        # ln(A / a) = log1p((A - a) / a), which keeps its digits where one class has nearly all.
        logs = np.where(shares > others, np.log1p(others / shares), np.log(sums) - np.log(shares))
        terms = np.where(shares > 0, shares * logs, 0.0)
    return fsum(terms.ravel().tolist())


def least_losses(weights: Doubles) -> Doubles:
    """Return the least loss Σ_c a_c·ln(A / a_c) that any model has of each row, in nats.

    Where the weights a are probabilities it is their entropy.

    Args:
        weights: (n, C) the weight a of each class in the loss of each row.
    """
    sums = weights.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(weights != 0, weights * (np.log(sums) - np.log(weights)), 0.0)
    found: Doubles = terms.sum(axis=1)
    return found


def _digits(values: Doubles) -> list[Doubles]:
    """Cut values into whole numbers and digits to the base 2**31, as many as are needed."""
    digits = [np.trunc(values)]
    rest = values - digits[0]
    while len(digits) < _PLACES and rest.any():
        rest = rest * 2.0**_BITS
        digits.append(np.trunc(rest))
        rest = rest - digits[-1]
    return digits


def _fits(values: Doubles) -> bool:
    return bool((np.abs(values) < 2.0**_BITS).all())
