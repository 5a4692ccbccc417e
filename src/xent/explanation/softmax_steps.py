"""The steps from a row's logits to the log-probability of each class."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from xent.explanation.derivation import Checks, Step
from xent.explanation.equation import ClassNumber, Equation, Sentence
from xent.explanation.expression import Call, Number, NumberList, Summation, Symbol, added, exp, ln
from xent.explanation.input_step import WHY_LOG, given, log_of_probs
from xent.explanation.row import WorkedRow, indexed
from xent.explanation.symbols import (
    LARGEST,
    ONE,
    SUM,
    TEMPERATURE,
    C,
    J,
    in_nats,
    in_unit,
    log_name,
)


def steps_to_log_probs(row: WorkedRow, digits: int) -> Iterator[Step]:
    """The steps that the row's kind of input needs.

    Args:
        row: The row.
        digits: How many digits will be shown: where the textbook's formula would need far more
            of them to come out right, the stable one is shown.
    """
    yield given(row)
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
    temperature, at = row.settings.temperature, row.prediction
    back = Equation.of(
        indexed("z", at),
        lambda u, t: u * t,
        [(indexed("u", at), row.logits[at]), (TEMPERATURE, temperature)],
        float(row.scores[at]),
    )
    return Step(
        "temperature",
        Sentence("Divide the logits by the temperature, {}.", (temperature,)),
        "Above 1 it makes the probabilities more even, below 1 more decided; their order stays.",
        (Symbol("u", J), Symbol("z", J) / TEMPERATURE),
        tuple(
            Equation.of(
                indexed("u", each),
                lambda z, t: z / t,
                [(indexed("z", each), row.scores[each]), (TEMPERATURE, temperature)],
                float(row.logits[each]),
            )
            for each in row.shown
        ),
        ((Sentence("multiplied by T class {} has its logit again", (ClassNumber(at),)), back),),
    )


def _shift(row: WorkedRow) -> Step:
    largest = float(row.logits.max())
    shown = NumberList(tuple(Number(float(row.logits[each])) for each in row.shown))
    maximum = Equation.of(LARGEST, lambda z: Call("max", z), [(Symbol(row.letter), shown)], largest)
    if len(row.shown) < row.classes:  # the largest of those shown is not the whole of it
        maximum = replace(maximum, substituted=None)
    differences = (
        Equation.of(
            indexed("d", each),
            lambda z, m: z - m,
            [(indexed(row.letter, each), row.logits[each]), (LARGEST, largest)],
            float(row.differences[each]),
        )
        for each in row.shown
    )
    top = NumberList(tuple(Number(float(row.differences[each])) for each in row.shown))
    zero = Equation.of(Call("max", Symbol("d")), lambda d: Call("max", d), [(Symbol("d"), top)], 0)
    both = Sentence(
        "A program works with d. These logits are small enough that their own exponentials can be "
        "read as well: they are used below, and give the same."
    )
    return Step(
        "shift",
        Sentence("Subtract the largest logit, {}, from each.", (largest,)),
        "No exponential can overflow then; and the probabilities stay as they are, because exp(m) "
        "is a factor of every term of the fraction, and cancels.",
        (Symbol("d", J), Symbol(row.letter, J) - LARGEST),
        (maximum, *differences),
        ((Sentence("the largest is 0 now"), replace(zero, symbolic=None)),)
        if len(row.shown) == row.classes
        else (),
        remarks=(both,) if row.readable else (),
    )


def _exponentials(row: WorkedRow) -> Step:
    letter = row.exponent_letter
    return Step(
        "exponentials",
        Sentence("Raise e to each of them."),
        "Every score becomes positive, and a lead of 1 becomes a factor of e = 2.718…",
        (Symbol("e", J), exp(Symbol(letter, J))),
        tuple(
            Equation.of(
                indexed("e", each),
                exp,
                [(indexed(letter, each), row.exponents[each])],
                float(row.exponentials[each]),
            )
            for each in row.shown
        ),
        _ratio(row),
    )


def _ratio(row: WorkedRow) -> Checks:
    """That the exponentials of the two likeliest classes differ by the factor of their lead."""
    if row.classes < 2:
        return ()
    first, second = np.argsort(-row.logits, kind="stable")[:2].tolist()
    if not np.isfinite(row.logits[second]) or not row.exponentials[second]:
        return ()
    letter = row.exponent_letter
    lead = Equation.of(
        indexed("e", first) / indexed("e", second),
        lambda one, other: exp(one - other),
        [(indexed(letter, each), row.exponents[each]) for each in (first, second)],
        float(row.exponentials[first] / row.exponentials[second]),
    )
    return ((Sentence("a lead is a factor"), lead),)


def _sum(row: WorkedRow) -> Step:
    total = Summation(C, Symbol("e", C))
    return Step(
        "sum",
        Sentence("Add them up."),
        "The sum is what each exponential is measured against.",
        (SUM, total),
        (Equation(SUM, total, added(row.terms(row.exponentials)), row.sum, nearly=_tiny(row)),),
        (_other_sum(row),),
    )


def _tiny(row: WorkedRow) -> bool:
    """Whether the other classes add less to 1 than a double can tell."""
    return row.others > 0 and 1 + row.others == 1


def _other_sum(row: WorkedRow) -> tuple[Sentence, Equation]:
    """The sum by another way: from shifted logits, or from the largest class alone."""
    shifted = Summation(C, exp(Symbol("d", C)))
    if row.readable:
        largest = LARGEST, float(row.logits.max())
        return Sentence("from the shifted logits, multiplied by exp(m) again"), Equation.of(
            SUM, lambda m, s: exp(m) * s, [largest, (shifted, 1 + row.others)], row.sum
        )
    others = Symbol("R"), row.others
    whole = Equation.of(SUM, lambda rest: ONE + rest, [others], row.sum)
    claim = Sentence("the largest class adds 1, all the others R")
    return claim, replace(whole, nearly=_tiny(row))


def _softmax(row: WorkedRow) -> Step:
    letter = row.exponent_letter
    equations = tuple(
        replace(
            Equation.of(
                indexed("p", each),
                lambda z, s: exp(z) / s,
                [(indexed(letter, each), row.exponents[each]), (SUM, row.sum)],
                float(row.probabilities[each]),
            ),
            nearly=_tiny(row) and row.differences[each] == 0,
        )
        for each in row.shown
    )
    whole = Equation(Summation(C, Symbol("p", C)), None, added(row.terms(row.probabilities)), 1.0)
    checks = [(Sentence("the probabilities add up to 1"), whole)]
    if row.readable:
        claim = Sentence("from the shifted logits it is the same")
        checks.append((claim, _shifted_probability(row)))
    return Step(
        "softmax",
        Sentence("Divide each by the sum."),
        "Now they are probabilities: what the model believes, class by class.",
        (Symbol("p", J), exp(Symbol(letter, J)) / SUM),
        equations,
        tuple(checks),
        stage="softmax",
    )


def _shifted_probability(row: WorkedRow) -> Equation:
    at = row.target
    total = Summation(C, exp(Symbol("d", C)))
    return Equation.of(
        indexed("p", at),
        lambda d, s: exp(d) / s,
        [(indexed("d", at), row.differences[at]), (total, 1 + row.others)],
        float(row.probabilities[at]),
    )


def _log_softmax(row: WorkedRow, digits: int) -> Step:
    settings, log = row.settings, Symbol(log_name(row.settings), C)
    back = np.exp(row.log_probs * settings.nats_per_unit)
    terms = row.terms(back, lambda each: _antilog(row, Number(float(row.log_probs[each]))))
    zero = Equation(ln(Summation(C, exp(in_nats(log, settings)))), None, ln(added(terms)), 0.0)
    whole = Sentence("turned back into probabilities they add up to 1, whose logarithm is 0")
    return Step(
        "log_softmax",
        Sentence("Take the logarithm."),
        WHY_LOG,
        (
            Symbol(log_name(settings), J),
            in_unit(Symbol(row.exponent_letter, J) - ln(SUM), settings),
        ),
        tuple(_log_prob(row, each, digits) for each in row.shown),
        ((whole, zero),),
        stage="log_softmax",
    )


def _antilog(row: WorkedRow, log: Number) -> Call:
    return exp(in_nats(log, row.settings))


def _log_prob(row: WorkedRow, each: int, digits: int) -> Equation:
    """Log p of a class, by the textbook's formula where its numbers can be written."""
    left, value = indexed(log_name(row.settings), each), float(row.log_probs[each])
    exponent = indexed(row.exponent_letter, each), row.exponents[each]
    textbook = Equation.of(
        left,
        lambda z, s: in_unit(z - ln(s), row.settings),
        [exponent, (SUM, row.sum)],
        value,
    )
    if textbook.is_readable(digits):
        return textbook
    # 1 + R is the sum of the shifted exponentials; log1p keeps the digits of a small R.
    others = Symbol("R"), row.others
    if row.differences[each] == 0:
        return Equation.of(
            left, lambda r: in_unit(-Call("log1p", r), row.settings), [others], value
        )
    return Equation.of(
        left,
        lambda d, r: in_unit(d - Call("log1p", r), row.settings),
        [(indexed("d", each), row.differences[each]), others],
        value,
    )
