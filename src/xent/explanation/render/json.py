"""A derivation as one strict JSON object, its formulas as text and its numbers in full."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from xent.explanation.derivation import Derivation, Reason, Step
from xent.explanation.equation import ClassNumber, Equation, Sentence
from xent.explanation.math.text import TextMath
from xent.explanation.render.equation_lines import equation_parts
from xent.numbers import trimmed
from xent.render.class_title import class_mention
from xent.render.fields import fields
from xent.render.json import SCHEMA, diagnostic_object, stage_object, strict_json
from xent.render.view import View


def render(derivation: Derivation, view: View) -> Iterator[str]:
    """An object with a line for each of its keys, and for each step and stage."""
    report, json = derivation.report, _Json(derivation, view.digits)
    yield f'{{\n  "schema": {SCHEMA},\n'
    plain = {
        "question": json.text(derivation.question),
        "brief": [*map(json.text, derivation.brief)],
        "row": derivation.row,
        **fields(report),
    }
    for name, value in plain.items():
        yield f'  "{name}": {strict_json(value)},\n'
    gradient = derivation.gradient
    yield from _listed("steps", [*map(json.step, derivation.steps)])
    yield from _listed("reasons", [*map(json.reason, derivation.reasons)])
    scaled = [{"factor": factor, "loss": loss} for factor, loss in derivation.scaled]
    yield from _listed("scaled", scaled)
    yield f'  "gradient": {strict_json(gradient and json.step(gradient))},\n'
    yield from _listed("stages", [stage_object(report, stage, view) for stage in report.stages])
    diagnostics = [*map(diagnostic_object, report.diagnostics)]
    yield f'  "diagnostics": {strict_json(diagnostics)}\n}}\n'


def _listed(name: str, values: list[dict[str, Any]]) -> Iterator[str]:
    lines = ",\n".join(f"    {strict_json(value)}" for value in values)
    yield f'  "{name}": [\n{lines}\n  ],\n' if values else f'  "{name}": [],\n'


class _Json:
    """The parts of a derivation as objects."""

    def __init__(self, derivation: Derivation, digits: int) -> None:
        self._digits = digits
        self._called = partial(class_mention, derivation.report)

    def text(self, sentence: Sentence) -> str:
        return sentence.text(self._digits, self._called)

    def step(self, step: Step) -> dict[str, Any]:
        math = TextMath(lambda value: trimmed(value, self._digits))
        return {
            "name": step.name,
            "what": self.text(step.what),
            "why": step.why,
            "formula": " = ".join(map(math.write, step.formula)) if step.formula else None,
            "equations": [*map(self._equation, step.equations)],
            "checks": [
                {"claim": self.text(claim), **self._equation(equation)}
                for claim, equation in step.checks
            ],
            "remarks": [*map(self._sentence, step.remarks)],
            "stage": step.stage,
        }

    def reason(self, reason: Reason) -> dict[str, Any]:
        return {
            "name": reason.name,
            **self._sentence(reason.sentence),
            "equations": [*map(self._equation, reason.equations)],
        }

    def _sentence(self, sentence: Sentence) -> dict[str, Any]:
        """Its words, and the numbers among them in full."""
        numbers = [value for value in sentence.values if not isinstance(value, ClassNumber)]
        return {"text": self.text(sentence), "values": numbers}

    def _equation(self, equation: Equation) -> dict[str, Any]:
        """Its sides as text, and the value twice: as shown, and in full."""
        left, *middle, result = equation_parts(equation, self._digits)
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
