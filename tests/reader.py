"""A reader who works equations, and has only what is written; and questions to explain."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from hypothesis import strategies as st
from mpmath import mp, mpf

from xent.explanation.derivation import Derivation
from xent.explanation.equation import Equation

DIGITS = 4
_NAMES = {
    "exp": mp.exp,
    "ln": mp.log,
    "log1p": mp.log1p,
    "max": lambda *numbers: max(numbers),
    "inf": mp.inf,
    "nan": mp.nan,
}


def evaluated(text: str) -> mpf:
    """What a reader finds who types the right side of an equation into a calculator."""
    text = re.sub(r"\(… [\d,]+ more, together ([^)]+)\)", r"(\1)", text)
    text = re.sub(r"(?<![\w.])(\d+\.?\d*(?:e[+-]?\d+)?)(?![\w.])", r"mpf('\1')", text)
    return eval(text.replace("·", "*"), {"__builtins__": {}, "mpf": mpf, **_NAMES})  # noqa: S307  our own text


def agrees(found: mpf, shown: str) -> bool:
    """Whether a number, rounded as the shown one is, is the shown one."""
    if shown in ("nan", "inf", "-inf"):
        return bool(mp.isnan(found)) if shown == "nan" else found == mpf(shown)
    if "e" in shown:
        unit = mpf(10) ** (int(shown.partition("e")[2]) - DIGITS)
    else:
        unit = mpf(10) ** -DIGITS
    # Half a unit, and the hair by which the last operation of a double may miss a tie.
    return bool(abs(found - mpf(shown)) <= unit / 2 * mpf("1.000001"))


def equations(derivation: Derivation) -> Iterator[Equation]:
    steps = [*derivation.steps, *([derivation.gradient] if derivation.gradient else [])]
    for step in steps:
        yield from step.equations
        yield from (check.equation for check in step.checks)
    for reason in derivation.reasons:
        yield from reason.equations


@st.composite
def questions(draw: st.DrawFn) -> tuple[Any, Any, dict[str, Any], int]:
    """Logits, targets, options, and the row to work."""
    rows, classes = draw(st.integers(1, 9)), draw(st.sampled_from([2, 3, 5, 8, 30]))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    scale = draw(st.sampled_from([0.01, 1, 10, 300]))
    scores = rng.normal(size=(rows, classes)) * scale
    if draw(st.booleans()):
        scores = scores.round(1)
    kind = draw(st.sampled_from(["logits", "logits", "logits", "log-probs", "probs"]))
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    probs = shifted / shifted.sum(axis=1, keepdims=True)
    probs[probs < 1e-290] = 0.0
    if kind != "logits":
        scores = probs if kind == "probs" else np.log(np.maximum(probs, 1e-300))
    options: dict[str, Any] = {
        "input_kind": kind,
        "unit": draw(st.sampled_from(["nats", "nats", "bits"])),
        "reduction": draw(st.sampled_from(["mean", "mean", "sum", "none"])),
        "label_smoothing": draw(st.sampled_from([0.0, 0.0, 0.1, 1.0])),
        "weight": draw(st.sampled_from([None, rng.uniform(0.1, 3, classes).round(2)])),
        "sample_weight": draw(st.sampled_from([None, rng.uniform(0.1, 3, rows).round(2)])),
    }
    if kind == "logits":
        options["temperature"] = draw(st.sampled_from([1.0, 1.0, 2.0, 0.3]))
    targets: Any = rng.integers(classes, size=rows)
    if draw(st.booleans()):
        targets = rng.dirichlet(np.ones(classes), size=rows).round(4)
    elif draw(st.booleans()):
        targets[0] = -100
    return scores, targets, options, draw(st.integers(0, rows - 1))
