"""The tables of a checkup: worst rows, classes, and the distribution of the losses."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from xent.checkup.checkup import Checkup
from xent.checkup.collectors import EDGES
from xent.checkup.survey import Survey
from xent.errors import Location
from xent.numbers import format_short, rounded
from xent.render.class_title import class_title
from xent.render.diagnostic import visible
from xent.render.grid import Cell, Gap, Grid
from xent.render.view import View

_BAR = 30


def checkup_grids(checkup: Checkup, view: View) -> Iterator[Grid]:
    """Yield the tables that have something to show."""
    survey = checkup.reading
    for finding in checkup.findings:
        if "reliability" in finding.evidence:
            yield _reliability(finding.evidence)
    if survey.worst:
        yield _worst_rows(survey, view.digits, _whose(checkup))
    if survey.classes.counts.any():
        yield _classes(survey, view, _whose(checkup))
    if survey.histogram.counts.any():
        yield _histogram(survey, _whose(checkup))


def _whose(checkup: Checkup) -> str:
    """Say which reading of the rows a table shows, where it is not the given one."""
    if checkup.chain is None:
        return ""
    sample = checkup.survey.first_rows.sample
    part = not sample.is_complete and checkup.reading.report.rows <= len(sample)
    rows = f", of the first {len(sample):,} rows" if part else ""
    return f", after the fix{'es' if len(checkup.chain.steps) > 1 else ''}{rows}"


def _worst_rows(survey: Survey, digits: int, whose: str) -> Grid:
    unit, total = survey.settings.nats_per_unit, float(survey.report.loss_sum.total)
    placed = any(worst.location.index != (worst.row,) for worst in survey.worst)
    rows = [
        [
            str(worst.row),
            *([_place(worst.location)] if placed else []),
            class_title(survey.report, worst.target),
            rounded(worst.target_probability, digits),
            class_title(survey.report, worst.prediction) if worst.prediction >= 0 else "",
            rounded(worst.prediction_probability, digits),
            rounded(worst.loss / unit, digits),
            f"{worst.loss / total:.1%}" if total > 0 and np.isfinite(total) else "",
        ]
        for worst in survey.worst
    ]
    place = survey.worst[0].location
    column = ["index" if place.line is None else "line"] if placed else []
    header = ["row", *column, "target", "p", "prediction", "p", "loss", "share"]
    remark = f"the largest losses, in {visible(place.source)}{whose}"
    last = len(header) - 1
    return _grid("worst rows", remark, header, rows, (last, last - 2, last - 4))


def _place(location: Location) -> str:
    """Return where in its source a row stands."""
    if location.index is None:
        return str(location.line)
    return ", ".join(map(str, location.index))


def _reliability(evidence: dict[str, Any]) -> Grid:
    rows = [
        [
            f"{each['from']:.3f} - {each['to']:.3f}",
            str(each["rows"]),
            f"{each['certainty']:.1%}",
            f"{each['accuracy']:.1%}",
        ]
        for each in evidence["reliability"]
    ]
    error, after = evidence["calibration_error"], evidence["calibration_error_after"]
    remark = f"calibration error {error:.1%}, and {after:.1%} at the temperature"
    header = ["probability", "rows", "confidence", "accuracy"]
    return _grid("reliability", remark, header, rows)


def _classes(survey: Survey, view: View, whose: str) -> Grid:
    table, unit = survey.classes, survey.settings.nats_per_unit
    order = np.flatnonzero((table.counts > 0) | (table.predicted > 0))
    means = table.losses / np.maximum(table.counts, 1)
    order = order[np.argsort(-means[order], kind="stable")]
    rows = []
    for each in order[: view.rows].tolist():
        count = int(table.counts[each])
        confused = table.most_confused_with(each)
        rows.append(
            [
                class_title(survey.report, each),
                str(count),
                rounded(float(means[each]) / unit, view.digits) if count else "",
                f"{table.correct[each] / count:.1%}" if count else "",
                "" if confused is None else class_title(survey.report, confused),
            ]
        )
    header = ["class", "rows", "mean loss", "accuracy", "most often predicted as"]
    grid = _grid("classes", f"the worst first{whose}", header, rows, (4, 1))
    left_out = len(order) - len(rows)
    if left_out:
        grid.rows.append(Gap(left_out))
    return grid


def _histogram(survey: Survey, whose: str) -> Grid:
    histogram = survey.histogram
    filled = np.flatnonzero(histogram.counts)
    most = int(histogram.counts.max())
    total = float(histogram.losses.sum())
    rows = []
    for each in range(filled[0], filled[-1] + 1):
        count = int(histogram.counts[each])
        share = float(histogram.losses[each]) / total if total > 0 else 0.0
        upper = format_short(EDGES[each + 1], 3)
        bar = "█" * round(_BAR * count / most)
        rows.append([f"{format_short(EDGES[each], 3)} - {upper}", str(count), f"{share:.1%}", bar])
    header = ["loss in nats", "rows", "of the sum", ""]
    return _grid("distribution", f"how many rows have which loss{whose}", header, rows, (3,))


def _grid(
    title: str,
    remark: str,
    header: list[str],
    rows: list[list[str]],
    dispensable: tuple[int, ...] = (),
) -> Grid:
    left_aligned = frozenset(column for column, name in enumerate(header) if not name)
    cells: list[list[Cell] | Gap] = [[*map(Cell, row)] for row in rows]
    return Grid(title, remark, header, cells, dispensable=dispensable, left_aligned=left_aligned)
