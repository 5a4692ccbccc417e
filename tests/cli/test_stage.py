"""`--stage`: one whole matrix, held against NumPy's own arithmetic."""

import json
from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from conftest import Call
from xent.cli.app import run

ROWS, CLASSES = 4000, 7
WEIGHTS = np.array([1, 0.5, 2, 1, 3, 0.25, 1])


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    generator = np.random.default_rng(5)
    np.save(tmp_path / "z.npy", generator.normal(size=(ROWS, CLASSES)))
    targets = generator.integers(CLASSES, size=ROWS)
    targets[::10] = -100
    np.save(tmp_path / "t.npy", targets)
    return tmp_path / "z.npy", tmp_path / "t.npy"


def expected(files: tuple[Path, Path]) -> dict[str, NDArray[np.float64]]:
    logits, targets = map(np.load, files)
    counted, classes = targets >= 0, np.where(targets < 0, 0, targets)
    exponentials = np.exp(logits)
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    weights = np.where(counted, WEIGHTS[classes], 0)
    nll = -WEIGHTS[classes] * np.log(probabilities[np.arange(ROWS), classes])
    gradient = weights[:, None] * (probabilities - np.eye(CLASSES)[classes]) / weights.sum()
    return {
        "logits": logits,
        "softmax": probabilities,
        "log_softmax": np.log(probabilities),
        "nll": np.where(counted, nll, np.nan),
        "gradient": gradient,
    }


def weighted(*words: object) -> list[object]:
    return ["compute", *words, "--weight", ",".join(map(str, WEIGHTS))]


@pytest.mark.parametrize("stage", ["logits", "softmax", "log_softmax", "nll", "gradient"])
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".json", ".npy"])
def test_a_stage_is_written_whole(
    stage: str, suffix: str, files: tuple[Path, Path], call: Call, tmp_path: Path
) -> None:
    file = tmp_path / f"out{suffix}"
    done = call(*weighted(*files, "--stage", stage, "-o", file))
    assert (done.status, done.out) == (0, "")
    if suffix == ".npy":
        found = np.load(file)
        assert found.shape == expected(files)[stage].shape
        np.testing.assert_allclose(found, expected(files)[stage], rtol=1e-13, atol=1e-17)
        return
    text = file.read_text()
    if suffix == ".json":
        found = np.array(json.loads(text), dtype=np.float64)
    elif suffix == ".jsonl":
        found = np.array([json.loads(line) for line in text.splitlines()], dtype=np.float64)
    else:
        found = np.loadtxt(StringIO(text), delimiter={".csv": ",", ".tsv": "\t"}[suffix])
    np.testing.assert_allclose(found, expected(files)[stage], rtol=1e-13, atol=1e-17)


def test_logits_come_back_with_the_same_bits(files: tuple[Path, Path], call: Call) -> None:
    text = call("compute", *files, "--stage", "logits").out
    assert np.array_equal(np.loadtxt(StringIO(text), delimiter=","), np.load(files[0]))
    again = call("compute", "-", files[1], "-q", stdin=text.encode()).out
    assert again == call("compute", *files, "-q").out


def test_parquet_has_a_column_per_class(call: Call, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    (tmp_path / "z.csv").write_text('cat,"fox, red"\n' + "1,0\n" * 20_000)
    targets = tmp_path / "t.csv"
    targets.write_text("cat\n" * 20_000)
    call("compute", tmp_path / "z.csv", targets, "--stage", "logits", "-o", tmp_path / "a.parquet")
    assert parquet.read_table(tmp_path / "a.parquet").to_pydict() == {
        "cat": [1.0] * 20_000,
        "fox, red": [0.0] * 20_000,
    }


def test_an_array_goes_to_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["compute", "1,0;0,1", "0,1", "--stage", "logits", "--format", "npy"]) == 0
    assert np.array_equal(np.load(BytesIO(capfdbinary.readouterr().out)), np.eye(2))


def test_the_format_of_an_array_needs_a_stage(call: Call) -> None:
    done = call("compute", "1,0", "0", "--format", "npy")
    assert (done.status, done.out) == (2, "")
    assert done.err == (
        "error[XE001]: --format npy is for a whole matrix\n  hint: choose one with --stage\n"
    )


def test_names_of_classes_are_the_header(call: Call, tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text('cat,"fox, red"\n1,0\n')
    flags = ("--stage", "logits")
    assert call("compute", tmp_path / "z.csv", "0", *flags).out == 'cat,"fox, red"\n1.0,0.0\n'
    assert call("compute", tmp_path / "z.csv", "0", "--stage", "nll").out.count("\n") == 1


def test_the_gradient_of_a_sum_needs_one_pass(call: Call) -> None:
    flags = ("--stage", "gradient")
    done = call("compute", "-", "0", *flags, stdin=b"1,0\n")
    assert (done.status, done.out) == (2, "")
    assert "a pipe can be read only once" in done.err
    summed = call("compute", "-", "0", *flags, "--reduction", "sum", stdin=b"1,0\n")
    assert summed.out == call("compute", "1,0", "0", *flags).out
    bits = call("compute", "1,0", "0", *flags, "--unit", "bits").out
    nats = summed.out
    assert float(bits.split(",")[1]) == pytest.approx(float(nats.split(",")[1]) / np.log(2))


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--format", "table"], "--stage writes no table"),
        (["-o", "a.md"], ".md is not a format of this command"),
        (["--dask", "local"], "which --dask does not keep"),
    ],
)
def test_what_does_not_go_with_a_stage(words: list[str], text: str, call: Call) -> None:
    done = call("compute", "1,0", "0", "--stage", "softmax", *words)
    assert (done.status, done.out) == (2, "")
    assert text in done.err


def test_stages_of_what_is_no_logits(call: Call) -> None:
    probs = ("compute", ".25,.75", "1", "--input-kind", "probs", "--stage")
    assert call(*probs, "softmax").out == "0.25,0.75\n"
    log = [*map(float, call(*probs, "log_softmax").out.split(","))]
    assert log == pytest.approx([np.log(0.25), np.log(0.75)], rel=1e-15)
    missing = call(*probs, "logits")
    assert (missing.status, missing.out) == (2, "")
    assert missing.err.startswith("error[XE210]: there is no stage logits")


def test_a_limit_and_warnings_hold_for_a_stage_too(call: Call) -> None:
    high = call("compute", "1,0", "1", "--stage", "nll", "--fail-above", "1")
    assert (high.status, high.out) == (1, "1.3132616875182228\n")
    strict = call("compute", "1,nan", "0", "--stage", "nll", "--strict")
    assert (strict.status, strict.out) == (2, "")


def test_the_kind_that_a_name_tells_holds_for_a_stage_too(call: Call, tmp_path: Path) -> None:
    probs = [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]]
    np.savez(tmp_path / "x.npz", probs=probs, targets=[0, 1])
    found = call("compute", tmp_path / "x.npz", "--stage", "nll").out.split()
    assert [*map(float, found)] == pytest.approx([-np.log(0.7), -np.log(0.8)], rel=1e-15)
