"""All that a mean loss needs to remember of its rows, however many they were."""

from dataclasses import dataclass, field, fields
from functools import cached_property
from math import exp, inf, log, nan

import numpy as np
from numpy.typing import ArrayLike

from xent.losses.exact_sum import ExactProducts, ExactSum, root_of_ratio


@dataclass(frozen=True)
class LossSum:
    """The mergeable state of a mean cross-entropy loss, Σ l / Σ w over its rows.

    `LossSum()` is empty and changes nothing it is merged with; `merge` is associative and
    exactly commutative, because its sums are exact. So any split of the rows into batches,
    threads, processes or files gives the same numbers.

    Attributes:
        counted: Rows that take part in the mean.
        ignored: Rows whose target is `ignore_index`.
        correct: Counted rows whose largest logit is the target's.
        total: Σ l, the counted rows' losses, weights included, in nats.
        weight: Σ w, their weights: the mean's denominator.
        squares: Σ l², for the standard error, as the next two.
        cross: Σ l·w.
        weight_squares: Σ w².
    """

    counted: int = 0
    ignored: int = 0
    correct: int = 0
    total: ExactSum = field(default_factory=ExactSum)
    weight: ExactSum = field(default_factory=ExactSum)
    squares: ExactProducts = field(default_factory=ExactProducts)
    cross: ExactProducts = field(default_factory=ExactProducts)
    weight_squares: ExactProducts = field(default_factory=ExactProducts)

    @classmethod
    def of(
        cls,
        losses: ArrayLike,
        weights: ArrayLike | None = None,
        *,
        correct: int = 0,
        ignored: int = 0,
    ) -> "LossSum":
        """Take in the losses of counted rows.

        Args:
            losses: (n,) each counted row's loss l, its weight included, in nats.
            weights: (n,) each one's weight w in the mean's denominator; None for 1.
            correct: How many of these rows were predicted right.
            ignored: How many rows were left out beside them.
        """
        terms = np.asarray(losses, dtype=np.float64)
        total, squares = ExactSum.of(terms), ExactProducts.of(terms, terms)
        if weights is None:
            weight = ExactSum.of_ones(terms.size)
            ones = ExactProducts.of_ones
            cross, weight_squares = ones(total), ones(weight)
        else:
            factors = np.asarray(weights, dtype=np.float64)
            weight = ExactSum.of(factors)
            cross = ExactProducts.of(terms, factors)
            weight_squares = ExactProducts.of(factors, factors)
        return cls(terms.size, ignored, correct, total, weight, squares, cross, weight_squares)

    def merge(self, other: "LossSum") -> "LossSum":
        """Return the state of both sets of rows together."""
        return LossSum(
            *(getattr(self, part.name) + getattr(other, part.name) for part in fields(self))
        )

    @property
    def rows(self) -> int:
        """Return the number of rows, ignored ones included."""
        return self.counted + self.ignored

    @cached_property
    def mean(self) -> float:
        """Return the mean loss in nats: Σ l / Σ w, correctly rounded; nan where nothing counts."""
        return self.total / self.weight

    @cached_property
    def standard_error(self) -> float:
        """Return the standard error of the mean, in nats; nan for fewer than two rows.

        The mean m is a ratio of two sums, and its variance by linearisation n / (n - 1) ·
        Σ (l - m·w)² / (Σ w)²; without weights that is the rows' variance over n. It is expanded
        into whole numbers, in which nothing cancels: Σ (l - m·w)² = (W²·Σl² - 2·L·W·Σl·w +
        L²·Σw²) / W², with L = Σ l and W = Σ w. Only the root is rounded.

        References:
            W. G. Cochran, "Sampling Techniques", 3rd edition (1977), section 6.3.
        """
        finite = self.total.is_finite and self.weight.is_finite
        if self.counted < 2 or not finite or not self.weight.scaled:
            return nan
        losses, weights = self.total.scaled, self.weight.scaled
        squares = (
            weights**2 * self.squares.scaled
            - 2 * losses * weights * self.cross.scaled
            + losses**2 * self.weight_squares.scaled
        )
        return root_of_ratio(self.counted * squares, (self.counted - 1) * weights**4)

    @property
    def perplexity(self) -> float:
        """exp(mean): the number of equally likely classes that would be as hard to guess."""
        try:
            return exp(self.mean)
        except OverflowError:
            return inf

    @property
    def bits(self) -> float:
        """Return the mean loss in bits: mean / ln 2."""
        return self.mean / log(2)

    @property
    def accuracy(self) -> float:
        """Return the share of counted rows predicted right; nan where nothing counts."""
        return self.correct / self.counted if self.counted else nan
