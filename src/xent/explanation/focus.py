"""The one row that is worked in full, found while all rows go by."""

from math import inf

import numpy as np

from xent.inputs.batch import Batch
from xent.losses.row_losses import RowLosses
from xent.report.stages import Rows


class Focus:
    """Keeps one row: the one asked for, or the one with the largest loss, the first of equals.

    Attributes:
        number: The row's number; -1 before any was kept.
        row: The row, as one of one.
        lowest: The smallest of all inputs seen.
        highest: The largest of all inputs seen.
    """

    def __init__(self, wanted: int | None = None) -> None:
        self._wanted = wanted
        self._largest = -inf
        self._undefined = False
        self.number = -1
        self.row: Rows | None = None
        self.lowest, self.highest = inf, -inf

    def update(self, batch: Batch, losses: RowLosses) -> None:
        """Take in one batch."""
        counted = batch.logits.values[losses.counted]
        if counted.size:
            self.lowest = min(self.lowest, float(counted.min()))
            self.highest = max(self.highest, float(counted.max()))
        row = self._found(batch, losses)
        if row is None:
            return
        self.number = batch.first_row + row
        self.row = Rows.of(batch, losses, slice(row, row + 1))

    def _found(self, batch: Batch, losses: RowLosses) -> int | None:
        """The row of this batch that is to be kept, if there is one."""
        if self._wanted is not None:
            row = self._wanted - batch.first_row
            return row if 0 <= row < len(losses.nll) else None
        # A nan is what spoils the mean, so that it comes before the largest number.
        undefined = losses.counted & np.isnan(losses.nll)
        if self._undefined or undefined.any():
            first = not self._undefined
            self._undefined = True
            return int(undefined.argmax()) if first else None
        nll = np.where(losses.counted, losses.nll, -inf)
        row = int(nll.argmax())
        if self.row is not None and not nll[row] > self._largest:
            return None
        self._largest = float(nll[row])
        return row
