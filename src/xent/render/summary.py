"""What follows the matrices: the numbers about all rows, each with a word of what it is."""

from collections.abc import Callable
from dataclasses import dataclass

from xent.numbers import rounded
from xent.report.report import Report

_STANDARD_ERROR = "of the mean, from the rows' spread"


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
    mean = number(sums.mean / report.settings.nats_per_unit)
    return [
        Fact("rows", str(sums.rows), f"{sums.counted} counted, {sums.ignored} ignored"),
        Fact("classes", str(report.classes)),
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
        Fact("accuracy", number(sums.accuracy), f"{sums.correct} of {sums.counted}"),
        Fact(
            "chance level",
            number(report.chance),
            f"{'ln' if nats else 'log2'} {report.classes}, an even guess; the mean is {mean}",
        ),
    ]


def headline(report: Report, digits: int) -> tuple[str, str]:
    """Return the last line: which loss it is, and the loss."""
    name = "total loss" if report.settings.reduction == "sum" else "mean loss"
    unit = "" if report.settings.unit == "nats" else f" {report.settings.unit}"
    return name, rounded(report.loss, digits) + unit


def _mean(report: Report, number: Callable[[float], str]) -> Fact:
    """Return the mean as a division."""
    sums = report.loss_sum
    if report.weighted:
        denominator, remark = number(float(sums.weight)), "Σ nll / Σ weight"
    else:
        denominator, remark = str(sums.counted), "Σ nll / rows counted"
    return Fact("mean", f"{number(report.total)} / {denominator}", remark)
