"""The rows that rules look at more than once: all of them, or where they are too many a part."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from xent.inputs.batch import Batch

# 8 MB of logits are held as a sample, and as many from the beginning.
_MOST_VALUES = 1 << 20
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
    def consecutive(self) -> bool:
        """Whether these are the first rows, with none left out between."""
        return bool(self.rows[-1] + 1 == len(self.rows))

    @property
    def classes(self) -> int:
        """C."""
        return int(self.logits.shape[1])


class Beginning:
    """Keeps the first rows, which tell what the order of the rows tells."""

    def __init__(self, most_values: int = _MOST_VALUES) -> None:
        self._most_values = most_values
        self._parts: list[tuple[NDArray[np.float64], ...]] = []
        self._total = 0

    def look(self, batch: Batch) -> None:
        """Take in one batch."""
        missing = max(_LEAST_ROWS, self._most_values // batch.classes) - self._total
        if missing > 0:
            self._parts.append(_columns(batch, self._total, missing))
        self._total += len(batch.logits)

    def held(self, *, weighted: bool) -> Held:
        """The rows kept."""
        return _held(self._parts, self._total, weighted=weighted)


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
        self._parts.append((*_columns(batch, self._total, count), self._random.random(count)))
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
        return _held([parts[:-1] for parts in self._parts], self._total, weighted=weighted)

    def _thin(self, most_rows: int) -> None:
        parts = _joined(self._parts)
        chosen = np.sort(np.argpartition(parts[-1], most_rows - 1)[:most_rows])
        self._parts = [tuple(part[chosen] for part in parts)]
        self._kept = most_rows


def _columns(batch: Batch, first_row: int, count: int) -> tuple[NDArray[np.float64], ...]:
    """Copies of the first rows of a batch: logits, targets, numbers and weights."""
    logits = np.array(batch.logits.values[:count], dtype=np.float64)
    weight = batch.sample_weight
    return (
        logits,
        np.array(batch.targets.values[:count], dtype=np.float64),
        np.arange(first_row, first_row + len(logits), dtype=np.float64),
        np.ones(len(logits)) if weight is None else weight[:count],
    )


def _held(parts: list[tuple[NDArray[np.float64], ...]], total: int, *, weighted: bool) -> Held:
    logits, targets, rows, weight = _joined(parts)
    return Held(logits, targets, rows.astype(np.int64), weight if weighted else None, total)


def _joined(parts: list[tuple[NDArray[np.float64], ...]]) -> tuple[NDArray[np.float64], ...]:
    return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))
