"""The steps from a row's input to the log-probability of each class."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from xent.explanation.derivation import Check, Step
from xent.explanation.equation import ClassNumber, Equation, Sentence
from xent.explanation.expression import Call, Number, NumberList, Summation, Symbol, added, exp, ln
from xent.explanation.input_step import WHY_LOG, input_step, log_of_probs
from xent.explanation.row import Doubles, WorkedRow
from xent.explanation.symbols import (
    LARGEST,
    ONE,
    OTHERS,
    SUM,
    TEMPERATURE,
    C,
    in_nats,
    in_unit,
    indexed,
    log_name,
)

_SHIFTED_SUM = Summation(C, exp(Symbol("d", C)))


def steps_to_log_probs(row: WorkedRow, digits: int) -> Iterator[Step]:
    """Work the steps that the row's kind of input needs.

    Args:
        row: The row.
        digits: How many digits will be shown: where the textbook's formula would need far more
            of them to come out right, the stable one is shown.
    """
    yield input_step(row)
    if row.prediction < 0 or not row.counted:
        return
    if row.settings.input_kind == "logits":
        if row.settings.temperature != 1:
            yield _temperature(row)
        yield _shift(row)
        yield _exponentials(row)
        yield _sum(row)
        yield _softmax(row)
        yield _log_softmax(row, digits)
    elif row.settings.input_kind == "probs":
        yield log_of_probs(row)


def _temperature(row: WorkedRow) -> Step:
    temperature, at = (TEMPERATURE, row.settings.temperature), row.prediction
    formula, equations = row.worked("u", lambda z, t: z / t, "z", temperature)
    claim = Sentence("multiplied by T, class {} has its logit again", (ClassNumber(at),))
    back = row.equation("z", at, lambda u, t: u * t, "u", temperature)
    return Step(
        "temperature",
        Sentence("Divide the logits by the temperature, {}.", (row.settings.temperature,)),
        "A temperature above 1 makes the probabilities more uniform, below 1 more extreme; their "
        "order is unchanged.",
        formula,
        equations,
        (Check(claim, back),),
    )


def _shift(row: WorkedRow) -> Step:
    largest, all_shown = float(row.logits.max()), len(row.shown) == row.classes
    maximum = Equation(
        LARGEST,
        Call("max", Symbol(row.letter)),
        # The largest of those shown is not the whole of it.
        _maximum(row, row.logits) if all_shown else None,
        largest,
    )
    formula, equations = row.worked("d", lambda z, m: z - m, row.letter, (LARGEST, largest))
    zero = Equation(Call("max", Symbol("d")), None, _maximum(row, row.differences), 0)
    both = Sentence(
        "Programs use d. These logits are small enough to use directly, as below, with the same "
        "result."
    )
    return Step(
        "shift",
        Sentence("Subtract the largest logit, {}, from each.", (largest,)),
        "Then no exponential can overflow, and the probabilities do not change: exp(m) is a "
        "factor of numerator and denominator, and cancels.",
        formula,
        (maximum, *equations),
        (Check(Sentence("the largest difference is 0"), zero),) if all_shown else (),
        remarks=(both,) if row.readable else (),
    )


def _maximum(row: WorkedRow, values: Doubles) -> Call:
    return Call("max", NumberList(tuple(Number(float(values[each])) for each in row.shown)))


def _exponentials(row: WorkedRow) -> Step:
    formula, equations = row.worked("e", exp, row.exponent_letter)
    return Step(
        "exponentials",
        Sentence("Exponentiate each."),
        "Every score becomes positive, and a lead of 1 becomes a factor of e = 2.718…",
        formula,
        equations,
        _ratio(row),
    )


def _ratio(row: WorkedRow) -> tuple[Check, ...]:
    """Check that the exponentials of the two likeliest classes have the ratio exp(lead)."""
    if row.classes < 2:
        return ()
    first, second = np.argsort(-row.logits, kind="stable")[:2].tolist()
    if not np.isfinite(row.logits[second]) or not row.exponentials[second]:
        return ()
    lead = Equation.of(
        indexed("e", first) / indexed("e", second),
        lambda one, other: exp(one - other),
        [row.operand(row.exponent_letter, each) for each in (first, second)],
        float(row.exponentials[first] / row.exponentials[second]),
    )
    return (Check(Sentence("a difference becomes a factor"), lead),)


def _sum(row: WorkedRow) -> Step:
    total = Summation(C, Symbol("e", C))
    terms = added(row.terms(row.exponentials))
    return Step(
        "sum",
        Sentence("Add them up."),
        "The sum normalises the exponentials.",
        (SUM, total),
        (Equation(SUM, total, terms, row.sum, nearly=_rounds_to_one(row)),),
        (_other_sum(row),),
    )


def _rounds_to_one(row: WorkedRow) -> bool:
    """Return whether the other classes add less to 1 than a double can tell."""
    return row.other_exp_sum > 0 and 1 + row.other_exp_sum == 1


def _other_sum(row: WorkedRow) -> Check:
    """Check the sum by another way: from shifted logits, or from the largest class alone."""
    if row.readable:
        operands = [(LARGEST, float(row.logits.max())), (_SHIFTED_SUM, 1 + row.other_exp_sum)]
        shifted = Equation.of(SUM, lambda m, s: exp(m) * s, operands, row.sum)
        return Check(Sentence("from the shifted logits, multiplied by exp(m)"), shifted)
    others = Equation.of(SUM, lambda r: ONE + r, [(OTHERS, row.other_exp_sum)], row.sum)
    claim = Sentence("the largest class contributes 1, all others R")
    return Check(claim, replace(others, nearly=_rounds_to_one(row)))


def _softmax(row: WorkedRow) -> Step:
    letter = row.exponent_letter
    formula, equations = row.worked("p", lambda z, s: exp(z) / s, letter, (SUM, row.sum))
    nearly = _rounds_to_one(row)
    one = Equation(Summation(C, Symbol("p", C)), None, added(row.terms(row.probabilities)), 1.0)
    checks = [Check(Sentence("the probabilities add up to 1"), one)]
    if row.readable:
        shifted_sum = _SHIFTED_SUM, 1 + row.other_exp_sum
        shifted = row.equation("p", row.target, lambda d, s: exp(d) / s, "d", shifted_sum)
        checks.append(Check(Sentence("the shifted logits give the same"), shifted))
    return Step(
        "softmax",
        Sentence("Divide each by the sum."),
        "Now they are probabilities: what the model predicts for each class.",
        formula,
        tuple(
            replace(equation, nearly=nearly and row.differences[each] == 0)
            for each, equation in zip(row.shown, equations, strict=True)
        ),
        tuple(checks),
        stage="softmax",
    )


def _log_softmax(row: WorkedRow, digits: int) -> Step:
    settings, log = row.settings, log_name(row.settings)
    formula, textbook = row.worked(
        log, lambda z, s: in_unit(z - ln(s), settings), row.exponent_letter, (SUM, row.sum)
    )
    probabilities = np.exp(row.log_probs * settings.nats_per_unit)
    terms = row.terms(
        probabilities, lambda each: exp(in_nats(Number(float(row.log_probs[each])), settings))
    )
    total = Summation(C, exp(in_nats(Symbol(log, C), settings)))
    zero = Equation(ln(total), None, ln(added(terms)), 0.0)
    claim = Sentence("the probabilities add up to 1, whose logarithm is 0")
    return Step(
        "log_softmax",
        Sentence("Take the logarithm."),
        WHY_LOG,
        formula,
        tuple(
            equation if equation.is_readable(digits) else _stable_log_prob(row, log, each)
            for each, equation in zip(row.shown, textbook, strict=True)
        ),
        (Check(claim, zero),),
        stage="log_softmax",
    )


def _stable_log_prob(row: WorkedRow, log: str, each: int) -> Equation:
    """Work log p of a class as d - log1p(R), which keeps the digits of a small R.

    1 + R is the sum of the shifted exponentials.
    """
    settings, others = row.settings, (OTHERS, row.other_exp_sum)
    if row.differences[each] == 0:
        return row.equation(log, each, lambda r: in_unit(-Call("log1p", r), settings), others)
    return row.equation(
        log, each, lambda d, r: in_unit(d - Call("log1p", r), settings), "d", others
    )
