"""Why another number is another: rules, each of which predicts the other number."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import isfinite, isnan, log, ulp

import numpy as np

from xent.verification.problem import Problem
from xent.verification.program import Precision
from xent.verification.recipe import Calculator, Recipe

# Up to so many units in the last place a number differs in its last places alone.
_LAST_PLACES = 8
# Numbers that are further apart than this differ by more than rounding.
_FAR = 64
# The rounding errors of a loss are a few of the largest number on the way to it.
_ROUNDINGS = 8
_EPSILON = {"double": 2.0**-52, "single": 2.0**-23}


@dataclass(frozen=True, slots=True)
class Rule:
    """A convention that another library may follow.

    Attributes:
        name: Its name.
        reason: Why its number is another, in a few words.
        recipe: Turns the recipe of xent into that of the convention; None where it cannot differ.
    """

    name: str
    reason: str
    recipe: Callable[[Recipe, Problem], Recipe | None]


@dataclass(frozen=True, slots=True)
class Difference:
    """What distinguishes a number from xent's.

    Attributes:
        rules: The names of the rules that predict the number; "unexplained" if none does.
        reason: The reason in a few words.
        predicted: The number that the rules predict; None if none does.
    """

    rules: tuple[str, ...]
    reason: str
    predicted: float | None

    @property
    def is_explained(self) -> bool:
        """Return whether a rule predicts the number."""
        return self.predicted is not None


def _by_rows(recipe: Recipe, problem: Problem) -> Recipe | None:
    uneven = problem.sample_weight is not None or problem.settings.weight is not None
    is_mean = recipe.reduction == "mean"
    return replace(recipe, denominator="rows") if uneven and is_mean else None


def _clipped(floor: float, *, renormalised: bool = False) -> Callable[[Recipe, Problem], Recipe]:
    def clipped(recipe: Recipe, _: Problem) -> Recipe:
        scores = replace(recipe.scores, floor=floor, ceiling=1 - floor, renormalised=renormalised)
        return replace(recipe, scores=scores)

    return clipped


def _renormalised(recipe: Recipe, _: Problem) -> Recipe | None:
    if recipe.scores.kind == "logits":
        return None
    return replace(recipe, scores=replace(recipe.scores, renormalised=True))


def _clamped(recipe: Recipe, _: Problem) -> Recipe:
    return replace(recipe, scores=replace(recipe.scores, least_log=-100.0))


def _keeps_nan(recipe: Recipe, _: Problem) -> Recipe:
    return replace(recipe, keeps_nan=True)


def _single(recipe: Recipe, problem: Problem) -> Recipe | None:
    finite = np.abs(problem.inputs[np.isfinite(problem.inputs)])
    if finite.max(initial=0) <= np.finfo(np.float32).max:
        return None
    return replace(recipe, scores=replace(recipe.scores, single=True))


RULES = (
    Rule("denominator", "divides by the number of rows, not by Σ w", _by_rows),
    Rule(
        "clip",
        "clips probabilities at 2.2e-16",
        _clipped(float(np.finfo(np.float64).eps)),
    ),
    Rule("renormalise", "divides each row by its sum", _renormalised),
    Rule(
        "clip",
        "divides each row by its sum, then clips at 1e-7",
        _clipped(1e-7, renormalised=True),
    ),
    Rule("clip", "clips probabilities at 1e-7", _clipped(1e-7)),
    Rule("clip", "clips logarithms at -100", _clamped),
    Rule("nan", "0·∞ is nan there, and 0 in xent", _keeps_nan),
    Rule("float32 range", "beyond the range of float32", _single),
)


class Explainer:
    """Explains numbers for one problem."""

    def __init__(self, problem: Problem, calculator: Calculator | None = None) -> None:
        self._problem = problem
        self._calculator = calculator or Calculator(problem)
        self._recipe = Recipe.of(problem)
        self._size = size_of(problem)

    def difference(self, number: float, precision: Precision = "double") -> Difference:
        """Find the rules that predict a number, to the last places if there are such rules."""
        own = self._problem.loss
        conventions = [*self._conventions(precision)]
        if places := _last_places(number, own):
            return Difference((_name(places),), places, own)
        naive = replace(self._recipe, scores=replace(self._recipe.scores, is_naive=True))
        predicted = self._calculator.value(naive)
        if precision == "double" and _last_places(number, predicted):
            return Difference(("cancellation",), "cancellation: predicted", predicted)
        for rules, recipe in conventions:
            predicted = self._calculator.value(recipe)
            if _last_places(number, predicted):
                return _predicted(rules, predicted)
        if reason := self._rounding(number, own, precision):
            return Difference((_name(reason),), reason, own)
        for rules, recipe in conventions:
            predicted = self._calculator.value(recipe)
            if reason := self._rounding(number, predicted, precision):
                return _predicted(rules, predicted, reason if precision == "single" else "")
        return Difference(("unexplained",), "unexplained", None)

    def _conventions(self, precision: Precision) -> Iterator[tuple[tuple[Rule, ...], Recipe]]:
        """Yield single rules, then pairs of them."""
        usable = RULES if precision == "single" else RULES[:-1]
        found = []
        base = self._calculator.value(self._recipe)
        for rule in usable:
            recipe = rule.recipe(self._recipe, self._problem)
            if recipe is None or _last_places(self._calculator.value(recipe), base, _FAR):
                continue  # it makes no difference here
            found.append((rule, recipe))
            yield (rule,), recipe
        for at, (first, recipe) in enumerate(found):
            for second, _ in found[at + 1 :]:
                both = second.recipe(recipe, self._problem)
                if both is not None:
                    yield (first, second), both

    def _rounding(self, number: float, true: float, precision: Precision) -> str:
        """Return what rounding errors make of a number; "" if they do not explain it."""
        if not (isfinite(number) and isfinite(true)):
            return ""
        roundings = _ROUNDINGS + log(1 + self._problem.rows)
        limit = roundings * _EPSILON[precision] * self._size
        if not abs(number - true) <= limit:
            return ""
        if precision == "single":
            return "rounding to float32"
        return f"cancellation: within {limit:.0e}"


def _last_places(number: float, true: float, most: int = _LAST_PLACES) -> str:
    """Return how two numbers agree but for their last places; "" if they do not."""
    if number == true or (isnan(number) and isnan(true)):
        return "same"
    if not (isfinite(number) and isfinite(true)):
        return ""
    places = abs(number - true) / ulp(true)
    if places > most:
        return ""
    return "last place" if places == 1 else f"last place ({places:g} ulp)"


def _name(reason: str) -> str:
    """Return the name of the rule that a reason begins with."""
    for name in ("same", "last place", "cancellation"):
        if reason.startswith(name):
            return name
    return "float32"


def _predicted(rules: tuple[Rule, ...], number: float, rounding: str = "") -> Difference:
    names = tuple(rule.name for rule in rules)
    reasons = [rule.reason for rule in rules]
    if rounding:
        names, reasons = (*names, _name(rounding)), [*reasons, rounding]
    return Difference(names, f"{'; '.join(reasons)}: predicted", number)


def size_of(problem: Problem) -> float:
    """Return the mean size, or the sum, of the numbers that a loss is the difference of."""
    counted = problem.counted
    inputs = np.abs(problem.inputs[counted]) / problem.settings.temperature
    if problem.settings.input_kind == "probs":
        with np.errstate(divide="ignore"):
            inputs = np.abs(np.log(inputs))
    largest = np.where(np.isfinite(inputs), inputs, 0).max(axis=1, initial=0)
    factor = 1.0
    if problem.settings.weight is not None:
        factor = float(np.abs(problem.settings.weight).max())
    if problem.settings.pos_weight is not None:
        factor = max(1.0, float(np.abs(problem.settings.pos_weight).max()))
    sizes = factor * (largest + log(problem.classes) + 1)
    if problem.sample_weight is not None:
        sizes = sizes * np.abs(problem.sample_weight[counted])
    total = float(sizes.sum()) / problem.settings.nats_per_unit
    if problem.is_sum:
        return total
    divisor = abs(float(problem.weights[counted].sum()))
    return total / min(divisor, len(sizes)) if divisor else total
