"""-ln p of the target of each row of logits: the arithmetic that most rows go through."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xent.losses.softmax import ShiftedExponentials

# Up to so many classes a block is worked on column by column, with more of them row by row.
_FEW_CLASSES = 48
# Doubles in a block, and its rows at most: what is made of it stays in a core's cache.
_BLOCK = 1 << 17
_BLOCK_ROWS = 1 << 15
# Doubles in a block that is refined, of which some copies are made.
_REFINED = 1 << 16
# A sum below this may hold terms that are no normal doubles, and have lost digits.
_FEW_DIGITS = 2.0**-900
# What a row of many classes loses in plain arithmetic. Rounding its differences d_j makes an
# error in log1p(S) of at most 2**-53·Σ p_j·|d_j|, which is below 2**-53·ln C. A plain sum adds
# 2**-53 for each addition that follows another, 19 + log2(C / 128) in NumPy's. A loss this large
# has an ulp of 2**-50 or more and hides both; rows with a smaller one are done again.
_FORGIVING_LOSS = 4.0

# Arrays that are made and dropped for each block must not go back to the system, which takes
# longer to give them again, page by page, than the arithmetic. The C library of Linux keeps what
# is smaller than the largest piece that it has seen freed: this one, of which no page is touched.
np.empty(1 << 20)


@dataclass(frozen=True, slots=True)
class TargetNLL:
    """-ln p of one class in each row, in two parts that are added last.

    For a row of logits z with its first maximum at k, and the class t:

        -ln p_t = (z_k - z_t) + log1p(Σ_{j≠k} exp(z_j - z_k)).

    Neither part is negative, so nothing cancels.

    Each step is elementwise, or adds up one row in an order that C alone decides. So a row has
    the same bits wherever in a block it stands, and whatever is around it.

    Attributes:
        margin_to_max: (n,) z_k - z_t.
        other_exp_sum: (n,) Σ_{j≠k} exp(z_j - z_k); nan where a row holds nan or +inf, or -inf
            alone.
        argmax: (n,) k; -1 where `other_exp_sum` is nan.
        nll: (n,) -ln p_t.
    """

    margin_to_max: NDArray[np.float64]
    other_exp_sum: NDArray[np.float64]
    argmax: NDArray[np.int64]
    nll: NDArray[np.float64]

    @classmethod
    def of(cls, logits: NDArray[np.generic], targets: NDArray[np.int64]) -> "TargetNLL":
        """Calculate -ln p of the class t of each row of (n, C) `logits`, of any real dtype."""
        rows, classes = logits.shape
        found = cls(np.empty(rows), np.empty(rows), np.empty(rows, np.int64), np.empty(rows))
        step = max(1, min(_BLOCK_ROWS, _BLOCK // classes, rows))
        scratch = np.empty(step * classes)
        largest = np.empty(rows)
        for start in range(0, rows, step):
            some = slice(start, start + step)
            found._fill(logits[some], targets[some], some, largest[some], scratch)
        unsure = ~(found.other_exp_sum >= _FEW_DIGITS)
        if unsure.any():
            found._redo(logits, np.flatnonzero(unsure), step)
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
        logits, terms = np.ascontiguousarray(logits), scratch[: rows * classes]
        sum_up = _by_columns if classes <= _FEW_CLASSES else _by_rows
        others = self.other_exp_sum[some]
        others[:] = sum_up(logits, terms, largest, self.argmax[some])
        targeted = logits.reshape(-1).take(np.arange(rows) * classes + targets)
        gaps = np.subtract(largest, targeted, out=self.margin_to_max[some])
        values = np.add(gaps, np.log1p(others), out=self.nll[some])
        if classes > _FEW_CLASSES:
            unsure, step = np.flatnonzero(values < _FORGIVING_LOSS), max(1, _REFINED // classes)
            for few in (unsure[at : at + step] for at in range(0, len(unsure), step)):
                around = logits[few], terms.reshape(logits.shape)[few], largest[few, None]
                others[few] = _refined(*around)
                values[few] = gaps[few] + np.log1p(others[few])

    def _redo(self, logits: NDArray[np.generic], unsure: NDArray[np.int64], step: int) -> None:
        for start in range(0, len(unsure), step):
            rows = unsure[start : start + step]
            shifted = ShiftedExponentials.of(np.asarray(logits[rows], dtype=np.float64, order="C"))
            self.other_exp_sum[rows] = shifted.others
            self.nll[rows] = self.margin_to_max[rows] + np.log1p(shifted.others)
            self.argmax[rows] = np.where(np.isnan(shifted.others), -1, shifted.argmax)


def _by_rows(
    logits: NDArray[np.generic],
    scratch: NDArray[np.float64],
    largest: NDArray[np.float64],
    tops: NDArray[np.int64],
) -> NDArray[np.float64]:
    """About Σ_{j≠k} exp(z_j - z_k) of each row, and z_k and k."""
    terms, rows = scratch.reshape(logits.shape), np.arange(len(logits))
    np.argmax(logits, axis=1, out=tops)
    largest[:] = logits[rows, tops]
    np.copyto(terms, logits)
    terms -= largest[:, None]
    np.exp(terms, out=terms)
    terms[rows, tops] = 0
    sums: NDArray[np.float64] = terms.sum(axis=1)
    return sums


def _by_columns(
    logits: NDArray[np.generic],
    scratch: NDArray[np.float64],
    largest: NDArray[np.float64],
    tops: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Calculate the sums of `_by_rows` to the last digit, in whole columns.

    Short rows would make short loops.

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
    others = columns[1:]
    if _differ_exactly(logits):
        others -= largest
        np.exp(others, out=others)
    else:
        for column in others:
            _exponentiate(column, largest)
    return _exact_sums(others, axis=0)


def _refined(
    logits: NDArray[np.generic], terms: NDArray[np.float64], largest: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Σ_{j≠k} exp(z_j - z_k) of each row to the last digit, from terms with rounded z_j - z_k."""
    sums = _exact_sums(terms, axis=1)
    if not _differ_exactly(logits):
        # exp(d + lost) = exp(d)·(1 + lost), as the lost part is so small.
        sums += _weighted_sums(terms, _lost(np.asarray(logits, dtype=np.float64), largest))
    return sums


def _exponentiate(logits: NDArray[np.float64], largest: NDArray[np.float64]) -> None:
    """Make exp(z_j - z_k) of z_j, with the rounding of the difference made good."""
    lost = _lost(logits, largest)
    logits -= largest
    np.exp(logits, out=logits)
    # Where a difference is -inf, what was lost is nan, and the exponential is 0.
    logits += np.fmin(lost, 1.0, out=lost) * logits


def _lost(logits: NDArray[np.float64], largest: NDArray[np.float64]) -> NDArray[np.float64]:
    """What rounding takes from z_j - z_k, by TwoSum."""
    differences = logits - largest
    subtracted = differences - logits
    np.subtract(differences, subtracted, out=differences)
    lost: NDArray[np.float64] = np.subtract(logits, differences, out=differences)
    lost -= np.add(largest, subtracted, out=subtracted)
    return lost


def _differ_exactly(logits: NDArray[np.generic]) -> bool:
    """Whether the differences of all logits surely are doubles, as those of halves always are.

    Those of float32 numbers are, where the last bit of the smallest but 0 is not below that of
    a double as large as the largest difference.
    """
    if logits.dtype == np.float16:
        return True
    if logits.dtype != np.float32 or not logits.flags.c_contiguous:
        return False
    # Without their signs the bits of floats are ordered as their magnitudes; 0 becomes the last.
    magnitudes = logits.view(np.uint32) << 1
    widest = int(magnitudes.max()) >> 24
    magnitudes -= 1
    # From the first bit of the largest to the last of the smallest, each with 24 of its own. Of
    # two that take up all 53 of a double, the smaller carries nothing beyond the first.
    narrowest = int(magnitudes.min()) >> 24
    return widest < 255 and widest - narrowest + 24 <= 53


def _weighted_sums(terms: NDArray[np.float64], factors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Σ_j terms_j·factors_j of each row, where 0·nan is 0."""
    sums: NDArray[np.float64] = np.einsum("ij,ij->i", terms, factors)
    if np.isnan(sums).any():
        sums = np.einsum("ij,ij->i", terms, np.nan_to_num(factors, copy=False))
    return sums


def _exact_sums(terms: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """The sums along an axis of terms, none negative, rounded once.

    As in `row_sums`, with a bound at hand: all upper parts of a sum are multiples of one unit,
    and add up to less than 2**53 of it.
    """
    sums: NDArray[np.float64] = terms.sum(axis=axis)
    if terms.shape[axis] > 2:
        far_above = np.expand_dims(4 * sums, axis)
        upper = terms + far_above
        upper -= far_above
        sums = upper.sum(axis=axis)
        upper -= terms
        sums -= upper.sum(axis=axis)
    return sums
