"""The rows that other libraries are given, and the loss that they should find."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.inputs.batch import Batch, LaidOut
from xent.losses.cross_entropy import reduce_losses
from xent.losses.loss_sum import LossSum
from xent.losses.row_losses import RowLosses
from xent.settings import LossSettings

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

# A program holds so many numbers as literals; more of them are read from files.
MOST_LITERALS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Some rows of an input with all options of the loss, as arrays.

    Attributes:
        settings: The options.
        inputs: (n, C) logits, log-probabilities or probabilities; the two classes no and yes for
            binary labels.
        targets: (n,) the class of each row, from 0; `ignore_index` where the row is ignored.
        target_probs: (n, C) the probabilities that are the targets; None for class numbers.
        sample_weight: (n,) a factor for each row; None for 1 throughout.
        nll: (n,) the loss of each row in nats, weights included; nan where it is ignored.
        weights: (n,) the row's part of the mean's denominator; 0 where it is ignored.
        total: The number of rows of the whole input.
        stride: The rows are every so many of the input, from its first.
        class_axis: The axis of the classes in the array that the rows were taken from.
        is_deep: Whether that array has more than two dimensions.
        sums: The exact sums of these rows.
    """

    settings: LossSettings
    inputs: Doubles
    targets: Integers
    target_probs: Doubles | None
    sample_weight: Doubles | None
    nll: Doubles
    weights: Doubles
    total: int
    stride: int = 1
    class_axis: int = 1
    is_deep: bool = False
    sums: LossSum = field(default_factory=LossSum)

    def every(self, step: int) -> "Problem":
        """Return every so many of these rows."""
        some = slice(None, None, step)
        counted = self.counted[some]
        nll, weights = self.nll[some], self.weights[some]
        return replace(
            self,
            inputs=self.inputs[some],
            targets=self.targets[some],
            target_probs=None if self.target_probs is None else self.target_probs[some],
            sample_weight=None if self.sample_weight is None else self.sample_weight[some],
            nll=nll,
            weights=weights,
            stride=self.stride * step,
            sums=sums_of(nll, weights, counted),
        )

    @property
    def rows(self) -> int:
        """Return the number n of these rows, ignored ones included."""
        return len(self.inputs)

    @property
    def classes(self) -> int:
        """C."""
        return int(self.inputs.shape[1])

    @property
    def counted(self) -> NDArray[np.bool_]:
        """(n,) whether the row takes part in the mean."""
        if self.target_probs is not None:
            return np.ones(self.rows, dtype=np.bool_)
        found: NDArray[np.bool_] = self.targets != self.settings.ignore_index
        return found

    @property
    def loss(self) -> float:
        """Return the loss of these rows as xent calculates it, reduced, in the unit."""
        return reduce_losses(self.sums.total, self.sums.weight, self.settings)

    @property
    def is_sum(self) -> bool:
        """Return whether the loss is the sum of the rows' losses."""
        return self.settings.reduction == "sum"

    @property
    def is_whole(self) -> bool:
        """Return whether these are all rows of the input."""
        return self.rows == self.total

    @property
    def extent(self) -> str:
        """Which rows of the input these are; "" for all of them."""
        if self.is_whole:
            return ""
        return f"{self.rows:,} of {self.total:,} rows, one in {self.stride}"

    @property
    def is_small(self) -> bool:
        """Return whether a program may hold the numbers as literals."""
        numbers = self.inputs.size if self.target_probs is None else 2 * self.inputs.size
        return self.is_whole and numbers <= MOST_LITERALS

    @property
    def labels(self) -> Doubles:
        """(n,) the label of each row where labels are binary, weights removed."""
        assert self.target_probs is not None  # noqa: S101  binary labels are probabilities
        no, weighted_yes = self.target_probs.T
        factors = self.label_weights
        found: Doubles = np.divide(weighted_yes, factors, out=1 - no, where=factors != 0)
        return found

    @property
    def label_weights(self) -> Doubles:
        """(n,) the factor for yes of each binary label."""
        positives = self.settings.pos_weight
        numbers = np.arange(self.rows) * self.stride
        return np.ones(self.rows) if positives is None else positives[numbers % len(positives)]


def sums_of(nll: Doubles, weights: Doubles, counted: NDArray[np.bool_]) -> LossSum:
    """Return the exact sums of the rows that count."""
    ignored = int(np.count_nonzero(~counted))
    with np.errstate(all="ignore"):
        return LossSum.of(nll[counted], weights[counted], ignored=ignored)


class RowCollector:
    """Collects rows for a problem: all of them, or every k-th where they would be too many.

    Args:
        settings: The options of the loss.
        most_values: How many logits are kept at most; None for no limit.
    """

    # Of very many classes at least so many rows.
    _LEAST_ROWS = 32

    def __init__(self, settings: LossSettings, most_values: int | None = None) -> None:
        self._settings, self._most_values = settings, most_values
        self._parts: list[tuple[Any, ...]] = []
        self._stride = 1
        self._total = self._kept = 0
        self._class_axis, self._is_deep = 1, False
        self._probable = self._weighted = False

    def update(self, batch: Batch, losses: RowLosses) -> None:
        """Take in one batch."""
        self._probable = batch.has_probabilities
        self._weighted = batch.sample_weight is not None
        if isinstance(batch.logits.origin, LaidOut):
            layout = batch.logits.origin.layout
            self._class_axis, self._is_deep = layout.class_axis, len(layout.shape) > 2
        chosen = slice(-self._total % self._stride, None, self._stride)
        targets = batch.targets.values if batch.has_probabilities else losses.targets
        weight = batch.sample_weight
        part = (
            np.array(batch.logits.values[chosen], dtype=np.float64),
            np.array(targets[chosen], dtype=np.float64 if batch.has_probabilities else np.int64),
            np.empty(0) if weight is None else weight[chosen].copy(),
            losses.nll[chosen].copy(),
            losses.weights[chosen].copy(),
        )
        self._parts.append(part)
        self._kept += len(part[0])
        self._total += len(batch.logits)
        while self._most_values is not None and self._kept > self._most_rows(batch.classes):
            self._thin()

    @property
    def kept(self) -> int:
        """The number of rows kept."""
        return self._kept

    def problem(self) -> Problem:
        """Return the rows kept."""
        return self._problem(self._joined())

    def take(self, rows: int) -> Problem:
        """Return the first so many rows and the one after them, and keep the others."""
        columns = self._joined()
        self._parts = [tuple(each[rows:] for each in columns)]
        self._kept -= rows
        return self._problem(tuple(each[: rows + 1] for each in columns))

    def _problem(self, columns: tuple[Any, ...]) -> Problem:
        inputs, targets, weight, nll, weights = columns
        counted = np.ones(len(nll), np.bool_)
        if not self._probable:
            counted = targets != self._settings.ignore_index
        return Problem(
            self._settings,
            inputs,
            targets.argmax(axis=1) if self._probable else targets,
            targets if self._probable else None,
            weight if self._weighted else None,
            nll,
            weights,
            self._total,
            self._stride,
            self._class_axis,
            self._is_deep,
            sums_of(nll, weights, counted),
        )

    def _most_rows(self, classes: int) -> int:
        assert self._most_values is not None  # noqa: S101  or there is no limit
        return max(self._LEAST_ROWS, self._most_values // classes)

    def _thin(self) -> None:
        """Keep every second of the rows kept."""
        self._stride *= 2
        self._parts = [tuple(each[::2] for each in self._joined())]
        self._kept = len(self._parts[0][0])

    def _joined(self) -> tuple[Any, ...]:
        return tuple(np.concatenate(columns) for columns in zip(*self._parts, strict=True))
