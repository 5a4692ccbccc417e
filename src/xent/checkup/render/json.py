"""A checkup as strict JSON, and its findings as JSON Lines."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from xent.checkup.chain import Chain
from xent.checkup.checkup import Checkup
from xent.checkup.collectors import EDGES
from xent.checkup.render.text import verdict
from xent.checkup.rule import Finding
from xent.checkup.survey import Survey
from xent.errors import Severity
from xent.render.json import SCHEMA, strict_json
from xent.render.view import View


def whole(checkup: Checkup, _: View) -> Iterator[str]:
    """Write an object with a line for each of its keys, and for each finding and row."""
    yield f'{{\n  "schema": {SCHEMA},\n  "verdict": {strict_json(verdict(checkup))},\n'
    for name, value in checkup.survey.report.numbers.items():
        yield f'  "{name}": {strict_json(value)},\n'
    yield _listed("findings", [*map(_finding, checkup.findings)])
    yield f'  "chain": {strict_json(_chain(checkup.chain))},\n'
    yield f'  "tables_after_fix": {strict_json(checkup.chain is not None)},\n'
    yield _listed("worst_rows", [*_worst(checkup.reading)])
    yield _listed("class_table", [*_classes(checkup.reading)])
    yield _listed("histogram", [*_histogram(checkup.reading)], end="\n}\n")


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


def _chain(chain: Chain | None) -> dict[str, Any] | None:
    if chain is None:
        return None
    return {
        "steps": [{"code": each.code, "name": each.name} for each in chain.steps],
        "loss_after_fix": chain.loss,
        "fix": chain.command,
        "left": [each.name for each in chain.left if each.severity is Severity.ERROR],
    }


def _worst(survey: Survey) -> Iterator[dict[str, Any]]:
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


def _classes(survey: Survey) -> Iterator[dict[str, Any]]:
    table, unit = survey.classes, survey.settings.nats_per_unit
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


def _histogram(survey: Survey) -> Iterator[dict[str, Any]]:
    counts = survey.histogram.counts.tolist()
    for low, high, count in zip(EDGES, EDGES[1:], counts, strict=False):
        yield {"from": low, "to": high, "rows": count}
