"""Recipes: a loss by any combination of conventions, calculated as the textbook has it.

They predict what other libraries find. The loss itself is that of `losses`; these numbers are right
to the digits that plain double precision leaves.
"""

from dataclasses import astuple, dataclass, replace
from math import inf, log
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from xent.settings import InputKind
from xent.verification.problem import Doubles, Problem

# Numbers that are kept for recipes with the same scores.
_MOST_KEPT = 1 << 24

Denominator = Literal["weights", "rows", "all rows", "elements", "all elements", "batches"]


@dataclass(frozen=True, slots=True)
class Scores:
    """How the log-probability of each class follows from the inputs.

    Attributes:
        kind: What the inputs are taken for.
        extra_softmax: Whether softmax is applied to them before.
        rows_axis: Whether softmax runs over the rows of each class, not over the classes.
        negated: Whether the inputs are negated.
        temperature: What they are divided by.
        renormalised: Whether probabilities are divided by their sum.
        floor: The least probability that is let through.
        ceiling: The greatest one.
        plus: What is added to a probability before its logarithm.
        least_log: The least logarithm that is let through.
        has_log: Whether the logarithm is taken at all.
        sigmoid: Whether each class is a yes or no of its own.
        single: Whether all arithmetic is in float32.
        is_naive: Whether the logarithm of softmax is one that cancels: log Σ exp(z) from z.
    """

    kind: InputKind = "logits"
    extra_softmax: bool = False
    rows_axis: bool = False
    negated: bool = False
    temperature: float = 1.0
    renormalised: bool = False
    floor: float = 0.0
    ceiling: float = inf
    plus: float = 0.0
    least_log: float = -inf
    has_log: bool = True
    sigmoid: bool = False
    single: bool = False
    is_naive: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """A loss by its conventions.

    Attributes:
        scores: From inputs to log-probabilities.
        target_shift: What is added to each class number, round the end.
        roll: Whether each row is scored against the target of the next row.
        class_weights: Whether class weights are used.
        sample_weights: Whether sample weights are used.
        smoothing: The label smoothing ε.
        smooths_others: Whether ε is spread over the other classes alone.
        keeps_nan: Whether 0·∞ is nan, not 0.
        reduction: Whether losses are averaged or summed.
        denominator: What the sum is divided by.
        batch_size: The rows of a batch, where the mean is one of batches' means.
        base: The base of the logarithm.
        negative: Whether the sign is left out.
        exponential: Whether the result is exp of the mean, the perplexity.
        less_entropy: Whether the entropy of the targets is subtracted, as in KL divergence.
    """

    scores: Scores = Scores()
    target_shift: int = 0
    roll: bool = False
    class_weights: bool = True
    sample_weights: bool = True
    smoothing: float = 0.0
    smooths_others: bool = False
    keeps_nan: bool = False
    reduction: Literal["mean", "sum"] = "mean"
    denominator: Denominator = "weights"
    batch_size: int = 0
    base: float = 0.0
    negative: bool = False
    exponential: bool = False
    less_entropy: bool = False

    @classmethod
    def of(cls, problem: Problem) -> "Recipe":
        """Return the recipe that xent itself follows."""
        settings = problem.settings
        return cls(
            Scores(settings.input_kind, temperature=settings.temperature),
            smoothing=settings.label_smoothing,
            reduction="sum" if problem.is_sum else "mean",
            base=2.0 if settings.unit == "bits" else 0.0,
        )


@dataclass(frozen=True, slots=True)
class Totals:
    """What the loss by a recipe is calculated from; the totals of some rows and others add up.

    Attributes:
        losses: The sum of the losses of the rows that count, in nats.
        weights: The sum of their weights.
        counted: Their number.
        rows: The number of all rows.
        means: The sum of the means of batches, where the recipe asks for them.
        batches: The number of batches.
    """

    losses: float = 0.0
    weights: float = 0.0
    counted: int = 0
    rows: int = 0
    means: float = 0.0
    batches: int = 0

    def __add__(self, other: "Totals") -> "Totals":
        """Return the totals of both."""
        return Totals(*(sum(pair) for pair in zip(astuple(self), astuple(other), strict=True)))

    def value(self, recipe: Recipe, classes: int) -> float:
        """Return the loss by a recipe; nan or inf where it is divided by 0, or too large."""
        nats = log(recipe.base) if recipe.base else 1.0
        with np.errstate(all="ignore"):
            if recipe.denominator == "batches":
                result = np.float64(self.means) / self.batches / nats
            else:
                result = np.float64(self.losses) / nats
                if recipe.reduction == "mean":
                    result = result / self._divisor(recipe.denominator, classes)
            if recipe.exponential:
                result = np.exp(result)
            return float(-result if recipe.negative else result)

    def _divisor(self, denominator: Denominator, classes: int) -> float:
        return {
            "weights": self.weights,
            "rows": self.counted,
            "all rows": self.rows,
            "elements": self.counted * classes,
            "all elements": self.rows * classes,
        }[denominator]


class Calculator:
    """Calculates recipes for one problem, and remembers what they have in common.

    Args:
        problem: The rows.
        rows: How many of them count, where the rows after them only provide targets; None for all.
    """

    def __init__(self, problem: Problem, rows: int | None = None) -> None:
        self.problem = problem
        self._count = rows
        self._values: dict[Recipe, float] = {}
        # Recipes come in an order in which the same scores return soon.
        self._most_kept = max(2, min(64, _MOST_KEPT // max(1, problem.inputs.size)))
        self._kept: dict[Scores, Doubles] = {}

    def value(self, recipe: Recipe) -> float:
        """Return the loss by a recipe."""
        if recipe not in self._values:
            self._values[recipe] = self.totals(recipe).value(recipe, self.problem.classes)
        return self._values[recipe]

    def totals(self, recipe: Recipe) -> Totals:
        """Return the totals of the rows by a recipe."""
        with np.errstate(all="ignore"):
            losses, weights, counted = self._rows(recipe)
            some = slice(self._count)
            losses, weights, counted = losses[some], weights[some], counted[some]
            means: list[float] = []
            if recipe.denominator == "batches":
                means = self._batch_means(losses, weights, counted, recipe.batch_size)
            return Totals(
                float(losses[counted].sum()),
                float(weights[counted].sum()),
                int(counted.sum()),
                len(counted),
                float(np.sum(means)),
                len(means),
            )

    def standard_error(self, recipe: Recipe) -> float:
        """Return the standard error of the loss by a recipe, where the rows are a sample.

        It is that of a ratio of two sums; inf where the loss is no ratio of sums.
        """
        if recipe.denominator == "batches" or recipe.scores.rows_axis:
            return inf
        with np.errstate(all="ignore"):
            losses, weights, counted = self._rows(recipe)
            losses, weights = np.where(counted, losses, 0), np.where(counted, weights, 0)
            totals = self.totals(recipe)
            if recipe.reduction == "sum":
                relative = losses.std() * len(losses) ** 0.5 / abs(totals.losses)
            else:
                by_rows = recipe.denominator != "weights"
                divisors = counted.astype(np.float64) if by_rows else weights
                residuals = losses - totals.losses / divisors.sum() * divisors
                relative = (residuals**2).sum() ** 0.5 / abs(totals.losses)
            value = totals.value(recipe, self.problem.classes)
            # exp turns the error of its argument into a share of its result.
            size = value * np.log(value) if recipe.exponential else value
            return float(abs(size) * relative)

    def _rows(self, recipe: Recipe) -> tuple[Doubles, Doubles, NDArray[np.bool_]]:
        """Return the loss of each row, its weight, and whether it counts."""
        problem = self.problem
        counted, targets, probs = problem.counted, problem.targets, problem.target_probs
        if recipe.roll:
            counted, targets = np.append(counted[1:], False), np.append(targets[1:], 0)
            probs = None if probs is None else np.vstack([probs[1:], probs[:1]])
        factors = np.ones(problem.classes)
        if recipe.class_weights and problem.settings.weight is not None:
            factors = problem.settings.weight
        if probs is None:
            chosen = np.where(counted, (targets + recipe.target_shift) % problem.classes, 0)
            losses, weights = self._of_classes(recipe, chosen, factors), factors[chosen]
        else:
            losses, weights = self._of_probs(recipe, probs, factors), np.ones(problem.rows)
        if recipe.sample_weights and problem.sample_weight is not None:
            losses, weights = losses * problem.sample_weight, weights * problem.sample_weight
        return losses, weights, counted

    def _of_classes(self, recipe: Recipe, chosen: NDArray[np.int64], factors: Doubles) -> Doubles:
        """Return the loss of each row for class numbers."""
        log_probs, smoothing = self._logs(recipe.scores), recipe.smoothing
        picked = -log_probs[np.arange(len(chosen)), chosen] * factors[chosen]
        losses = (1 - smoothing) * picked
        if smoothing:
            every = np.where(factors == 0, 0.0, -factors * log_probs).sum(axis=1)
            every = every - picked if recipe.smooths_others else every
            losses = losses + smoothing / self._spread(recipe) * every
        if recipe.scores.sigmoid:
            losses = losses + self._of_others(recipe.scores, chosen)
        if recipe.keeps_nan:
            losses = losses + 0 * log_probs.sum(axis=1)
        return np.asarray(losses)

    def _of_probs(self, recipe: Recipe, asked: Doubles, factors: Doubles) -> Doubles:
        """Return the loss of each row for probabilities of classes."""
        if smoothing := recipe.smoothing:
            even = smoothing / self._spread(recipe)
            others = 1 - asked if recipe.smooths_others else np.ones_like(asked)
            asked = (1 - smoothing) * asked + even * others
        terms = asked * factors * self._logs(recipe.scores)
        if not recipe.keeps_nan:
            terms = np.where(asked == 0, 0.0, terms)
        losses = -terms.sum(axis=1)
        if recipe.less_entropy:
            logs = np.log(np.where(asked > 0, asked, 1))
            losses = losses + (asked * factors * logs).sum(axis=1)
        return np.asarray(losses)

    def _spread(self, recipe: Recipe) -> int:
        """Return the number of classes that share the label smoothing."""
        return self.problem.classes - int(recipe.smooths_others)

    def _batch_means(
        self, losses: Doubles, weights: Doubles, counted: NDArray[np.bool_], size: int
    ) -> list[float]:
        means = []
        for start in range(0, len(losses), size):
            some = slice(start, start + size)
            kept = counted[some]
            means.append(float(losses[some][kept].sum() / weights[some][kept].sum()))
        return means

    def _logs(self, scores: Scores) -> Doubles:
        """Return the log-probabilities, those used last from memory."""
        found = self._kept.pop(scores, None)
        self._kept[scores] = found = self._log_probs(scores) if found is None else found
        if len(self._kept) > self._most_kept:
            del self._kept[next(iter(self._kept))]
        return found

    def _log_probs(self, scores: Scores) -> Doubles:
        """Return (n, C) the log-probabilities."""
        inputs = self.problem.inputs
        if scores.single:
            inputs = inputs.astype(np.float32)
        inputs = -inputs if scores.negated else inputs
        if scores.sigmoid:
            z = inputs / scores.temperature
            return np.asarray(np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z))), np.float64)
        axis = 0 if scores.rows_axis else 1
        if scores.extra_softmax:
            inputs = np.exp(_log_softmax(inputs / scores.temperature, axis))
        is_plain = not (scores.floor or scores.plus or scores.renormalised or not scores.has_log)
        is_plain = is_plain and scores.ceiling == inf
        match scores.kind:
            case "logits":
                divided = inputs if scores.extra_softmax else inputs / scores.temperature
                logs = (_naive_log_softmax if scores.is_naive else _log_softmax)(divided, axis)
            case "log-probs":
                logs = inputs
            case "probs":
                logs = np.log(inputs) if is_plain else inputs
        if not is_plain:
            probs = inputs if scores.kind == "probs" else np.exp(logs)
            if scores.renormalised:
                probs = probs / probs.sum(axis=1, keepdims=True)
            if scores.floor or scores.ceiling < inf:
                probs = np.clip(probs, scores.floor or None, scores.ceiling)
            logs = np.log(probs + scores.plus) if scores.has_log else probs
        return np.asarray(np.maximum(logs, scores.least_log), dtype=np.float64)

    def _of_others(self, scores: Scores, chosen: NDArray[np.int64]) -> Doubles:
        """Return the losses of the classes that are not the target, each of which is a no."""
        no = self._logs(replace(scores, negated=not scores.negated))
        others = np.arange(self.problem.classes) != chosen[:, None]
        return np.asarray(-np.where(others, no, 0).sum(axis=1))


def _log_softmax(values: Doubles, axis: int) -> Doubles:
    shifted = values - values.max(axis=axis, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True)))


def _naive_log_softmax(values: Doubles, axis: int) -> Doubles:
    largest = values.max(axis=axis, keepdims=True)
    total = np.exp(values - largest).sum(axis=axis, keepdims=True)
    return np.asarray(values - (largest + np.log(total)))
