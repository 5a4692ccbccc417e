"""A checkup as strict JSON, and its findings as JSON Lines."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from xent.checkup.checkup import Checkup
from xent.checkup.collectors import EDGES
from xent.checkup.render.text import verdict
from xent.checkup.rule import Finding
from xent.render.json import SCHEMA, strict_json
from xent.render.view import View


def whole(checkup: Checkup, _: View) -> Iterator[str]:
    """Write an object with a line for each of its keys, and for each finding and row."""
    yield f'{{\n  "schema": {SCHEMA},\n  "verdict": {strict_json(verdict(checkup))},\n'
    for name, value in checkup.survey.report.numbers.items():
        yield f'  "{name}": {strict_json(value)},\n'
    yield _listed("findings", [*map(_finding, checkup.findings)])
    yield _listed("worst_rows", [*_worst(checkup)])
    yield _listed("class_table", [*_classes(checkup)])
    yield _listed("histogram", [*_histogram(checkup)], end="\n}\n")


def lines(checkup: Checkup, _: View) -> Iterator[str]:
    """Write each finding as an object on its own line; nothing where nothing looks wrong."""
    yield from (f"{strict_json(_finding(finding))}\n" for finding in checkup.findings)


def _listed(name: str, values: list[dict[str, Any]], end: str = ",\n") -> str:
    rows = ",\n".join(f"    {strict_json(value)}" for value in values)
    return f'  "{name}": [\n{rows}\n  ]{end}' if values else f'  "{name}": []{end}'


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": str(finding.severity),
        "message": finding.message,
        "hint": finding.hint,
        "fix": finding.command,
        "evidence": {
            name: value.item() if isinstance(value, np.generic) else value
            for name, value in finding.evidence.items()
        },
    }


def _worst(checkup: Checkup) -> Iterator[dict[str, Any]]:
    survey = checkup.survey
    total = float(survey.report.loss_sum.total)
    for worst in survey.worst:
        yield {
            "row": worst.row,
            "location": str(worst.location),
            "target": worst.target,
            "target_probability": worst.target_probability,
            "prediction": worst.prediction if worst.prediction >= 0 else None,
            "prediction_probability": worst.prediction_probability,
            "loss": worst.loss / survey.settings.nats_per_unit,
            "share": worst.loss / total if total > 0 else None,
        }


def _classes(checkup: Checkup) -> Iterator[dict[str, Any]]:
    table, unit = checkup.survey.classes, checkup.survey.settings.nats_per_unit
    for each, count in enumerate(table.counts.tolist()):
        if count or table.predicted[each]:
            yield {
                "class": each,
                "rows": count,
                "predicted": int(table.predicted[each]),
                "mean_loss": float(table.losses[each]) / count / unit if count else None,
                "accuracy": int(table.correct[each]) / count if count else None,
                "most_confused_with": table.most_confused_with(each),
            }


def _histogram(checkup: Checkup) -> Iterator[dict[str, Any]]:
    counts = checkup.survey.histogram.counts.tolist()
    for low, high, count in zip(EDGES, EDGES[1:], counts, strict=False):
        yield {"from": low, "to": high, "rows": count}
