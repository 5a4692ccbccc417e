"""A comparison as one strict JSON object."""

import json
from collections.abc import Iterator
from typing import Any

from xent.comparison.comparison import Comparison, Model, Pair
from xent.render.json import diagnostic_object, escape_controls, strict
from xent.render.view import View

SCHEMA = 1


def render(comparison: Comparison, _: View) -> Iterator[str]:
    """Write every figure at full precision."""
    unit = comparison.settings.nats_per_unit
    found = {
        "schema": SCHEMA,
        "unit": comparison.settings.unit,
        "models": [
            _model(comparison.letter(number), model)
            for number, model in enumerate(comparison.models)
        ],
        "pairs": [
            _pair(comparison.letter(number), pair, unit) | _tests(comparison, number)
            for number, pair in enumerate(comparison.pairs, 1)
        ],
        "diagnostics": [*map(diagnostic_object, comparison.diagnostics)],
    }
    text = json.dumps(strict(found), ensure_ascii=False, allow_nan=False, indent=2)
    yield "\n".join(map(escape_controls, text.split("\n"))) + "\n"


def _tests(comparison: Comparison, number: int) -> dict[str, Any]:
    if not comparison.tests:
        return {}
    return {"tests": {each.name: each.value for each in comparison.tests[number - 1]}}


def _model(letter: str, model: Model) -> dict[str, Any]:
    sums = model.loss_sum
    return {
        "letter": letter,
        "name": model.name,
        "loss": model.loss,
        "standard_error": sums.standard_error / model.settings.nats_per_unit,
        "perplexity": sums.perplexity,
        "bits": sums.bits,
        "accuracy": sums.accuracy,
        "counted": sums.counted,
        "ignored": sums.ignored,
        "signature": model.signature,
    }


def _pair(letter: str, pair: Pair, unit: float) -> dict[str, Any]:
    share, share_error = pair.agreement
    divergence = pair.divergence
    classes = (
        {}
        if divergence is None
        else {
            "first_alone_right": pair.first_alone,
            "second_alone_right": pair.second_alone,
            "same_prediction": share,
            "same_prediction_standard_error": share_error,
            "kl": divergence.mean / unit,
            "kl_standard_error": divergence.standard_error / unit,
        }
    )
    return {
        "first": "A",
        "second": letter,
        "difference": pair.difference / unit,
        "standard_error": pair.standard_error / unit,
        "interval": [bound / unit for bound in pair.interval],
        "level": 0.95,
        "rows": pair.rows,
        **({} if pair.clusters is None else {"clusters": len(pair.clusters)}),
        "unpaired_standard_error": pair.sums.unpaired_error / unit,
        "correlation": pair.sums.correlation,
        "perplexity_ratio": pair.ratio,
        "first_lower": pair.sums.first_lower,
        "second_lower": pair.sums.second_lower,
        **classes,
        "verdict": pair.verdict,
        "movers": [
            {"row": row, "first": first, "second": second}
            for row, first, second in zip(
                pair.movers.rows.tolist(),
                (pair.movers.first / unit).tolist(),
                (pair.movers.second / unit).tolist(),
                strict=True,
            )
        ],
    }
