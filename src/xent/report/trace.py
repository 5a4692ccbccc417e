"""The few rows that are shown, out of however many there are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xent.inputs.batch import Batch
from xent.losses.row_losses import RowLosses
from xent.report.stages import Rows


@dataclass(frozen=True, slots=True)
class Trace:
    """The first and the last rows of a stream, kept while it goes by.

    Mergeable like `LossSum`, but in order: `merge` joins a piece of the stream with the piece
    that follows it, and never keeps more than `head + tail` rows.

    Attributes:
        head: How many of the first rows to keep.
        tail: How many of the last.
        seen: How many rows went by.
        numbers: (k,) the numbers of the rows kept, from 0, counted from the first row seen.
        rows: The rows kept.
    """

    head: int
    tail: int
    seen: int
    numbers: NDArray[np.int64]
    rows: Rows

    @classmethod
    def of(cls, batch: Batch, losses: RowLosses, *, head: int, tail: int) -> "Trace":
        """Keep the ends of one batch."""
        seen = len(batch.logits)
        numbers = np.arange(seen)
        keep = (numbers < head) | (numbers >= seen - tail)
        return cls(head, tail, seen, numbers[keep], Rows.of(batch, losses, keep))

    def ends(self, head: int, tail: int) -> "Trace":
        """Keep fewer of the first and the last rows."""
        keep = (self.numbers < head) | (self.numbers >= self.seen - tail)
        return Trace(head, tail, self.seen, self.numbers[keep], self.rows.take(keep))

    def including(self, number: int, row: Rows) -> "Trace":
        """Add a row from between those kept."""
        if number in self.numbers:
            return self
        numbers = np.append(self.numbers, number)
        order = np.argsort(numbers)
        rows = self.rows.join(row).take(order)
        return Trace(self.head, self.tail, self.seen, numbers[order], rows)

    def merge(self, following: "Trace") -> "Trace":
        """Return the ends of both pieces together, each as long as the shorter one."""
        head, tail = min(self.head, following.head), min(self.tail, following.tail)
        seen = self.seen + following.seen
        numbers = np.concatenate([self.numbers, following.numbers + self.seen])
        keep = (numbers < head) | (numbers >= seen - tail)
        rows = self.rows.join(following.rows).take(keep)
        return Trace(head, tail, seen, numbers[keep], rows)
