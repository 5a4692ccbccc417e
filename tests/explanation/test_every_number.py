"""Every equation of a derivation, worked by a reader who has only what is written."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from conftest import derivation_of
from reader import DIGITS, agrees, equations, evaluated, questions
from xent.explanation.derivation import Derivation
from xent.explanation.expression import Expression, Number
from xent.explanation.render.math import equation_parts

Question = tuple[Any, Any, dict[str, Any], int]


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
def test_every_equation_comes_out_as_written(question: Question) -> None:
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


def numbers_in_sentences(derivation: Derivation) -> Iterator[tuple[str, float]]:
    steps = [*derivation.steps, *([derivation.gradient] if derivation.gradient else [])]
    sentences = [
        derivation.question,
        *derivation.brief,
        *(step.what for step in steps),
        *(remark for step in steps for remark in step.remarks),
        *(reason.sentence for reason in derivation.reasons),
    ]
    for sentence in sentences:
        # The result of the textbook formula in doubles is not a number of the derivation.
        if "evaluated directly" not in sentence.template:
            yield from (
                (sentence.template, value) for value in sentence.values if isinstance(value, float)
            )


def operands(expression: Expression | None) -> Iterator[float]:
    """All numbers that stand in an expression."""
    if isinstance(expression, Number):
        yield float(expression.value)
    elif is_dataclass(expression):
        for part in fields(expression):
            value = getattr(expression, part.name)
            for each in value if isinstance(value, tuple) else (value,):
                yield from operands(each) if isinstance(each, Expression) else ()


@given(questions())
def test_every_number_in_a_sentence_stands_in_an_equation(question: Question) -> None:
    scores, targets, options, row = question
    derivation = derivation_of(scores, targets, row=row, **options)
    report, smooth = derivation.report, derivation.report.settings.label_smoothing
    known = {report.loss, report.total / max(1, report.loss_sum.counted), smooth, 1 - smooth}
    known |= {0.1, 0.01, 0.001}
    for equation in equations(derivation):
        known |= {equation.value, -equation.value, *operands(equation.substituted)}
    for words, value in numbers_in_sentences(derivation):
        assert value in known or np.isnan(value), words


def test_a_probability_next_to_1_is_written_out() -> None:
    """Sixteen digits name the double, but ln of what they say is another number."""
    probs = [[8.49893992e-36, 1 - 2.886579864025407e-15, 2.80620234e-15]]
    assert not wrong_lines(derivation_of(probs, [1], input_kind="probs"))


def test_nor_is_a_number_made_up_where_the_loss_underflows() -> None:
    derivation = derivation_of([[900.0, 0.0, 1.0]], [0])
    known = {equation.value for equation in equations(derivation)}
    assert {value for _, value in numbers_in_sentences(derivation)} <= known
