"""How surprising the target of each row of logits is: the arithmetic that most rows go through."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xent.losses.softmax import ShiftedExponentials

# Up to so many classes a block is worked on column by column, with more of them row by row.
_FEW_CLASSES = 48
# Doubles in a block, and its rows at most: what is made of it stays in a core's cache.
_BLOCK = 1 << 17
_BLOCK_ROWS = 1 << 15
# A row with its maximum and the sum of its others in these bounds has normal doubles for both
# exp(z_k) and Σ_{j≠k} exp(z_j), with room for terms that are too small to be normal.
_LEAST_TOP, _MOST_TOP = -100.0, 600.0
_LEAST_OTHERS = 2.0**-800
# A loss this large has an ulp of 2**-50 or more, and hides what is lost in a plain sum of S: its
# relative error, of some 2**-53 at every addition, is at most its absolute error in log1p(S).
_FORGIVING_LOSS = 4.0

# Arrays that are made and dropped for each block must not go back to the system, which takes
# longer to give them again, page by page, than the arithmetic. The C library of Linux keeps what
# is smaller than the largest piece that it has seen freed: this one, of which no page is touched.
np.empty(1 << 20)


@dataclass(frozen=True, slots=True)
class TargetSurprisals:
    """-ln p of one class in each row, in two parts that are added last.

    For a row of logits z with its first maximum at k, and the class t:

        -ln p_t = (z_k - z_t) + log1p(Σ_{j≠k} exp(z_j) / exp(z_k)).

    Neither part is negative, so nothing cancels. Dividing the exponentials, not subtracting the
    logits, takes one pass less and rounds no difference: half an ulp of z_j - z_k, 6e-14 at a
    difference of 700, would become a relative error of its exponential. Rows whose exponentials
    do not fit into doubles are done again, from their differences.

    Each step is elementwise, or adds up one row in an order that C alone decides. So a row has
    the same bits wherever in a block it stands, and whatever is around it.

    Attributes:
        gaps: (n,) z_k - z_t.
        others: (n,) Σ_{j≠k} exp(z_j - z_k); nan where a row holds nan or +inf, or -inf alone.
        predictions: (n,) k; -1 where `others` is nan.
        values: (n,) -ln p_t, the surprisals.
    """

    gaps: NDArray[np.float64]
    others: NDArray[np.float64]
    predictions: NDArray[np.int64]
    values: NDArray[np.float64]

    @classmethod
    def of(cls, logits: NDArray[np.generic], targets: NDArray[np.int64]) -> "TargetSurprisals":
        """Take (n, C) `logits` of any real dtype, and the class t of each row."""
        rows, classes = logits.shape
        found = cls(np.empty(rows), np.empty(rows), np.empty(rows, np.int64), np.empty(rows))
        step = max(1, min(_BLOCK_ROWS, _BLOCK // classes, rows))
        scratch = np.empty(step * classes)
        largest = np.empty(rows)
        for start in range(0, rows, step):
            some = slice(start, start + step)
            found._fill(logits[some], targets[some], some, largest[some], scratch)
        normal = largest.min(initial=0.0) >= _LEAST_TOP and largest.max(initial=0.0) <= _MOST_TOP
        if not (normal and found.others.min(initial=1.0) >= _LEAST_OTHERS):
            found._redo_unusual(logits, largest, step)
        return found

    def _fill(
        self,
        logits: NDArray[np.generic],
        targets: NDArray[np.int64],
        some: slice,
        largest: NDArray[np.float64],
        scratch: NDArray[np.float64],
    ) -> None:
        rows, classes = logits.shape
        logits, exponentials = np.ascontiguousarray(logits), scratch[: rows * classes]
        if classes <= _FEW_CLASSES:
            sums = _by_columns(logits, exponentials, largest, self.predictions[some])
        else:
            sums = _by_rows(logits, exponentials, largest, self.predictions[some])
        targeted = logits.reshape(-1).take(np.arange(rows) * classes + targets)
        gaps = np.subtract(largest, targeted, out=self.gaps[some])
        others = np.multiply(sums, np.exp(-largest), out=self.others[some])
        values = np.add(gaps, np.log1p(others), out=self.values[some])
        if classes > _FEW_CLASSES and (unsure := np.flatnonzero(values < _FORGIVING_LOSS)).size:
            terms = exponentials.reshape(rows, classes)
            if len(unsure) < rows:
                terms = terms[unsure]
            others[unsure] = _exact_sums(terms, sums[unsure]) * np.exp(-largest[unsure])
            values[unsure] = gaps[unsure] + np.log1p(others[unsure])

    def _redo_unusual(
        self, logits: NDArray[np.generic], largest: NDArray[np.float64], step: int
    ) -> None:
        usual = (largest >= _LEAST_TOP) & (largest <= _MOST_TOP) & (self.others >= _LEAST_OTHERS)
        unusual = np.flatnonzero(~usual)
        for start in range(0, len(unusual), step):
            rows = unusual[start : start + step]
            shifted = ShiftedExponentials.of(np.asarray(logits[rows], dtype=np.float64, order="C"))
            self.others[rows] = shifted.others
            self.values[rows] = self.gaps[rows] + np.log1p(shifted.others)
            self.predictions[rows] = np.where(np.isnan(shifted.others), -1, shifted.top)

    @classmethod
    def joined(cls, parts: Iterable["TargetSurprisals"]) -> "TargetSurprisals":
        """The rows of all parts."""
        rows = ((part.gaps, part.others, part.predictions, part.values) for part in parts)
        return cls(*map(np.concatenate, zip(*rows, strict=True)))


def _by_rows(
    logits: NDArray[np.generic],
    scratch: NDArray[np.float64],
    largest: NDArray[np.float64],
    tops: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Σ_{j≠k} exp(z_j) of each row, whose terms stay in `scratch`, and z_k and k."""
    exponentials, rows = scratch.reshape(logits.shape), np.arange(len(logits))
    np.argmax(logits, axis=1, out=tops)
    largest[:] = logits[rows, tops]
    np.exp(logits, out=exponentials, dtype=np.float64)
    exponentials[rows, tops] = 0
    sums: NDArray[np.float64] = exponentials.sum(axis=1)
    return sums


def _by_columns(
    logits: NDArray[np.generic],
    scratch: NDArray[np.float64],
    largest: NDArray[np.float64],
    tops: NDArray[np.int64],
) -> NDArray[np.float64]:
    """The same in whole columns, as short rows would make short loops.

    The first column takes whatever is larger in a further one, and gives its own in exchange. So
    in the end it has the maxima, and the further columns have all else.
    """
    columns = scratch.reshape(logits.shape[::-1])
    np.copyto(columns, logits.T)
    leader, spare = columns[0], largest
    leaders = np.zeros(len(logits), dtype=np.int8)
    for number, column in enumerate(columns[1:], 1):
        leads = (column > leader).view(np.int8)
        np.maximum(leaders, leads * np.int8(number), out=leaders)
        np.maximum(leader, column, out=spare)
        np.minimum(leader, column, out=column)
        leader, spare = spare, leader
    largest[:], tops[:] = leader, leaders
    terms = columns[1:]
    np.exp(terms, out=terms)
    count = len(terms)
    while count > 1:  # one half to the other, so that few roundings follow each other
        half = count // 2
        terms[:half] += terms[count - half : count]
        count -= half
    sums: NDArray[np.float64] = terms[:1].sum(axis=0)  # that of one class is 0
    return sums


def _exact_sums(terms: NDArray[np.float64], sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum of each row of terms, none negative, rounded once; `sums` are nearly that.

    As in `row_sums`, with a bound at hand: all upper parts of a row are multiples of one unit,
    and add up to less than 2**53 of it.
    """
    far_above = 4 * sums[:, None]
    upper = terms + far_above
    upper -= far_above
    exact: NDArray[np.float64] = upper.sum(axis=1)
    upper -= terms
    exact -= upper.sum(axis=1)
    return exact
