"""A checkup as one strict JSON object."""

from collections.abc import Iterator
from typing import Any

from xent.checkup.checkup import Checkup
from xent.checkup.render.findings import finding_object, verdict
from xent.checkup.tables import EDGES
from xent.render.json import SCHEMA, strict_json
from xent.render.view import View


def render(checkup: Checkup, _: View) -> Iterator[str]:
    """An object with a line for each of its keys, and for each finding and row."""
    yield f'{{\n  "schema": {SCHEMA},\n  "verdict": {strict_json(verdict(checkup))},\n'
    for name, value in checkup.survey.report.numbers.items():
        yield f'  "{name}": {strict_json(value)},\n'
    yield _listed("findings", [*map(finding_object, checkup.findings)])
    yield _listed("worst_rows", [*_worst(checkup)])
    yield _listed("class_table", [*_classes(checkup)])
    yield _listed("histogram", [*_histogram(checkup)], end="\n}\n")


def _listed(name: str, values: list[dict[str, Any]], end: str = ",\n") -> str:
    lines = ",\n".join(f"    {strict_json(value)}" for value in values)
    return f'  "{name}": [\n{lines}\n  ]{end}' if values else f'  "{name}": []{end}'


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
    histogram = checkup.survey.histogram
    for low, high, count in zip(EDGES, EDGES[1:], histogram.counts.tolist(), strict=False):
        yield {"from": low, "to": high, "rows": count}
