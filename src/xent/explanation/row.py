"""The row that is worked in full: all that its steps are made of."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from xent.explanation.expression import Elided, Expression, Number, Symbol
from xent.losses.softmax import ShiftedExponentials
from xent.report.stages import Rows, probabilities
from xent.settings import LossSettings

# With more classes than this, only those that matter are written out.
_ALL_CLASSES = 6
_TOP_CLASSES = 4
# Exponentials of logits within this are numbers that a person reads: exp(7) is 1096.6332.
_READABLE = 7.0
_DUST = 1e-300

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class WorkedRow:
    """One row with its intermediate results.

    Attributes:
        rows: The row, as one of one.
        settings: What the user decided.
        named: Whether the classes have names.
    """

    rows: Rows
    settings: LossSettings
    named: bool

    @cached_property
    def scores(self) -> Doubles:
        """(C,) the input."""
        return np.asarray(self.rows.scores[0])

    @property
    def classes(self) -> int:
        """C."""
        return len(self.scores)

    @property
    def counted(self) -> bool:
        """Whether the row takes part in the loss."""
        return bool(self.rows.losses.counted[0])

    @property
    def target(self) -> int:
        """The row's class, or its most probable one; whatever marks it where it is ignored."""
        return int(self.rows.losses.targets[0])

    @property
    def prediction(self) -> int:
        """The most probable class; -1 where an input is nan."""
        return int(self.rows.losses.predictions[0])

    @property
    def shares(self) -> Doubles | None:
        """(C,) the probabilities that are the target; None for a class number."""
        return None if self.rows.shares is None else np.asarray(self.rows.shares[0])

    @property
    def factor(self) -> float | None:
        """The row's own weight."""
        return None if self.rows.sample_weight is None else float(self.rows.sample_weight[0])

    @property
    def weight(self) -> Doubles:
        """(C,) the classes' weights."""
        weight = self.settings.weight
        return np.ones(self.classes) if weight is None else weight

    @property
    def loss(self) -> float:
        """In the settings' unit, weights and smoothing included."""
        return float(self.rows.losses.nll[0]) / self.settings.nats_per_unit

    @property
    def surprise(self) -> float:
        """-log p of the target, in the settings' unit."""
        return float(0.0 - self.log_probs[self.target])

    @cached_property
    def logits(self) -> Doubles:
        """(C,) the logits, divided by the temperature."""
        return np.asarray(self.scores / self.settings.temperature)

    @cached_property
    def _shifted(self) -> ShiftedExponentials:
        return ShiftedExponentials.of(self.rows.scores, self.settings.temperature)

    @property
    def differences(self) -> Doubles:
        """(C,) each logit less the largest."""
        return np.asarray(self._shifted.differences[0])

    @property
    def others(self) -> float:
        """The exponentials of the shifted logits but for the largest's own, which is 1."""
        return float(self._shifted.others[0])

    @cached_property
    def readable(self) -> bool:
        """Whether the textbook's exponentials, not shifted, are numbers that a person reads."""
        finite = self.logits[np.isfinite(self.logits)]
        return bool((np.abs(finite) <= _READABLE).all())

    @property
    def letter(self) -> str:
        """That of the logits once they are divided by the temperature."""
        return "z" if self.settings.temperature == 1 else "u"

    @property
    def exponent_letter(self) -> str:
        """That of what e is raised to."""
        return self.letter if self.readable else "d"

    @property
    def exponents(self) -> Doubles:
        """(C,) what e is raised to: the logits as they are, or shifted."""
        return self.logits if self.readable else self.differences

    @cached_property
    def exponentials(self) -> Doubles:
        """(C,) e to the exponents."""
        return without_dust(np.exp(self.exponents))

    @property
    def sum(self) -> float:
        """Σ of the exponentials."""
        scale = float(np.exp(self.logits.max())) if self.readable else 1.0
        return (1 + self.others) * scale

    @cached_property
    def probabilities(self) -> Doubles:
        """(C,) p."""
        with np.errstate(all="ignore"):
            return without_dust(probabilities(self.rows, self.settings)[0])

    @cached_property
    def log_probs(self) -> Doubles:
        """(C,) log p in the settings' unit."""
        with np.errstate(all="ignore"):
            match self.settings.input_kind:
                case "logits":
                    logs = self.differences - np.log1p(self.others)
                case "log-probs":
                    logs = self.scores
                case "probs":
                    logs = np.log(self.scores)
            return np.asarray(logs / self.settings.nats_per_unit)

    @cached_property
    def shown(self) -> list[int]:
        """The classes written out: all, or the target, the prediction and the likeliest."""
        if self.classes <= _ALL_CLASSES:
            return [*range(self.classes)]
        chosen = {*_largest(self.probabilities), self.prediction}
        if self.counted:
            chosen.add(self.target)
        if self.shares is not None:
            chosen.update(_largest(self.shares))
        return sorted(chosen - {-1})

    def terms(
        self, values: Doubles, written: Callable[[int], Expression] | None = None
    ) -> tuple[Expression, ...]:
        """A term for each class that is shown, and what the rest of them add up to.

        Args:
            values: (C,) the terms' values.
            written: How a class's term is written; None for its value.
        """
        terms: list[Expression] = [
            written(each) if written else Number(float(values[each])) for each in self.shown
        ]
        left_out = np.delete(values, self.shown)
        if left_out.size:
            terms.append(Elided(left_out.size, float(left_out.sum())))
        return tuple(terms)


def without_dust(values: Doubles) -> Doubles:
    """Numbers near the end of the doubles as 0: these have fewer digits than are shown."""
    return np.where(np.abs(values) < _DUST, 0.0, values)


def indexed(name: str, number: int) -> Symbol:
    """A quantity of one class or one row."""
    return Symbol(name, str(number))


def _largest(values: Doubles) -> list[int]:
    order: list[int] = np.argsort(-values, kind="stable")[:_TOP_CLASSES].tolist()
    return order
