"""The gradient of the row's loss: which way each logit is pushed."""

from collections.abc import Iterator

import numpy as np

from xent.explanation.derivation import Step
from xent.explanation.equation import ClassNumber, Equation, Sentence
from xent.explanation.expression import Expression, Number, Symbol
from xent.explanation.row import Doubles, WorkedRow, without_dust
from xent.explanation.symbols import TEMPERATURE, J, indexed, list_classes
from xent.losses.cross_entropy import row_gradients, target_weights

_GRADIENT = "∂l/∂z"
_ROUNDING = 4 * float(np.finfo(np.float64).eps)


def gradient_step(row: WorkedRow, digits: int) -> Step | None:
    """Work the gradient (A·p - a) / T; return None where there is none to speak of.

    a is the weight of each class in the row's loss, and A = Σ a. For a one-hot target without
    options that is softmax - onehot.
    """
    if row.settings.input_kind != "logits" or not row.counted or not np.isfinite(row.loss):
        return None
    unit = row.settings.nats_per_unit
    rows, targets = row.rows, np.array([row.target])
    weights = target_weights(targets, row.classes, row.settings, rows.target_probs)[0] / unit
    if rows.sample_weight is not None:
        weights = weights * rows.sample_weight[0]
    gradients = row_gradients(
        rows.inputs,
        targets,
        row.settings,
        target_probs=rows.target_probs,
        sample_weight=rows.sample_weight,
    )
    gradient = without_dust(gradients[0] / unit)
    if np.count_nonzero(weights) > 1:
        # A difference of two numbers that are not exact: what is left of equal ones is rounding.
        terms = weights.sum() * row.probabilities + weights
        gradient[np.abs(gradient) < _ROUNDING * terms] = 0.0
    one_hot = _is_one_hot(weights)
    if one_hot:
        gap = Symbol("p", J) - Symbol("[j = t]")
    else:
        gap = Symbol("A") * Symbol("p", J) - Symbol("a", J)
    return Step(
        "gradient",
        Sentence("The direction in which this row's loss pushes each logit."),
        "The gradient is the predicted probability minus the target's: softmax - one-hot."
        if one_hot
        else "The gradient is the prediction minus the target: a is the weight of each class in "
        "the row's loss, and A = Σ a.",
        (Symbol(_GRADIENT, J), _by_temperature(gap, TEMPERATURE, row)),
        tuple(_equation(row, each, weights, gradient, digits) for each in row.shown),
        remarks=tuple(_directions(row, gradient)),
    )


def _equation(
    row: WorkedRow, each: int, weights: Doubles, gradient: Doubles, digits: int
) -> Equation:
    """Work the gradient of one logit."""
    weight, total, p = float(weights[each]), float(weights.sum()), float(row.probabilities[each])

    def equation(gap: Expression) -> Equation:
        right = _by_temperature(gap, Number(row.settings.temperature), row)
        return Equation(indexed(_GRADIENT, each), None, right, float(gradient[each]))

    # A one-hot target's A is 1, and is not written.
    own = Number(p) if _is_one_hot(weights) else Number(total) * Number(p)
    textbook = equation(own - Number(weight))
    if textbook.is_readable(digits):
        return textbook
    # A·p - a = (A - a)·p - a·(1 - p), where 1 - p, the others' probability, cancels nothing.
    others = Number(float(np.delete(row.probabilities, each).sum()))
    gap: Expression = -others if weight == 1 else -(Number(weight) * others)
    if total != weight:
        gap = Number(total - weight) * Number(p) + gap
    return equation(gap)


def _is_one_hot(weights: Doubles) -> bool:
    return bool(np.count_nonzero(weights) == 1 and weights.max() == 1)


def _by_temperature(gap: Expression, temperature: Expression, row: WorkedRow) -> Expression:
    return gap if row.settings.temperature == 1 else gap / temperature


def _directions(row: WorkedRow, gradient: Doubles) -> Iterator[Sentence]:
    """Say where a step against the gradient goes: it raises what is negative, lowers the rest."""
    raised = [each for each in row.shown if gradient[each] < 0]
    lowered = [each for each in row.shown if gradient[each] > 0]
    more = " and the rest" if len(row.shown) < row.classes else ""
    parts = [
        *([f"raises the logit of {list_classes(len(raised))}"] if raised else []),
        *([f"lowers that of {list_classes(len(lowered))}{more}"] if lowered else []),
    ]
    if parts:
        moved = (*map(ClassNumber, [*raised, *lowered]),)
        yield Sentence(f"A step of gradient descent {', and '.join(parts)}.", moved)
