"""A row's loss depends on that row alone, to the last bit, whatever the options."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import xent

OPTIONS: dict[str, dict[str, Any]] = {
    "none": {},
    "weight": {"weight": True},
    "label smoothing": {"label_smoothing": 0.1},
    "temperature": {"temperature": 0.7},
    "sample weight": {"sample_weight": True},
    "all": {
        "weight": True,
        "label_smoothing": 0.3,
        "temperature": 3.7,
        "sample_weight": True,
        "unit": "bits",
    },
}
Case = tuple[NDArray[np.float64], NDArray[Any], dict[str, Any]]


def case_of(names: str, kind: str, classes: int, count: int) -> Case:
    """Logits, class numbers or probabilities, and options with arrays that fit."""
    rng = np.random.default_rng([classes, count])
    options = dict(OPTIONS[names])
    if "weight" in options:
        options["weight"] = rng.uniform(0.1, 5, classes)
    if "sample_weight" in options:
        options["sample_weight"] = rng.uniform(0.1, 5, count)
    logits = rng.normal(size=(count, classes)) * 9
    if kind == "classes":
        return logits, rng.integers(classes, size=count), options
    return logits, rng.dirichlet([0.5] * classes, size=count), options


def losses_of(case: Case, rows: Any = slice(None)) -> NDArray[np.float64]:
    """The losses of some rows of a case, calculated together."""
    logits, targets, options = case
    if "sample_weight" in options:
        options = options | {"sample_weight": options["sample_weight"][rows]}
    losses: NDArray[np.float64] = xent.cross_entropy(
        logits[rows], targets[rows], reduction="none", **options
    )
    return losses


@pytest.mark.parametrize("classes", [1, 2, 3, 8, 17, 300, 1000])
@pytest.mark.parametrize("kind", ["classes", "probabilities"])
@pytest.mark.parametrize("names", OPTIONS)
def test_a_row_alone_has_the_bits_it_has_in_any_batch(names: str, kind: str, classes: int) -> None:
    """In a batch of more than one slice of work, of a few rows, and in another order."""
    count = 140_000 // classes + 3
    case = case_of(names, kind, classes, count)
    together = losses_of(case)
    rng = np.random.default_rng(classes)
    few, shuffled = rng.integers(count, size=7), rng.permutation(count)
    assert np.array_equal(losses_of(case, few), together[few])
    assert np.array_equal(losses_of(case, shuffled), together[shuffled])
    for row in (0, *few, count - 1):
        assert losses_of(case, slice(row, row + 1)) == together[row]


@pytest.mark.parametrize("names", OPTIONS)
@pytest.mark.parametrize("kind", ["classes", "probabilities"])
def test_a_row_does_not_see_what_its_neighbours_are(kind: str, names: str) -> None:
    case = case_of(names, kind, 9, 60)
    before = losses_of(case)
    case[0][::3], case[0][1::6, 0] = np.nan, -np.inf
    case[0][4::6, 1:] = 1e300
    after = losses_of(case)
    assert np.isnan(after[::3]).all()
    assert np.array_equal(after[2::3], before[2::3])


def _laid_out(array: NDArray[Any], layout: str) -> NDArray[Any]:
    """The same values, elsewhere in memory."""
    match layout:
        case "columns first":
            return np.asfortranarray(array)
        case "every second":
            return np.repeat(array, 2, axis=-1)[..., ::2]
        case "backwards":
            return array[..., ::-1].copy()[..., ::-1]
    raise AssertionError(layout)


@pytest.mark.parametrize("layout", ["columns first", "every second", "backwards"])
@pytest.mark.parametrize("classes", [2, 8, 17, 300])
@pytest.mark.parametrize("names", OPTIONS)
def test_nor_how_it_lies_in_memory(names: str, classes: int, layout: str) -> None:
    logits, targets, options = case_of(names, "classes", classes, 200)
    moved = _laid_out(logits, layout), _laid_out(targets, layout), options
    assert np.array_equal(losses_of(moved), losses_of((logits, targets, options)))


def _with_probabilities_laid_out(layout: str, classes: int) -> bool:
    logits, targets, options = case_of("none", "probabilities", classes, 200)
    moved = logits, _laid_out(targets, layout), options
    return np.array_equal(losses_of(moved), losses_of((logits, targets, options)))


@pytest.mark.parametrize("layout", ["every second", "backwards", "columns first"])
@pytest.mark.parametrize("classes", [8, 17, 300])
def test_nor_how_its_probabilities_do(classes: int, layout: str) -> None:
    assert _with_probabilities_laid_out(layout, classes)


@pytest.mark.parametrize("kind", ["classes", "probabilities"])
def test_nor_along_which_axes_the_rows_stand(kind: str) -> None:
    logits, targets, options = case_of("label smoothing", kind, 17, 24)
    cube = np.ascontiguousarray(np.moveaxis(logits.reshape(4, 3, 2, 17), -1, 1))
    labels = targets.reshape(4, 3, 2, *targets.shape[1:])
    if kind == "probabilities":
        labels = np.ascontiguousarray(np.moveaxis(labels, -1, 1))
    found = losses_of((cube, labels, options))
    assert np.array_equal(found.reshape(-1), losses_of((logits, targets, options)))
