"""Every printed program, run with the real library, over options and formats.

A program must print xent's number, or the number that a rule predicts. Programs of a library that
is not installed are skipped.
"""

import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import Call, problem_of
from loss_problems import EXTREMES, printed, problems
from worked_examples import alone, together
from xent.verification.differences import Explainer
from xent.verification.expectation import Expected, search
from xent.verification.libraries import LIBRARIES
from xent.verification.program import inline_data
from xent.verification.searched_rows import SearchedRows

os.environ.setdefault("KERAS_BACKEND", "jax")
# What another library may do that xent does not, on inputs without extremes.
_EXPECTED = {
    "keras": {"denominator", "float32", "clip", "renormalise"},
    "torch": {"denominator"},
    "torch-nll": {"denominator"},
    "torch-float32": {"float32", "denominator"},
}
_ROUNDING = {"same", "last place", "cancellation"}


@pytest.fixture(params=[key for key in LIBRARIES if key not in ("pencil", "numpy")])
def library(request: pytest.FixtureRequest) -> str:
    key: str = request.param
    name = {"sklearn": "sklearn", "optax": "optax", "keras": "keras"}.get(key, "torch")
    if find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    return key


@pytest.mark.parametrize(("logits", "targets", "options"), problems())
def test_a_program_prints_the_loss_or_what_is_predicted(
    library: str, logits: Any, targets: Any, options: dict[str, Any]
) -> None:
    problem = problem_of(logits, targets, **options)
    program = LIBRARIES[library].program(problem, inline_data(problem))
    found = Explainer(problem).difference(printed(program.text), program.precision)
    assert found.is_explained, (found, program.text)
    assert {*found.rules} <= _ROUNDING | _EXPECTED.get(library, set()), found


@pytest.mark.parametrize(("logits", "targets", "options"), EXTREMES)
def test_extreme_inputs_are_explained_or_known_to_be_refused(
    library: str, logits: Any, targets: Any, options: dict[str, Any]
) -> None:
    problem = problem_of(logits, targets, **options)
    program = LIBRARIES[library].program(problem, inline_data(problem))
    if program.body.refusal:
        with pytest.raises((ValueError, TypeError, ZeroDivisionError)):
            printed(program.text)
        return
    found = Explainer(problem).difference(printed(program.text), program.precision)
    assert found.is_explained, (found, program.text)


def test_what_cancels_or_is_clipped_is_named(library: str) -> None:
    problem = problem_of([[40.0, 0.0]], [0])
    program = LIBRARIES[library].program(problem, inline_data(problem))
    found = Explainer(problem).difference(printed(program.text), program.precision)
    name = {"sklearn": "clip", "torch-float32": "float32"}.get(library, "cancellation")
    assert found.rules == (name,)


LOGITS, TARGETS = [[1, 4, 1, 1], [5, 1, 2, 1], [1, 2, 5, 1]] * 30, [1, 0, 2] * 30


@pytest.mark.parametrize("name", alone([[1]], [0]))
def test_programs_read_files_of_each_format(
    name: str, library: str, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"{role}.{name.rsplit('-', 1)[-1]}" for role in ("logits", "targets")]
    for file, content in zip(names, alone(LOGITS, TARGETS)[name], strict=True):
        (tmp_path / file).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    assert printed(call("verify", *names, "--code", library).out) == pytest.approx(
        0.10165968125955888, rel=1e-6 if library == "torch-float32" else 1e-14
    )


@pytest.mark.parametrize("name", together([[1]], [0]))
def test_programs_read_files_of_both(
    name: str, library: str, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_bytes(together(LOGITS, TARGETS)[name])
    monkeypatch.chdir(tmp_path)
    text = call("verify", name, "--code", library).out
    assert f'"{name}"' in text
    assert printed(text) == pytest.approx(
        0.10165968125955888, rel=1e-6 if library == "torch-float32" else 1e-14
    )


@pytest.mark.parametrize("kind", ["lists", "columns", "hdf5"])
def test_programs_read_tables_and_data_sets(
    kind: str, library: str, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if kind == "hdf5":
        h5py = pytest.importorskip("h5py")
        name = "both.h5"
        with h5py.File(name, "w") as file:
            file["logits"], file["targets"] = np.array(LOGITS), np.array(TARGETS)
    else:
        arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        name = "both.parquet"
        columns: dict[str, Any] = {"logits": LOGITS}
        if kind == "columns":
            columns = {f"class {at}": [float(row[at]) for row in LOGITS] for at in range(4)}
        parquet.write_table(arrow.table({**columns, "target": TARGETS}), name)
    text = call("verify", name, "--code", library).out
    assert f'"{name}"' in text
    assert printed(text) == pytest.approx(
        0.10165968125955888, rel=1e-6 if library == "torch-float32" else 1e-14
    )


@pytest.mark.parametrize(
    ("logits", "targets"),
    [
        ("1,0,0; 0,1,0; 0,0,1", "0,1,2"),
        ("1,4,1,1; 5,1,2,1; 1,2,5,1", "1,0,2"),
        ("examples/digits/logits.csv", "examples/digits/targets.csv"),
    ],
)
def test_the_command_runs_all_libraries(
    logits: str, targets: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    done = call("verify", logits, targets, "--format", "json")
    found = json.loads(done.out)
    assert (done.status, found["explained"]) == (0, True)
    assert [each["library"] for each in found["calculations"]] == [*LIBRARIES]
    for each in found["calculations"]:
        assert each["missing"] or each["rules"][0] in _ROUNDING | {"float32"}
        assert each["missing"] or each["loss"] == pytest.approx(found["loss"], rel=3e-7)


@pytest.mark.parametrize("seed", range(10))
def test_what_pytorch_calculates_otherwise_is_found(seed: int) -> None:
    torch = pytest.importorskip("torch")
    cross_entropy, softmax = torch.nn.functional.cross_entropy, torch.softmax
    rng = np.random.default_rng(seed)
    rows, classes = int(rng.integers(5, 60)), int(rng.integers(3, 9))
    logits, targets = rng.normal(size=(rows, classes)) * 2, rng.integers(classes, size=rows)
    weight = rng.uniform(0.3, 3, classes)
    z, t, w = map(torch.tensor, (logits, targets, weight))
    numbers = {
        "mean over rows": cross_entropy(z, t, weight=w, reduction="none").mean(),
        "sum": cross_entropy(z, t, weight=w, reduction="sum"),
        "no class weights": cross_entropy(z, t),
        "softmax twice": cross_entropy(softmax(z, 1), t, weight=w),
        "softmax over the rows": torch.nn.functional.nll_loss(torch.log_softmax(z, 0), t, weight=w),
        "no logarithm": torch.nn.functional.nll_loss(softmax(z, 1), t, weight=w),
        "inputs as log-probabilities": torch.nn.functional.nll_loss(z, t, weight=w),
        "negated inputs": cross_entropy(-z, t, weight=w),
        "smoothing 0.1": cross_entropy(z, t, weight=w, label_smoothing=0.1),
    }
    problem = problem_of(logits, targets, weight=weight)
    for name, number in numbers.items():
        searched, expected = SearchedRows.of(problem), Expected.of(f"{number.item():.7g}")
        found = search(searched, expected, [], None, lambda _: None)
        assert [name] in [[each.name for each in hit.conventions] for hit in found.hits], name
        assert found.is_answered


@pytest.mark.parametrize("seed", range(5))
def test_keras_with_from_logits_false_is_found(seed: int) -> None:
    keras = pytest.importorskip("keras")
    rng = np.random.default_rng(seed)
    logits, targets = rng.uniform(0.1, 4, size=(20, 5)), rng.integers(5, size=20)
    number = float(keras.losses.SparseCategoricalCrossentropy()(targets, logits))
    rows = SearchedRows.of(problem_of(logits, targets))
    found = search(rows, Expected.of(f"{number:.6g}"), [], None, lambda _: None)
    assert ["from_logits=False"] in [[each.name for each in hit.conventions] for hit in found.hits]
