"""The sampled rows whose targets count, and what a loss makes of them."""

from dataclasses import dataclass, replace
from functools import cached_property
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.checkup.sample import SampledRows
from xent.functional import cross_entropy, log_softmax
from xent.meaning.targets import are_one_hot
from xent.settings import LossSettings

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]


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
        with np.errstate(all="ignore"):
            return np.asarray(cross_entropy(**self._arguments, reduction="none"))

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
            targets: (k,) or (k, C) in the place of the rows' own, whose weights are then left out.
            changes: Another `input_kind` or `temperature`.
        """
        if logits is not None:
            changes["logits"] = logits
        if targets is not None:
            changes |= {"targets": targets, "sample_weight": None}
        return float(cross_entropy(**{**self._arguments, **changes}))

    @property
    def _arguments(self) -> dict[str, Any]:
        weight = self.sample.sample_weight
        return {
            "logits": self.logits,
            "targets": self.sample.targets if self.has_probabilities else self.targets,
            "weight": self.settings.weight,
            "label_smoothing": self.settings.label_smoothing,
            "input_kind": self.settings.input_kind,
            "temperature": self.settings.temperature,
            "sample_weight": None if weight is None else weight[self.counted],
        }

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
