"""A derivation as one strict JSON object, its formulas as text and its numbers in full."""

from collections.abc import Iterator
from typing import Any

from xent.derivation.equation import Equation, Sentence
from xent.derivation.steps import Derivation, Reason, Step
from xent.numeral import trimmed
from xent.render.equation_lines import equation_parts
from xent.render.fields import fields
from xent.render.json import SCHEMA, diagnostic_object, stage_object, strict_json
from xent.render.math.text import TextMath
from xent.render.view import View


def render(derivation: Derivation, view: View) -> Iterator[str]:
    """An object with a line for each of its keys, and for each step and stage."""
    report = derivation.report
    yield f'{{\n  "schema": {SCHEMA},\n'
    plain = {
        "question": derivation.question.text(view.digits),
        "brief": [sentence.text(view.digits) for sentence in derivation.brief],
        "row": derivation.row,
        **fields(report),
    }
    for name, value in plain.items():
        yield f'  "{name}": {strict_json(value)},\n'
    gradient = derivation.gradient
    yield from _listed("steps", [_step(step, view.digits) for step in derivation.steps])
    yield from _listed("reasons", [_reason(reason, view.digits) for reason in derivation.reasons])
    scaled = [{"factor": factor, "loss": loss} for factor, loss in derivation.scaled]
    yield from _listed("scaled", scaled)
    yield f'  "gradient": {strict_json(gradient and _step(gradient, view.digits))},\n'
    yield from _listed("stages", [stage_object(report, stage, view) for stage in report.stages])
    diagnostics = [*map(diagnostic_object, report.diagnostics)]
    yield f'  "diagnostics": {strict_json(diagnostics)}\n}}\n'


def _listed(name: str, values: list[dict[str, Any]]) -> Iterator[str]:
    lines = ",\n".join(f"    {strict_json(value)}" for value in values)
    yield f'  "{name}": [\n{lines}\n  ],\n' if values else f'  "{name}": [],\n'


def _step(step: Step, digits: int) -> dict[str, Any]:
    math = TextMath(lambda value: trimmed(value, digits))
    return {
        "name": step.name,
        "what": step.what.text(digits),
        "why": step.why,
        "formula": " = ".join(map(math.write, step.formula)) if step.formula else None,
        "equations": [_equation(equation, digits) for equation in step.equations],
        "checks": [
            {"claim": claim, **_equation(equation, digits)} for claim, equation in step.checks
        ],
        "remarks": [_sentence(remark, digits) for remark in step.remarks],
        "stage": step.stage,
    }


def _reason(reason: Reason, digits: int) -> dict[str, Any]:
    return {
        "name": reason.name,
        **_sentence(reason.sentence, digits),
        "equations": [_equation(equation, digits) for equation in reason.equations],
    }


def _sentence(sentence: Sentence, digits: int) -> dict[str, Any]:
    return {"text": sentence.text(digits), "values": [*sentence.values]}


def _equation(equation: Equation, digits: int) -> dict[str, Any]:
    """Its sides as text, and the value twice: as shown, and in full."""
    left, *middle, result = equation_parts(equation, digits)
    present = [equation.symbolic is not None, equation.substituted is not None]
    sides = iter(middle)
    symbolic, substituted = (next(sides) if there else None for there in present)
    return {
        "left": left,
        "symbolic": symbolic,
        "substituted": substituted,
        "result": result,
        "value": equation.value,
    }
