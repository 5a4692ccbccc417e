"""The rows that conventions are tried on: those in memory, or a sample of those in files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf

from xent.inputs.batch import Batch
from xent.losses.cross_entropy import reduce_losses
from xent.losses.loss_sum import LossSum
from xent.losses.row_losses import RowLosses
from xent.pipeline import Collector
from xent.settings import LossSettings
from xent.verification.problem import Problem, RowCollector
from xent.verification.recipe import Calculator, Recipe, Totals

# The most logits that recipes are calculated for at once.
_VALUES_AT_ONCE = 1 << 16
# The loss of all rows lies within so many standard errors of that of the sample.
_STANDARD_ERRORS = 8.0


class TotalsCollector:
    """Collects the totals of recipes over all rows, some rows at a time.

    Args:
        settings: The options of the loss.
        recipes: The recipes.
    """

    def __init__(self, settings: LossSettings, recipes: Sequence[Recipe]) -> None:
        self._recipes = recipes
        self._rows = RowCollector(settings)
        self._totals = [Totals()] * len(recipes)
        self._classes = 1
        # A batch whose mean is asked for stays in one piece.
        self._unit = max((recipe.batch_size for recipe in recipes), default=0) or 1

    def update(self, batch: Batch, losses: RowLosses) -> None:
        """Take in one batch."""
        self._rows.update(batch, losses)
        self._classes = batch.classes
        most = max(1, _VALUES_AT_ONCE // (batch.classes * self._unit)) * self._unit
        while self._rows.kept > most:
            self._add(Calculator(self._rows.take(most), most))

    def values(self) -> list[float]:
        """Return the loss by each recipe."""
        self._add(Calculator(self._rows.problem()))
        pairs = zip(self._recipes, self._totals, strict=True)
        return [totals.value(recipe, self._classes) for recipe, totals in pairs]

    def _add(self, calculator: Calculator) -> None:
        pairs = zip(self._recipes, self._totals, strict=True)
        self._totals = [totals + calculator.totals(recipe) for recipe, totals in pairs]


@dataclass(frozen=True, slots=True, eq=False)
class SearchedRows:
    """The rows of an input, in memory or in files.

    Attributes:
        problem: All rows, or a sample of them.
        sums: The exact sums of all rows.
        read_again: Reads all rows once more, for a collector.
    """

    problem: Problem
    sums: LossSum
    read_again: Callable[[Collector], None]
    sample: Calculator = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sample", Calculator(self.problem))

    @classmethod
    def of(cls, problem: Problem) -> "SearchedRows":
        """Return rows that are all in memory."""
        return cls(problem, problem.sums, lambda _: None)

    @property
    def loss(self) -> float:
        """The loss of all rows as xent calculates it."""
        return reduce_losses(self.sums.total, self.sums.weight, self.problem.settings)

    def values(self, recipes: Sequence[Recipe]) -> list[float]:
        """Return the loss of all rows by each recipe; files are read once for all recipes."""
        if self.problem.is_whole:
            return [self.sample.value(recipe) for recipe in recipes]
        if not recipes:
            return []
        collector = TotalsCollector(self.problem.settings, recipes)
        self.read_again(collector)
        return collector.values()

    def estimate(self, recipe: Recipe) -> tuple[float, float]:
        """Return the loss by a recipe as the sample tells it, and how far off it may be.

        A few large losses may be missing in the sample: what is known of xent's own loss is taken
        into account.
        """
        scale = self.problem.total / self.problem.rows if recipe.reduction == "sum" else 1.0
        value = scale * self.sample.value(recipe)
        if self.problem.is_whole:
            return value, 0.0
        error = scale * self.sample.standard_error(recipe)
        own = self.sample.value(Recipe.of(self.problem))
        own *= self.problem.total / self.problem.rows if self.problem.is_sum else 1.0
        missed = abs(self.loss / own - 1) if own else inf
        return value, _STANDARD_ERRORS * error + 2 * missed * abs(value)
