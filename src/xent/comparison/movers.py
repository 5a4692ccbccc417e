"""The rows whose losses differ most between two models."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.losses.row_losses import RowLosses


@dataclass(frozen=True, slots=True)
class Movers:
    """The rows with the largest differences, the largest first.

    Attributes:
        most: The largest number of rows that are kept.
        rows: (k,) the number of each row.
        targets: (k,) the class of each row.
        first: (k,) the loss of the first model, in nats.
        second: (k,) the loss of the second model, in nats.
        first_predictions: (k,) the class that the first model predicts.
        second_predictions: (k,) the class that the second model predicts.
    """

    most: int
    rows: NDArray[np.int64]
    targets: NDArray[np.int64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    first_predictions: NDArray[np.int64]
    second_predictions: NDArray[np.int64]

    @classmethod
    def of(cls, first_row: int, first: RowLosses, second: RowLosses, most: int) -> "Movers":
        """Keep the rows of one batch that differ most."""
        sizes = np.where(first.counted, np.abs(second.nll - first.nll), 0.0)
        sizes = np.where(np.isnan(sizes), 0.0, sizes)
        kept = np.flatnonzero(sizes > 0)
        if len(kept) > most:
            limit = np.partition(sizes, -most)[-most] if most else np.inf
            kept = np.flatnonzero(sizes >= limit)
        some = cls(
            most,
            kept + first_row,
            first.targets[kept],
            first.nll[kept],
            second.nll[kept],
            first.predictions[kept],
            second.predictions[kept],
        )
        return _largest(some)

    def merge(self, other: "Movers") -> "Movers":
        """Keep the rows of both that differ most."""
        joined: dict[str, Any] = {
            each.name: np.concatenate([getattr(self, each.name), getattr(other, each.name)])
            for each in fields(self)
            if each.name != "most"
        }
        return _largest(replace(self, **joined))

    def after(self, rows: int) -> "Movers":
        """Renumber the rows as if `rows` others came before them."""
        return replace(self, rows=self.rows + rows)

    @property
    def differences(self) -> NDArray[np.float64]:
        """(k,) the loss of the second model, less that of the first."""
        return self.second - self.first


def _largest(movers: Movers) -> Movers:
    """Keep the rows with the largest differences; of equal ones the first."""
    order = np.lexsort((movers.rows, -np.abs(movers.differences)))[: movers.most]
    chosen: dict[str, Any] = {
        each.name: getattr(movers, each.name)[order]
        for each in fields(movers)
        if each.name != "most"
    }
    return replace(movers, **chosen)
