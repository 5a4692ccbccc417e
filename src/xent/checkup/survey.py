"""What one pass over all rows leaves behind for the rules to look at."""

import shlex
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.checkup.held import Beginning, Held, Holder
from xent.checkup.tables import (
    BatchMeans,
    ClassTable,
    ColumnSums,
    Histogram,
    WorstRow,
    WorstRows,
)
from xent.errors import Code, Diagnostic, InputError
from xent.functional import cross_entropy, log_softmax
from xent.inputs.batch import Batch, Block
from xent.inputs.pairing import Inputs
from xent.pipeline import evaluate
from xent.report.report import Report
from xent.settings import InputKind, LossSettings

# Different targets out of range that are counted one by one.
_MOST_STRANGERS = 1000
Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Fix:
    """Other options, and what they make of the loss.

    Attributes:
        loss: The mean loss with them, in nats; None where it cannot be calculated.
        command: The command that calculates it.
        all_rows: Whether it is that of all rows, and not of those held.
    """

    loss: float | None = None
    command: str | None = None
    all_rows: bool = False


@dataclass(frozen=True)
class Survey:
    """All that rules look at.

    Attributes:
        settings: What the user decided about the loss.
        words: The arguments that ask for this loss: LOGITS, TARGETS and the options.
        report: The loss over the rows whose targets can be used.
        held: The rows, or a sample of them.
        first: The rows, or the first of them.
        classes: Counts and losses by class.
        histogram: How the losses of the rows are spread.
        column_sums: (C,) the sums of the logits over all rows.
        worst: The rows with the largest losses, the largest first.
        strangers: Targets that name no class, and how often each occurs.
        mismatch: The error for counts that differ, if they do.
        batch_means: The means of the batches, if the user said which rows are one.
        again: Reads the input once more and calculates the mean loss in nats with some options
            changed; None where they do not fit, or where the input can be read only once.
    """

    settings: LossSettings
    words: tuple[str, ...]
    report: Report
    held: Held
    first: Held
    classes: ClassTable
    histogram: Histogram
    column_sums: Doubles
    worst: tuple[WorstRow, ...] = ()
    strangers: dict[float, int] = field(default_factory=dict)
    mismatch: Diagnostic | None = None
    batch_means: BatchMeans | None = None
    again: Callable[..., float | None] = field(default=lambda **_: None)

    @classmethod
    def of(
        cls,
        inputs: Inputs,
        settings: LossSettings,
        words: tuple[str, ...],
        *,
        worst: int = 10,
        batch_means: BatchMeans | None = None,
        again: Callable[..., float | None] = lambda **_: None,
    ) -> "Survey":
        """Look at all rows once, in bounded memory.

        Raises:
            InputError: The input cannot be read, or there are not as many groups as rows.
        """
        usable = _Usable(settings)
        worst_rows, classes, histogram = WorstRows(worst, settings), ClassTable(), Histogram()
        sums, means = ColumnSums(), (batch_means,) if batch_means else ()
        report = evaluate(
            replace(inputs, batches=usable.batches(inputs.batches)),
            settings,
            (worst_rows, classes, histogram, sums, *means),
        )
        if batch_means:
            batch_means.require(report.rows)
        weighted = report.trace.rows.sample_weight is not None
        return cls(
            settings,
            words,
            report,
            usable.holder.held(weighted=weighted),
            usable.beginning.held(weighted=weighted),
            classes,
            histogram,
            sums.values,
            worst_rows.rows(),
            dict(usable.strangers),
            usable.mismatch,
            batch_means,
            again,
        )

    @cached_property
    def beginning(self) -> "Survey":
        """The same, with the first rows held, for rules about the order of the rows."""
        return self if self.held.whole else replace(self, held=self.first)

    def said(self, code: Code) -> list[Diagnostic]:
        """What was said with this code of all rows, once or not at all."""
        return [each for each in self.report.diagnostics if each.code is code]

    @property
    def has_probabilities(self) -> bool:
        """Whether the targets are probabilities of classes."""
        return self.held.targets.ndim == 2

    @cached_property
    def usable(self) -> NDArray[np.bool_]:
        """(n,) which of the rows held have a target that counts."""
        if self.has_probabilities:
            return np.ones(len(self.held.rows), dtype=np.bool_)
        targets = self.held.targets
        counted: NDArray[np.bool_] = targets != self.settings.ignore_index
        return counted & _names_a_class(targets, self.held.classes, self.settings)

    @cached_property
    def targets(self) -> Integers:
        """(m,) the classes, from 0, of the usable rows held."""
        if self.has_probabilities:
            return np.asarray(self.held.targets.argmax(axis=1))
        base = int(self.settings.one_based)
        return self.held.targets[self.usable].astype(np.int64) - base

    @cached_property
    def logits(self) -> Doubles:
        """(m, C) the logits of the usable rows held."""
        return self.held.logits[self.usable]

    @cached_property
    def log_probs(self) -> Doubles:
        """(m, C) their log-probabilities, in nats."""
        with np.errstate(all="ignore"):
            match self.settings.input_kind:
                case "logits":
                    return log_softmax(self.logits, temperature=self.settings.temperature)
                case "log-probs":
                    return self.logits
                case "probs":
                    return np.asarray(np.log(self.logits))

    @cached_property
    def row_losses(self) -> Doubles:
        """(m,) the losses of the usable rows held, in nats, weights and smoothing included."""
        weight = self.held.sample_weight
        with np.errstate(all="ignore"):
            return np.asarray(
                cross_entropy(
                    self.logits,
                    self.held.targets if self.has_probabilities else self.targets,
                    weight=self.settings.weight,
                    reduction="none",
                    label_smoothing=self.settings.label_smoothing,
                    input_kind=self.settings.input_kind,
                    temperature=self.settings.temperature,
                    sample_weight=None if weight is None else weight[self.usable],
                )
            )

    @cached_property
    def loss(self) -> float:
        """The mean loss of the usable rows held, in nats: that of all rows, if all are held."""
        return self.loss_of()

    @property
    def chance(self) -> float:
        """Ln C."""
        return log(self.held.classes)

    @cached_property
    def accuracy(self) -> float:
        """The share of right predictions among the usable rows held."""
        return self.accuracy_of(self.logits, self.targets)

    @staticmethod
    def accuracy_of(logits: Doubles, targets: Integers) -> float:
        """The share of rows whose largest logit is the target's; 0 of none."""
        return float((logits.argmax(axis=1) == targets).mean()) if len(targets) else 0.0

    def loss_of(
        self,
        logits: Doubles | None = None,
        targets: NDArray[Any] | None = None,
        *,
        input_kind: InputKind | None = None,
        temperature: float | None = None,
    ) -> float:
        """The mean loss in nats with other logits, targets or settings."""
        settings = self.settings
        weight = self.held.sample_weight
        own = self.held.targets if self.has_probabilities else self.targets
        return cross_entropy(
            self.logits if logits is None else logits,
            own if targets is None else targets,
            weight=settings.weight,
            ignore_index=-100,
            label_smoothing=settings.label_smoothing,
            input_kind=input_kind or settings.input_kind,
            temperature=temperature or settings.temperature,
            sample_weight=None if weight is None or targets is not None else weight[self.usable],
        )

    def log_probs_at(self, temperature: float) -> Doubles:
        """(m, C) the log-probabilities at another temperature, in nats."""
        return log_softmax(self.logits, temperature=temperature)

    @cached_property
    def _gaps(self) -> Doubles:
        """(m, C) the logits of the usable rows held, seen from the largest of their row."""
        return np.asarray(self.logits - self.logits.max(axis=1, keepdims=True))

    def surprise_at(self, temperature: float) -> float:
        """The mean -ln p of the targets at another temperature, in nats.

        A search asks for it many times: it is right to 12 digits or so, not to the last.
        """
        own = self._gaps[np.arange(len(self.targets)), self.targets]
        normalisers = np.exp(self._gaps / temperature).sum(axis=1)
        return float((np.log(normalisers) - own / temperature).mean())

    def fix(self, after: float | None, **options: str | float) -> Fix:
        """What other options make of the loss.

        Args:
            after: The loss of the rows held with these options, in nats; None where they cannot
                tell.
            options: What changes, by the names of `LossSettings`.

        Returns:
            With the loss of all rows where it can be had.
        """
        whole = self.held.whole and after is not None
        again = None if whole else self.again(**options)
        loss = after if again is None else again
        if loss is None:
            return Fix()
        words = ["xent", "compute", "-q", *self.words]
        for name, value in options.items():
            flag = f"--{name.replace('_', '-')}"
            words += [flag] if isinstance(value, bool) else [flag, str(value)]
        return Fix(loss, shlex.join(words), all_rows=whole or again is not None)

    def evidence(self, after: float | Fix | None = None, **facts: object) -> dict[str, Any]:
        """What a finding rests on: its facts, and both losses in the unit of the command."""
        unit, loss, sampled = self.settings.nats_per_unit, self.loss, not self.held.whole
        if isinstance(after, Fix):
            if after.all_rows and sampled:
                loss = self.report.loss_sum.mean
            sampled, after = not after.all_rows, after.loss
        found: dict[str, Any] = {**facts, "loss": loss / unit}
        if after is not None:
            found["loss_after_fix"] = after / unit
        if sampled:
            found["first_rows" if self.held.consecutive else "sample"] = len(self.held.rows)
        return found

    def far_below(self, after: float, share: float = 0.7) -> bool:
        """Whether a loss is so much lower that chance does not explain it."""
        return after < share * self.loss and after < 0.9 * self.chance


class _Usable:
    """Lets through what a loss can be calculated of, and keeps account of the rest."""

    def __init__(self, settings: LossSettings) -> None:
        self._settings = settings
        self.holder = Holder()
        self.beginning = Beginning()
        self.strangers: Counter[float] = Counter()
        self.mismatch: Diagnostic | None = None

    def batches(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """The batches, with targets that name no class ignored."""
        begun = False
        try:
            for batch in batches:
                begun = True
                self.holder.look(batch)
                self.beginning.look(batch)
                yield batch if batch.has_probabilities else self._usable(batch)
        except InputError as error:
            if error.diagnostic.code is not Code.COUNT_MISMATCH or not begun:
                raise
            self.mismatch = error.diagnostic

    def _usable(self, batch: Batch) -> Batch:
        values = np.asarray(batch.targets.values, dtype=np.float64)
        names = _names_a_class(values, batch.classes, self._settings)
        if names.all():
            return batch
        if len(self.strangers) < _MOST_STRANGERS:
            self.strangers.update(values[~names].tolist())
        kept = np.where(names, values, self._settings.ignore_index)
        targets = Block(kept, batch.targets.origin, batch.targets.start)
        return replace(batch, targets=targets)


def _names_a_class(values: Doubles, classes: int, settings: LossSettings) -> NDArray[np.bool_]:
    base = int(settings.one_based)
    with np.errstate(invalid="ignore"):
        inside = (values >= base) & (values < base + classes) & (values == np.floor(values))
    found: NDArray[np.bool_] = inside | (values == settings.ignore_index)
    return found
