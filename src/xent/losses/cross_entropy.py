"""The formulas of the cross-entropy loss, which are one: l = Σ_c a_c·(-ln p_c).

With target weights a it covers class numbers and probabilities as targets, label smoothing and
class weights; its derivative by the logits, (Σ_c a_c · p - a) / T, is the gradient.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import log, nan
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from xent.losses.exact_sum import ExactSum
from xent.losses.row_losses import RowLosses
from xent.losses.softmax import ShiftedExponentials, row_sums
from xent.losses.target_nll import TargetNLL

# Doubles in one slice of work: half a megabyte for each of the arrays that a slice needs, so
# that they stay in cache and memory does not grow with the rows.
_SLICE = 1 << 16

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]


class LossFormula(Protocol):
    """The options that the formulas depend on; `LossSettings` has them, and more."""

    @property
    def weight(self) -> Doubles | None:
        """(C,) the weight w of each class."""

    @property
    def label_smoothing(self) -> float:
        """Return the share ε of each target that is spread over all classes."""

    @property
    def input_kind(self) -> str:
        """Return whether inputs are "logits", "log-probs" or "probs"."""

    @property
    def temperature(self) -> float:
        """Return the temperature T, by which logits are divided."""

    @property
    def reduction(self) -> str:
        """Return whether losses are reduced to their "mean" or "sum", or to "none"."""

    @property
    def nats_per_unit(self) -> float:
        """Return what a unit of the loss is worth in nats."""


def target_weights(
    targets: Integers, classes: int, formula: LossFormula, target_probs: Doubles | None = None
) -> Doubles:
    """Return the weight a of each class in the loss of each row.

    a = w_t·(1 - ε)·onehot(t) + ε/C·w for a class t, and w·((1 - ε)·q + ε/C) for probabilities q.

    Args:
        targets: (n,) the class t of each row.
        classes: C.
        formula: The class weights w and the label smoothing ε.
        target_probs: (n, C) the probabilities q; None where targets are class numbers.

    Returns:
        (n, C) the weights a.
    """
    smoothing = formula.label_smoothing
    weight = np.ones(classes) if formula.weight is None else formula.weight
    if target_probs is not None:
        if smoothing:
            target_probs = (1 - smoothing) * target_probs + smoothing / classes
        return target_probs if formula.weight is None else target_probs * weight
    found = np.zeros((len(targets), classes))
    found[np.arange(len(targets)), targets] = (1 - smoothing) * weight[targets]
    if smoothing:
        found += smoothing / classes * weight
    return found


@dataclass(frozen=True, slots=True)
class ClassNLL:
    """-ln p of every class, in two parts that are added last, so that small sums stay exact.

    Attributes:
        margin_to_max: (n, C) for logits z with maximum z_k, (z_k - z_c) / T; else -ln p itself.
        other_exp_sum: (n,) for logits, Σ_{c≠k} exp((z_c - z_k) / T); else 0.
        log_normalizers: (n,) log1p(other_exp_sum), the logarithm of the sum over all classes.
        argmax: (n,) the most probable class, the first of equals; -1 where there is a nan.
    """

    margin_to_max: Doubles
    other_exp_sum: Doubles
    log_normalizers: Doubles
    argmax: Integers

    @classmethod
    def of(cls, inputs: Doubles, formula: LossFormula) -> "ClassNLL":
        """Take (n, C) logits, log-probabilities or probabilities."""
        if formula.input_kind == "logits":
            shifted = ShiftedExponentials.of(inputs, formula.temperature)
            margins, others, argmax = -shifted.differences, shifted.others, shifted.argmax
            unknown = np.isnan(others)
        else:
            margins = 0.0 - (np.log(inputs) if formula.input_kind == "probs" else inputs)
            others, argmax = np.zeros(len(inputs)), inputs.argmax(axis=1)
            unknown = np.isnan(inputs[np.arange(len(inputs)), argmax])
        return cls(margins, others, np.log1p(others), np.where(unknown, -1, argmax))

    def at(self, classes: Integers) -> TargetNLL:
        """Select one class of each row."""
        margins = self.margin_to_max[np.arange(len(classes)), classes]
        nll = margins + self.log_normalizers
        return TargetNLL(margins, self.other_exp_sum, self.argmax, nll)

    def weighted_sums(self, weights: Doubles) -> Doubles:
        """Return Σ_c a_c·(-ln p_c) of each row; a weight of 0 makes even an infinite term 0."""
        terms = np.where(weights == 0, 0.0, weights * self.margin_to_max)
        sums: Doubles = row_sums(terms) + weights.sum(axis=1) * self.log_normalizers
        return sums


def row_losses(
    inputs: NDArray[Any],
    targets: Integers,
    counted: NDArray[np.bool_],
    formula: LossFormula,
    *,
    target_probs: NDArray[Any] | None = None,
    sample_weight: Doubles | None = None,
) -> RowLosses:
    """Calculate the loss l = s·Σ_c a_c·(-ln p_c) of each row, in nats.

    For a class number without smoothing the sum has one term, s·w_t·(-ln p_t). For logits with
    maximum z_k, -ln p_t = (z_k - z_t) + log1p(Σ_{j≠k} exp(z_j - z_k)): neither part is negative,
    so nothing cancels, and nothing overflows that the loss itself does not. The textbook's
    logsumexp(z) - z_t returns 0 where the true loss is 4.2e-18.

    Args:
        inputs: (n, C) logits, log-probabilities or probabilities, any real dtype.
        targets: (n,) the class of each counted row, from 0.
        counted: (n,) whether the row takes part in the mean.
        formula: What the inputs are, class weights, smoothing and temperature.
        target_probs: (n, C) the probabilities q that are the targets; None for class numbers.
        sample_weight: (n,) a factor s for each row; None for 1 throughout.

    Returns:
        The losses, their weights in the mean's denominator, and what they rest on.
    """
    # What an ignored row calculates is dropped; any class will do for it.
    classes = targets if counted.all() else np.where(counted, targets, 0)
    # What is not finite is there to be seen in the losses; it needs no warning here.
    with np.errstate(all="ignore"):
        nll, losses = _unscaled_losses(inputs, classes, formula, target_probs)
        weighted = formula.weight is not None and target_probs is None
        weights = formula.weight[classes] if weighted else np.ones(len(losses))  # type: ignore[index]  # weighted: it is there
        if sample_weight is not None:
            losses, weights = losses * sample_weight, weights * sample_weight
    if classes is not targets:
        losses, weights = np.where(counted, losses, np.nan), np.where(counted, weights, 0.0)
    parts = nll.argmax, nll.margin_to_max, nll.other_exp_sum
    return RowLosses(targets, counted, *parts, losses, weights)


def row_gradients(
    inputs: Doubles,
    targets: Integers,
    formula: LossFormula,
    *,
    target_probs: Doubles | None = None,
    sample_weight: Doubles | None = None,
) -> Doubles:
    """Calculate the gradient of each row's own loss with respect to its inputs, in nats.

    With A = Σ_c a_c it is (A·p - a) / T for logits, -a for log-probabilities, and -a / p for
    probabilities. Where A·p_c and a_c nearly cancel, in a confident row, 1 - p_c is calculated
    from the other classes, so that no digits are lost.

    Args:
        inputs: (n, C) logits, log-probabilities or probabilities.
        targets: (n,) the class of each row; of a row that is ignored any class.
        formula: What the inputs are, class weights, smoothing and temperature.
        target_probs: (n, C) the probabilities that are the targets; None for class numbers.
        sample_weight: (n,) a factor s for each row; None for 1 throughout.

    Returns:
        (n, C) the gradients.
    """
    weights = target_weights(targets, inputs.shape[1], formula, target_probs)
    if sample_weight is not None:
        weights = weights * sample_weight[:, None]
    match formula.input_kind:
        case "log-probs":
            return -weights
        case "probs":
            return np.where(weights == 0, 0.0, -weights / inputs)
    shifted = ShiftedExponentials.of(inputs, formula.temperature)
    rows, normalizers = np.arange(len(inputs)), (1 + shifted.others)[:, None]
    probabilities = shifted.exponentials / normalizers
    complements = 1 - probabilities
    complements[rows, shifted.argmax] = shifted.others / normalizers[:, 0]
    probabilities[rows, shifted.argmax] += 1 / normalizers[:, 0]
    # A·p_c - a_c = (A - a_c)·p_c - a_c·(1 - p_c), and for a one-hot target A - a_t is exactly 0.
    others = weights.sum(axis=1, keepdims=True) - weights
    gradients: Doubles = others * probabilities - weights * complements
    return gradients / formula.temperature


def reduce_losses(total: ExactSum, weight: ExactSum, formula: LossFormula) -> float:
    """Reduce the losses of all rows to their mean or their sum, in the formula's unit.

    Args:
        total: Σ l, in nats.
        weight: Σ w, the mean's denominator.
        formula: The reduction and the unit. For "none" the result is the mean.

    Returns:
        The loss. Where the weights add up to 0, what dividing gives: nan, or an infinity where
        weights of both signs cancel. With label smoothing it is nan: PyTorch divides the smooth
        part and the other each by the weights. One of the two is 0 / 0 but where weights of both
        signs cancel to the last digit; there PyTorch's result may be an infinity.
    """
    if formula.reduction == "sum":
        return float(total) / formula.nats_per_unit
    if formula.label_smoothing and not weight.scaled:
        return nan
    return total / weight / formula.nats_per_unit


def smoothing_floor(label_smoothing: float, classes: int) -> float:
    """Return the least loss that label smoothing leaves to any model, in nats.

    It is the entropy of a smoothed class number, whose target has the probability 1 - ε + ε/C and
    each other class ε/C.

    Args:
        label_smoothing: ε, between 0 and 1, both excluded.
        classes: C, at least 2.
    """
    other = label_smoothing / classes
    top = 1 - label_smoothing + other
    return -(top * log(top) + (classes - 1) * other * log(other))


def _unscaled_losses(
    inputs: NDArray[Any],
    classes: Integers,
    formula: LossFormula,
    target_probs: NDArray[Any] | None,
) -> tuple[TargetNLL, Doubles]:
    """-ln p of each row's class, and each row's Σ_c a_c·(-ln p_c)."""
    has_one_term = target_probs is None and not formula.label_smoothing
    if has_one_term and formula.input_kind == "logits" and formula.temperature == 1:
        nll = TargetNLL.of(inputs, classes)
    else:
        nll, sums = _by_slices(inputs, classes, formula, target_probs)
        if not has_one_term:
            return nll, sums
    return nll, nll.nll if formula.weight is None else nll.nll * formula.weight[classes]


def _by_slices(
    inputs: NDArray[Any],
    classes: Integers,
    formula: LossFormula,
    target_probs: NDArray[Any] | None,
) -> tuple[TargetNLL, Doubles]:
    step = max(1, _SLICE // inputs.shape[1])
    found: list[tuple[TargetNLL, Doubles]] = []
    for some in (slice(at, at + step) for at in range(0, max(1, len(classes)), step)):
        nll = ClassNLL.of(np.ascontiguousarray(inputs[some], dtype=np.float64), formula)
        probs = target_probs
        if probs is not None:
            probs = np.ascontiguousarray(probs[some], dtype=np.float64)
        sums = np.empty(0)
        if probs is not None or formula.label_smoothing:
            weights = target_weights(classes[some], inputs.shape[1], formula, probs)
            sums = nll.weighted_sums(weights)
        found.append((nll.at(classes[some]), sums))
    return _joined(nll for nll, _ in found), np.concatenate([sums for _, sums in found])


def _joined(parts: Iterable[TargetNLL]) -> TargetNLL:
    rows = ((part.margin_to_max, part.other_exp_sum, part.argmax, part.nll) for part in parts)
    return TargetNLL(*map(np.concatenate, zip(*rows, strict=True)))
