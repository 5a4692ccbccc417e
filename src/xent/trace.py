"""The few rows that are shown, out of however many there are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xent.losses.row_losses import RowLosses
from xent.losses.stages import Stage


@dataclass(frozen=True, slots=True)
class Trace:
    """The first and the last rows of a stream, kept while it goes by.

    Mergeable like `LossSum`, but in order: `merge` joins a piece of the stream with the piece
    that follows it, and never keeps more than `head + tail` rows.

    Attributes:
        head: How many of the first rows to keep.
        tail: How many of the last.
        seen: How many rows went by.
        rows: (k,) the numbers of the rows kept, from 0, counted from the first row seen.
        logits: (k, C).
        losses: What the fast path made of these rows.
    """

    head: int
    tail: int
    seen: int
    rows: NDArray[np.int64]
    logits: NDArray[np.float64]
    losses: RowLosses

    @classmethod
    def of(cls, logits: NDArray[np.float64], losses: RowLosses, *, head: int, tail: int) -> "Trace":
        """Keep the ends of one batch, logits (n, C)."""
        rows = np.arange(len(logits))
        keep = (rows < head) | (rows >= len(logits) - tail)
        kept = np.array(logits[keep], dtype=np.float64)
        return cls(head, tail, len(logits), rows[keep], kept, losses.take(keep))

    def merge(self, following: "Trace") -> "Trace":
        """The ends of both pieces together."""
        seen = self.seen + following.seen
        rows = np.concatenate([self.rows, following.rows + self.seen])
        keep = (rows < self.head) | (rows >= seen - self.tail)
        return Trace(
            self.head,
            self.tail,
            seen,
            rows[keep],
            np.concatenate([self.logits, following.logits])[keep],
            self.losses.join(following.losses).take(keep),
        )

    def values(self, stage: Stage) -> NDArray[np.float64]:
        """What `stage` makes of the rows kept."""
        return stage.function(self.logits, np.where(self.losses.counted, self.losses.targets, -1))
