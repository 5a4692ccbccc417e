"""All that a mean loss needs to remember of its rows, however many they were."""

from dataclasses import dataclass, field
from functools import cached_property
from math import exp, inf, log, nan

import numpy as np
from numpy.typing import ArrayLike

from xent.losses.exact_sum import ExactSquares, ExactSum, standard_error


@dataclass(frozen=True)
class LossSum:
    """The mergeable state of a mean cross-entropy loss.

    `LossSum()` is empty and changes nothing it is merged with; `merge` is associative and
    commutative bit for bit, because its sums are exact. So any split of the rows into batches,
    threads, processes or files gives the same numbers.

    Attributes:
        counted: Rows that take part in the mean.
        ignored: Rows whose target is `ignore_index`.
        correct: Counted rows whose largest logit is the target's.
        total: Σ of the counted rows' losses, in nats.
        squares: Σ of their squares, for the standard error.
    """

    counted: int = 0
    ignored: int = 0
    correct: int = 0
    total: ExactSum = field(default_factory=ExactSum)
    squares: ExactSquares = field(default_factory=ExactSquares)

    @classmethod
    def of(cls, nll: ArrayLike, *, correct: int = 0, ignored: int = 0) -> "LossSum":
        """Take in the losses of counted rows.

        Args:
            nll: (n,) negative log-likelihood of each counted row, in nats.
            correct: How many of these rows were predicted right.
            ignored: How many rows were left out beside them.
        """
        losses = np.asarray(nll, dtype=np.float64)
        return cls(losses.size, ignored, correct, ExactSum.of(losses), ExactSquares.of(losses))

    def merge(self, other: "LossSum") -> "LossSum":
        """The state of both sets of rows together."""
        return LossSum(
            self.counted + other.counted,
            self.ignored + other.ignored,
            self.correct + other.correct,
            self.total + other.total,
            self.squares + other.squares,
        )

    @property
    def rows(self) -> int:
        """All rows, ignored ones included."""
        return self.counted + self.ignored

    @cached_property
    def mean(self) -> float:
        """The mean loss in nats: Σ / counted, correctly rounded; nan where nothing counts."""
        return self.total.divided_by(self.counted)

    @cached_property
    def standard_error(self) -> float:
        """The standard error of the mean, in nats; nan for fewer than two rows."""
        return standard_error(self.total, self.squares, self.counted)

    @property
    def perplexity(self) -> float:
        """exp(mean): the number of equally likely classes that would be as hard to guess."""
        try:
            return exp(self.mean)
        except OverflowError:
            return inf

    @property
    def bits(self) -> float:
        """The mean loss in bits: mean / ln 2."""
        return self.mean / log(2)

    @property
    def accuracy(self) -> float:
        """The share of counted rows predicted right; nan where nothing counts."""
        return self.correct / self.counted if self.counted else nan
