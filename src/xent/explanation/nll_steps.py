"""The steps from the log-probabilities of a row to its loss."""

from collections.abc import Iterator
from math import inf, isfinite

import numpy as np

from xent.explanation.derivation import Checks, Step
from xent.explanation.equation import ClassNumber, Equation, Operand, Sentence
from xent.explanation.expression import Expression, Number, Product, Summation, Symbol, added
from xent.explanation.row import Doubles, WorkedRow, indexed
from xent.explanation.symbols import CLASSES, LOSS, ONE, SMOOTHING, C, log_function, log_name

_OPTED = Symbol("l'")


def steps_to_loss(row: WorkedRow) -> Iterator[Step]:
    """The steps that the row's target and the options need; the last one has the row's loss."""
    if row.prediction < 0 or not row.counted:
        return
    settings = row.settings
    before = LOSS
    if row.shares is not None:
        yield _expect(row, row.shares)
    else:
        yield _pick(row)
        if settings.label_smoothing:
            yield _smooth(row)
        elif settings.weight is not None:
            yield _weigh(row)
        if settings.label_smoothing or settings.weight is not None:
            before = _OPTED
    if row.factor is not None:
        yield _scale(row, row.factor, before)


def _pick(row: WorkedRow) -> Step:
    log = log_name(row.settings)
    return Step(
        "nll",
        Sentence("Keep the target's, class {}, and turn its sign.", (ClassNumber(row.target),)),
        "The loss is the surprise at what came true: nothing for a certainty, more for the less "
        "likely. The other classes count only through the sum that they are part of.",
        (LOSS, -Symbol(log, "t")),
        (
            Equation.of(
                LOSS,
                lambda logarithm: -logarithm,
                [(indexed(log, row.target), row.log_probs[row.target])],
                row.surprise,
            ),
        ),
        remarks=tuple(_textbook_route(row)),
    )


def _textbook_route(row: WorkedRow) -> Iterator[Sentence]:
    """Whether -log(exp(z_t) / Σ exp(z)), calculated as it stands, gives the same in doubles."""
    if row.settings.input_kind != "logits":
        return
    with np.errstate(all="ignore"):
        exponentials = np.exp(row.logits)
        total = exponentials.sum()
        textbook = float(0.0 - np.log(exponentials[row.target] / total))
    textbook /= row.settings.nats_per_unit
    formula = f"-{log_function(row.settings)}(exp({row.letter})/Σ exp({row.letter}))"
    if textbook == row.surprise or abs(textbook - row.surprise) <= 1e-9 * row.surprise:
        yield Sentence(
            f"Check: calculated just as it stands, {formula} gives {{}} as well.", (textbook,)
        )
        return
    if not isfinite(float(total)):
        why = "an exponential overflows"
    elif textbook == inf or not total:
        why = "a probability underflows to 0"
    else:
        why = "the sum rounds the other classes away"
    yield Sentence(
        f"Careful: calculated just as it stands, {formula} gives {{}} in doubles, because {why}. "
        "By way of d it is {}.",
        (textbook, row.surprise),
    )


def _expect(row: WorkedRow, shares: Doubles) -> Step:
    """The loss where the target is a probability of each class."""
    settings = row.settings
    smooth, weighted = settings.label_smoothing, settings.weight is not None
    mixed = (1 - smooth) * shares + smooth / row.classes
    share = Symbol("q'" if smooth else "q", C)
    log = -Symbol(log_name(settings), C)
    formula = Summation(C, Symbol("w", C) * share * log if weighted else share * log)
    values = _without_nan(mixed * row.weight, row)

    def term(each: int) -> Expression:
        if not mixed[each] * row.weight[each]:  # nothing, be its surprise infinite or not
            return Number(0)
        factors = [mixed[each], 0.0 - row.log_probs[each]]
        if weighted:
            factors.insert(0, row.weight[each])
        return Product(tuple(Number(float(factor)) for factor in factors))

    remark = Sentence(
        "Smoothing mixes the target with an even one: q' = (1 - ε)·q + ε/C, with ε = {}.", (smooth,)
    )
    return Step(
        "nll",
        Sentence("Weigh the surprise at each class by how probable the class should be."),
        "With probabilities for targets any class may come true, each with its share; with all of "
        "it on one class this is the loss for that class.",
        (LOSS, formula),
        (Equation(LOSS, formula, added(row.terms(values, term)), float(values.sum())),),
        _whole(row, mixed),
        remarks=(remark,) if smooth else (),
        stage="targets",
    )


def _whole(row: WorkedRow, mixed: Doubles) -> Checks:
    """What the target's probabilities add up to, which need not be 1."""
    total = Summation(C, Symbol("q'" if row.settings.label_smoothing else "q", C))
    sums = Equation(total, None, added(row.terms(mixed)), float(mixed.sum()))
    return ((Sentence("the target's probabilities add up"), sums),)


def _without_nan(shares: Doubles, row: WorkedRow) -> Doubles:
    """Each share times its surprise; nothing for no share, even of an infinite surprise."""
    with np.errstate(invalid="ignore"):
        return np.where(shares == 0, 0.0, shares * (0.0 - row.log_probs))


def _weigh(row: WorkedRow) -> Step:
    own = float(row.weight[row.target])
    return Step(
        "weight",
        Sentence("Multiply by the weight of the target's class, {}.", (ClassNumber(row.target),)),
        "Classes that matter more, or are rarer, count for more.",
        (_OPTED, Symbol("w", "t") * LOSS),
        (
            Equation.of(
                _OPTED,
                lambda w, loss: w * loss,
                [(indexed("w", row.target), own), (LOSS, row.surprise)],
                own * row.surprise,
            ),
        ),
        _divided_again(LOSS, _OPTED, indexed("w", row.target), own, row.surprise),
    )


def _divided_again(
    before: Symbol, after: Symbol, letter: Symbol, factor: float, plain: float
) -> Checks:
    """That a product, divided by the factor, is what it was before."""
    if not factor or not isfinite(plain):
        return ()
    back = Equation.of(
        before, lambda product, w: product / w, [(after, plain * factor), (letter, factor)], plain
    )
    return ((Sentence("divided by it again"), back),)


def _smooth(row: WorkedRow) -> Step:
    """Label smoothing, with class weights where there are any."""
    smooth, weighted = row.settings.label_smoothing, row.settings.weight is not None
    log = -Symbol(log_name(row.settings), C)
    spread = Summation(C, Symbol("w", C) * log if weighted else log)
    values = _without_nan(row.weight, row)

    def term(each: int) -> Expression:
        if not row.weight[each]:
            return Number(0)
        surprise = Number(float(0.0 - row.log_probs[each]))
        return Number(float(row.weight[each])) * surprise if weighted else surprise

    def formula(
        eps: Expression, classes: Expression, w: Expression, loss: Expression, all_: Expression
    ) -> Expression:
        if smooth == 1:
            return eps / classes * all_
        certain = (ONE - eps) * w * loss if weighted else (ONE - eps) * loss
        return certain + eps / classes * all_

    own = float(row.weight[row.target])
    certain = (1 - smooth) * own * row.surprise if smooth < 1 else 0.0
    value = certain + smooth / row.classes * float(values.sum())
    operands: list[Operand] = [
        (SMOOTHING, smooth),
        (CLASSES, row.classes),
        (indexed("w", row.target), own),
        (LOSS, row.surprise),
        (spread, added(row.terms(values, term))),
    ]
    general = formula(SMOOTHING, CLASSES, Symbol("w", "t"), LOSS, spread)
    return Step(
        "label_smoothing",
        Sentence(
            "Take {} of that, and spread {} evenly over the surprises at all classes.",
            (1 - smooth, smooth),
        ),
        "Smoothing asks the model not to be too sure: giving the other classes nothing would cost "
        "it dearly, so that the loss no longer falls to 0.",
        (_OPTED, general),
        (Equation.of(_OPTED, formula, operands, value),),
        _as_mixture(row, value),
    )


def _as_mixture(row: WorkedRow, value: float) -> Checks:
    """That the same comes out of a target that is smoothed first."""
    smooth = row.settings.label_smoothing
    shares = smooth / row.classes * row.weight
    shares[row.target] += (1 - smooth) * row.weight[row.target]
    log = -Symbol(log_name(row.settings), C)
    formula = Summation(C, Symbol("a", C) * log)

    def term(each: int) -> Expression:
        if not shares[each]:
            return Number(0)
        return Number(float(shares[each])) * Number(float(0.0 - row.log_probs[each]))

    terms = added(row.terms(_without_nan(shares, row), term))
    claim = Sentence("with the share a of each class in it")
    return ((claim, Equation(_OPTED, formula, terms, value)),)


def _scale(row: WorkedRow, factor: float, before: Symbol) -> Step:
    plain = row.loss / factor if factor else 0.0
    return Step(
        "sample_weight",
        Sentence("Multiply by the row's own weight."),
        "Rows that matter more count for more.",
        (Symbol("l", "i"), Symbol("s", "i") * before),
        (
            Equation.of(
                Symbol("l", "i"),
                lambda s, loss: s * loss,
                [(Symbol("s", "i"), factor), (before, plain)],
                row.loss,
            ),
        ),
        _divided_again(before, Symbol("l", "i"), Symbol("s", "i"), factor, plain),
    )
