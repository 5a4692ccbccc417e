"""Mistakes in the outputs of scikit-learn's classifiers, and of those that NumPy trains."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("sklearn")

from healthy import numpy_outputs, sklearn_outputs
from mistakes import MISTAKES, Confusion
from other_models import other_numpy_outputs, other_sklearn_outputs

COMMITTED = Path(__file__).with_name("judgement.md")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Confusion]:
    outputs = [*numpy_outputs(), *other_numpy_outputs()]
    outputs += [*sklearn_outputs(), *other_sklearn_outputs()]
    found = Confusion.of(outputs, tmp_path_factory.mktemp("outputs"))
    yield found
    print(found.markdown())  # noqa: T201  pytest shows it where a test fails, or with -s


def test_nothing_is_wrong_with_healthy_outputs(table: Confusion) -> None:
    assert table.outputs > 50
    assert table.false_alarms == []


def test_few_healthy_outputs_give_a_warning(table: Confusion) -> None:
    assert table.warned / table.outputs <= 0.35


def test_every_printed_fix_gives_the_loss_that_it_claims(table: Confusion) -> None:
    assert table.proofs > 400
    assert table.broken == []


def test_hardly_a_proof_is_far_from_the_healthy_loss(table: Confusion) -> None:
    assert len(table.far) / table.proofs <= 0.02, table.far


def test_hardly_a_case_gets_another_cause(table: Confusion) -> None:
    cases = sum(score.cases for _, score in table.mistakes.values())
    assert len(table.misleading) / cases <= 0.05, table.misleading


@pytest.mark.parametrize("how", [each.how for each in MISTAKES])
def test_the_mistake_is_named_first(table: Confusion, how: str) -> None:
    known, score = table.mistakes[how]
    assert score.cases >= 4
    assert table.first(how) >= known.least, score.misses


def test_the_committed_table_is_that_of_the_program(table: Confusion) -> None:
    """Another processor trains the models a little differently: two cases either way."""
    committed, now = (_counts(text) for text in (COMMITTED.read_text(), table.markdown()))
    assert committed.keys() == now.keys()
    for mistake, (cases, first) in now.items():
        assert abs(committed[mistake][0] - cases) <= 2, mistake
        assert abs(committed[mistake][1] - first) <= 200 / cases, mistake


def _counts(table: str) -> dict[str, tuple[int, float]]:
    """By mistake, how many cases there are and how many percent were named first."""
    lines = re.findall(r"^\| (.+) \| \S+ \| (\d+) \| ([\d.]+)% \|", table, re.MULTILINE)
    return {mistake: (int(cases), float(first)) for mistake, cases, first in lines}
