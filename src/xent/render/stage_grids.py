"""The stages of a report as tables: three matrices, then the losses of the rows."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len

from xent.numbers import decimals_needed, rounded
from xent.render.class_title import class_title
from xent.render.columns import AT_TARGET, GAP, hidden, shown_columns
from xent.render.grid import Cell, Gap, Grid, Tone
from xent.render.view import View
from xent.report.report import Report
from xent.report.stages import Stage, probabilities

_ELLIPSIS = "…"
# The two edges of a frame, the blanks inside of it, and those behind the labels of a row.
_FRAME_WIDTH = 6
_TITLES = {AT_TARGET: "at target", GAP: _ELLIPSIS}


def stage_grids(
    report: Report, view: View, classes: Collection[int] = frozenset()
) -> Iterator[Grid]:
    """Lay out a table for each stage, in order, all matrices with the same classes in columns.

    Args:
        report: What to show.
        view: How much of it.
        classes: Classes that are to be shown beside the targets, where not all are.
    """
    *matrices, nll = report.stages
    if not matrices:
        yield _lone_grid(report, nll, view.digits)
        return
    texts = [_MatrixText(report, stage, view.digits) for stage in matrices]
    labels = _row_labels(report)
    label_widths = [
        max(cell_len(name), *(cell_len(label[column].text) for label in labels))
        for column, name in enumerate(("row", "target"))
    ]

    def title(column: int) -> str:
        return _TITLES[column] if column in _TITLES else class_title(report, column)

    @cache
    def width_of(column: int) -> int:
        return max(cell_len(title(column)), *(text.width_of(column) for text in texts))

    columns = shown_columns(
        report.classes,
        {*(int(target) for target in texts[0].targets if target >= 0), *classes},
        limit=view.column_limit,
        room=None if view.width is None else view.width - sum(label_widths) - _FRAME_WIDTH,
        width_of=width_of,
    )
    widths = [1 if column == GAP else width_of(column) for column in columns]
    for text in texts:
        rows = [[*label, *text.cells(row, columns)] for row, label in enumerate(labels)]
        yield Grid(
            title=text.stage.name,
            remark=text.stage.formula,
            header=["row", "target", *map(title, columns)],
            rows=_with_gaps(rows, report),
            hidden_columns=hidden(report.classes, columns),
            widths=(*label_widths, *widths),
        )
    yield _nll_grid(report, nll, view.digits)


class _MatrixText:
    """The cells of one stage's matrix, written when they are asked for."""

    def __init__(self, report: Report, stage: Stage, digits: int) -> None:
        rows = report.trace.rows
        self.stage = stage
        self.targets = rows.targets
        self._values = stage.values
        self._shades = _shades(report, stage)
        self._digits = digits
        # What was given is shown as it came, as far as the digits allow: 4, not 4.0000.
        given = stage.name in ("logits", "targets", report.stages[0].name)
        self._places = int(decimals_needed(self._values.ravel(), digits)) if given else digits

    def cells(self, row: int, columns: Sequence[int]) -> Iterator[Cell]:
        for column in columns:
            if column == GAP:
                yield Cell(_ELLIPSIS)
                continue
            target = int(self.targets[row])
            at = target if column == AT_TARGET else column
            shade = 0.0 if self._shades is None or at < 0 else float(self._shades[row, at])
            yield Cell(self._text(row, at), "target" if at == target >= 0 else "plain", shade)

    def width_of(self, column: int) -> int:
        places = self.targets if column == AT_TARGET else [column] * len(self.targets)
        return max(len(self._text(row, int(at))) for row, at in enumerate(places))

    def _text(self, row: int, column: int) -> str:
        if column < 0:
            return ""
        return rounded(float(self._values[row, column]), self._digits, self._places)


def _shades(report: Report, stage: Stage) -> NDArray[np.float64] | None:
    """Return how strongly each cell is coloured: by its probability, if there is one."""
    match stage.name:
        case "logits":
            return None
        case "targets":
            return report.trace.rows.target_probs
    return probabilities(report.trace.rows, report.settings)


def _nll_grid(report: Report, stage: Stage, digits: int) -> Grid:
    losses = report.trace.rows.losses
    weight = ["weight"] if report.weighted else []
    header = ["row", "target", "prediction", "probability", *weight, stage.name, ""]
    rows = []
    for row, label in enumerate(_row_labels(report)):
        prediction = int(losses.predictions[row])
        texts = [class_title(report, prediction) if prediction >= 0 else ""]
        numbers = [losses.probabilities, *(losses.weights for _ in weight), stage.values]
        if losses.counted[row]:
            texts += [rounded(float(values[row]), digits) for values in numbers]
            texts.append("" if losses.correct[row] else "wrong")
        else:
            texts += [*("" for _ in numbers), "ignored"]
        tone = label[0].tone
        rows.append([*label, *(Cell(text, tone) for text in texts)])
    flag = len(header) - 1
    grid = Grid(
        title=stage.name,
        remark=stage.formula,
        header=header,
        rows=_with_gaps(rows, report),
        dispensable=(3, *range(4, 4 + len(weight)), 2),
        left_aligned=frozenset({flag}),
    )
    flagged = any(row[flag].text for row in rows)
    return grid if flagged else replace(grid.without(flag), hidden_columns=0)


def _lone_grid(report: Report, stage: Stage, digits: int) -> Grid:
    """Lay out the losses of rows of which nothing but the target is known."""
    losses = report.trace.rows.losses
    rows = [
        [
            Cell(str(number)),
            *(Cell(rounded(value, digits) if counted else "") for value in values),
        ]
        for number, counted, *values in zip(
            report.trace.numbers.tolist(),
            losses.counted.tolist(),
            losses.probabilities.tolist(),
            stage.values.tolist(),
            strict=True,
        )
    ]
    header = ["row", "probability", stage.name]
    return Grid(stage.name, stage.formula, header, _with_gaps(rows, report))


def _row_labels(report: Report) -> list[tuple[Cell, Cell]]:
    """Return the number and the target of each row, and whether the row is wrong or ignored."""
    trace, ignored = report.trace, report.settings.ignore_index
    losses = trace.rows.losses
    labels = []
    for row, target, counted, correct in zip(
        trace.numbers.tolist(),
        losses.targets.tolist(),
        losses.counted.tolist(),
        losses.correct.tolist(),
        strict=True,
    ):
        tone: Tone = "dim" if not counted else "plain" if correct else "wrong"
        name = str(target) if target == ignored else class_title(report, target)
        labels.append((Cell(str(row), tone), Cell(name, tone)))
    return labels


def _with_gaps(rows: list[list[Cell]], report: Report) -> list[list[Cell] | Gap]:
    """Put the rows that are left out where they are."""
    shown: list[list[Cell] | Gap] = []
    numbers = [*report.trace.numbers.tolist(), report.trace.seen]
    for before, number, row in zip([-1, *numbers], numbers, [*rows, None], strict=False):
        if left_out := number - before - 1:
            shown.append(Gap(left_out))
        if row is not None:
            shown.append(row)
    return shown
