"""One strict JSON object: the summary, the stages of the rows shown, the diagnostics."""

import json
from collections.abc import Iterator
from math import isfinite
from typing import Any
from unicodedata import category

from xent.errors import Diagnostic
from xent.losses.row_losses import RowLosses
from xent.render.plain import unreduced
from xent.render.view import View
from xent.report.report import Report
from xent.report.stages import Stage
from xent.settings import LossSettings

SCHEMA = 1
_OPENING = f'{{\n  "schema": {SCHEMA},\n'


def render(report: Report, view: View) -> Iterator[str]:
    """Write an object with a line for each of its keys, and for each stage."""
    if report.settings.reduction == "none":
        yield "],\n"
    else:
        yield _OPENING
    for name, value in report.numbers.items():
        yield f'  "{name}": {strict_json(value)},\n'
    if _is_truncated(report, view):
        columns = min(view.columns or report.classes, report.classes)
        yield f'  "truncated": true,\n  "shown": [{len(report.trace.numbers)}, {columns}],\n'
    yield '  "stages": [\n'
    for number, stage in enumerate(report.stages, 1):
        end = "\n" if number == len(report.stages) else ",\n"
        yield f"    {strict_json(stage_object(report, stage, view))}{end}"
    yield "  ],\n"
    for name, records in _tables(report):
        yield f'  "{name}": {strict_json(records)},\n'
    diagnostics = [*map(diagnostic_object, report.diagnostics)]
    yield f'  "diagnostics": {strict_json(diagnostics)}\n}}\n'


def rows(first_row: int, losses: RowLosses, settings: LossSettings) -> Iterator[str]:
    """Write the beginning of the object, with a list of losses, where they are not reduced."""
    if settings.reduction != "none":
        return
    if first_row == 0:
        yield f'{_OPENING}  "loss": ['
    for row, loss in enumerate(unreduced(losses, settings), first_row):
        yield f"{', ' if row else ''}{strict_json(loss)}"


def _tables(report: Report) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the worst rows and the groups, where they were asked for."""
    unit, worst = report.settings.nats_per_unit, report.worst
    if worst is not None:
        losses = (worst.losses.nll / unit).tolist()
        yield (
            "worst",
            [
                {"row": row, "nll": loss}
                for row, loss in zip(worst.numbers.tolist(), losses, strict=True)
            ],
        )
    if report.groups is not None:
        yield (
            "groups",
            [
                {
                    "group": name,
                    "rows": sums.counted,
                    "loss": sums.mean / unit,
                    "standard_error": sums.standard_error / unit,
                    "perplexity": sums.perplexity,
                }
                for name, sums in report.groups_by_loss
            ],
        )


def strict_json(value: Any) -> str:  # noqa: ANN401  any JSON value
    """Write JSON, with the strings "nan", "inf" and "-inf" for numbers that JSON lacks."""
    text = json.dumps(strict(value), ensure_ascii=False, allow_nan=False)
    return escape_controls(text)


def escape_controls(text: str) -> str:
    """Escape what a terminal would obey, or take for a change of direction, as JSON does it."""
    if text.isprintable():
        return text
    return "".join(map(_escaped, text))


def _escaped(char: str) -> str:
    """Return a character as it stands in a string of JSON.

    A byte of a file's name that is not UTF-8 becomes a backslash and letters: JSON has no escape
    for a byte.
    """
    kind = category(char)
    if kind in ("Cc", "Cf", "Cs"):
        return ("\\" if kind == "Cs" else "") + json.dumps(char)[1:-1]
    return char


def strict(value: Any) -> Any:  # noqa: ANN401  any JSON value
    """Return a JSON value with strings for numbers that JSON lacks."""
    match value:
        case float() if not isfinite(value):
            return str(value)
        case dict():
            return {key: strict(item) for key, item in value.items()}
        case list():
            return [strict(item) for item in value]
    return value


def _is_truncated(report: Report, view: View) -> bool:
    """Return whether the stages lack rows or classes."""
    has_all_rows = len(report.trace.numbers) == report.trace.seen
    return not has_all_rows or (view.columns or report.classes) < report.classes


def stage_object(report: Report, stage: Stage, view: View) -> dict[str, Any]:
    """Return a stage by name, with its values in the rows shown."""
    values = stage.values
    described = {
        "name": stage.name,
        "shape": [report.trace.seen, *values.shape[1:]],
        "rows": report.trace.numbers.tolist(),
    }
    if values.ndim == 2 and view.columns is not None and view.columns < report.classes:
        values = values[:, : view.columns]
        described["columns"] = list(range(view.columns))
    return {**described, "values": values.tolist()}


def diagnostic_object(diagnostic: Diagnostic) -> dict[str, Any]:
    """Return a diagnostic by its parts."""
    return {
        "code": diagnostic.code.value,
        "name": diagnostic.code.slug,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "location": str(diagnostic.location) if diagnostic.location else None,
        "hint": diagnostic.hint,
    }
