"""The rows that rules look at more than once: all of them, or a sample where they are too many."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from xent.batch import Batch

# 16 MB of logits are held; of more, a sample of as many.
_MOST_VALUES = 1 << 21
# Of very many classes at least so many rows.
_LEAST_ROWS = 32


@dataclass(frozen=True, slots=True)
class Held:
    """Rows as arrays.

    Attributes:
        logits: (n, C).
        targets: (n,) as they were given, valid or not; or (n, C) probabilities.
        rows: (n,) their numbers, ascending.
        sample_weight: (n,) a factor for each row; None for 1 throughout.
        total: How many rows there are in all.
    """

    logits: NDArray[np.float64]
    targets: NDArray[np.float64]
    rows: NDArray[np.int64]
    sample_weight: NDArray[np.float64] | None
    total: int

    @property
    def whole(self) -> bool:
        """Whether these are all rows."""
        return len(self.rows) == self.total

    @property
    def classes(self) -> int:
        """C."""
        return int(self.logits.shape[1])


@dataclass(slots=True)
class Holder:
    """Keeps rows while they go by; when they become too many, a uniform sample of them.

    The sample is that of Li's algorithm in its plainest form: each row draws a number, and those
    with the smallest numbers stay. The numbers come from a fixed seed, so that the same input
    gives the same sample.
    """

    most_values: int = _MOST_VALUES
    _parts: list[tuple[NDArray[np.float64], ...]] = field(default_factory=list)
    _total: int = 0
    _kept: int = 0
    _random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def look(self, batch: Batch) -> None:
        """Take in one batch."""
        count = len(batch.logits)
        weight = batch.sample_weight
        self._parts.append(
            (
                np.array(batch.logits.values, dtype=np.float64),
                np.array(batch.targets.values, dtype=np.float64),
                np.arange(self._total, self._total + count, dtype=np.float64),
                np.ones(count) if weight is None else weight,
                self._random.random(count),
            )
        )
        self._total += count
        self._kept += count
        most_rows = max(_LEAST_ROWS, self.most_values // batch.classes)
        if self._kept > 2 * most_rows:
            self._thin(most_rows)

    def held(self, *, weighted: bool) -> Held:
        """The rows kept."""
        most_rows = max(_LEAST_ROWS, self.most_values // self._parts[0][0].shape[1])
        if self._kept > most_rows:
            self._thin(most_rows)
        logits, targets, rows, weight, _ = self._joined()
        self._parts = [(logits, targets, rows, weight, _)]
        return Held(
            logits, targets, rows.astype(np.int64), weight if weighted else None, self._total
        )

    def _thin(self, most_rows: int) -> None:
        parts = self._joined()
        chosen = np.sort(np.argpartition(parts[-1], most_rows - 1)[:most_rows])
        self._parts = [tuple(part[chosen] for part in parts)]
        self._kept = most_rows

    def _joined(self) -> tuple[NDArray[np.float64], ...]:
        return tuple(np.concatenate(columns) for columns in zip(*self._parts, strict=True))
