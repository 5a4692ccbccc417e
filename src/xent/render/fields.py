"""A report's numbers by name, at full precision, as programs read them."""

from xent.report import Report


def fields(report: Report) -> dict[str, str | int | float]:
    """Every number of the summary, in the order in which it is written."""
    sums = report.loss_sum
    return {
        "loss": report.loss,
        "reduction": "mean",
        "unit": "nats",
        "rows": sums.rows,
        "classes": report.classes,
        "counted": sums.counted,
        "ignored": sums.ignored,
        "total": float(sums.total),
        "weight": sums.counted,
        "standard_error": sums.standard_error,
        "perplexity": sums.perplexity,
        "bits": sums.bits,
        "accuracy": sums.accuracy,
        "chance": report.chance,
        "signature": report.signature,
    }
