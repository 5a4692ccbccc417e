"""A verification as one strict JSON object."""

from collections.abc import Iterator
from typing import Any

from xent.render.json import SCHEMA, strict_json
from xent.render.view import View
from xent.verification.render.cells import verdict
from xent.verification.verification import Calculation, Verification


def render(verification: Verification, _: View) -> Iterator[str]:
    """Return an object with a line for each calculation."""
    problem = verification.problem
    head = {
        "schema": SCHEMA,
        "verdict": verdict(verification),
        "explained": verification.is_explained,
        "loss": problem.loss,
        "reduction": problem.settings.reduction,
        "unit": problem.settings.unit,
        "rows": problem.rows,
        "rows_in_all": problem.total,
    }
    yield "{\n"
    for name, value in head.items():
        yield f'  "{name}": {strict_json(value)},\n'
    lines = ",\n".join(f"    {strict_json(_object(each))}" for each in verification.calculations)
    yield f'  "calculations": [\n{lines}\n  ]\n}}\n'


def _object(calculation: Calculation) -> dict[str, Any]:
    difference = calculation.difference
    return {
        "library": calculation.library,
        "version": calculation.version or None,
        "call": calculation.program.body.call,
        "precision": calculation.program.precision,
        "loss": calculation.loss,
        "rules": [*difference.rules] if difference else [],
        "reason": difference.reason if difference else None,
        "predicted": difference.predicted if difference else None,
        "note": calculation.program.body.note or None,
        "problem": calculation.problem or None,
        "missing": [*calculation.missing],
        "program": calculation.program.text,
    }
