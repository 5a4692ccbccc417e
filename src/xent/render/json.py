"""One strict JSON object: the summary, the stages of the rows shown, the diagnostics."""

import json
from collections.abc import Iterator
from math import isfinite
from typing import Any

from xent.errors import Diagnostic
from xent.pipeline import Evaluation
from xent.render.fields import fields
from xent.render.records import unreduced
from xent.render.view import View
from xent.report.report import Report
from xent.report.stages import Stage

SCHEMA = 1


def render(evaluation: Evaluation, view: View) -> Iterator[str]:
    """An object with a line for each of its keys, and for each stage."""
    yield f'{{\n  "schema": {SCHEMA},\n'
    if evaluation.settings.reduction == "none":
        yield '  "loss": ['
        for row, loss in enumerate(unreduced(evaluation)):
            yield f"{', ' if row else ''}{strict_json(loss)}"
        yield "],\n"
    report = evaluation.report()
    for name, value in fields(report).items():
        yield f'  "{name}": {strict_json(value)},\n'
    yield '  "stages": [\n'
    for number, stage in enumerate(report.stages, 1):
        end = "\n" if number == len(report.stages) else ",\n"
        yield f"    {strict_json(stage_object(report, stage, view))}{end}"
    diagnostics = [*map(diagnostic_object, report.diagnostics)]
    yield f'  ],\n  "diagnostics": {strict_json(diagnostics)}\n}}\n'


def strict_json(value: Any) -> str:  # noqa: ANN401  any JSON value
    """JSON with the numbers that it has no notation for as the strings "nan", "inf", "-inf"."""
    return json.dumps(_strict(value), ensure_ascii=False, allow_nan=False)


def _strict(value: Any) -> Any:  # noqa: ANN401  any JSON value
    match value:
        case float() if not isfinite(value):
            return str(value)
        case dict():
            return {key: _strict(item) for key, item in value.items()}
        case list():
            return [_strict(item) for item in value]
    return value


def stage_object(report: Report, stage: Stage, view: View) -> dict[str, Any]:
    """A stage by name, with its values in the rows shown."""
    values = stage.function(report.trace.rows)
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
    """A diagnostic by its parts."""
    return {
        "code": diagnostic.code.value,
        "name": diagnostic.code.slug,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "location": str(diagnostic.location) if diagnostic.location else None,
        "hint": diagnostic.hint,
    }
