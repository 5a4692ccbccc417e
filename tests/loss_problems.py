"""Losses of all options, and of extreme inputs, for programs of other libraries to calculate."""

import contextlib
import io
import itertools
import warnings
from typing import Any

import numpy as np
import pytest

ROWS, CLASSES = 9, 4


def printed(text: str) -> float:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(text, {})  # noqa: S102  the programs under test
    return float(out.getvalue().split()[-1])


def problems() -> list[Any]:
    rng = np.random.default_rng(3)
    logits = rng.normal(size=(ROWS, CLASSES)) * 3
    probs = rng.dirichlet(np.ones(CLASSES), size=ROWS)
    classes = rng.integers(CLASSES, size=ROWS)
    classes[[2, 5]] = -100
    given = {"logits": logits, "probs": probs, "log-probs": np.log(probs)}
    found = []
    for kind, soft, weighted, own, smoothing, reduction in itertools.product(
        given, (False, True), (False, True), (False, True), (0.0, 0.1), ("mean", "sum")
    ):
        options = {
            "input_kind": kind,
            "weight": rng.uniform(0.2, 3, CLASSES) if weighted else None,
            "sample_weight": rng.uniform(0, 2, ROWS) if own else None,
            "label_smoothing": smoothing,
            "reduction": reduction,
            "unit": "bits" if own else "nats",
            "temperature": 2.5 if kind == "logits" and soft else 1.0,
        }
        name = f"{kind}-{soft}-{weighted}-{own}-{smoothing}-{reduction}"
        targets = probs[::-1] if soft else classes
        found.append(pytest.param(given[kind], targets, options, id=name))
    for kind, own, positive, smoothing in itertools.product(
        ("logits", "probs"), (False, True), (False, True), (0.0, 0.1)
    ):
        if positive and smoothing:
            continue
        options = {
            "input_kind": kind,
            "binary": True,
            "sample_weight": rng.uniform(0, 2, (ROWS, CLASSES)) if own else None,
            "pos_weight": rng.uniform(0.2, 3, CLASSES) if positive else None,
            "label_smoothing": smoothing,
        }
        labels = rng.integers(2, size=(ROWS, CLASSES)).astype(float)
        name = f"binary-{kind}-{own}-{positive}-{smoothing}"
        found.append(pytest.param(given[kind], labels, options, id=name))
    return found


EXTREMES: list[tuple[list[list[float]], list[Any], dict[str, Any]]] = [
    ([[1000, 1]], [1], {}),
    ([[-1000, 1]], [0], {}),
    ([[1, -np.inf, 2], [0, 1, -np.inf]], [0, 1], {}),
    ([[1, -np.inf, 2]], [[0.5, 0.0, 0.5]], {}),
    ([[np.nan, 1], [0, 1]], [0, 1], {}),
    ([[np.nan, 1], [0, 1]], [-100, 1], {}),
    ([[1, 0], [0.5, 0.5]], [1, 0], {"input_kind": "probs"}),
    ([[1, 0], [0.5, 0.5]], [[1.0, 0.0], [0.5, 0.5]], {"input_kind": "probs"}),
    ([[800], [-800]], [[0.0], [1.0]], {"binary": True}),
    ([[1], [0]], [[0.0], [1.0]], {"binary": True, "input_kind": "probs"}),
    ([[1], [0]], [[1.0], [0.0]], {"binary": True, "input_kind": "probs"}),
]
