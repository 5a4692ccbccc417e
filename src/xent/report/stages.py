"""The way from logits to losses, one stage at a time, as it is shown and explained."""

from collections.abc import Callable
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
    """Rows with all that their stages are made of.

    Attributes:
        scores: (n, C) the input: logits, log-probabilities or probabilities.
        losses: What the rows contribute.
        shares: (n, C) the probabilities that are the targets; None for class numbers.
        sample_weight: (n,) a factor for each row; None for 1 throughout.
    """

    scores: NDArray[np.float64]
    losses: RowLosses
    shares: NDArray[np.float64] | None = None
    sample_weight: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, batch: Batch, losses: RowLosses, some: slice | NDArray[Any]) -> "Rows":
        """Some rows of a batch, copied."""
        factors = batch.sample_weight
        return cls(
            np.array(batch.logits.values[some], dtype=np.float64),
            losses.take(some),
            np.array(batch.targets.values[some], np.float64) if batch.has_probabilities else None,
            None if factors is None else factors[some].copy(),
        )

    def take(self, rows: slice | NDArray[Any]) -> "Rows":
        """Some of the rows."""
        shares, factors = self.shares, self.sample_weight
        return Rows(
            self.scores[rows],
            self.losses.take(rows),
            None if shares is None else shares[rows],
            None if factors is None else factors[rows],
        )

    def join(self, other: "Rows") -> "Rows":
        """These rows, then those of `other`."""
        return Rows(
            np.concatenate([self.scores, other.scores]),
            self.losses.join(other.losses),
            _joined(self.shares, other.shares),
            _joined(self.sample_weight, other.sample_weight),
        )

    @property
    def targets(self) -> NDArray[np.int64]:
        """(n,) each row's class, or its most probable one; -1 where the row is ignored."""
        return np.where(self.losses.counted, self.losses.targets, -1)


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the way.

    Attributes:
        name: How it is called, in tables and in JSON.
        symbol: Its letter in the formulas.
        formula: How it comes from the stages before.
        why: One sentence: what the step is for.
        function: Its values for some rows, a matrix or one number a row.
    """

    name: str
    symbol: str
    formula: str
    why: str
    function: Callable[[Rows], NDArray[np.float64]]


def stages(rows: Rows, settings: LossSettings) -> tuple[Stage, ...]:
    """The stages that rows pass, from what was given to the loss of each.

    What is shown is softmax, then its log, then the NLL, as people learn it; each is calculated
    from the logits in its stable form, so that a shown log is finite wherever the true one is.
    """
    given, *further = _TO_LOG_PROBS[settings.input_kind](settings)
    targets = () if rows.shares is None else (_targets(),)
    return (given, *targets, *further, _nll(rows, settings))


def probabilities(rows: Rows, settings: LossSettings) -> NDArray[np.float64]:
    """(n, C) the probability of each class, whatever was given."""
    match settings.input_kind:
        case "logits":
            return softmax(rows.scores, temperature=settings.temperature)
        case "log-probs":
            return np.exp(rows.scores)
        case "probs":
            return rows.scores


def _from_logits(settings: LossSettings) -> tuple[Stage, ...]:
    temperature, unit = settings.temperature, settings.nats_per_unit
    z = "z" if temperature == 1 else f"z/{temperature:g}"
    log = f"{z} - ln Σ exp({z})"
    return (
        Stage(
            "logits",
            "z",
            "z",
            "The model's raw scores, one a class: any real numbers, not yet probabilities.",
            lambda rows: rows.scores,
        ),
        Stage(
            "softmax",
            "p",
            f"p = exp({z}) / Σ exp({z})",
            "Makes each row positive and sum to 1, so that it can be read as probabilities.",
            lambda rows: softmax(rows.scores, temperature=temperature),
        ),
        Stage(
            "log_softmax",
            _log(settings),
            f"{_log(settings)} = {log if unit == 1 else f'({log}) / ln 2'}",
            "Turns products into sums: 0 is certain, and the more negative, the less likely.",
            lambda rows: log_softmax(rows.scores, temperature=temperature) / unit,
        ),
    )


def _from_log_probs(settings: LossSettings) -> tuple[Stage, ...]:
    log = _log(settings)
    return (
        Stage(
            "log_probs",
            log,
            f"{log}, as given: no softmax, no log"
            if settings.unit == "nats"
            else f"{log} = log p / ln 2, as given: no softmax",
            "These are log-probabilities already: softmax and its log are behind them.",
            lambda rows: rows.scores / settings.nats_per_unit,
        ),
    )


def _from_probs(settings: LossSettings) -> tuple[Stage, ...]:
    def log_probs(rows: Rows) -> NDArray[np.float64]:
        with np.errstate(divide="ignore", invalid="ignore"):
            logs: NDArray[np.float64] = np.log(rows.scores) / settings.nats_per_unit
        return logs

    return (
        Stage(
            "probs",
            "p",
            "p, as given: no softmax",
            "These are probabilities already: a softmax is behind them.",
            lambda rows: rows.scores,
        ),
        Stage(
            "log_probs",
            _log(settings),
            f"{_log(settings)} = {'ln p' if settings.unit == 'nats' else 'ln p / ln 2'}",
            "Turns products into sums: 0 is certain, and the more negative, the less likely.",
            log_probs,
        ),
    )


_TO_LOG_PROBS = {"logits": _from_logits, "log-probs": _from_log_probs, "probs": _from_probs}


def _targets() -> Stage:
    def shares(rows: Rows) -> NDArray[np.float64]:
        if rows.shares is None:
            raise TypeError("these targets are class numbers")
        return rows.shares

    return Stage(
        "targets",
        "q",
        "q",
        "How probable each class should be: what the model's probabilities are held against.",
        shares,
    )


def _nll(rows: Rows, settings: LossSettings) -> Stage:
    return Stage(
        "nll",
        "l",
        loss_formula(rows, settings),
        "Keeps the target's entry alone and turns its sign: the surprise at the right answer."
        if rows.shares is None and not settings.label_smoothing
        else "Weighs the surprise at each class by how probable the class should be.",
        lambda some: some.losses.nll / settings.nats_per_unit,
    )


def loss_formula(rows: Rows, settings: LossSettings) -> str:
    """How the loss of a row comes from its log-probabilities, with the options in use."""
    log, smooth = _log(settings), bool(settings.label_smoothing)
    each = "w·" if settings.weight is not None else ""
    if rows.shares is not None:
        terms = f"Σ {each}{'((1 - ε)·q + ε/C)' if smooth else 'q'}·{log}"
    else:
        picked = f"{each.replace('w', 'w[target]')}{log}[target]"
        terms = f"(1 - ε)·{picked} + ε/C·Σ {each}{log}" if smooth else picked
    several = " + " in terms and rows.shares is None
    factor = "" if rows.sample_weight is None else "s·"
    formula = f"l = -{factor}{f'({terms})' if several else terms}"
    return f"{formula}, ε = {settings.label_smoothing:g}" if smooth else formula


def _log(settings: LossSettings) -> str:
    return "log p" if settings.unit == "nats" else "log2 p"


def _joined(
    one: NDArray[np.float64] | None, other: NDArray[np.float64] | None
) -> NDArray[np.float64] | None:
    return None if one is None or other is None else np.concatenate([one, other])
