"""The one row that is worked in full: found while all rows go by, with all its quantities."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np
from numpy.typing import NDArray

from xent.explanation.equation import Equation, Operand
from xent.explanation.expression import Elided, Expression, Number, Symbol
from xent.explanation.symbols import J, indexed
from xent.inputs.batch import Batch
from xent.losses.row_losses import RowLosses
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


class Focus:
    """Keeps one row: the one asked for, or the one with the largest loss, the first of equals.

    Attributes:
        number: The row's number; -1 before any was kept.
        row: The row, as one of one.
        lowest: The smallest of all inputs seen.
        highest: The largest of all inputs seen.
    """

    def __init__(self, wanted: int | None = None) -> None:
        self._wanted = wanted
        self._largest = -inf
        self._undefined = False
        self.number = -1
        self.row: Rows | None = None
        self.lowest, self.highest = inf, -inf

    def update(self, batch: Batch, losses: RowLosses) -> None:
        """Take in one batch."""
        counted = batch.logits.values[losses.counted]
        if counted.size:
            self.lowest = min(self.lowest, float(counted.min()))
            self.highest = max(self.highest, float(counted.max()))
        row = self._found(batch, losses)
        if row is not None:
            self.number = batch.first_row + row
            self.row = Rows.of(batch, losses, slice(row, row + 1))

    def _found(self, batch: Batch, losses: RowLosses) -> int | None:
        """Return the row of this batch that is to be kept, if there is one."""
        if self._wanted is not None:
            row = self._wanted - batch.first_row
            return row if 0 <= row < len(losses.nll) else None
        # A nan is what spoils the mean, so that it comes before the largest number.
        undefined = losses.counted & np.isnan(losses.nll)
        if self._undefined or undefined.any():
            first = not self._undefined
            self._undefined = True
            return int(undefined.argmax()) if first else None
        nll = np.where(losses.counted, losses.nll, -inf)
        row = int(nll.argmax())
        if self.row is not None and not nll[row] > self._largest:
            return None
        self._largest = float(nll[row])
        return row


@dataclass(frozen=True)
class WorkedRow:
    """One row with its intermediate results.

    Attributes:
        rows: The row, as one of one.
        settings: The options of the loss.
        named: Whether the classes have names.
    """

    rows: Rows
    settings: LossSettings
    named: bool

    @property
    def inputs(self) -> Doubles:
        """(C,) the input: logits, log-probabilities or probabilities."""
        return np.asarray(self.rows.inputs[0])

    @property
    def classes(self) -> int:
        """C."""
        return len(self.inputs)

    @property
    def counted(self) -> bool:
        """Return whether the row takes part in the loss."""
        return bool(self.rows.losses.counted[0])

    @property
    def target(self) -> int:
        """Return the target class, or the most probable target; of an ignored row, its mark."""
        return int(self.rows.losses.targets[0])

    @property
    def prediction(self) -> int:
        """Return the most probable class; -1 where an input is nan."""
        return int(self.rows.losses.predictions[0])

    @property
    def target_probs(self) -> Doubles | None:
        """(C,) the probabilities that are the target; None for a class number."""
        return None if self.rows.target_probs is None else np.asarray(self.rows.target_probs[0])

    @property
    def sample_weight(self) -> float | None:
        """Return the row's own weight."""
        return None if self.rows.sample_weight is None else float(self.rows.sample_weight[0])

    @property
    def weight(self) -> Doubles:
        """(C,) the weights of the classes."""
        weight = self.settings.weight
        return np.ones(self.classes) if weight is None else weight

    @property
    def loss(self) -> float:
        """Return the loss in the settings' unit, weights and smoothing included."""
        return float(self.rows.losses.nll[0]) / self.settings.nats_per_unit

    @property
    def nll(self) -> float:
        """-log p of the target, in the settings' unit."""
        return float(0.0 - self.log_probs[self.target])

    @property
    def logits(self) -> Doubles:
        """(C,) the logits, divided by the temperature."""
        return np.asarray(self.inputs / self.settings.temperature)

    @cached_property
    def _shifted(self) -> ShiftedExponentials:
        return ShiftedExponentials.of(self.rows.inputs, self.settings.temperature)

    @property
    def differences(self) -> Doubles:
        """(C,) each logit less the largest."""
        return np.asarray(self._shifted.differences[0])

    @property
    def other_exp_sum(self) -> float:
        """Return the exponentials of the shifted logits except the largest's own, which is 1."""
        return float(self._shifted.others[0])

    @cached_property
    def readable(self) -> bool:
        """Return whether the exponentials of the unshifted logits are short numbers."""
        finite = self.logits[np.isfinite(self.logits)]
        return bool((np.abs(finite) <= _READABLE).all())

    @property
    def letter(self) -> str:
        """Return the letter of the logits once they are divided by the temperature."""
        return "z" if self.settings.temperature == 1 else "u"

    @property
    def exponent_letter(self) -> str:
        """Return the letter of the exponents of e: the logits as they are, or shifted."""
        return self.letter if self.readable else "d"

    @cached_property
    def exponentials(self) -> Doubles:
        """(C,) e to the exponents."""
        return without_dust(np.exp(self.values(self.exponent_letter)))

    @property
    def sum(self) -> float:
        """Σ of the exponentials."""
        scale = float(np.exp(self.logits.max())) if self.readable else 1.0
        return (1 + self.other_exp_sum) * scale

    @cached_property
    def probabilities(self) -> Doubles:
        """(C,) p."""
        return without_dust(probabilities(self.rows, self.settings)[0])

    @cached_property
    def log_probs(self) -> Doubles:
        """(C,) log p in the settings' unit."""
        match self.settings.input_kind:
            case "logits":
                logs = self.differences - np.log1p(self.other_exp_sum)
            case "log-probs":
                logs = self.inputs
            case "probs":
                logs = np.log(self.inputs)
        return np.asarray(logs / self.settings.nats_per_unit)

    @cached_property
    def shown(self) -> list[int]:
        """Return the classes written out: all, or the target, the prediction and the likeliest."""
        if self.classes <= _ALL_CLASSES:
            return [*range(self.classes)]
        chosen = {*_largest(self.probabilities), self.prediction}
        if self.counted:
            chosen.add(self.target)
        if self.target_probs is not None:
            chosen.update(_largest(self.target_probs))
        return sorted(chosen - {-1})

    def values(self, letter: str) -> Doubles:
        """Return (C,) the quantity that a letter stands for."""
        match letter:
            case "z":
                return self.inputs
            case "u":
                return self.logits
            case "d":
                return self.differences
            case "e":
                return self.exponentials
            case "p":
                return self.inputs if self.settings.input_kind == "probs" else self.probabilities
        return self.log_probs

    def operand(self, letter: str, each: int) -> tuple[Symbol, float]:
        """Return a quantity of one class, as a symbol and as a number."""
        return indexed(letter, each), float(self.values(letter)[each])

    def equation(
        self, letter: str, each: int, formula: Callable[..., Expression], *operands: str | Operand
    ) -> Equation:
        """Work a quantity of one class.

        Args:
            letter: The quantity.
            each: The class.
            formula: What it is of its operands.
            operands: Letters of quantities of the same class, or symbols with their numbers.
        """
        left, value = self.operand(letter, each)
        resolved = [
            self.operand(operand, each) if isinstance(operand, str) else operand
            for operand in operands
        ]
        return Equation.of(left, formula, resolved, value)

    def worked(
        self, letter: str, formula: Callable[..., Expression], *operands: str | Operand
    ) -> tuple[tuple[Expression, Expression], tuple[Equation, ...]]:
        """Work a quantity: its formula for any class j, and in numbers for each class shown."""
        symbols = (
            Symbol(operand, J) if isinstance(operand, str) else operand[0] for operand in operands
        )
        return (Symbol(letter, J), formula(*symbols)), tuple(
            self.equation(letter, each, formula, *operands) for each in self.shown
        )

    def terms(
        self, values: Doubles, written: Callable[[int], Expression] | None = None
    ) -> tuple[Expression, ...]:
        """Return a term for each class that is shown, and what the rest of them add up to.

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
    """Return numbers near the end of the doubles as 0: these have fewer digits than are shown."""
    return np.where(np.abs(values) < _DUST, 0.0, values)


def _largest(values: Doubles) -> list[int]:
    order: list[int] = np.argsort(-values, kind="stable")[:_TOP_CLASSES].tolist()
    return order
