"""Mistakes in the outputs of scikit-learn's classifiers."""

from collections.abc import Iterator

import pytest

pytest.importorskip("sklearn")

from healthy import sklearn_outputs
from mistakes import MISTAKES, Confusion

# There is no text among these data.
OF_ROWS = [each.how for each in MISTAKES if each.rule != "sequence-not-shifted"]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Confusion]:
    found = Confusion.of(sklearn_outputs(), tmp_path_factory.mktemp("outputs"))
    yield found
    print(found.markdown())  # noqa: T201  pytest shows it where a test fails, or with -s


def test_nothing_is_wrong_with_healthy_outputs(table: Confusion) -> None:
    assert table.outputs > 50
    assert table.false_alarms == []


def test_few_healthy_outputs_give_a_warning(table: Confusion) -> None:
    assert table.warned / table.outputs <= 0.35


@pytest.mark.parametrize("how", OF_ROWS)
def test_the_mistake_is_named_first(table: Confusion, how: str) -> None:
    _, tally = table.mistakes[how]
    assert tally.cases >= 5
    assert table.first(how) >= 0.95, tally.misses
