"""The gradient of the row's loss: which way each logit is pushed."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xent.explanation.derivation import Step
from xent.explanation.equation import ClassNumber, Equation, Sentence
from xent.explanation.expression import Expression, Number, Symbol
from xent.explanation.row import Doubles, WorkedRow, indexed, without_dust
from xent.explanation.symbols import TEMPERATURE, J, classes_listed
from xent.losses.gradient import class_shares, row_gradients

_ROUNDING = 4 * float(np.finfo(np.float64).eps)


def push(row: WorkedRow, digits: int) -> Step | None:
    """Softmax - onehot, and what it does to the logits; None where there is none to speak of."""
    if row.settings.input_kind != "logits" or not row.counted or not np.isfinite(row.loss):
        return None
    unit = row.settings.nats_per_unit
    shares = class_shares(row.rows, row.settings)[0] / unit
    gradient = without_dust(row_gradients(row.rows, row.settings)[0] / unit)
    if np.count_nonzero(shares) > 1:
        # A difference of two numbers that are not exact: what is left of equal ones is rounding.
        terms = shares.sum() * row.probabilities + shares
        gradient[np.abs(gradient) < _ROUNDING * terms] = 0.0
    pull = _Pull(row, shares, gradient)
    return Step(
        "gradient",
        Sentence("Which way this row's loss pushes each logit."),
        "The gradient is what the model believes less what it should: softmax - onehot."
        if pull.certain
        else "The gradient is the belief less the target: a is the share that each class has in "
        "the row's loss, and A = Σ a.",
        (Symbol("∂l/∂z", J), pull.formula),
        tuple(pull.equation(each, digits) for each in row.shown),
        remarks=tuple(pull.directions()),
    )


@dataclass(frozen=True, slots=True)
class _Pull:
    """The gradient (A·p - a) / T.

    Attributes:
        row: The row.
        shares: (C,) a, the share of each class in the row's loss.
        gradient: (C,) its value.
    """

    row: WorkedRow
    shares: Doubles
    gradient: Doubles

    @property
    def certain(self) -> bool:
        """Whether a is one-hot, and A is 1."""
        return bool(np.count_nonzero(self.shares) == 1 and self.shares.max() == 1)

    @property
    def formula(self) -> Expression:
        """It in letters."""
        if self.certain:
            return self._cooled(Symbol("p", J) - Symbol("[j = t]"), TEMPERATURE)
        return self._cooled(Symbol("A") * Symbol("p", J) - Symbol("a", J), TEMPERATURE)

    def equation(self, each: int, digits: int) -> Equation:
        """It in numbers, for one logit."""
        left, value = indexed("∂l/∂z", each), float(self.gradient[each])
        temperature = Number(self.row.settings.temperature)
        share, total = float(self.shares[each]), float(self.shares.sum())
        own = Number(float(self.row.probabilities[each]))
        gap: Expression = (own if self.certain else Number(total) * own) - Number(share)
        textbook = Equation(left, None, self._cooled(gap, temperature), value)
        if textbook.is_readable(digits):
            return textbook
        # A·p - a = (A - a)·p - a·(1 - p), where 1 - p, the others' probability, cancels nothing.
        others = Number(float(np.delete(self.row.probabilities, each).sum()))
        gap = -others if share == 1 else -(Number(share) * others)
        if total != share:
            gap = Number(total - share) * own + gap
        return Equation(left, None, self._cooled(gap, temperature), value)

    def directions(self) -> Iterator[Sentence]:
        """A step against the gradient raises what is negative and lowers what is positive."""
        shown = self.row.shown
        raised = [each for each in shown if self.gradient[each] < 0]
        lowered = [each for each in shown if self.gradient[each] > 0]
        more = " and the rest" if len(shown) < self.row.classes else ""
        parts = [
            *([f"raises the logit of {classes_listed(len(raised))}"] if raised else []),
            *([f"lowers that of {classes_listed(len(lowered))}{more}"] if lowered else []),
        ]
        if parts:
            moved = (*map(ClassNumber, [*raised, *lowered]),)
            yield Sentence(f"A step of gradient descent {', and '.join(parts)}.", moved)

    def _cooled(self, gap: Expression, temperature: Expression) -> Expression:
        return gap if self.row.settings.temperature == 1 else gap / temperature
