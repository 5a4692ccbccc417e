"""A derivation as one strict JSON object, its formulas as text and its numbers in full."""

from collections.abc import Iterator
from typing import Any

from xent.explanation.derivation import Derivation, Reason, Say, Step
from xent.explanation.equation import ClassNumber, Equation, Sentence
from xent.explanation.render.math import TextMath, equation_parts
from xent.render.json import SCHEMA, diagnostic_object, stage_object, strict_json
from xent.render.view import View


def render(derivation: Derivation, view: View) -> Iterator[str]:
    """Write an object with a line for each of its keys, and for each step and stage."""
    report, digits = derivation.report, view.digits
    say, gradient = derivation.speech(digits), derivation.gradient
    document = {
        "schema": SCHEMA,
        "question": say(derivation.question),
        "brief": [*map(say, derivation.brief)],
        "row": derivation.row,
        **report.numbers,
        "steps": [_step(step, say, digits) for step in derivation.steps],
        "reasons": [_reason(reason, say, digits) for reason in derivation.reasons],
        "scaled": [{"factor": factor, "loss": loss} for factor, loss in derivation.scaled],
        "gradient": gradient and _step(gradient, say, digits),
        "stages": [stage_object(report, stage, view) for stage in report.stages],
        "diagnostics": [*map(diagnostic_object, report.diagnostics)],
    }
    long = ("steps", "reasons", "scaled", "stages")
    lines = (f'"{key}": {_value(value, key in long)}' for key, value in document.items())
    yield "{\n  " + ",\n  ".join(lines) + "\n}\n"


def _value(value: Any, long: bool) -> str:  # noqa: ANN401, FBT001  any JSON value
    """Write a value, the elements of a long list on a line each."""
    if not (long and value):
        return strict_json(value)
    return "[\n    " + ",\n    ".join(map(strict_json, value)) + "\n  ]"


def _step(step: Step, say: Say, digits: int) -> dict[str, Any]:
    return {
        "name": step.name,
        "what": say(step.what),
        "why": step.why,
        "formula": " = ".join(map(TextMath().write, step.formula)) if step.formula else None,
        "equations": [_equation(equation, digits) for equation in step.equations],
        "checks": [
            {"claim": say(check.claim), **_equation(check.equation, digits)}
            for check in step.checks
        ],
        "remarks": [_sentence(sentence, say) for sentence in step.remarks],
        "stage": step.stage,
    }


def _reason(reason: Reason, say: Say, digits: int) -> dict[str, Any]:
    return {
        "name": reason.name,
        **_sentence(reason.sentence, say),
        "equations": [_equation(equation, digits) for equation in reason.equations],
    }


def _sentence(sentence: Sentence, say: Say) -> dict[str, Any]:
    """Return the words, and the numbers among them in full."""
    numbers = [value for value in sentence.values if not isinstance(value, ClassNumber)]
    return {"text": say(sentence), "values": numbers}


def _equation(equation: Equation, digits: int) -> dict[str, Any]:
    """Return the sides as text, and the value twice: as shown, and in full."""
    parts = iter(equation_parts(equation, digits))
    sides = (equation.left, equation.symbolic, equation.substituted)
    left, symbolic, substituted = (None if side is None else next(parts) for side in sides)
    return {
        "left": left,
        "symbolic": symbolic,
        "substituted": substituted,
        "result": next(parts),
        "value": equation.value,
    }
