"""Where the loss comes from: the worst rows, the classes, the distribution of the rows' losses."""

import heapq
from collections import defaultdict
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.errors import Code, InputError, Location
from xent.inputs.batch import Batch
from xent.losses.row_losses import RowLosses
from xent.report.stages import Rows, probabilities
from xent.settings import LossSettings

# With more classes than this no matrix of confusions is kept, only who was right.
_MOST_CONFUSED = 1024
# The edges of the histogram, in nats, half a digit apart: from near certain to absurd.
EDGES = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, inf)


@dataclass(frozen=True, slots=True)
class WorstRow:
    """A row with a large loss.

    Attributes:
        loss: In nats.
        row: Its number.
        location: Where its logits stand.
        target: Its class.
        prediction: The most probable class; -1 where there is none.
        target_probability: That of the target.
        prediction_probability: That of the prediction.
    """

    loss: float
    row: int
    location: Location
    target: int
    prediction: int
    target_probability: float
    prediction_probability: float


class WorstRowCollector:
    """A collector of the rows with the largest losses and their places, the first of equals."""

    def __init__(self, count: int, settings: LossSettings) -> None:
        self._count = count
        self._settings = settings
        self._heap: list[tuple[float, int, WorstRow]] = []

    def update(self, batch: Batch, losses: RowLosses) -> None:
        """Add one batch."""
        if not self._count:
            return
        nll = np.where(losses.counted, np.nan_to_num(losses.nll, nan=inf, posinf=inf), -inf)
        limit = self._heap[0][0] if len(self._heap) == self._count else -inf
        order = np.argsort(-nll, kind="stable")[: self._count]
        for row in order[nll[order] > limit].tolist():
            number = batch.first_row + row
            entry = (float(nll[row]), -number, self._describe(batch, losses, row))
            if len(self._heap) < self._count:
                heapq.heappush(self._heap, entry)
            else:
                heapq.heappushpop(self._heap, entry)

    def rows(self) -> tuple[WorstRow, ...]:
        """Return the rows kept, the worst first."""
        return tuple(row for _, _, row in sorted(self._heap, key=lambda entry: entry[:2])[::-1])

    def _describe(self, batch: Batch, losses: RowLosses, row: int) -> WorstRow:
        alone = Rows.of(batch, losses, slice(row, row + 1))
        prediction = int(losses.predictions[row])
        return WorstRow(
            float(losses.nll[row]),
            batch.first_row + row,
            _place(batch, row),
            int(losses.targets[row]),
            prediction,
            float(losses.probabilities[row]),
            float(probabilities(alone, self._settings)[0, prediction]),
        )


def _place(batch: Batch, row: int) -> Location:
    """Return the index of a row in the logits, without the axis of the classes."""
    place = batch.logits.locate(row, 0)
    index = None if batch.has_probabilities else batch.targets.locate(row, 0).index
    return place if place.index is None or index is None else replace(place, index=index)


class ClassTable:
    """Counts, losses and hits of each class, the classes it is confused with, its logits' sum."""

    def __init__(self) -> None:
        self._start(0)

    def _start(self, classes: int) -> None:
        self.counts: NDArray[np.int64] = np.zeros(classes, dtype=np.int64)
        self.losses: NDArray[np.float64] = np.zeros(classes)
        self.logit_sums: NDArray[np.float64] = np.zeros(classes)
        self.correct: NDArray[np.int64] = np.zeros(classes, dtype=np.int64)
        self.predicted: NDArray[np.int64] = np.zeros(classes, dtype=np.int64)
        self.confusion: NDArray[np.int64] | None = None
        if classes <= _MOST_CONFUSED:
            self.confusion = np.zeros((classes, classes), dtype=np.int64)

    def update(self, batch: Batch, losses: RowLosses) -> None:
        """Add one batch."""
        classes = batch.classes
        if not len(self.counts):
            self._start(classes)
        self.logit_sums += batch.logits.values.sum(axis=0, dtype=np.float64)
        some = losses.counted & (losses.predictions >= 0)
        targets, predictions = losses.targets[some], losses.predictions[some]
        self.counts += np.bincount(targets, minlength=classes)
        self.losses += np.bincount(targets, losses.nll[some], minlength=classes)
        self.correct += np.bincount(targets[targets == predictions], minlength=classes)
        self.predicted += np.bincount(predictions, minlength=classes)
        if self.confusion is not None:
            pairs = np.bincount(targets * classes + predictions, minlength=classes**2)
            self.confusion += pairs.reshape(classes, classes)

    def most_confused_with(self, target: int) -> int | None:
        """Return the wrong class that this one is most often predicted as; None if it never is."""
        if self.confusion is None:
            return None
        wrong = self.confusion[target].copy()
        wrong[target] = 0
        return int(wrong.argmax()) if wrong.any() else None


class BatchMeans:
    """The mean loss of each batch, or of each group of rows.

    Args:
        groups: Rows in a batch, or (N,) a number for each row that tells which group it is in.
    """

    def __init__(self, groups: int | NDArray[np.float64]) -> None:
        self._groups = groups
        self._losses: dict[float, float] = defaultdict(float)
        self._weights: dict[float, float] = defaultdict(float)

    def update(self, batch: Batch, losses: RowLosses) -> None:
        """Add one batch."""
        counted = losses.counted
        groups, member = np.unique(self._groups_of(batch)[counted], return_inverse=True)
        sums = (
            np.bincount(member, losses.nll[counted]),
            np.bincount(member, losses.weights[counted]),
        )
        for group, loss, weight in zip(groups.tolist(), *sums, strict=True):
            self._losses[group] += float(loss)
            self._weights[group] += float(weight)

    def require(self, rows: int) -> None:
        """Refuse groups that are not one number for each of all rows.

        Raises:
            InputError: There are more or fewer groups than rows.
        """
        if not isinstance(self._groups, int) and len(self._groups) != rows:
            raise InputError(
                Code.COUNT_MISMATCH,
                f"there are {rows} rows, and {len(self._groups)} numbers in --groups",
                hint="give one group number per row",
            )

    def means(self) -> NDArray[np.float64]:
        """Return the mean of each batch that has one, in nats."""
        losses, weights = (np.array([*each.values()]) for each in (self._losses, self._weights))
        return np.asarray(losses[weights != 0] / weights[weights != 0])

    def _groups_of(self, batch: Batch) -> NDArray[Any]:
        end = batch.first_row + len(batch.logits)
        if isinstance(self._groups, int):
            return np.arange(batch.first_row, end) // self._groups
        missing = max(0, end - len(self._groups))  # `require` speaks of them
        groups = np.pad(self._groups[batch.first_row : end], (0, missing))
        return groups[: len(batch.logits)]


class LossHistogram:
    """How many rows have a loss between two neighbouring `EDGES`, and the sum of these losses."""

    def __init__(self) -> None:
        self.counts: NDArray[np.int64] = np.zeros(len(EDGES) - 1, dtype=np.int64)
        self.losses: NDArray[np.float64] = np.zeros(len(EDGES) - 1)

    def update(self, _: Batch, losses: RowLosses) -> None:
        """Add one batch."""
        nll = losses.nll[losses.counted & np.isfinite(losses.nll)]
        bins = np.clip(np.searchsorted(EDGES, nll, side="right") - 1, 0, len(EDGES) - 2)
        self.counts += np.bincount(bins, minlength=len(EDGES) - 1)
        self.losses += np.bincount(bins, nll, minlength=len(EDGES) - 1)
