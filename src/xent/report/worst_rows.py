"""The rows with the largest losses."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xent.inputs.batch import Batch
from xent.losses.row_losses import RowLosses


@dataclass(frozen=True, slots=True)
class WorstRows:
    """Rows and their losses, the largest first; a nan counts as the largest.

    Attributes:
        numbers: (k,) the number of each row.
        losses: (k,) their losses.
    """

    numbers: NDArray[np.int64]
    losses: RowLosses


class WorstCollector:
    """A collector that keeps the rows with the largest losses.

    Args:
        most: How many rows are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: WorstRows | None = None

    def update(self, batch: Batch, losses: RowLosses) -> None:
        """Look at one batch."""
        nll = np.where(np.isnan(losses.nll), np.inf, losses.nll)
        rows = np.flatnonzero(losses.counted)
        if len(rows) > self._most:
            limit = np.partition(nll[rows], -self._most)[-self._most]
            rows = rows[nll[rows] >= limit]
        numbers, some = rows + batch.first_row, losses.take(rows)
        if self._kept is not None:
            numbers = np.concatenate([self._kept.numbers, numbers])
            some = self._kept.losses.join(some)
        sizes = np.where(np.isnan(some.nll), np.inf, some.nll)
        order = np.lexsort((numbers, -sizes))[: self._most]
        self._kept = WorstRows(numbers[order], some.take(order))

    def rows(self) -> WorstRows | None:
        """Return the rows, where one was seen."""
        return self._kept
