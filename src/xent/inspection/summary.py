"""The summary of an array, and what the array looks like."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.inputs.shapes import is_list
from xent.inspection.stats import IGNORED, ArrayStats
from xent.meaning.row_sums import exponentials_sum_to_one, sums_to_one
from xent.meaning.targets import are_one_hot, is_row_of_class_numbers

_FIRST_ROWS = 5
# Fewer rows of 0 and 1 are typed as logits.
_LEAST_LABELS = 10


class Kind(StrEnum):
    """What an array may hold."""

    LOGITS = "logits"
    PROBABILITIES = "probabilities"
    LOGITS_OF_YES = "one logit of yes per row"
    PROBABILITIES_OF_YES = "one probability of yes per row"
    LOG_PROBABILITIES = "log-probabilities"
    CLASS_NUMBERS = "class numbers"
    ONE_HOT = "one-hot targets"
    LABELS = "yes-or-no labels, several per row"
    NUMBERS = "numbers"


@dataclass(slots=True)
class ArraySummary:
    """What is known of an array, collected block by block.

    Attributes:
        name: Its name in the file; empty if it has none.
        role: "logits" or "targets", if that is what its name says.
        row_shape: The shape of a row.
        class_names: The names of the classes, if the file tells them.
        rows: The number of rows.
        dtype: NumPy's name of its dtype.
        stats: The statistics of its numbers.
        first_rows: (n,) or (n, C) its first rows; none if it has more axes.
    """

    name: str
    role: str | None
    row_shape: tuple[int, ...]
    class_names: tuple[str, ...] = ()
    rows: int = 0
    dtype: str = ""
    stats: ArrayStats = field(default_factory=ArrayStats)
    first_rows: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        self.first_rows = np.zeros((0, *self.row_shape))

    def update(self, values: NDArray[Any]) -> None:
        """Add the next rows, (n, …)."""
        room = _FIRST_ROWS - self.rows
        if room > 0 and values.ndim <= 2:
            self.first_rows = np.concatenate([self.first_rows, values[:room]])
        self.dtype = self.dtype or values.dtype.name
        self.rows += len(values)
        self.stats.update(values)

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of the rows so far."""
        return self.rows, *self.row_shape

    @property
    def kind(self) -> Kind:
        """Return what the array looks like; a name that says its role is believed."""
        if self.role == "logits":
            return self._input_kind
        stats, is_named = self.stats, self.role == "targets"
        is_row = len(self.shape) == 2 and self.shape[0] == 1 < self.shape[1]
        # A list may be a column or a row: 0,1,2 is a list of classes, 1,0,0 a row of anything.
        if stats.rows_are(sums_to_one) and (not is_list(self.shape) or (is_named and is_row)):
            return Kind.ONE_HOT if stats.rows_are(are_one_hot) else Kind.PROBABILITIES
        if is_list(self.shape) or is_named:
            are_classes = stats.are_integers and stats.finite == stats.count
            if is_row:
                are_classes = is_row_of_class_numbers(self.first_rows)
            return Kind.CLASS_NUMBERS if are_classes else Kind.NUMBERS
        if self._are_labels:
            return Kind.LABELS
        if self.dtype.startswith(("int", "uint")) and stats.least_class >= 0:
            return Kind.CLASS_NUMBERS
        return self._input_kind

    @property
    def is_binary(self) -> bool:
        """Return whether the array belongs to yes-or-no questions: scores of a yes, or labels."""
        return self.kind in (Kind.LOGITS_OF_YES, Kind.PROBABILITIES_OF_YES, Kind.LABELS)

    @property
    def _are_labels(self) -> bool:
        """Return whether rows of several numbers hold 0 and 1 alone, and some not a single 1."""
        stats = self.stats
        within = stats.are_integers and stats.low == 0 and stats.high == 1
        whole = within and stats.finite == stats.count and len(self.shape) == 2
        return whole and self.rows >= _LEAST_LABELS and not stats.rows_are(are_one_hot)

    @property
    def _input_kind(self) -> Kind:
        stats = self.stats
        if self.row_shape[:1] == (1,):
            within = stats.low >= 0 and stats.high <= 1 and not stats.are_integers
            return Kind.PROBABILITIES_OF_YES if within else Kind.LOGITS_OF_YES
        # Rows of 0 and 1 alone are typed by learners as logits; no softmax returns them.
        if self.stats.rows_are(sums_to_one) and not self.stats.rows_are(are_one_hot):
            return Kind.PROBABILITIES
        if self.stats.rows_are(exponentials_sum_to_one):
            return Kind.LOG_PROBABILITIES
        return Kind.LOGITS


def describe_kind(array: ArraySummary) -> str:
    """Say what an array looks like, and by what it is recognised."""
    match array.kind:
        case Kind.PROBABILITIES:
            return "probabilities (rows sum to 1)"
        case Kind.LOG_PROBABILITIES:
            return "log-probabilities (the exponentials of rows sum to 1)"
        case Kind.CLASS_NUMBERS:
            return f"targets: {_class_range(array.stats)}"
        case Kind.NUMBERS if array.role == "targets":
            return "neither class numbers nor rows that sum to 1, so not targets"
        case Kind.NUMBERS:
            return "a list of numbers, such as weights, or one row of logits"
    return str(array.kind)


def _class_range(stats: ArrayStats) -> str:
    if stats.ignored == stats.finite:
        return f"{IGNORED} only, which is ignored"
    numbers = f"class numbers {stats.least_class:.0f}..{stats.high:.0f}"
    return f"{numbers}, {stats.ignored} ignored ({IGNORED})" if stats.ignored else numbers
