"""The losses of two models on the same rows, as sums that tell how far the models are apart."""

from dataclasses import dataclass, field
from math import hypot, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from xent.losses.exact_sum import ExactProducts
from xent.losses.loss_sum import LossSum


@dataclass(frozen=True)
class PairedSum:
    """The mergeable state of a paired difference, Σ (b - a) / Σ w over the rows of two models.

    All sums are exact, so `merge` is associative and exactly commutative, and the squares of
    the differences follow from those of the losses: Σ (b - a)² = Σ a² - 2·Σ a·b + Σ b².

    Attributes:
        first: The losses a of the first model.
        second: The losses b of the second model, on the same rows with the same weights.
        products: Σ a·b.
        first_lower: Rows in which a < b.
        second_lower: Rows in which b < a.
    """

    first: LossSum = field(default_factory=LossSum)
    second: LossSum = field(default_factory=LossSum)
    products: ExactProducts = field(default_factory=ExactProducts)
    first_lower: int = 0
    second_lower: int = 0

    @classmethod
    def of(
        cls,
        first: LossSum,
        second: LossSum,
        first_losses: NDArray[np.float64],
        second_losses: NDArray[np.float64],
    ) -> "PairedSum":
        """Take in some rows.

        Args:
            first: The sums of the first model.
            second: The sums of the second model.
            first_losses: (n,) the counted losses that `first` is the sum of.
            second_losses: (n,) the counted losses that `second` is the sum of.
        """
        return cls(
            first,
            second,
            ExactProducts.of(first_losses, second_losses),
            int(np.count_nonzero(first_losses < second_losses)),
            int(np.count_nonzero(second_losses < first_losses)),
        )

    def merge(self, other: "PairedSum") -> "PairedSum":
        """Return the state of both sets of rows together."""
        return PairedSum(
            self.first.merge(other.first),
            self.second.merge(other.second),
            self.products + other.products,
            self.first_lower + other.first_lower,
            self.second_lower + other.second_lower,
        )

    @property
    def difference(self) -> LossSum:
        """The sums of the differences b - a, whose mean and standard error are the paired ones."""
        one, two = self.first, self.second
        return LossSum(
            one.counted,
            one.ignored,
            0,
            two.total + -one.total,
            one.weight,
            two.squares - self.products - self.products + one.squares,
            two.cross - one.cross,
            one.weight_squares,
        )

    @property
    def unpaired_error(self) -> float:
        """The standard error of the difference if the two were measured on different rows."""
        return hypot(self.first.standard_error, self.second.standard_error)

    @property
    def correlation(self) -> float:
        """The correlation of the two means: of the losses, where all rows weigh 1.

        It is nan where a model has the same loss in each row.
        """
        errors = self.first.standard_error, self.second.standard_error
        product = errors[0] * errors[1]
        if not product > 0:
            return nan
        apart = self.difference.standard_error
        # The variance of a difference is that of both, less twice their covariance.
        found = (errors[0] ** 2 + errors[1] ** 2 - apart**2) / (2 * product)
        return max(-1.0, min(1.0, found))


def binomial_error(hits: int, count: int) -> float:
    """Return the standard error of a share of rows; nan for fewer than two rows."""
    if count < 2:
        return nan
    share = hits / count
    return sqrt(share * (1 - share) / (count - 1))
