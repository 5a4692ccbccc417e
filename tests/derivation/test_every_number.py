"""Every equation of a derivation, worked by a reader who has only what is written."""

from typing import Any

import pytest
from hypothesis import given

from conftest import derivation_of
from reader import DIGITS, agrees, equations, evaluated, questions
from xent.derivation.steps import Derivation
from xent.render.equation_lines import equation_parts


def wrong_lines(derivation: Derivation) -> list[str]:
    """The equations that a reader finds wrong."""
    wrong = []
    for equation in equations(derivation):
        # Numbers near the end of the doubles have not as many digits as are shown.
        if equation.substituted is None or 0 < abs(equation.value) < 1e-290:
            continue
        *_, substituted, value = parts = equation_parts(equation, DIGITS)
        if not agrees(evaluated(substituted), value):
            wrong.append(" = ".join(parts))
    return wrong


@given(questions())
def test_every_equation_comes_out_as_written(
    question: tuple[Any, Any, dict[str, Any], int],
) -> None:
    scores, targets, options, row = question
    assert not wrong_lines(derivation_of(scores, targets, row=row, **options))


@pytest.mark.parametrize(
    ("logits", "target"),
    [
        ([1, 0, 0], 0), ([40, 0], 0), ([0, 40], 0), ([1000, 1], 1), ([1000, 1], 0),
        ([5, 5, 5], 1), ([0, 0], 1), ([-1000, -1001, -1000.5], 0), ([1e8, 1e8 + 1, 0], 1),
        ([3.0, float("-inf"), 1.0], 0), ([3.0, float("-inf"), 1.0], 1), ([0.1, 0.2, 0.3], 2),
        ([float("nan"), 0.0], 1), ([7.0], 0), ([1e-9, 0.0], 0), ([12.345678901, 2.3], 1),
    ],
)  # fmt: skip
def test_rows_at_the_edge_come_out_too(logits: list[float], target: int) -> None:
    assert not wrong_lines(derivation_of([logits], [target]))


def test_a_reader_finds_a_wrong_equation() -> None:
    """The test is no rubber stamp."""
    assert not agrees(evaluated("(0.1392 + 0.0829 + 0.0829) / 3"), "0.1018")
    assert agrees(evaluated("(0.1392 + 0.0829 + 0.0829) / 3"), "0.1017")
    assert not agrees(evaluated("1 - 1"), "-4.2484e-18")
