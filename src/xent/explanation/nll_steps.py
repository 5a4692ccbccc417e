"""The steps from the log-probabilities of a row to its loss."""

from collections.abc import Iterator
from functools import reduce
from math import inf, isfinite
from operator import mul

import numpy as np

from xent.explanation.derivation import Check, Step
from xent.explanation.equation import ClassNumber, Equation, Operand, Sentence
from xent.explanation.expression import Expression, Number, Summation, Symbol, added
from xent.explanation.row import Doubles, WorkedRow
from xent.explanation.symbols import (
    CLASSES,
    LOSS,
    ONE,
    SMOOTHING,
    C,
    I,
    indexed,
    log_function,
    log_name,
)

# The loss with class weights or label smoothing, and the row's own loss.
_WITH_OPTIONS, _OF_ROW = Symbol("l'"), Symbol("l", I)


def steps_to_loss(row: WorkedRow) -> Iterator[Step]:
    """Work the steps that the row's target and the options need; the last has the row's loss."""
    if row.prediction < 0 or not row.counted:
        return
    settings = row.settings
    before = LOSS
    if row.target_probs is not None:
        yield _expected_nll(row, row.target_probs)
    else:
        yield _nll(row)
        if settings.label_smoothing:
            yield _label_smoothing(row)
        elif settings.weight is not None:
            yield _class_weight(row)
        if settings.label_smoothing or settings.weight is not None:
            before = _WITH_OPTIONS
    if row.sample_weight is not None:
        yield _sample_weight(row, row.sample_weight, before)


def _nll(row: WorkedRow) -> Step:
    log = log_name(row.settings)
    return Step(
        "nll",
        Sentence(
            "Take the log-probability of the target, class {}, and negate it.",
            (ClassNumber(row.target),),
        ),
        "The loss is the surprise at the target class: 0 if it was certain, and the larger the "
        "less probable it was. The other classes count only through the sum S.",
        (LOSS, -Symbol(log, "t")),
        (Equation.of(LOSS, lambda log_p: -log_p, [row.operand(log, row.target)], row.nll),),
        remarks=tuple(_textbook_route(row)),
    )


def _textbook_route(row: WorkedRow) -> Iterator[Sentence]:
    """Say whether -log(exp(z_t) / Σ exp(z)), calculated as it stands, gives the same in doubles."""
    if row.settings.input_kind != "logits":
        return
    exponentials = np.exp(row.logits)
    total = exponentials.sum()
    textbook = float(0.0 - np.log(exponentials[row.target] / total)) / row.settings.nats_per_unit
    formula = f"-{log_function(row.settings)}(exp({row.letter})/Σ exp({row.letter}))"
    if textbook == row.nll or abs(textbook - row.nll) <= 1e-9 * row.nll:
        yield Sentence(f"Check: evaluated directly, {formula} gives {{}} as well.", (textbook,))
        return
    if not isfinite(float(total)):
        why = "an exponential overflows"
    elif textbook == inf or not total:
        why = "a probability underflows to 0"
    else:
        why = "the sum is rounded to the largest term"
    yield Sentence(
        f"Careful: evaluated directly, {formula} gives {{}} in doubles, because {why}. With d it "
        "is {}.",
        (textbook, row.nll),
    )


def _expected_nll(row: WorkedRow, target_probs: Doubles) -> Step:
    """Work the loss where the target is a probability of each class."""
    smooth, weighted = row.settings.label_smoothing, row.settings.weight is not None
    smoothed = (1 - smooth) * target_probs + smooth / row.classes
    q, log = Symbol("q'" if smooth else "q", C), -Symbol(log_name(row.settings), C)
    formula = Summation(C, Symbol("w", C) * q * log if weighted else q * log)
    terms, value = _sum_of_nll(row, *([row.weight] if weighted else []), smoothed)
    total = Equation(Summation(C, q), None, added(row.terms(smoothed)), float(smoothed.sum()))
    remark = Sentence(
        "Smoothing mixes the target with the uniform distribution: q' = (1 - ε)·q + "
        "ε/C, with ε = {}.",
        (smooth,),
    )
    return Step(
        "nll",
        Sentence("Weight the surprise at each class by the probability that the target gives it."),
        "A target of probabilities is an average over classes; with probability 1 for one class "
        "it is the loss of that class.",
        (LOSS, formula),
        (Equation(LOSS, formula, terms, value),),
        # It need not be 1.
        (Check(Sentence("the target's probabilities add up"), total),),
        remarks=(remark,) if smooth else (),
        stage="targets",
    )


def _sum_of_nll(row: WorkedRow, *factors: Doubles) -> tuple[Expression, float]:
    """Return Σ_c a_c·(-log p_c), written out and as a number, where a_c is a product of factors.

    A class with a factor of 0 adds nothing, even if its -log p is infinite.
    """
    weights = reduce(mul, factors, np.ones(row.classes))
    nll = 0.0 - row.log_probs
    values = np.where(weights == 0, 0.0, weights * nll)

    def term(each: int) -> Expression:
        if not weights[each]:
            return Number(0)
        numbers: list[Expression] = [Number(float(factor[each])) for factor in (*factors, nll)]
        return reduce(mul, numbers)

    return added(row.terms(values, term)), float(values.sum())


def _class_weight(row: WorkedRow) -> Step:
    weight = indexed("w", row.target), float(row.weight[row.target])
    return Step(
        "weight",
        Sentence("Multiply by the weight of the target's class, {}.", (ClassNumber(row.target),)),
        "Classes that matter more, or are rarer, get a larger weight.",
        (_WITH_OPTIONS, Symbol("w", "t") * LOSS),
        *_multiplied(weight, (LOSS, row.nll), _WITH_OPTIONS, weight[1] * row.nll),
    )


def _sample_weight(row: WorkedRow, factor: float, before: Symbol) -> Step:
    weight = Symbol("s", I), factor
    plain = row.loss / factor if factor else 0.0
    return Step(
        "sample_weight",
        Sentence("Multiply by the row's own weight."),
        "Rows that matter more get a larger weight.",
        (_OF_ROW, weight[0] * before),
        *_multiplied(weight, (before, plain), _OF_ROW, row.loss),
    )


def _multiplied(
    weight: tuple[Symbol, float], before: tuple[Symbol, float], after: Symbol, value: float
) -> tuple[tuple[Equation, ...], tuple[Check, ...]]:
    """Multiply a loss by a weight, and check the product by a division."""
    symbol, plain = before
    equation = Equation.of(after, lambda w, loss: w * loss, [weight, before], value)
    if not weight[1] or not isfinite(plain):
        return (equation,), ()
    product = after, plain * weight[1]
    back = Equation.of(symbol, lambda loss, w: loss / w, [product, weight], plain)
    return (equation,), (Check(Sentence("divided by the weight again"), back),)


def _label_smoothing(row: WorkedRow) -> Step:
    """Smooth the labels, with class weights where there are any."""
    smooth, weighted = row.settings.label_smoothing, row.settings.weight is not None
    log = -Symbol(log_name(row.settings), C)
    uniform = Summation(C, Symbol("w", C) * log if weighted else log)
    terms, total = _sum_of_nll(row, *([row.weight] if weighted else []))

    def formula(
        eps: Expression, classes: Expression, w: Expression, loss: Expression, all_: Expression
    ) -> Expression:
        if smooth == 1:
            return eps / classes * all_
        certain = (ONE - eps) * w * loss if weighted else (ONE - eps) * loss
        return certain + eps / classes * all_

    weight = float(row.weight[row.target])
    certain = (1 - smooth) * weight * row.nll if smooth < 1 else 0.0
    value = certain + smooth / row.classes * total
    operands: list[Operand] = [
        (SMOOTHING, smooth),
        (CLASSES, row.classes),
        (indexed("w", row.target), weight),
        (LOSS, row.nll),
        (uniform, terms),
    ]
    general = formula(SMOOTHING, CLASSES, Symbol("w", "t"), LOSS, uniform)
    return Step(
        "label_smoothing",
        Sentence(
            "Take {} of this loss, and add {} of the mean surprise over all classes.",
            (1 - smooth, smooth),
        ),
        "Smoothing keeps the model from being overconfident: a probability near 0 for any class "
        "is expensive, so the loss can no longer reach 0.",
        (_WITH_OPTIONS, general),
        (Equation.of(_WITH_OPTIONS, formula, operands, value),),
        (_as_mixture(row, value),),
    )


def _as_mixture(row: WorkedRow, value: float) -> Check:
    """Check that a target that is smoothed first has the same loss."""
    smooth = row.settings.label_smoothing
    weights = smooth / row.classes * row.weight
    weights[row.target] += (1 - smooth) * row.weight[row.target]
    formula = Summation(C, Symbol("a", C) * -Symbol(log_name(row.settings), C))
    terms, _ = _sum_of_nll(row, weights)
    claim = Sentence("with the weight a of each class")
    return Check(claim, Equation(_WITH_OPTIONS, formula, terms, value))
