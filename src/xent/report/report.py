"""The result of a calculation: all that is shown of it, in whatever format."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf, log, nan
from typing import TYPE_CHECKING

from xent.errors import Diagnostic
from xent.losses.cross_entropy import reduce_losses
from xent.losses.exact_sum import ExactSum
from xent.losses.group_sums import mean_over_groups, merge_groups
from xent.losses.loss_sum import LossSum
from xent.report.anomalies import Anomalies, diagnose
from xent.report.stages import Stage, stages
from xent.report.target_sums import TargetSums
from xent.report.trace import Trace
from xent.report.worst_rows import WorstRows
from xent.settings import LossSettings

if TYPE_CHECKING:
    from xent.report.baseline import BaselineDifference


@dataclass(frozen=True)
class Report:
    """A loss and what led to it.

    Mergeable like what it is made of: `merge` joins the report on some rows with the report on
    those that follow, and is the report on all of them, bit for bit.

    Attributes:
        settings: What the user decided.
        classes: C.
        loss_sum: The exact sums over all rows.
        trace: The rows to show.
        anomalies: Counts of what is remarkable about the numbers of all rows.
        notes: What was said of the input before.
        class_names: What the classes are called, where that is known.
        target_sums: The sums of the targets of all rows; None in a state of before they were kept.
        groups: The exact sums of each group of rows, by its name; None where rows have no groups.
        length: The bytes or characters of all counted rows together, where they are known.
        worst: The rows with the largest losses, where they were asked for.
        baseline: How far the mean is from that of an earlier run, where one was named.
    """

    settings: LossSettings
    classes: int
    loss_sum: LossSum
    trace: Trace
    anomalies: Anomalies
    notes: tuple[Diagnostic, ...] = ()
    class_names: tuple[str, ...] = ()
    target_sums: TargetSums | None = None
    groups: Mapping[str, LossSum] | None = None
    length: int | None = None
    worst: WorstRows | None = None
    baseline: "BaselineDifference | None" = None

    def class_name(self, number: int) -> str:
        """Return the name of a class, or its number."""
        return self.class_names[number] if self.class_names else str(number)

    def merge(self, following: "Report") -> "Report":
        """Return the report on these rows and the following ones.

        Raises:
            ValueError: Their losses are not of one kind.
        """
        if following.kind != self.kind:
            raise ValueError(f"{following.kind} is not the same loss as {self.kind}")
        return replace(
            self,
            loss_sum=self.loss_sum.merge(following.loss_sum),
            trace=self.trace.merge(following.trace),
            anomalies=self.anomalies.merge(following.anomalies.after(self.rows)),
            target_sums=self.target_sums.merge(following.target_sums)
            if self.target_sums and following.target_sums
            else None,
            groups=None
            if self.groups is None or following.groups is None
            else merge_groups(self.groups, following.groups),
            length=None
            if self.length is None or following.length is None
            else self.length + following.length,
        )

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Warnings and notes about the input."""
        found = diagnose(self.anomalies, self.loss_sum, self.settings, self.classes)
        return (*self.notes, *found)

    @property
    def numbers(self) -> dict[str, str | int | float | list[str]]:
        """Every number of the summary by name, at full precision, as programs read them.

        Where the losses are not reduced, there is no one loss among them.
        """
        sums = self.loss_sum
        return {
            **({} if self.settings.reduction == "none" else {"loss": self.loss}),
            "reduction": self.settings.reduction,
            "unit": self.settings.unit,
            "rows": sums.rows,
            "classes": self.classes,
            **({"class_names": [*self.class_names]} if self.class_names else {}),
            "counted": sums.counted,
            "ignored": sums.ignored,
            "total": self.total,
            "weight": float(sums.weight),
            "standard_error": self.standard_error,
            "perplexity": sums.perplexity,
            "bits": sums.bits,
            **({} if self.settings.is_per_target else self._class_numbers),
            **({} if self.length is None else self._length_numbers(self.length)),
            **({} if self.groups is None else {"mean_over_groups": self.mean_over_groups}),
            **(self.baseline.numbers if self.baseline else {}),
            "signature": self.signature,
        }

    @property
    def rows(self) -> int:
        """N, ignored rows included."""
        return self.loss_sum.rows

    @property
    def loss(self) -> float:
        """Return the reduced loss in the unit; for the reduction none, the mean."""
        return reduce_losses(self.loss_sum.total, self.loss_sum.weight, self.settings)

    @property
    def total(self) -> float:
        """Σ l over the rows counted, in the unit."""
        return float(self.loss_sum.total) / self.settings.nats_per_unit

    @property
    def standard_error(self) -> float:
        """Return the standard error of the mean, in the unit."""
        return self.loss_sum.standard_error / self.settings.nats_per_unit

    @property
    def chance(self) -> float:
        """Ln C: the loss of giving every class the same probability, in the unit."""
        return log(self.classes) / self.settings.nats_per_unit

    @cached_property
    def prior_level(self) -> float:
        """The mean loss of the entropy of the class frequencies, in the unit; nan if unknown."""
        if self.target_sums is None:
            return nan
        nats = self.target_sums.prior_level(self.loss_sum, self.settings, soft=self.is_soft)
        return nats / self.settings.nats_per_unit

    @property
    def skill(self) -> float:
        """1 - mean / prior level: 1 for a perfect model, 0 for one that guesses; nan if unknown."""
        prior, mean = self.prior_level, self.loss_sum.mean / self.settings.nats_per_unit
        return 1 - mean / prior if prior > 0 else nan

    @property
    def target_entropy(self) -> float:
        """The mean of the least losses of targets that are probabilities, in the unit.

        It is their entropy H(q). It is 0 where targets are certain, and nan if unknown.
        """
        if self.target_sums is None:
            return nan
        if not self.is_soft:
            return 0.0
        return self.target_sums.least / self.loss_sum.weight / self.settings.nats_per_unit

    @property
    def divergence(self) -> float:
        """KL(q‖p), the mean less the entropy of the targets, in the unit."""
        if self.target_sums is None:
            return nan
        least = self.target_sums.least if self.is_soft else ExactSum()
        apart = self.loss_sum.total + -least
        return apart / self.loss_sum.weight / self.settings.nats_per_unit

    @cached_property
    def groups_by_loss(self) -> list[tuple[str, LossSum]]:
        """The groups and their sums, those with the largest mean first."""

        def order(group: tuple[str, LossSum]) -> tuple[float, str]:
            mean = group[1].mean
            return (-mean if mean == mean else -inf, group[0])  # noqa: PLR0124  a nan comes first

        return sorted((self.groups or {}).items(), key=order)

    @property
    def mean_over_groups(self) -> float:
        """The mean of the means of the groups, in the unit."""
        return mean_over_groups(self.groups or {}) / self.settings.nats_per_unit

    @property
    def is_soft(self) -> bool:
        """Whether the targets are probabilities."""
        return self.trace.rows.target_probs is not None

    @property
    def _class_numbers(self) -> dict[str, float]:
        """The numbers of a loss that knows all classes."""
        return {
            "accuracy": self.loss_sum.accuracy,
            "chance": self.chance,
            **self._target_numbers,
        }

    def _length_numbers(self, length: int) -> dict[str, float]:
        return {"length": length, "bits_per_length": self.bits_per_length}

    @property
    def bits_per_length(self) -> float:
        """Σ nll / ln 2 / Σ length: the bits that each byte or character costs; nan if unknown."""
        return float(self.loss_sum.total) / log(2) / self.length if self.length else nan

    @property
    def _target_numbers(self) -> dict[str, float]:
        """The numbers that the targets alone decide, as far as they are known."""
        if self.target_sums is None:
            return {}
        found = {"prior_level": self.prior_level, "skill": self.skill}
        if self.target_entropy:
            found |= {"target_entropy": self.target_entropy, "kl_divergence": self.divergence}
        return found

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """Return the stages from the input to the losses, of the rows shown."""
        return stages(self.trace.rows, self.settings)

    @property
    def weighted(self) -> bool:
        """Return whether rows may differ in weight."""
        rows = self.trace.rows
        by_class = self.settings.weight is not None and rows.target_probs is None
        return by_class or rows.sample_weight is not None

    @property
    def kind(self) -> str:
        """Return the signature without the number of rows: what merged reports must agree on."""
        return self._signature(0)

    @property
    def signature(self) -> str:
        """Return all that is needed to repeat the result."""
        return self._signature(self.loss_sum.rows)

    def _signature(self, count: int) -> str:
        rows = self.trace.rows
        inputs = {
            **({"targets": "probs"} if rows.target_probs is not None else {}),
            **({"s": "given"} if rows.sample_weight is not None else {}),
        }
        return self.settings.signature(count, self.classes, inputs)


def differing_fields(signature: str, other: str) -> tuple[str, str]:
    """Return the fields of two signatures that differ, of the one and of the other."""
    one, two = signature.split("|"), other.split("|")
    return (
        ", ".join(field for field in one if field not in two) or "nothing more",
        ", ".join(field for field in two if field not in one) or "nothing more",
    )
