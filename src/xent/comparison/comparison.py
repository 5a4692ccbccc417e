"""Models on the same rows: the loss of each, and how far each is from the first."""

from dataclasses import dataclass, replace
from math import exp, isnan, log
from typing import TYPE_CHECKING, Literal

from xent.comparison.movers import Movers
from xent.errors import Diagnostic, Location
from xent.losses.cluster_sums import ClusterSums
from xent.losses.loss_sum import LossSum
from xent.losses.paired_sum import PairedSum, binomial_error
from xent.report.anomalies import Anomalies, diagnose
from xent.report.student_t import interval, is_beyond
from xent.settings import LossSettings

if TYPE_CHECKING:
    from xent.comparison.significance import PValue

Verdict = Literal["better", "worse", "no difference", "not known"]


@dataclass(frozen=True, slots=True)
class Model:
    """A model, and what is known of its losses.

    Attributes:
        name: The source of its numbers, as the user gives it.
        settings: The options of the loss, with the kind of its numbers.
        classes: C.
        loss_sum: The exact sums over all rows.
        anomalies: Counts of what is remarkable about its numbers.
        inputs: What a signature says of the input beside the options.
    """

    name: str
    settings: LossSettings
    classes: int
    loss_sum: LossSum
    anomalies: Anomalies
    inputs: dict[str, str]

    def merge(self, following: "Model") -> "Model":
        """Return the model on these rows and the following ones."""
        return replace(
            self,
            loss_sum=self.loss_sum.merge(following.loss_sum),
            anomalies=self.anomalies.merge(following.anomalies.after(self.loss_sum.rows)),
        )

    @property
    def loss(self) -> float:
        """The mean loss, in the unit."""
        return self.loss_sum.mean / self.settings.nats_per_unit

    @property
    def signature(self) -> str:
        """All that is needed to repeat the loss."""
        return self.settings.signature(self.loss_sum.rows, self.classes, self.inputs)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Warnings and notes about the numbers of the model, which they name."""
        place = Location(self.name)
        return tuple(
            replace(each, location=each.location or place)
            for each in diagnose(self.anomalies, self.loss_sum, self.settings, self.classes)
        )


@dataclass(frozen=True, slots=True)
class Pair:
    """The first model and another one on the same rows.

    Mergeable like what it is made of: in order where rows are numbered, exactly in any order
    otherwise.

    Attributes:
        sums: The losses of both.
        first_alone: Rows that the first model alone predicts right.
        second_alone: Rows that the second model alone predicts right.
        same_prediction: Counted rows in which both predict the same class.
        divergence: The sums of KL(first‖second) over the counted rows; None where one of the two
            gives no distribution.
        movers: The rows whose losses differ most.
        clusters: The sums of clusters of rows; None where each row stands for itself.
    """

    sums: PairedSum
    first_alone: int
    second_alone: int
    same_prediction: int
    divergence: LossSum | None
    movers: Movers
    clusters: ClusterSums | None = None

    def merge(self, following: "Pair") -> "Pair":
        """Return the pair on these rows and the following ones."""
        both = self.clusters, following.clusters
        one, two = self.divergence, following.divergence
        return Pair(
            self.sums.merge(following.sums),
            self.first_alone + following.first_alone,
            self.second_alone + following.second_alone,
            self.same_prediction + following.same_prediction,
            None if one is None or two is None else one.merge(two),
            self.movers.merge(following.movers.after(self.sums.first.rows)),
            None if both[0] is None or both[1] is None else both[0].merge(both[1]),
        )

    @property
    def rows(self) -> int:
        """The rows that count."""
        return self.sums.first.counted

    @property
    def difference(self) -> float:
        """The mean loss of the second model less that of the first, in nats."""
        return self.sums.difference.mean

    @property
    def standard_error(self) -> float:
        """The standard error of the difference, paired, in nats; nan for fewer than two rows.

        Where rows come in clusters it is that of clusters.
        """
        if self.clusters is not None:
            return self.clusters.standard_error
        return self.sums.difference.standard_error

    @property
    def freedom(self) -> int:
        """The degrees of freedom of the standard error."""
        return (self.rows if self.clusters is None else len(self.clusters)) - 1

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the difference by Student's t, in nats."""
        return interval(self.difference, self.standard_error, self.freedom)

    @property
    def ratio(self) -> float:
        """The perplexity of the second model divided by that of the first."""
        return exp(self.difference) if self.difference < log(1e300) else float("inf")

    @property
    def agreement(self) -> tuple[float, float]:
        """The share of rows in which both predict the same class, and its standard error."""
        share = self.same_prediction / self.rows if self.rows else float("nan")
        return share, binomial_error(self.same_prediction, self.rows)

    @property
    def verdict(self) -> Verdict:
        """Whether the second model is better, worse, or not told apart by these rows."""
        low, high = self.interval
        if isnan(low) or isnan(high):
            return "not known"
        if high < 0:
            return "better"
        return "worse" if low > 0 else "no difference"

    def is_worse(self, tolerance: float) -> bool:
        """Whether the second model is worse by more than `tolerance` nats, and beyond noise.

        What cannot be told, because a loss is nan or there is one row alone, counts as worse
        where nothing shows that it is not.
        """
        return is_beyond(self.difference, self.interval[0], tolerance)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models or more on the same rows, each compared with the first.

    Attributes:
        models: The models, in the order in which they were given.
        pairs: The first model with each of the others.
        notes: What was detected about the inputs, to tell the user.
        class_names: The names of the classes, where they are known.
        tests: The significance tests of each pair; none where they were not asked for.
    """

    models: tuple[Model, ...]
    pairs: tuple[Pair, ...]
    notes: tuple[Diagnostic, ...] = ()
    class_names: tuple[str, ...] = ()
    tests: "tuple[tuple[PValue, ...], ...]" = ()

    def merge(self, following: "Comparison") -> "Comparison":
        """Return the comparison on these rows and the following ones."""
        return replace(
            self,
            models=tuple(
                one.merge(two) for one, two in zip(self.models, following.models, strict=True)
            ),
            pairs=tuple(
                one.merge(two) for one, two in zip(self.pairs, following.pairs, strict=True)
            ),
        )

    @property
    def settings(self) -> LossSettings:
        """The options of the loss, as far as all models share them."""
        return self.models[0].settings

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Notes and warnings, each of them once."""
        found = (*self.notes, *(each for model in self.models for each in model.diagnostics))
        return tuple(dict.fromkeys(found))

    @staticmethod
    def letter(number: int) -> str:
        """Return the letter that stands for a model: A for the first."""
        return chr(ord("A") + number)

    def class_name(self, number: int) -> str:
        """Return the name of a class, or its number."""
        return self.class_names[number] if self.class_names else str(number)
