"""The walk over a derivation: which blocks there are, and in which order."""

from unittest.mock import patch

import numpy as np
import pytest

from conftest import derivation_of
from xent.explanation import FORMATS, blocks
from xent.explanation.blocks import (
    Equations,
    Heading,
    Result,
    ScaledLosses,
    Section,
    StepHeading,
    Title,
    matrices,
    sections,
)
from xent.explanation.derivation import Check, Derivation, Reason
from xent.explanation.equation import Sentence
from xent.render.grid import Grid
from xent.render.stage_grids import stage_grids
from xent.render.view import View

IDENTITY = derivation_of([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 1, 2])


def sections_of(derivation: Derivation) -> list[Section]:
    return [*sections(derivation, matrices(derivation, View()), 4)]


def test_the_walk_goes_from_the_question_over_the_steps_to_the_loss() -> None:
    first = [section.hint[0] for section in sections_of(IDENTITY)]
    assert [type(block) for block in first] == [
        Title, Heading, *[StepHeading] * len(IDENTITY.steps), Heading, StepHeading, Result,
    ]  # fmt: skip
    numbers = [block.number for block in first if isinstance(block, StepHeading)]
    assert numbers == [*range(1, len(IDENTITY.steps) + 1), None]


def test_a_step_is_asked_before_it_is_worked() -> None:
    [softmax] = [
        section
        for section in sections_of(IDENTITY)
        if isinstance(section.hint[0], StepHeading) and section.hint[0].name == "softmax"
    ]
    assert [type(block) for block in softmax.hint] == [StepHeading, Sentence]
    assert [type(block) for block in softmax.answer] == [Equations, Check, Check, Grid]


def test_the_reasons_come_before_the_scaled_losses() -> None:
    *_, reasons, _, _ = sections_of(IDENTITY)
    *most, last = reasons.answer
    assert {type(block) for block in most} == {Reason}
    assert isinstance(last, ScaledLosses)


@pytest.mark.parametrize("name", FORMATS)
def test_no_heading_asks_for_reasons_where_there_are_none(name: str) -> None:
    derivation = derivation_of(
        [[0.7, 0.3]], [[0.5, 0.5]], input_kind="probs", weight=np.array([1.0, 2.0])
    )
    assert not derivation.reasons
    assert derivation.heading not in "".join(FORMATS[name].load()(derivation, View()))


def test_bars_are_fractions_of_the_largest_finite_loss() -> None:
    scaled = ScaledLosses(((1.0, 4.0), (2.0, 1.0), (5.0, np.inf), (10.0, np.nan), (20.0, 0.0)))
    assert scaled.bars() == [1.0, 0.25, 1.0, 0.0, 0.0]
    assert ScaledLosses(((1.0, np.inf),)).bars() == [0.0]


@pytest.mark.parametrize("name", ["text", "markdown", "html"])
def test_the_tables_of_the_stages_are_made_once(name: str) -> None:
    with patch.object(blocks, "stage_grids", wraps=stage_grids) as made:
        "".join(FORMATS[name].load()(IDENTITY, View()))
    made.assert_called_once()
