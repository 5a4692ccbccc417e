"""Mistakes in the outputs of models that NumPy alone can train; scikit-learn's are in parity."""

from collections.abc import Iterator

import pytest

from healthy import numpy_outputs
from mistakes import MISTAKES, Confusion


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Confusion]:
    # Every second output; the parity suite takes all, and those of trained models.
    found = Confusion.of(numpy_outputs()[::2], tmp_path_factory.mktemp("outputs"))
    yield found
    print(found.markdown())  # noqa: T201  pytest shows it where a test fails, or with -s


def test_nothing_is_wrong_with_healthy_outputs(table: Confusion) -> None:
    assert table.outputs > 12
    assert table.false_alarms == []


def test_few_healthy_outputs_give_a_warning(table: Confusion) -> None:
    assert table.warned / table.outputs <= 0.2


def test_every_printed_fix_gives_the_loss_that_it_claims(table: Confusion) -> None:
    assert table.proofs > 200
    assert table.broken == []


def test_hardly_a_proof_is_far_from_the_healthy_loss(table: Confusion) -> None:
    assert len(table.far) / table.proofs <= 0.02, table.far


def test_hardly_a_case_gets_another_cause(table: Confusion) -> None:
    cases = sum(score.cases for _, score in table.mistakes.values())
    assert len(table.misleading) / cases <= 0.05, table.misleading


@pytest.mark.parametrize("how", [each.how for each in MISTAKES])
def test_the_mistake_is_named_first(table: Confusion, how: str) -> None:
    known, score = table.mistakes[how]
    assert score.cases >= 1
    # Of so few cases, one more may be missed.
    assert table.first(how) >= known.least - 1 / score.cases, score.misses
