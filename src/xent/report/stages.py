"""The stages from logits to losses, as they are shown and explained."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.inputs.batch import Batch
from xent.losses.row_losses import RowLosses
from xent.losses.softmax import log_softmax, softmax
from xent.settings import LossSettings


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows with all that their stages are calculated from.

    Attributes:
        inputs: (n, C) logits, log-probabilities or probabilities.
        losses: The losses of the rows.
        target_probs: (n, C) the probabilities that are the targets; None for class numbers.
        sample_weight: (n,) a factor for each row; None for 1 throughout.
    """

    inputs: NDArray[np.float64]
    losses: RowLosses
    target_probs: NDArray[np.float64] | None = None
    sample_weight: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, batch: Batch, losses: RowLosses, some: slice | NDArray[Any]) -> "Rows":
        """Copy some rows of a batch."""
        factors = batch.sample_weight
        return cls(
            np.array(batch.logits.values[some], dtype=np.float64),
            losses.take(some),
            np.array(batch.targets.values[some], np.float64) if batch.has_probabilities else None,
            None if factors is None else factors[some].copy(),
        )

    def take(self, rows: slice | NDArray[Any]) -> "Rows":
        """Select some of the rows."""
        probs, factors = self.target_probs, self.sample_weight
        return Rows(
            self.inputs[rows],
            self.losses.take(rows),
            None if probs is None else probs[rows],
            None if factors is None else factors[rows],
        )

    def join(self, other: "Rows") -> "Rows":
        """Append the rows of `other`."""
        return Rows(
            np.concatenate([self.inputs, other.inputs]),
            self.losses.join(other.losses),
            _joined(self.target_probs, other.target_probs),
            _joined(self.sample_weight, other.sample_weight),
        )

    @property
    def targets(self) -> NDArray[np.int64]:
        """(n,) the class of each row, or its most probable one; -1 where the row is ignored."""
        return np.where(self.losses.counted, self.losses.targets, -1)


@dataclass(frozen=True, slots=True)
class Stage:
    """One step from the input to the loss.

    Attributes:
        name: How the stage is called, in tables and in JSON.
        symbol: Its letter in the formulas.
        formula: How it follows from the stages before.
        values: (n, C) or (n,) its values for the rows shown.
    """

    name: str
    symbol: str
    formula: str
    values: NDArray[np.float64]


def stages(rows: Rows, settings: LossSettings) -> tuple[Stage, ...]:
    """Calculate the stages that rows pass, from what was given to the loss of each.

    What is shown is softmax, then its log, then the NLL, as people learn it; each is calculated
    from the logits in its stable form, so that a shown log is finite wherever the true one is.
    """
    if settings.is_per_target:
        log = "log p[target]" if settings.unit == "nats" else "log2 p[target]"
        losses = rows.losses.nll / settings.nats_per_unit
        return (Stage("nll", "l", f"l = -{log}, as given: no softmax", losses),)
    given, *further = _TO_LOG_PROBS[settings.input_kind](rows.inputs, settings)
    targets = () if rows.target_probs is None else (Stage("targets", "q", "q", rows.target_probs),)
    nll = rows.losses.nll / settings.nats_per_unit
    return (given, *targets, *further, Stage("nll", "l", loss_formula(rows, settings), nll))


def probabilities(rows: Rows, settings: LossSettings) -> NDArray[np.float64]:
    """Return (n, C) the probability of each class, whatever was given."""
    match settings.input_kind:
        case "logits":
            return softmax(rows.inputs, settings.temperature)
        case "log-probs" | "target-log-probs" | "losses":
            return np.exp(rows.inputs)
        case "probs":
            return rows.inputs


def _from_logits(logits: NDArray[np.float64], settings: LossSettings) -> Iterator[Stage]:
    temperature, unit, symbol = settings.temperature, settings.nats_per_unit, _log(settings)
    z = "z" if temperature == 1 else f"z/{temperature:g}"
    log = f"{z} - ln Σ exp({z})"
    formula = f"{symbol} = {log if unit == 1 else f'({log}) / ln 2'}"
    yield Stage("logits", "z", "z", logits)
    yield Stage("softmax", "p", f"p = exp({z}) / Σ exp({z})", softmax(logits, temperature))
    yield Stage("log_softmax", symbol, formula, log_softmax(logits, temperature) / unit)


def _from_log_probs(log_probs: NDArray[np.float64], settings: LossSettings) -> Iterator[Stage]:
    symbol = _log(settings)
    formula = (
        f"{symbol}, as given: no softmax, no log"
        if settings.unit == "nats"
        else f"{symbol} = log p / ln 2, as given: no softmax"
    )
    yield Stage("log_probs", symbol, formula, log_probs / settings.nats_per_unit)


def _from_probs(probs: NDArray[np.float64], settings: LossSettings) -> Iterator[Stage]:
    symbol = _log(settings)
    formula = f"{symbol} = {'ln p' if settings.unit == 'nats' else 'ln p / ln 2'}"
    yield Stage("probs", "p", "p, as given: no softmax", probs)
    with np.errstate(divide="ignore", invalid="ignore"):
        yield Stage("log_probs", symbol, formula, np.log(probs) / settings.nats_per_unit)


_TO_LOG_PROBS = {"logits": _from_logits, "log-probs": _from_log_probs, "probs": _from_probs}


def loss_formula(rows: Rows, settings: LossSettings) -> str:
    """Write how the loss of a row follows from its log-probabilities, with the options in use."""
    log, smooth = _log(settings), bool(settings.label_smoothing)
    each = "w·" if settings.weight is not None else ""
    if rows.target_probs is not None:
        terms = f"Σ {each}{'((1 - ε)·q + ε/C)' if smooth else 'q'}·{log}"
    else:
        picked = f"{each.replace('w', 'w[target]')}{log}[target]"
        terms = f"(1 - ε)·{picked} + ε/C·Σ {each}{log}" if smooth else picked
    several = " + " in terms and rows.target_probs is None
    factor = "" if rows.sample_weight is None else "s·"
    formula = f"l = -{factor}{f'({terms})' if several else terms}"
    return f"{formula}, ε = {settings.label_smoothing:g}" if smooth else formula


def _log(settings: LossSettings) -> str:
    return "log p" if settings.unit == "nats" else "log2 p"


def _joined(
    one: NDArray[np.float64] | None, other: NDArray[np.float64] | None
) -> NDArray[np.float64] | None:
    return None if one is None or other is None else np.concatenate([one, other])
