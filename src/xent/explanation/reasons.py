"""Why the loss is not zero: each reason, where it is true of this input."""

from collections.abc import Iterator
from dataclasses import replace
from math import exp as exponential
from math import expm1, inf, isfinite, log, log1p

import numpy as np

from xent.explanation.derivation import Reason
from xent.explanation.equation import ClassNumber, Equation, Sentence
from xent.explanation.expression import Expression, Number, Summation, Symbol, added, exp, ln
from xent.explanation.row import Focus, WorkedRow
from xent.explanation.symbols import (
    CLASSES,
    LOSS,
    ONE,
    SMOOTHING,
    TEMPERATURE,
    C,
    in_nats,
    in_unit,
    indexed,
    log_name,
)
from xent.functional import cross_entropy
from xent.losses.cross_entropy import smoothing_floor
from xent.report.report import Report

_GOALS = (0.1, 0.01, 0.001)
_SCALES = (1.0, 2.0, 5.0, 10.0)
# A loss is at chance level within this share of it.
_AT_CHANCE = 0.01


def reasons(report: Report, row: WorkedRow, focus: Focus) -> Iterator[Reason]:
    """Yield what keeps this loss above zero."""
    if not row.counted or not isfinite(row.loss):
        yield _no_number(row)
        return
    if row.loss == 0:
        yield from _zero(row)
        return
    plain = row.target_probs is None and not row.settings.label_smoothing
    if plain:
        yield _probability(row)
    if row.settings.input_kind == "logits" and row.target_probs is None and row.classes > 1:
        yield _margin(row)
        if plain:
            yield from _lead(row)
            yield from _unit_range(row, focus)
    if row.settings.weight is None or plain:  # else a uniform guess has another loss
        yield from _chance(report)
    yield from _smoothing(row)
    yield from _entropy(row)


def margin(row: WorkedRow) -> tuple[float, int]:
    """Return by how much the target's logit leads the largest other one, and the class of that."""
    others = np.where(np.arange(row.classes) == row.target, -inf, row.inputs)
    runner_up = int(others.argmax())
    return float(row.inputs[row.target] - others[runner_up]), runner_up


def lead_needed(loss: float, row: WorkedRow) -> float:
    """Return the lead over all others alike that brings the row's loss down to `loss`.

    From loss = ln(1 + (C - 1)·exp(-lead / T)) nats.
    """
    nats = loss * row.settings.nats_per_unit
    return row.settings.temperature * (log(row.classes - 1) - log(expm1(nats)))


def scaled_losses(row: WorkedRow) -> tuple[tuple[float, float], ...]:
    """Return the row's loss with its logits multiplied: pairs of factor and loss."""
    settings = row.settings
    if settings.input_kind != "logits" or not row.counted or not isfinite(row.loss):
        return ()
    return tuple(
        (
            factor,
            cross_entropy(
                row.inputs * factor,
                row.target if row.target_probs is None else row.target_probs,
                weight=settings.weight,
                ignore_index=settings.ignore_index,
                reduction="sum",
                label_smoothing=settings.label_smoothing,
                temperature=settings.temperature,
                sample_weight=row.sample_weight,
                unit=settings.unit,
            ),
        )
        for factor in _SCALES
    )


def _no_number(row: WorkedRow) -> Reason:
    if not row.counted:
        return Reason("ignored", Sentence("The row is ignored: it has no loss."))
    if row.loss == inf:
        return Reason(
            "impossible",
            Sentence("The target class was given the probability 0, so the loss is infinite."),
        )
    return Reason("undefined", Sentence("The row contains nan, so the loss is not a number."))


def _zero(row: WorkedRow) -> Iterator[Reason]:
    if row.nll > 0:
        yield Reason("no_weight", Sentence("The row has a weight of 0."))
        return
    if row.classes < 2 or row.settings.input_kind != "logits" or row.target_probs is not None:
        yield Reason("certain", Sentence("The target was given the probability 1."))
        return
    lead, runner_up = margin(row)
    yield Reason(
        "underflow",
        Sentence(
            "The target's logit leads that of class {} by {}, and exp(-lead) is below the "
            "smallest double, 5e-324. The exact loss is positive, but smaller than any double.",
            (ClassNumber(runner_up), lead),
        ),
        (_gap(row),),
    )


def _probability(row: WorkedRow) -> Reason:
    settings = row.settings
    value = exponential(float(row.log_probs[row.target]) * settings.nats_per_unit)
    has, number = "Class {} has {}.", value
    if value == 1:  # in doubles, that is
        has, number = "All classes except {} have {} together.", row.nll
    left, log_prob = indexed("p", row.target), row.operand(log_name(row.settings), row.target)
    probability = Equation.of(left, lambda log_p: exp(in_nats(log_p, settings)), [log_prob], value)
    return Reason(
        "probability",
        Sentence(
            "The loss is 0 only if the target has probability 1, and softmax of finite logits "
            f"gives every class a positive probability. {has}",
            (ClassNumber(row.target), number),
        ),
        (replace(probability, nearly=value == 1),),
    )


def _margin(row: WorkedRow) -> Reason:
    lead, number = margin(row)
    runner_up = ClassNumber(number)
    if lead > 0:
        sentence = Sentence(
            "The target's logit leads that of the runner-up, class {}, by {}. The loss measures "
            "this lead, not whether the target comes first.",
            (runner_up, lead),
        )
    elif lead == 0:
        sentence = Sentence("The target's logit is not larger than that of class {}.", (runner_up,))
    else:
        sentence = Sentence(
            "The target's logit is {} below that of class {}: the prediction is wrong, and the "
            "target's probability is below 1/2.",
            (-lead, runner_up),
        )
    return Reason("margin", sentence, (_gap(row),))


def _gap(row: WorkedRow) -> Equation:
    lead, runner_up = margin(row)
    return Equation.of(
        Symbol("lead"),
        lambda ours, theirs: ours - theirs,
        [row.operand("z", each) for each in (row.target, runner_up)],
        lead,
    )


def _lead(row: WorkedRow) -> Iterator[Reason]:
    goals = [goal for goal in _GOALS if goal < row.nll]
    if not goals:
        return
    leads = [lead_needed(goal, row) for goal in goals]
    others = "the other class" if row.classes == 2 else f"all {row.classes - 1} others alike"
    parts = ", ".join("{} for a loss of {}" for _ in goals)
    numbers = [number for pair in zip(leads, goals, strict=True) for number in pair]
    first, *further = (
        _lead_equation(row, goal, lead) for goal, lead in zip(goals, leads, strict=True)
    )
    yield Reason(
        "lead_needed",
        Sentence(f"A small loss takes a lead over {others}: {parts}.", tuple(numbers)),
        (first, *(replace(equation, symbolic=None) for equation in further)),
    )


def _lead_equation(row: WorkedRow, goal: float, lead: float) -> Equation:
    def formula(classes: Expression, loss: Expression, temperature: Expression) -> Expression:
        gap = ln(classes - ONE) - ln(exp(in_nats(loss, row.settings)) - ONE)
        return gap if row.settings.temperature == 1 else temperature * gap

    operands = [(CLASSES, row.classes), (LOSS, goal), (TEMPERATURE, row.settings.temperature)]
    return Equation.of(Symbol("lead"), formula, operands, lead)


def _unit_range(row: WorkedRow, focus: Focus) -> Iterator[Reason]:
    """Name the loss that no input in [0, 1] can beat."""
    if not (focus.lowest >= 0 and focus.highest <= 1) or row.settings.binary:
        return
    steepest = 1 / row.settings.temperature
    floor = log1p((row.classes - 1) * exponential(-steepest)) / row.settings.nats_per_unit
    yield Reason(
        "floor_of_unit_range",
        Sentence(
            "All inputs lie between 0 and 1, as probabilities do. As logits they differ by at "
            f"most 1, and with {row.classes} classes no such input has a loss below {{}}. If they "
            "are probabilities, softmax is applied twice; --input-kind probs skips it.",
            (floor,),
        ),
        (
            Equation.of(
                LOSS,
                lambda classes, top: in_unit(ln(ONE + (classes - ONE) / exp(top)), row.settings),
                [(CLASSES, row.classes), (ONE / TEMPERATURE if steepest != 1 else ONE, steepest)],
                floor,
            ),
        ),
    )


def _chance(report: Report) -> Iterator[Reason]:
    chance, loss = report.chance, report.loss
    if report.settings.reduction != "mean" or report.classes < 2 or not isfinite(loss):
        return
    if abs(loss - chance) < _AT_CHANCE * chance:
        verdict = "a loss of {} means that the model knows hardly more than that."
    elif loss < chance:
        verdict = "the loss of {} is below it, so the model has learned something."
    else:
        verdict = "the loss of {} is above it, so guessing would do better."
    yield Reason(
        "chance",
        Sentence(
            f"A uniform guess among {report.classes} classes has a loss of {{}}: {verdict}",
            (chance, loss),
        ),
        (
            Equation.of(
                Symbol("chance"),
                lambda classes: in_unit(ln(classes), report.settings),
                [(CLASSES, report.classes)],
                chance,
            ),
        ),
    )


def _smoothing(row: WorkedRow) -> Iterator[Reason]:
    """Name the entropy of a smoothed class number, where no weights distort it."""
    smooth, classes = row.settings.label_smoothing, row.classes
    distorted = row.settings.weight is not None or row.sample_weight is not None
    if not 0 < smooth < 1 or row.target_probs is not None or distorted or classes < 2:
        return
    other = smooth / classes
    top = 1 - smooth + other
    floor = smoothing_floor(smooth, classes) / row.settings.nats_per_unit

    def entropy(a: Expression, b: Expression, count: Expression) -> Expression:
        return in_unit(-(a * ln(a) + (count - ONE) * b * ln(b)), row.settings)

    a, b = Symbol("a"), Symbol("b")
    eps = SMOOTHING, smooth
    yield Reason(
        "floor_of_smoothing",
        Sentence(
            "Label smoothing sets a floor. It asks for the probability a at the target and b at "
            "each other class, and no loss is below the entropy of this distribution, {}.",
            (floor,),
        ),
        (
            Equation.of(b, lambda e, c: e / c, [eps, (CLASSES, classes)], other),
            Equation.of(a, lambda e, rest: ONE - e + rest, [eps, (b, other)], top),
            Equation.of(LOSS, entropy, [(a, top), (b, other), (CLASSES, classes)], floor),
        ),
    )


def _entropy(row: WorkedRow) -> Iterator[Reason]:
    """Name the floor of a target that is itself uncertain."""
    if row.target_probs is None or row.settings.weight is not None or row.sample_weight is not None:
        return
    smooth = row.settings.label_smoothing
    mixed = (1 - smooth) * row.target_probs + smooth / row.classes
    if (mixed < 0).any() or abs(mixed.sum() - 1) > 1e-6:
        return
    terms = np.where(mixed > 0, -mixed * np.log(mixed), 0.0)
    entropy = float(terms.sum()) / row.settings.nats_per_unit

    def term(each: int) -> Expression:
        share = Number(float(mixed[each]))
        return -(share * ln(share)) if mixed[each] else Number(0)

    share = Symbol("q'" if smooth else "q", C)
    entropy_of_target = Equation(
        Symbol("H"),
        in_unit(-Summation(C, share * ln(share)), row.settings),
        in_unit(added(row.terms(terms, term)), row.settings),
        entropy,
    )
    rest = max(row.loss - entropy, 0.0)
    if entropy > 0:
        yield Reason(
            "floor_of_targets",
            Sentence(
                "The target itself is uncertain: a model that predicts exactly the target's "
                "probabilities has a loss of {}, their entropy, and no model has a lower one. The "
                "rest, {}, is KL(q‖p), the distance of the model from the target.",
                (entropy, rest),
            ),
            (
                entropy_of_target,
                Equation.of(
                    Symbol("KL"),
                    lambda loss, least: loss - least,
                    [(Symbol("l"), row.loss), (Symbol("H"), entropy)],
                    rest,
                ),
            ),
        )
