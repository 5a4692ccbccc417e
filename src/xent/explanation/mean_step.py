"""The last step: the losses of all rows become one number."""

from collections.abc import Iterator
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from xent.explanation.derivation import Check, Step
from xent.explanation.equation import Equation, Sentence
from xent.explanation.expression import Elided, Expression, Number, Summation, Symbol, added
from xent.explanation.symbols import ROWS, I
from xent.losses.exact_sum import ExactSum
from xent.report.report import Report

# With more rows than this, only the first few are written out.
_ALL_ROWS = 6
_FIRST_ROWS = 4

_SUM = Summation(I, Symbol("l", I))
_WEIGHTS = Summation(I, Symbol("w", I))
_LOSS = Symbol("L")


def mean_step(report: Report) -> Step:
    """Work the reduction, which makes one loss of the rows' losses."""
    match report.settings.reduction:
        case "mean":
            return _mean(report)
        case "sum":
            losses = _losses(report)
            total = Equation(_LOSS, _SUM, added(losses) if losses else None, report.loss)
            return Step(
                "sum_of_rows",
                Sentence("Add up the losses of all rows."),
                "The reduction is sum, which grows with the number of rows.",
                (_LOSS, _SUM),
                (total,),
                remarks=tuple(_ignored(report)),
                stage="nll",
            )
        case "none":
            return Step(
                "rows",
                Sentence("Keep the loss of each row."),
                "The reduction is none, so there is no single loss.",
                remarks=tuple(_ignored(report)),
                stage="nll",
            )


def _mean(report: Report) -> Step:
    denominator = _WEIGHTS if report.weighted else ROWS
    return Step(
        "mean",
        Sentence("Add up the losses of all rows, and divide."),
        "The mean does not grow with the number of rows, so batches of any size can be compared.",
        (_LOSS, _SUM / denominator),
        (_division(report, denominator),),
        _product(report, denominator),
        remarks=(*_ignored(report), *_mean_over_rows(report)),
        stage="nll",
    )


def _division(report: Report, denominator: Symbol | Summation) -> Equation:
    if not report.loss_sum.weight.scaled:  # there is nothing to divide by
        return Equation(_LOSS, _SUM / denominator, None, report.loss)
    weights = added(_weights(report)) if report.weighted else report.loss_sum.counted
    operands = [(_SUM, added(_losses(report))), (denominator, weights)]
    return Equation.of(_LOSS, lambda total, count: total / count, operands, report.loss)


def _product(report: Report, denominator: Symbol | Summation) -> tuple[Check, ...]:
    """Check that the mean, multiplied again, is the sum."""
    if not report.loss_sum.weight.scaled or not isfinite(report.loss):
        return ()
    operands = [(_LOSS, report.loss), (denominator, float(report.loss_sum.weight))]
    back = Equation.of(_SUM, lambda mean, count: mean * count, operands, report.total)
    return (Check(Sentence("multiplied again, the mean gives the sum"), back),)


def _mean_over_rows(report: Report) -> Iterator[Sentence]:
    counted = report.loss_sum.counted
    if report.weighted and counted:
        yield Sentence(
            "The divisor is the sum of the weights, Σ w·l / Σ w, as in PyTorch. Divided by the {} "
            "rows, Σ w·l / N, the mean would be {}.",
            (counted, report.total / counted),
        )


def _ignored(report: Report) -> Iterator[Sentence]:
    sums = report.loss_sum
    if not sums.weight.scaled:
        yield Sentence("The weights add up to 0, so there is no mean.")
    if sums.ignored:
        verb = "are ignored: they count" if sums.ignored > 1 else "is ignored: it counts"
        yield Sentence(
            f"{{}} of {{}} rows {verb} neither in the sum nor in its divisor, which is "
            "{} and not {}.",
            (sums.ignored, sums.rows, sums.counted, sums.rows),
        )


def _losses(report: Report) -> tuple[Expression, ...]:
    """Return the losses of the first rows that count, and what the rest of them add up to."""
    losses, unit = report.trace.rows.losses, report.settings.nats_per_unit
    shown = losses.nll[losses.counted][: _shown(report)]
    rest = float(report.loss_sum.total - ExactSum.of(shown))
    return _terms(shown / unit, rest / unit, report)


def _weights(report: Report) -> tuple[Expression, ...]:
    losses = report.trace.rows.losses
    shown = losses.weights[losses.counted][: _shown(report)]
    return _terms(shown, float(report.loss_sum.weight - ExactSum.of(shown)), report)


def _shown(report: Report) -> int:
    """Return how many rows are written out: all if they are few, or some of the first."""
    trace, counted = report.trace, report.loss_sum.counted
    if counted <= _ALL_ROWS and trace.seen == len(trace.numbers):
        return counted
    # The trace may hold rows from further on too; only those before any gap are the first.
    first = trace.numbers == np.arange(len(trace.numbers))
    return min(int(np.count_nonzero(first & trace.rows.losses.counted)), _FIRST_ROWS)


def _terms(shown: NDArray[np.float64], rest: float, report: Report) -> tuple[Expression, ...]:
    terms: list[Expression] = [*map(Number, shown.tolist())]
    if left := report.loss_sum.counted - len(shown):
        terms.append(Elided(left, rest))
    return tuple(terms)
