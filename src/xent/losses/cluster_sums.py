"""Differences that come in clusters, such as the tokens of one document."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan

import numpy as np
from numpy.typing import NDArray

from xent.losses.exact_sum import ExactSum, root_of_ratio
from xent.losses.group_sums import totals_by_group


@dataclass(frozen=True, slots=True)
class ClusterSums:
    """The sums of each cluster of rows, by the number of the cluster.

    Attributes:
        losses: Σ l of the first model, Σ l of the second, and Σ w, of each cluster.
    """

    losses: Mapping[int, tuple[ExactSum, ExactSum, ExactSum]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        clusters: NDArray[np.int64],
        first: NDArray[np.float64],
        second: NDArray[np.float64],
        weights: NDArray[np.float64],
    ) -> "ClusterSums":
        """Take in counted rows.

        Args:
            clusters: (n,) the number of the cluster of each row.
            first: (n,) the losses of the first model.
            second: (n,) the losses of the second model.
            weights: (n,) the weights of the rows.
        """
        names, *sums = totals_by_group(clusters, first, second, weights)
        return cls({name: each for name, *each in zip(names, *sums, strict=True)})  # type: ignore[misc]  # three sums each

    def merge(self, other: "ClusterSums") -> "ClusterSums":
        """Return the sums of both sets of rows together."""
        merged = {**self.losses}
        for name, sums in other.losses.items():
            if name in merged:
                one = merged[name]
                sums = (one[0] + sums[0], one[1] + sums[1], one[2] + sums[2])  # noqa: PLW2901  the sums of both
            merged[name] = sums
        return ClusterSums(merged)

    def __len__(self) -> int:
        return len(self.losses)

    @property
    def standard_error(self) -> float:
        """The standard error of the mean difference; nan for fewer than two clusters.

        With the difference D_g and the weight W_g of each of G clusters, and the mean m, the
        variance is G / (G - 1) · Σ_g (D_g - m·W_g)² / (Σ w)²: rows of one cluster may move
        together as they like. It is expanded into whole numbers, in which nothing cancels.

        References:
            K.-Y. Liang and S. L. Zeger, "Longitudinal data analysis using generalized linear
            models", Biometrika 73 (1986).
        """
        groups = [*self.losses.values()]
        if len(groups) < 2 or not all(sums.is_finite for group in groups for sums in group):
            return nan
        parts = [(two.scaled - one.scaled, weight.scaled) for one, two, weight in groups]
        total, weight = (sum(part[place] for part in parts) for place in (0, 1))
        if not weight:
            return nan
        squares = sum((apart * weight - total * own) ** 2 for apart, own in parts)
        return root_of_ratio(len(parts) * squares, (len(parts) - 1) * weight**4)

    @property
    def differences(self) -> NDArray[np.float64]:
        """(G,) the sum of the differences of each cluster, in the order of their numbers."""
        found = [float(two + -one) for _, (one, two, _) in sorted(self.losses.items())]
        return np.array(found)
