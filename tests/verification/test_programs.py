"""The programs that need no library but NumPy print the loss, with all options."""

import contextlib
import io
from typing import Any

import numpy as np
import pytest

from conftest import problem_of
from loss_problems import EXTREMES, printed, problems
from xent.verification.differences import Explainer
from xent.verification.libraries import LIBRARIES
from xent.verification.problem import Problem
from xent.verification.program import combined, inline_data


@pytest.mark.parametrize("library", ["pencil", "numpy"])
@pytest.mark.parametrize(("logits", "targets", "options"), problems())
def test_a_program_prints_the_loss(
    library: str, logits: Any, targets: Any, options: dict[str, Any]
) -> None:
    problem = problem_of(logits, targets, **options)
    program = LIBRARIES[library].program(problem, inline_data(problem))
    found = Explainer(problem).difference(printed(program.text), program.precision)
    assert found.rules in {("same",), ("last place",), ("cancellation",)}, found


@pytest.mark.parametrize("library", ["pencil", "numpy"])
@pytest.mark.parametrize(("logits", "targets", "options"), EXTREMES)
def test_extreme_inputs_neither_fail_nor_stay_unexplained(
    library: str, logits: Any, targets: Any, options: dict[str, Any]
) -> None:
    problem = problem_of(logits, targets, **options)
    program = LIBRARIES[library].program(problem, inline_data(problem))
    assert Explainer(problem).difference(printed(program.text)).is_explained


def small() -> Problem:
    return problem_of(np.array([[2.0, 1, 0], [0, 3, 1]]), [0, 1], weight=np.array([1.0, 0.5, 2.0]))


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
