"""The rows that rules look at more than once: all of them, or a sample where they are too many."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from xent.inputs.batch import Batch

# 8 MB of logits are kept as a sample, and as many from the beginning.
_MOST_VALUES = 1 << 20
# Of very many classes at least so many rows.
_LEAST_ROWS = 32

Columns = tuple[NDArray[np.float64], ...]


@dataclass(frozen=True, slots=True)
class SampledRows:
    """Rows as arrays.

    Attributes:
        logits: (n, C).
        targets: (n,) as they were given, valid or not; or (n, C) probabilities.
        numbers: (n,) the numbers of the rows, ascending.
        sample_weight: (n,) a factor for each row; None for 1 throughout.
        total: The number of rows that the sample was taken from.
        one_hot: Whether the targets were one-hot rows, of which the class numbers are kept.
    """

    logits: NDArray[np.float64]
    targets: NDArray[np.float64]
    numbers: NDArray[np.int64]
    sample_weight: NDArray[np.float64] | None
    total: int
    one_hot: bool = False

    @classmethod
    def of(cls, parts: list[Columns], total: int, *, weighted: bool) -> "SampledRows":
        """Join logits, targets, numbers and weights that came in parts."""
        logits, targets, numbers, weight = _joined(parts)
        return cls(logits, targets, numbers.astype(np.int64), weight if weighted else None, total)

    def with_class_numbers(self) -> "SampledRows":
        """Return the rows with class numbers instead of one-hot targets."""
        return replace(self, targets=self.targets.argmax(axis=1).astype(np.float64), one_hot=True)

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def is_complete(self) -> bool:
        """Return whether no row was left out."""
        return len(self) == self.total

    @property
    def is_consecutive(self) -> bool:
        """Return whether these are the first rows, with none left out between."""
        return bool(self.numbers[-1] + 1 == len(self))

    @property
    def classes(self) -> int:
        """C, the number of classes."""
        return int(self.logits.shape[1])


@dataclass(slots=True)
class FirstRows:
    """The first rows, for rules about the order of the rows."""

    _parts: list[Columns] = field(default_factory=list)
    _total: int = 0

    def update(self, batch: Batch) -> None:
        """Keep the rows of one batch that are still among the first."""
        missing = _most_rows(batch.classes) - self._total
        if missing > 0:
            self._parts.append(_columns(batch, self._total, missing))
        self._total += len(batch.logits)

    def rows(self, *, weighted: bool) -> SampledRows:
        """Return the rows kept."""
        return SampledRows.of(self._parts, self._total, weighted=weighted)


@dataclass(slots=True)
class ReservoirSample:
    """A uniform sample of all rows, taken in one pass; all of them while they are few.

    Reservoir sampling by random keys: each row draws a key, and the rows with the smallest keys
    stay. The keys come from a fixed seed, so that the same input gives the same sample.

    References:
        J. S. Vitter, "Random sampling with a reservoir", ACM Transactions on Mathematical Software
        11 (1985).
    """

    _parts: list[Columns] = field(default_factory=list)
    _total: int = 0
    _kept: int = 0
    _random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def update(self, batch: Batch) -> None:
        """Draw keys for the rows of one batch."""
        count = len(batch.logits)
        self._parts.append((*_columns(batch, self._total, count), self._random.random(count)))
        self._total += count
        self._kept += count
        if self._kept > 2 * _most_rows(batch.classes):
            self._thin()

    def rows(self, *, weighted: bool) -> SampledRows:
        """Return the rows of the sample."""
        self._thin()
        return SampledRows.of(
            [columns[:-1] for columns in self._parts], self._total, weighted=weighted
        )

    def _thin(self) -> None:
        most_rows = _most_rows(self._parts[0][0].shape[1])
        if self._kept > most_rows:
            columns = _joined(self._parts)
            chosen = np.sort(np.argpartition(columns[-1], most_rows - 1)[:most_rows])
            self._parts = [tuple(column[chosen] for column in columns)]
            self._kept = most_rows


def _most_rows(classes: int) -> int:
    return max(_LEAST_ROWS, _MOST_VALUES // classes)


def _columns(batch: Batch, first_row: int, count: int) -> Columns:
    """Copy the logits, targets, numbers and weights of the first `count` rows of a batch."""
    logits = np.array(batch.logits.values[:count], dtype=np.float64)
    weight = batch.sample_weight
    return (
        logits,
        np.array(batch.targets.values[:count], dtype=np.float64),
        np.arange(first_row, first_row + len(logits), dtype=np.float64),
        np.ones(len(logits)) if weight is None else weight[:count],
    )


def _joined(parts: list[Columns]) -> Columns:
    return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))
