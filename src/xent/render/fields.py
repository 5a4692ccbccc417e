"""A report's numbers by name, at full precision, as programs read them."""

from xent.report.report import Report


def fields(report: Report) -> dict[str, str | int | float | list[str]]:
    """Every number of the summary, in the order in which it is written.

    Where the losses are not reduced, there is no one loss among them.
    """
    sums = report.loss_sum
    return {
        **({} if report.settings.reduction == "none" else {"loss": report.loss}),
        "reduction": report.settings.reduction,
        "unit": report.settings.unit,
        "rows": sums.rows,
        "classes": report.classes,
        **({"class_names": [*report.class_names]} if report.class_names else {}),
        "counted": sums.counted,
        "ignored": sums.ignored,
        "total": report.total,
        "weight": float(sums.weight),
        "standard_error": report.standard_error,
        "perplexity": sums.perplexity,
        "bits": sums.bits,
        "accuracy": sums.accuracy,
        "chance": report.chance,
        "signature": report.signature,
    }
