"""Which row of targets belongs to which row of logits."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xent.checkup.association import MEDIAN_DEVIATION, Association
from xent.checkup.pairing import Pairing, is_significant
from xent.checkup.rearrangement import rearranged_parts
from xent.checkup.rows import LabelledRows

# Fewer rows than this prove nothing about their order.
_FEW_ROWS = 20
# In standard deviations; among n lags luck alone goes about as far as √(2 ln n).
_SIGNIFICANT = 4.0
_BEYOND_LUCK = 2.5
# A row lost in the middle is looked for at so many lags, those that fit best, and at small ones.
_MOST_BREAKS = 4
# Steps of which each may be that of a part of the rows.
_MOST_STEPS = 24
_NEAR = 3
# In standard errors, the loss must fall by so much behind a break.
_BROKEN = 3.0
# Fewer rows at the ends do not tell whether they belong together.
_FEW_ENDS = 3
# Each of the two parts must fit where it is, and both together better than either.
_TELLING = 2.5
# One step among all at which rows and targets depend on each other, in standard deviations.
_STANDS_OUT = 12.0
# So many products of rows and pairs of classes are looked at.
_MOST_PRODUCTS = 20_000_000


@dataclass(frozen=True, slots=True)
class Alignment:
    """How the targets stand relative to their logits.

    Attributes:
        step: The logits of row i belong to the target of row i + step.
        start: From which row on; the rows before it are unshifted.
        cyclic: Whether the rows at the ends belong together as well, counted round.
        is_reversed: Whether the targets are in the opposite order instead.
        parts: The targets of each part of the rows, from one up to another, where the parts stand
            in another order instead.
    """

    step: int = 0
    start: int = 0
    cyclic: bool = False
    is_reversed: bool = False
    parts: tuple[tuple[int, int], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.step) or self.is_reversed or bool(self.parts)

    def rows_of(self, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return which rows of the logits and which of the targets belong together."""
        rows = np.arange(count)
        if self.is_reversed:
            return rows, rows[::-1]
        if self.parts:
            return rows, np.concatenate([np.arange(*part) for part in self.parts])
        if self.cyclic:
            return rows, (rows + self.step) % count
        ahead, behind = max(0, self.step), max(0, -self.step)
        here = np.delete(rows, slice(self.start, self.start + behind))
        there = np.delete(rows, slice(self.start, self.start + ahead))
        return here[: count - ahead - behind], there[: count - ahead - behind]

    @property
    def lines(self) -> str:
        """Return the line of Python that pairs the rows."""
        if self.is_reversed:
            return "targets = targets[::-1]"
        if self.parts:
            parts = ", ".join(f"targets[{start}:{stop}]" for start, stop in self.parts)
            return f"targets = numpy.concatenate([{parts}])"
        if self.cyclic:
            return f"targets = numpy.roll(targets, {-self.step}, axis=0)"
        count = abs(self.step)
        if self.start:
            cut = f"slice({self.start}, {self.start + count})"
            longer, shorter = ("targets", "logits") if self.step > 0 else ("logits", "targets")
            spliced = f"{longer} = numpy.delete({longer}, {cut}, axis=0)"
            return f"{spliced}; {shorter} = {shorter}[:-{count}]"
        ends = (f":-{count}", f"{count}:") if self.step > 0 else (f"{count}:", f":-{count}")
        return f"logits, targets = logits[{ends[0]}], targets[{ends[1]}]"


IN_PLACE = Alignment()


def best_alignment(rows: LabelledRows) -> Alignment:
    """Return how the rows belong together; unshifted if nothing else can be proved."""
    weighted = rows.settings.weight is not None or rows.sample.sample_weight is not None
    out_of_order = weighted or not rows.sample.is_consecutive
    if rows.has_probabilities or out_of_order or len(rows.sample) < _FEW_ROWS:
        return IN_PLACE
    association = rows.association
    if not association.scale > 0:
        return IN_PLACE
    for candidate in _candidates(association):
        if _fits(association, candidate):
            return candidate
    return IN_PLACE


def alignment_of_any_classes(rows: LabelledRows) -> Alignment:
    """Return the step at which rows and targets depend on each other, whatever class is whose.

    It is the one that stands out among all; unshifted if none does.
    """
    weighted = rows.settings.weight is not None or rows.sample.sample_weight is not None
    few = len(rows.sample) < _FEW_ROWS
    if rows.has_probabilities or weighted or few or not rows.sample.is_consecutive:
        return IN_PLACE
    association = rows.association
    count = min(len(association.targets), _MOST_PRODUCTS // rows.classes**2)
    if count < len(association.targets):
        some = slice(count)
        association = Association(association.log_probs[some], association.targets[some])
    if count < _FEW_ROWS or not association.scale > 0:
        return IN_PLACE
    found = association.any_at_lags
    lag = int(found.argmax())
    others = np.delete(found, lag)
    middle = float(np.median(others))
    deviation = float(np.median(np.abs(others - middle))) / MEDIAN_DEVIATION
    if not found[lag] - middle > max(_STANDS_OUT * deviation, 2 * float(others.max() - middle)):
        return IN_PLACE
    if found[0] - middle > _STANDS_OUT * deviation:  # as of a text, whose letters tell of others
        return IN_PLACE
    step = lag if lag <= count // 2 else lag - count
    return Alignment(step, cyclic=_is_cyclic_in_any_class(association, step)) if step else IN_PLACE


def _is_cyclic_in_any_class(association: Association, step: int) -> bool:
    """Tell whether few rows are left over at the ends, which are then counted round."""
    return abs(step) > len(association.targets) // 4


def loss_at_alignment(rows: LabelledRows, alignment: Alignment) -> float:
    """Return the mean loss, in nats, of the rows paired otherwise."""
    here, there = alignment.rows_of(len(rows.sample))
    return loss_of_pairs(rows, here, there)


def loss_at_offset(rows: LabelledRows, logits_from: int, targets_from: int) -> float:
    """Return the mean loss, in nats, of the logits and the targets from two rows on."""
    count = len(rows.sample) - max(logits_from, targets_from)
    return loss_of_pairs(rows, logits_from + np.arange(count), targets_from + np.arange(count))


def loss_of_pairs(rows: LabelledRows, here: NDArray[np.int64], there: NDArray[np.int64]) -> float:
    """Return the mean loss, in nats, of some rows of logits with the targets of others."""
    counted = rows.counted[there]
    targets = rows.sample.targets[there][counted].astype(np.int64)
    return rows.loss_of(rows.sample.logits[here][counted], targets - int(rows.settings.one_based))


def steps_of(at_lags: NDArray[np.float64], spread: float) -> Iterator[int]:
    """Yield the steps whose z chance does not explain and exceeds that of no shift, best first."""
    count = len(at_lags)
    least = spread * (np.sqrt(2 * np.log(count)) + _BEYOND_LUCK)
    for lag in np.argsort(-at_lags, kind="stable")[: _MOST_BREAKS + 1].tolist():
        if lag and at_lags[lag] > max(least, at_lags[0] + 2):
            yield lag if lag <= count // 2 else lag - count


def _candidates(association: Association) -> list[Alignment]:
    """Return the ways to pair the rows that luck does not explain, the best first."""
    count, lags = len(association.targets), association.at_lags
    least = association.spread * (np.sqrt(2 * np.log(count)) + _BEYOND_LUCK)
    in_place = association.z
    found = []
    if association.reversed > max(least, in_place + 2):
        found.append((association.reversed, Alignment(is_reversed=True)))
    best = np.argsort(-lags, kind="stable")[: _MOST_BREAKS + 1].tolist()
    near = [lag % count for step in range(1, _NEAR + 1) for lag in (step, -step)]
    for lag in dict.fromkeys((*best, *near)):
        step = lag if lag <= count // 2 else lag - count
        if not step:
            continue
        if lags[lag] > max(least, in_place + 2):
            cyclic = _is_cyclic(association, step)
            if cyclic or abs(step) <= count // 4:
                found.append((float(lags[lag]), Alignment(step, cyclic=cyclic)))
        both = min(in_place, lags[lag]) > _TELLING * association.spread
        if both and abs(step) <= count // 4:
            found += _broken(association, step)
    found += _rearranged(association, least)
    return [each for _, each in sorted(found, key=lambda pair: -pair[0])]


def _is_cyclic(association: Association, step: int) -> bool:
    """Tell whether the rows that a step leaves without a partner belong together as well."""
    count = len(association.targets)
    here, there = Alignment(step, cyclic=True).rows_of(count)
    inside, outside = _deviations(association, here, there), np.abs(there - here) != abs(step)
    if outside.sum() < _FEW_ENDS:
        return False
    return bool(inside[outside].mean() > 0.5 * inside[~outside].mean())


def _deviations(
    association: Association, here: NDArray[np.int64], there: NDArray[np.int64]
) -> NDArray[np.float64]:
    targets = association.targets[there]
    return np.where(targets >= 0, association.deviations[here, targets], 0.0)


def _broken(association: Association, step: int) -> list[tuple[float, Alignment]]:
    """Find the row from which on the targets are `step` rows further, if there is one."""
    count = len(association.targets)
    here = np.arange(max(0, -step), count - max(0, step))
    gains = _deviations(association, here, here + step) - _deviations(association, here, here)
    gained = np.append(gains[::-1].cumsum()[::-1], 0.0)
    first = int(gained.argmax())
    start = int(here[first]) - max(0, -step) if first < len(here) else count
    if start < _FEW_ROWS // 2 or count - start < _FEW_ROWS // 2:
        return []
    alignment = Alignment(step, start)
    rows = alignment.rows_of(count)
    z = float(_deviations(association, *rows).sum()) / association.scale
    return [(z, alignment)] if z > association.z + _SIGNIFICANT * association.spread else []


def _rearranged(association: Association, least: float) -> list[tuple[float, Alignment]]:
    """Find parts of the rows that stand in another order, if there are some."""
    count, lags = len(association.targets), association.at_lags
    likely = np.argsort(-lags, kind="stable")[:_MOST_STEPS]
    likely = likely[lags[likely] > max(_TELLING * association.spread, 0.25 * least)]
    if len(likely) < 2 or lags[likely[0]] < least:
        return []
    steps = np.unique(np.concatenate([likely, likely - count]))
    deviations, rows = [], np.arange(count)
    for step in steps.tolist():
        inside = (rows + step >= 0) & (rows + step < count)
        there = np.clip(rows + step, 0, count - 1)
        deviations.append(np.where(inside, _deviations(association, rows, there), -np.inf))
    bounded = [np.maximum(each, -association.scale) for each in deviations]
    parts = rearranged_parts(association, steps, bounded)
    if not parts:
        return []
    alignment = Alignment(parts=parts)
    z = float(_deviations(association, *alignment.rows_of(count)).sum()) / association.scale
    gains = z > max(association.z, float(lags.max())) + _SIGNIFICANT * association.spread
    return [(z, alignment)] if gains else []


def _fits(association: Association, alignment: Alignment) -> bool:
    """Tell whether the rows prove another alignment."""
    count = len(association.targets)
    here, there = alignment.rows_of(count)
    moved = here != there
    here, there = here[moved], there[moved]
    both = (association.targets[here] >= 0) & (association.targets[there] >= 0)
    log_probs = association.log_probs[here][both]
    before = Pairing(log_probs, association.targets[here][both])
    after = Pairing(log_probs, association.targets[there][both])
    # A step that is far better than all others needs no further proof that it is not luck.
    return is_significant(before, after, _BROKEN if alignment.start or alignment.parts else 0.0)
