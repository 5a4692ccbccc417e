"""The tables behind the stages: the worst rows, and the groups of rows."""

from collections.abc import Iterator

from xent.numbers import rounded
from xent.render.class_title import class_title
from xent.render.diagnostic import visible
from xent.render.grid import Cell, Gap, Grid
from xent.render.view import View
from xent.report.report import Report

_LONGEST_NAME = 40


def extra_grids(report: Report, view: View) -> Iterator[Grid]:
    """Yield the tables that were asked for."""
    if report.worst is not None and len(report.worst.numbers):
        yield _worst(report, view.digits)
    if report.groups:
        yield _groups(report, view)


def _worst(report: Report, digits: int) -> Grid:
    worst, unit = report.worst, report.settings.nats_per_unit
    if worst is None:
        raise ValueError("there are no worst rows")
    losses, per_target = worst.losses, report.settings.is_per_target
    rows: list[list[Cell] | Gap] = []
    for place, row in enumerate(worst.numbers.tolist()):
        prediction = int(losses.predictions[place])
        classes = [
            class_title(report, int(losses.targets[place])),
            class_title(report, prediction) if prediction >= 0 else "",
        ]
        texts = [
            str(row),
            *([] if per_target else classes),
            rounded(float(losses.probabilities[place]), digits),
            rounded(float(losses.nll[place]) / unit, digits),
        ]
        rows.append([Cell(text) for text in texts])
    classes = [] if per_target else ["target", "prediction"]
    header = ["row", *classes, "probability", "nll"]
    return Grid("worst rows", "the largest losses", header, rows)


def _groups(report: Report, view: View) -> Grid:
    unit, digits = report.settings.nats_per_unit, view.digits
    groups = report.groups_by_loss
    rows: list[list[Cell] | Gap] = []
    for name, sums in groups:
        texts = [
            _shortened(visible(name)),
            str(sums.counted),
            rounded(sums.mean / unit, digits),
            rounded(sums.standard_error / unit, digits) if sums.counted > 1 else "",
            rounded(sums.perplexity, digits),
        ]
        rows.append([Cell(text) for text in texts])
    if len(rows) > view.rows:
        hidden = len(rows) - view.head - view.tail
        rows = [*rows[: view.head], Gap(hidden), *rows[len(rows) - view.tail :]]
    header = ["group", "rows", "mean loss", "±", "perplexity"]
    remark = f"{len(groups)} groups, the largest mean first"
    return Grid("groups", remark, header, rows, left_aligned=frozenset({0}))


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
