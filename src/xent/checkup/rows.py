"""The sampled rows whose targets count, and what a loss makes of them."""

from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.checkup.association import Association
from xent.checkup.sample import SampledRows
from xent.losses.cross_entropy import row_losses
from xent.losses.exact_sum import ExactSum
from xent.losses.row_losses import RowLosses
from xent.losses.softmax import log_softmax
from xent.meaning.targets import are_one_hot
from xent.settings import LossSettings

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

# Of fewer rows each carries much of the loss.
_FEW_TO_DOMINATE = 100
# How many times the loss of any other row a dominating one has.
_STANDS_OUT = 10.0


def is_class_number(values: Doubles, classes: int, settings: LossSettings) -> NDArray[np.bool_]:
    """Tell which targets are the number of a class, (n,); the ignore_index is not."""
    base = int(settings.one_based)
    with np.errstate(invalid="ignore"):
        inside = (values >= base) & (values < base + classes)
        found: NDArray[np.bool_] = inside & (values == np.floor(values))
    return found


@dataclass(frozen=True)
class LabelledRows:
    """The rows of a sample with a target that counts: m of n rows.

    Attributes:
        sample: The rows as they were given.
        settings: What the user decided about the loss.
    """

    sample: SampledRows
    settings: LossSettings

    @classmethod
    def of(cls, sample: SampledRows, settings: LossSettings) -> "LabelledRows":
        """Take the rows of a sample, with class numbers for one-hot targets and yes-or-no labels.

        Class weights divide a mean over class numbers, and not one over probabilities: with them
        the targets stay what they are.
        """
        plain = settings.weight is None and settings.pos_weight is None
        if sample.targets.ndim == 2 and plain and are_one_hot(sample.targets).all():
            base = int(settings.one_based)
            numbers = sample.with_class_numbers()
            sample = replace(numbers, targets=numbers.targets + base)
        return cls(sample, settings)

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def classes(self) -> int:
        """C, the number of classes."""
        return self.sample.classes

    @property
    def chance(self) -> float:
        """Ln C, the loss of a uniform guess."""
        return log(self.classes)

    @property
    def has_probabilities(self) -> bool:
        """Return whether the targets are probabilities of classes."""
        return self.sample.targets.ndim == 2

    @cached_property
    def counted(self) -> NDArray[np.bool_]:
        """Return which rows of the sample have a target that counts, (n,)."""
        if self.has_probabilities:
            return np.ones(len(self.sample), dtype=np.bool_)
        targets = self.sample.targets
        counted: NDArray[np.bool_] = targets != self.settings.ignore_index
        return counted & is_class_number(targets, self.classes, self.settings)

    @cached_property
    def targets(self) -> Integers:
        """(m,) the classes, from 0; of probabilities the most probable."""
        if self.has_probabilities:
            return np.asarray(self.sample.targets.argmax(axis=1))
        return self.sample.targets[self.counted].astype(np.int64) - int(self.settings.one_based)

    @cached_property
    def logits(self) -> Doubles:
        """(m, C) the logits."""
        return self.sample.logits[self.counted]

    @cached_property
    def log_probs(self) -> Doubles:
        """(m, C) the log-probabilities, in nats."""
        with np.errstate(all="ignore"):
            match self.settings.input_kind:
                case "logits":
                    return self.log_probs_at(self.settings.temperature)
                case "log-probs" | "target-log-probs" | "losses":
                    return self.logits
                case "probs":
                    return np.asarray(np.log(self.logits))

    def log_probs_at(self, temperature: float) -> Doubles:
        """Return the log-probabilities at another temperature, (m, C), in nats."""
        return log_softmax(self.logits, temperature=temperature)

    @cached_property
    def losses(self) -> Doubles:
        """(m,) the losses in nats, weights and smoothing included."""
        return self._row_losses(self.settings).nll

    @cached_property
    def loss(self) -> float:
        """Return the mean loss, in nats."""
        return self.loss_of()

    def loss_of(
        self,
        logits: Doubles | None = None,
        targets: NDArray[Any] | None = None,
        **changes: Any,  # noqa: ANN401  settings are of any type
    ) -> float:
        """Return the mean loss in nats with other logits, targets or settings.

        Args:
            logits: (k, C) in the place of the rows' own.
            targets: (k,) classes from 0, or (k, C), in the place of the rows' own, whose weights
                are then left out.
            changes: Other settings, by their names.
        """
        losses = self._row_losses(replace(self.settings, **changes), logits, targets)
        with np.errstate(all="ignore"):
            return ExactSum.of(losses.nll) / ExactSum.of(losses.weights)

    def _row_losses(
        self,
        settings: LossSettings,
        logits: Doubles | None = None,
        targets: NDArray[Any] | None = None,
    ) -> RowLosses:
        """Calculate the loss of each row that counts, with other logits or targets if given."""
        weight = self.sample.sample_weight if targets is None else None
        if logits is None:
            logits = self.logits
        if targets is None:
            targets = self.sample.targets if self.has_probabilities else self.targets
        soft = targets.ndim == 2
        with np.errstate(all="ignore"):
            return row_losses(
                logits,
                targets.argmax(axis=1) if soft else targets.astype(np.int64),
                np.ones(len(logits), dtype=np.bool_),
                settings,
                target_probs=targets if soft else None,
                sample_weight=None if weight is None else weight[self.counted],
            )

    @cached_property
    def association(self) -> Association:
        """The association of all rows of the sample with their targets, in their order."""
        log_probs: Doubles = np.full(self.sample.logits.shape, -np.inf)
        log_probs[self.counted] = np.nan_to_num(self.log_probs, nan=-np.inf, neginf=-np.inf)
        targets: Integers = np.full(len(self.sample), -1)
        targets[self.counted] = self.targets
        return Association(log_probs, targets)

    def only(self, chosen: Integers) -> "LabelledRows":
        """Return some of the rows that count, by their positions, without weights."""
        targets = self.sample.targets[self.counted][chosen]
        numbers = self.sample.numbers[self.counted][chosen]
        sample = SampledRows(self.logits[chosen], targets, numbers, None, len(chosen))
        return replace(self, sample=sample)

    @cached_property
    def dominating(self) -> int:
        """How many rows, one in a hundred at most, carry most of the loss, each far from others."""
        losses = np.sort(self.losses)[::-1]
        if len(losses) < _FEW_TO_DOMINATE or not np.isfinite(losses).all():
            return 0
        most = ceil(len(losses) / 100)
        ratios = losses[:most] / np.maximum(losses[1 : most + 1], np.finfo(np.float64).tiny)
        few = int(ratios.argmax()) + 1
        far = ratios[few - 1] > _STANDS_OUT and losses[:few].sum() > 0.5 * losses.sum()
        return few if far else 0

    @cached_property
    def accuracy(self) -> float:
        """Return the share of right predictions."""
        return self.accuracy_of(self.logits)

    def accuracy_of(self, logits: Doubles) -> float:
        """Return the share of rows whose largest logit is the target's; 0 of no rows."""
        return float((logits.argmax(axis=1) == self.targets).mean()) if len(self) else 0.0

    @cached_property
    def _below_largest(self) -> Doubles:
        """(m, C) the logits less the largest of their row."""
        return np.asarray(self.logits - self.logits.max(axis=1, keepdims=True))

    def nll_at(self, temperature: float) -> float:
        """Return the mean -ln p of the targets at another temperature, in nats.

        For searches, which ask many times: right to 12 digits or so, not to the last.
        """
        own = self._below_largest[np.arange(len(self)), self.targets]
        normalisers = np.exp(self._below_largest / temperature).sum(axis=1)
        return float((np.log(normalisers) - own / temperature).mean())
