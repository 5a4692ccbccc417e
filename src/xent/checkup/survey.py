"""What one pass over all rows leaves behind for the rules to look at."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from xent.checkup.alignment import Alignment, best_alignment
from xent.checkup.class_order import ClassOrder, best_order
from xent.checkup.collectors import (
    BatchMeans,
    ClassTable,
    LossHistogram,
    WorstRow,
    WorstRowCollector,
)
from xent.checkup.fix import Fix, Rereader
from xent.checkup.label_columns import LabelColumns
from xent.checkup.rows import LabelledRows, is_class_number
from xent.checkup.sample import FirstRows, ReservoirSample
from xent.errors import Code, Diagnostic, InputError
from xent.inputs.batch import Batch, Block
from xent.inputs.pairing import Inputs
from xent.pipeline import evaluate
from xent.report.report import Report
from xent.settings import LossSettings

# The least share of the association that its probabilities claim which a model shows.
LEAST_SHOWN = 0.35
# Different targets out of range that are counted one by one.
_MOST_OUT_OF_RANGE = 1000


@dataclass(frozen=True)
class Survey:
    """All that rules look at.

    Attributes:
        settings: What the user decided about the loss.
        report: The loss over the rows whose targets can be used.
        rows: The rows, or a sample of them.
        first_rows: The rows, or the first of them.
        classes: Counts and losses by class.
        histogram: The distribution of the rows' losses.
        worst: The rows with the largest losses, the largest first.
        out_of_range: Targets that name no class, and how often each occurs.
        mismatch: The error for counts that differ, if they do.
        batch_means: The means of the batches, if the user said which rows are one.
        rereader: Reads the input once more, with other options.
        labels: How many yes-or-no labels an example has, each of which is a row.
        refusal: The error without an option that was added, if one had to be.
    """

    settings: LossSettings
    report: Report
    rows: LabelledRows
    first_rows: LabelledRows
    classes: ClassTable
    histogram: LossHistogram
    worst: tuple[WorstRow, ...]
    out_of_range: dict[float, int]
    mismatch: Diagnostic | None
    batch_means: BatchMeans | None
    rereader: Rereader
    labels: int = 1
    refusal: Diagnostic | None = None

    @classmethod
    def of(
        cls,
        inputs: Inputs,
        settings: LossSettings,
        *,
        rereader: Rereader,
        worst: int = 10,
        batch_means: BatchMeans | None = None,
    ) -> "Survey":
        """Look at all rows once, in bounded memory.

        Raises:
            InputError: The input cannot be read, or there are not as many groups as rows.
        """
        intake = _Intake(settings)
        worst_rows, classes, histogram = (
            WorstRowCollector(worst, settings),
            ClassTable(),
            LossHistogram(),
        )
        report = evaluate(
            replace(inputs, batches=intake.usable(inputs.batches)),
            settings,
            (worst_rows, classes, histogram, *([batch_means] if batch_means else [])),
        )
        if batch_means:
            batch_means.require(report.rows)
        weighted = report.trace.rows.sample_weight is not None
        return cls(
            settings,
            report,
            LabelledRows.of(intake.sample.rows(weighted=weighted), settings),
            LabelledRows.of(intake.first_rows.rows(weighted=weighted), settings),
            classes,
            histogram,
            worst_rows.rows(),
            dict(intake.out_of_range),
            intake.mismatch,
            batch_means,
            rereader,
            prod(inputs.row_shapes[0]) if settings.binary and inputs.row_shapes else 1,
        )

    @cached_property
    def in_order(self) -> "Survey":
        """Return the survey of the first rows, for rules about the order of the rows."""
        return self if self.rows.sample.is_complete else replace(self, rows=self.first_rows)

    @cached_property
    def class_order(self) -> ClassOrder | None:
        """Return the order of the classes that the rows prove; None for the given one."""
        return best_order(self.rows)

    @cached_property
    def label_columns(self) -> LabelColumns | None:
        """The columns of yes-or-no labels; None for classes."""
        return LabelColumns.of(self.rows, self.labels) if self.settings.binary else None

    @cached_property
    def alignment(self) -> Alignment:
        """Return how rows and targets belong together, as far as the rows prove it."""
        return best_alignment(self.rows)

    @cached_property
    def association_z(self) -> float:
        """The z of the association of rows and targets, of rows that may cling together."""
        return self.rows.association.z / self.association_spread

    @cached_property
    def claimed_z(self) -> float:
        """The z of targets that were drawn from the rows' own probabilities."""
        return self.rows.association.claimed / self.association_spread

    @property
    def is_associated(self) -> bool:
        """Whether the rows show a fair share of the association that they claim."""
        return self.association_z >= LEAST_SHOWN * self.claimed_z

    @cached_property
    def association_spread(self) -> float:
        """How far luck goes among rows that cling together, 1 for independent rows."""
        return self.in_order.rows.association.spread

    @property
    def mending(self) -> dict[str, Any]:
        """Return the options without which the loss cannot be calculated, by their names."""
        values = [*self.out_of_range]
        if self.rows.has_probabilities or len(values) != 1 or not values[0].is_integer():
            return {}
        [number] = map(int, values)
        if number == self.rows.classes:
            smallest = self.rows.sample.targets[self.rows.counted].min(initial=number)
            return {"one_based": True} if smallest > 0 and not self.settings.one_based else {}
        ignored = (self.rows.sample.targets == self.settings.ignore_index).any()
        return {} if ignored else {"ignore_index": number}

    def mended(self, line: str) -> str:
        """Return a line of Python after which the loss can be calculated."""
        if "one_based" in self.mending:
            return f"targets = targets - 1; {line}"
        if not self.out_of_range or self.rows.has_probabilities:
            return line
        first = int(self.settings.one_based)
        known = f"(targets >= {first}) & (targets < {self.rows.classes + first})"
        return f"targets = numpy.where({known}, targets, {self.settings.ignore_index}); {line}"

    @property
    def class_numbers(self) -> str:
        """Return the statement that turns one-hot targets into class numbers, or none."""
        one_hot = self.rows.sample.one_hot and not self.settings.binary
        return "targets = targets.argmax(axis=1); " if one_hot else ""

    def retargeted(self, expression: str) -> str:
        """Return the line of Python that gives the targets other classes.

        Args:
            expression: What a class number becomes, named `targets` and counted from 0.
        """
        sample, ignored = self.rows.sample, self.settings.ignore_index
        if self.rows.settings.one_based:
            expression = expression.replace("targets", "(targets - 1)") + " + 1"
        if not self.rows.counted.all():
            first = int(self.rows.settings.one_based)
            known = f"(targets >= {first}) & (targets < {sample.classes + first})"
            clipped = f"[targets.clip({first}, {sample.classes - 1})]"
            inside = expression.replace("[targets]", clipped)
            expression = f"numpy.where({known}, {inside}, {ignored})"
        return f"{self.class_numbers}targets = {expression}"

    def warnings(self, code: Code) -> list[Diagnostic]:
        """Return what `xent compute` says with this code: one sentence, or none."""
        return [each for each in self.report.diagnostics if each.code is code]

    def fix(self, after: float | None, **options: str | float) -> Fix:
        """Return what other options make of the loss: of all rows, where it can be had.

        Args:
            after: The loss of the sample with these options, in nats; None where it cannot tell.
            options: The options to change, by the names of `LossSettings`.
        """
        mending = {} if self.mending.keys() <= options.keys() else self.mending
        options = {**mending, **options}
        known = self.rows.sample.is_complete and after is not None and "one_based" not in mending
        recomputed = None if known else self.rereader.loss(**options)
        loss = after if recomputed is None else recomputed
        if loss is None:
            return Fix()
        return Fix(
            loss,
            self.rereader.command(**options),
            known or recomputed is not None,
            options,
        )

    def evidence(self, after: float | Fix | None = None, **facts: object) -> dict[str, Any]:
        """Return what a finding rests on: its facts, and both losses in the unit of the command."""
        unit, loss, sample = self.settings.nats_per_unit, self.rows.loss, self.rows.sample
        sampled = not sample.is_complete
        if isinstance(after, Fix):
            if after.of_all_rows and sampled:
                loss = self.report.loss_sum.mean
            sampled, after = not after.of_all_rows, after.loss
        found: dict[str, Any] = {**facts, "loss": loss / unit}
        if after is not None:
            found["loss_after_fix"] = after / unit
        if sampled:
            found["first_rows" if sample.is_consecutive else "sample"] = len(sample)
        return found


@dataclass
class _Intake:
    """Takes samples of the batches, and lets through what a loss can be calculated of."""

    settings: LossSettings
    sample: ReservoirSample = field(default_factory=ReservoirSample)
    first_rows: FirstRows = field(default_factory=FirstRows)
    out_of_range: Counter[float] = field(default_factory=Counter)
    mismatch: Diagnostic | None = None

    def usable(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Yield the batches, with targets that name no class ignored."""
        begun = False
        try:
            for batch in batches:
                begun = True
                self.sample.update(batch)
                self.first_rows.update(batch)
                yield batch if batch.has_probabilities else self._in_range(batch)
        except InputError as error:
            if error.diagnostic.code is not Code.COUNT_MISMATCH or not begun:
                raise
            self.mismatch = error.diagnostic

    def _in_range(self, batch: Batch) -> Batch:
        ignore_index = self.settings.ignore_index
        values = np.asarray(batch.targets.values, dtype=np.float64)
        known = is_class_number(values, batch.classes, self.settings) | (values == ignore_index)
        if known.all():
            return batch
        if len(self.out_of_range) < _MOST_OUT_OF_RANGE:
            self.out_of_range.update(values[~known].tolist())
        kept = np.where(known, values, ignore_index)
        targets = Block(kept, batch.targets.origin, batch.targets.start)
        return replace(batch, targets=targets)
