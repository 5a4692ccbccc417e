"""The programs that need no library but NumPy print the loss, with all options."""

import contextlib
import io
import itertools
import warnings
from typing import Any

import numpy as np
import pytest

from conftest import problem_of
from xent.verification.differences import Explainer
from xent.verification.libraries import LIBRARIES
from xent.verification.problem import Problem
from xent.verification.program import combined, inline_data

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


@pytest.mark.parametrize("library", ["pencil", "numpy"])
@pytest.mark.parametrize(("logits", "targets", "options"), problems())
def test_a_program_prints_the_loss(
    library: str, logits: Any, targets: Any, options: dict[str, Any]
) -> None:
    problem = problem_of(logits, targets, **options)
    program = LIBRARIES[library].program(problem, inline_data(problem))
    found = Explainer(problem).difference(printed(program.text), program.precision)
    assert found.rules in {("same",), ("last place",), ("cancellation",)}, found


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


@pytest.mark.parametrize("library", ["pencil", "numpy"])
@pytest.mark.parametrize(("logits", "targets", "options"), EXTREMES)
def test_extreme_inputs_neither_fail_nor_stay_unexplained(
    library: str, logits: Any, targets: Any, options: dict[str, Any]
) -> None:
    problem = problem_of(logits, targets, **options)
    program = LIBRARIES[library].program(problem, inline_data(problem))
    assert Explainer(problem).difference(printed(program.text)).is_explained


def small() -> Problem:
    return problem_of([[2.0, 1, 0], [0, 3, 1]], [0, 1], weight=np.array([1.0, 0.5, 2.0]))


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_program_is_complete_and_no_longer_than_a_page(library: str) -> None:
    text = LIBRARIES[library].program(small(), inline_data(small())).text
    compile(text, library, "exec")
    assert "logits = [\n    [2, 1, 0],\n    [0, 3, 1],\n]" in text
    assert 10 <= len(text.splitlines()) <= 35
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_program_of_every_library_is_valid_python(library: str) -> None:
    for case in problems():
        logits, targets, options = case.values
        problem = problem_of(logits, targets, **options)
        compile(LIBRARIES[library].program(problem, inline_data(problem)).text, library, "exec")


def test_all_programs_in_one_hold_the_data_once() -> None:
    keys = ("pencil", "numpy", "torch")
    text = combined([LIBRARIES[key].program(small(), inline_data(small())) for key in keys])
    assert text.count("logits = [") == 1
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(text, {})  # noqa: S102  as above
    assert out.getvalue().count("mean loss 0.3283526494816821\n") >= 2
