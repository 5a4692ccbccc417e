"""What follows the matrices: the numbers about all rows, each with a word of what it is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isnan

from xent.numbers import rounded
from xent.render.diagnostic import visible
from xent.report.baseline import BaselineDifference
from xent.report.report import Report

_STANDARD_ERROR = "of the mean, from the variance over rows"


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the summary.

    Attributes:
        name: What it is.
        value: Its value.
        remark: How it comes about.
    """

    name: str
    value: str
    remark: str = ""


def summary(report: Report, digits: int) -> list[Fact]:
    """Return all facts but the last, the mean loss itself."""

    def number(value: float) -> str:
        return rounded(value, digits)

    sums, nats = report.loss_sum, report.settings.unit == "nats"
    return [
        Fact("rows", str(sums.rows), f"{sums.counted} counted, {sums.ignored} ignored"),
        *([] if report.settings.is_per_target else [Fact("classes", str(report.classes))]),
        _mean(report, number),
        *(
            # One row has no spread.
            [Fact("standard error", number(report.standard_error), _STANDARD_ERROR)]
            if sums.counted > 1
            else []
        ),
        Fact("perplexity", number(sums.perplexity), "exp(mean)" if nats else "2^mean"),
        Fact("bits", number(sums.bits), "mean / ln 2")
        if nats
        else Fact("nats", number(sums.mean), "mean · ln 2"),
        *_lengths(report, number),
        *([] if report.settings.is_per_target else _classes(report, number)),
        *_groups(report, number),
        *([_baseline(report.baseline, number)] if report.baseline else []),
    ]


def headline(report: Report, digits: int) -> tuple[str, str]:
    """Return the last line: which loss it is, and the loss."""
    name = "total loss" if report.settings.reduction == "sum" else "mean loss"
    unit = "" if report.settings.unit == "nats" else f" {report.settings.unit}"
    return name, rounded(report.loss, digits) + unit


def _lengths(report: Report, number: Callable[[float], str]) -> Iterator[Fact]:
    if report.length is not None:
        remark = f"Σ nll / ln 2 / {report.length}, the bytes or characters"
        yield Fact("bits per unit", number(report.bits_per_length), remark)


def _groups(report: Report, number: Callable[[float], str]) -> Iterator[Fact]:
    if report.groups:
        mean = number(report.loss_sum.mean / report.settings.nats_per_unit)
        remark = f"the mean of {len(report.groups)} means; over rows it is {mean}"
        yield Fact("over groups", number(report.mean_over_groups), remark)


def _classes(report: Report, number: Callable[[float], str]) -> Iterator[Fact]:
    """What a loss that knows all classes tells beside the mean."""
    sums, nats = report.loss_sum, report.settings.unit == "nats"
    mean = number(sums.mean / report.settings.nats_per_unit)
    yield Fact("accuracy", number(sums.accuracy), f"{sums.correct} of {sums.counted}")
    yield Fact(
        "chance level",
        number(report.chance),
        f"{'ln' if nats else 'log2'} {report.classes}, a uniform guess; the mean is {mean}",
    )
    yield from _targets(report, number)


def _targets(report: Report, number: Callable[[float], str]) -> Iterator[Fact]:
    """What the entropy of the class frequencies costs, and how much better the model is."""
    if report.prior_level > 0:  # else there is one class alone, and nothing to guess
        yield Fact(
            "prior level", number(report.prior_level), "the entropy of the class frequencies"
        )
        yield Fact("skill", number(report.skill), "1 - mean / prior level")
    if report.target_entropy > 0:
        yield Fact(
            "target entropy", number(report.target_entropy), "H(q), the lowest possible loss"
        )
        yield Fact("KL(q‖p)", number(report.divergence), "mean - H(q)")


def _baseline(baseline: BaselineDifference, number: Callable[[float], str]) -> Fact:
    """The loss of an earlier run, and how far the mean is from it."""
    apart = number(abs(baseline.difference))
    if not isnan(baseline.standard_error):
        apart += f" ± {number(baseline.standard_error)}"
    side = "below it" if baseline.difference < 0 else "above it"
    remark = f"{visible(baseline.name)}; the mean is {apart} {side}"
    return Fact("baseline", number(baseline.loss), remark)


def _mean(report: Report, number: Callable[[float], str]) -> Fact:
    """Return the mean as a division."""
    sums = report.loss_sum
    if report.weighted:
        denominator, remark = number(float(sums.weight)), "Σ nll / Σ weight"
    else:
        denominator, remark = str(sums.counted), "Σ nll / rows counted"
    return Fact("mean", f"{number(report.total)} / {denominator}", remark)
