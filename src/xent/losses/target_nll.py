"""-ln p of the target of each row of logits: the arithmetic that most rows go through."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xent.losses.softmax import ShiftedExponentials

# Up to so many classes a block is worked on column by column, with more of them row by row.
_FEW_CLASSES = 48
# Doubles in a block, and its rows at most: what is made of it stays in a core's cache.
_BLOCK = 1 << 18
_BLOCK_ROWS = 1 << 15
# Between these maxima no exponential of a row overflows, and one that is not a normal double is
# below 2**-906 of the largest.
_LEAST_MAX, _MOST_MAX = -80.0, 600.0
# A sum below this may hold terms that are not normal doubles, and have lost digits.
_FEW_DIGITS = 2.0**-900
# What a row of many classes loses in a plain sum: 2**-53 for each addition that follows another,
# 19 + log2(C / 128) in NumPy's. A loss this large has an ulp of 2**-50 or more and hides it; the
# sums of rows with a smaller one are added up again.
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
        logits, (rows, classes) = np.ascontiguousarray(logits), logits.shape
        found = cls(np.empty(rows), np.empty(rows), np.empty(rows, np.int64), np.empty(rows))
        step = max(1, min(_BLOCK_ROWS, _BLOCK // classes, rows))
        scratch, largest = np.empty(step * classes), np.empty(rows)
        sum_up = _by_columns if classes <= _FEW_CLASSES else _by_rows
        for start in range(0, rows, step):
            some = slice(start, start + step)
            block = logits[some]
            terms, maxima = scratch[: block.size], (largest[some], found.argmax[some])
            found.other_exp_sum[some] = sum_up(block, terms, *maxima)
        # All else is done for all rows at once: between many short calls, threads would wait for
        # each other.
        targeted = logits.reshape(-1).take(np.arange(0, logits.size, classes) + targets)
        np.subtract(largest, targeted, out=found.margin_to_max)
        np.add(found.margin_to_max, np.log1p(found.other_exp_sum), out=found.nll)
        unusual = ~(found.other_exp_sum >= _FEW_DIGITS)
        if classes > _FEW_CLASSES:
            # A nan is not a small loss, and is handled below.
            for few in _pieces(found.nll < _FORGIVING_LOSS, step):
                terms = scratch[: len(few) * classes]
                found.other_exp_sum[few] = _by_rows(
                    logits[few], terms, largest[few], found.argmax[few], exact=True
                )
                found._add(few)
            unusual |= ~((largest >= _LEAST_MAX) & (largest <= _MOST_MAX))
        for few in _pieces(unusual, step):
            found._redo(logits, few)
        return found

    def _add(self, some: slice | NDArray[np.intp]) -> None:
        """Add the two parts of some rows."""
        self.nll[some] = self.margin_to_max[some] + np.log1p(self.other_exp_sum[some])

    def _redo(self, logits: NDArray[np.generic], some: NDArray[np.intp]) -> None:
        """Do some rows in the way that no row is too much for."""
        shifted = ShiftedExponentials.of(np.asarray(logits[some], dtype=np.float64, order="C"))
        self.other_exp_sum[some] = shifted.others
        self.argmax[some] = np.where(np.isnan(shifted.others), -1, shifted.argmax)
        self._add(some)


def _pieces(chosen: NDArray[np.bool_], step: int) -> Iterator[NDArray[np.intp]]:
    """Yield the indices of the chosen rows, `step` at a time."""
    indices = np.flatnonzero(chosen)
    yield from (indices[at : at + step] for at in range(0, len(indices), step))


def _by_rows(
    logits: NDArray[np.generic],
    scratch: NDArray[np.float64],
    largest: NDArray[np.float64],
    tops: NDArray[np.int64],
    *,
    exact: bool = False,
) -> NDArray[np.float64]:
    """Return Σ_{j≠k} exp(z_j) / exp(z_k) of each row, and fill in z_k and k.

    No difference is rounded in it, and a third of the work is saved. `exact` rounds each sum once.
    """
    terms, rows = scratch.reshape(logits.shape), np.arange(len(logits))
    np.argmax(logits, axis=1, out=tops)
    largest[:] = logits[rows, tops]
    np.copyto(terms, logits)
    np.exp(terms, out=terms)
    unit = terms[rows, tops]
    terms[rows, tops] = 0
    sums: NDArray[np.float64] = _exact_sums(terms, axis=1) if exact else terms.sum(axis=1)
    return np.divide(sums, unit, out=sums)


def _by_columns(
    logits: NDArray[np.generic],
    scratch: NDArray[np.float64],
    largest: NDArray[np.float64],
    tops: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return Σ_{j≠k} exp(z_j - z_k) to the last digit, column by column.

    Whole columns make long loops where rows would make short ones.

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


def _exponentiate(logits: NDArray[np.float64], largest: NDArray[np.float64]) -> None:
    """Make exp(z_j - z_k) of z_j, with the rounding of the difference made good."""
    lost = _lost(logits, largest)
    logits -= largest
    np.exp(logits, out=logits)
    # Where a difference is -inf, what was lost is nan, and the exponential is 0.
    logits += np.fmin(lost, 1.0, out=lost) * logits


def _lost(logits: NDArray[np.float64], largest: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what rounding takes from z_j - z_k, by TwoSum."""
    differences = logits - largest
    subtracted = differences - logits
    np.subtract(differences, subtracted, out=differences)
    lost: NDArray[np.float64] = np.subtract(logits, differences, out=differences)
    lost -= np.add(largest, subtracted, out=subtracted)
    return lost


def _differ_exactly(logits: NDArray[np.generic]) -> bool:
    """Return whether the differences of all logits are exact, as those of halves always are.

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


def _exact_sums(terms: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Return the sums along an axis of terms, none negative, rounded once.

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
