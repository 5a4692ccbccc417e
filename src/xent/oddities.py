"""What is remarkable about the numbers themselves, noticed while they go by."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from xent.batch import Batch
from xent.errors import Code, Diagnostic
from xent.losses.loss_sum import LossSum
from xent.losses.row_losses import RowLosses

# A message names this many rows before it says that there are more.
_ROWS_NAMED = 3


class Oddities:
    """What is remarkable about the numbers of all rows: counts, and the first rows."""

    def __init__(self) -> None:
        self._nonfinite = 0
        self._masked = 0
        self._nonfinite_rows = _Rows()
        self._overflowing_rows = _Rows()

    def look(self, batch: Batch, losses: RowLosses) -> None:
        """Take in one batch."""
        logits = batch.logits.values
        if np.isfinite(logits).all() and np.isfinite(losses.nll[losses.counted]).all():
            return
        # A nan in an ignored row does no harm, and -inf is a mask wherever the loss is finite.
        harmed = losses.counted & ~np.isfinite(losses.nll)
        odd = ~np.isfinite(logits)
        self._nonfinite += int(np.count_nonzero(odd[harmed]))
        self._masked += int(np.count_nonzero(odd[losses.counted & ~harmed]))
        self._nonfinite_rows.add(batch.first_row, harmed & odd.any(axis=1))
        self._overflowing_rows.add(batch.first_row, harmed & ~odd.any(axis=1))

    def diagnostics(self, loss_sum: LossSum) -> Iterator[Diagnostic]:
        """Say what was remarkable, now that all rows are in."""
        if not loss_sum.counted:
            yield Diagnostic(
                Code.NO_ROWS_COUNTED,
                f"no row counts, {loss_sum.ignored} are ignored: the mean of no rows is nan",
                hint="rows whose target is the --ignore-index are left out",
            )
        if self._nonfinite_rows:
            yield Diagnostic(
                Code.NONFINITE_LOGITS,
                f"{_count(self._nonfinite, 'logit is', 'logits are')} nan or inf, in "
                f"{self._nonfinite_rows}: the loss is {loss_sum.mean}",
                hint="look at how the logits were made: a division by 0, an overflow in half "
                "precision, or a mask on the target itself?",
            )
        if self._overflowing_rows:
            yield Diagnostic(
                Code.LOSS_OVERFLOW,
                f"the loss is beyond the largest double in {self._overflowing_rows}",
                hint="no model gives logits that far apart: are they in the right unit?",
            )
        if self._masked:
            yield Diagnostic(
                Code.MASKED_LOGITS,
                f"{_count(self._masked, 'logit is', 'logits are')} -inf, away from the target: "
                "taken as masked, with probability 0",
            )


class _Rows:
    """How many rows, and the first few of them by number."""

    def __init__(self) -> None:
        self._total = 0
        self._first: list[int] = []

    def add(self, first_row: int, chosen: NDArray[np.bool_]) -> None:
        rows = np.flatnonzero(chosen)
        self._total += len(rows)
        missing = _ROWS_NAMED - len(self._first)
        self._first += [first_row + int(row) for row in rows[:missing]]

    def __bool__(self) -> bool:
        return self._total > 0

    def __str__(self) -> str:
        named = ", ".join(map(str, self._first))
        more = self._total - len(self._first)
        plural = "s" if self._total > 1 else ""
        return f"row{plural} {named}" + (f" and {more} more" if more else "")


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
