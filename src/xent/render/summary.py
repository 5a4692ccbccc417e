"""What follows the matrices: the numbers about all rows, each with a word of what it is."""

from dataclasses import dataclass

from xent.render.number import rounded
from xent.report import Report


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
    """All facts but the last, the mean loss itself."""

    def number(value: float) -> str:
        return rounded(value, digits)

    sums = report.loss_sum
    return [
        Fact("rows", str(sums.rows), f"{sums.counted} counted, {sums.ignored} ignored"),
        Fact("classes", str(report.classes)),
        Fact("mean", f"{number(float(sums.total))} / {sums.counted}", "Σ nll / rows counted"),
        Fact("standard error", number(sums.standard_error), "of the mean, from the rows' spread"),
        Fact("perplexity", number(sums.perplexity), "exp(mean)"),
        Fact("bits", number(sums.bits), "mean / ln 2"),
        Fact("accuracy", number(sums.accuracy), f"{sums.correct} of {sums.counted}"),
        Fact(
            "chance level",
            number(report.chance),
            f"ln {report.classes}, an even guess; the mean is {number(report.loss)}",
        ),
        Fact("signature", report.signature),
    ]
