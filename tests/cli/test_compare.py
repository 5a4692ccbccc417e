"""`xent compare` as a user calls it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import Call, Outcome

Files = dict[str, Path]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Two models of which the second is better, the targets, and both with their targets."""
    random = np.random.default_rng(0)
    targets = random.integers(0, 4, 90)
    base = random.normal(size=(90, 4))
    base[np.arange(90), targets] += 2
    first, second = base + 0.5 * random.normal(size=(90, 4)), 1.5 * base
    names = {"a.npy": first, "b.npy": second, "t.npy": targets}
    for name, array in names.items():
        np.save(tmp_path / name, array)
    for name, logits in (("a", first), ("b", second)):
        np.savez(tmp_path / f"{name}.npz", logits=logits, targets=targets)
        order = np.arange(90) if name == "a" else random.permutation(90)
        lines = [
            ",".join([f"x{row}", *map(repr, logits[row].tolist()), str(targets[row])])
            for row in order.tolist()
        ]
        text = "\n".join(["id,p,q,r,s,label", *lines])
        (tmp_path / f"{name}.csv").write_text(f"{text}\n")
    lines = [f"x{row},{targets[row]}" for row in random.permutation(90).tolist()]
    (tmp_path / "t.csv").write_text("\n".join(["id,label", *lines]) + "\n")
    return {path.name: path for path in tmp_path.iterdir()}


@pytest.fixture
def compared(call: Call) -> Callable[..., dict[str, Any]]:
    def compared(*arguments: object) -> dict[str, Any]:
        done = call("compare", *arguments, "--format", "json")
        assert done.status == 0, done.err
        found: dict[str, Any] = json.loads(done.out)
        return found

    return compared


def test_the_difference_is_that_of_the_losses(
    call: Call, compared: Callable[..., dict[str, Any]], files: Files
) -> None:
    [pair] = compared(files["a.npy"], files["b.npy"], files["t.npy"])["pairs"]
    losses = [
        np.array(
            call("compute", "-q", files[name], files["t.npy"], "--reduction", "none").out.split(),
            dtype=float,
        )
        for name in ("a.npy", "b.npy")
    ]
    differences = losses[1] - losses[0]
    assert pair["difference"] == pytest.approx(differences.mean(), rel=1e-12)
    error = differences.std(ddof=1) / np.sqrt(90)
    assert pair["standard_error"] == pytest.approx(error, rel=1e-12)
    reach = 1.9869786995062553 * error  # Student's t of 89 degrees of freedom
    assert pair["interval"] == pytest.approx(
        [differences.mean() - reach, differences.mean() + reach]
    )
    assert (pair["first_lower"], pair["second_lower"]) == (
        int((differences > 0).sum()),
        int((differences < 0).sum()),
    )
    largest = np.argsort(-np.abs(differences))[:5]
    assert [each["row"] for each in pair["movers"]] == largest.tolist()


@pytest.mark.parametrize(
    "arguments",
    [
        ("a.npz", "b.npz"),
        ("a.npy", "b.npy", "--targets", "t.npy"),
        ("a.npz", "b.npz", "t.npy"),
        ("a.csv", "b.csv", "--join", "id"),
        ("a.csv", "b.csv", "t.csv", "--join", "id"),
    ],
)
def test_targets_may_be_in_each_file_or_in_one(
    call: Call, files: Files, arguments: tuple[str, ...]
) -> None:
    expected = call("compare", "-q", files["a.npy"], files["b.npy"], files["t.npy"])
    found = call("compare", "-q", *(files.get(word, word) for word in arguments))
    assert (found.status, found.out) == (0, expected.out)


def test_the_second_of_three_models_is_no_target(
    compared: Callable[..., dict[str, Any]], files: Files
) -> None:
    found = compared(files["a.npz"], files["b.npz"], files["a.npz"])
    assert [model["letter"] for model in found["models"]] == ["A", "B", "C"]
    assert found["pairs"][1]["difference"] == 0
    assert found["pairs"][1]["verdict"] == "no difference"
    four = compared(files["a.npy"], files["b.npy"], files["a.npy"], files["t.npy"])
    assert four["pairs"] == found["pairs"]


def test_logits_after_models_with_targets_are_ambiguous(call: Call, files: Files) -> None:
    done = call("compare", files["a.npz"], files["b.npz"], files["a.npy"])
    assert done.status == 2
    assert "error[XE220]" in done.err
    assert "--targets" in done.err


def test_models_without_targets_are_told_how_to_name_them(call: Call, files: Files) -> None:
    done = call("compare", files["a.npy"], files["b.npy"])
    assert done.status == 2
    assert "xent compare A B TARGETS" in done.err


def test_one_model_is_not_enough(call: Call, files: Files) -> None:
    assert call("compare", files["a.npz"]).status == 2


def test_other_rows_are_not_compared(call: Call, files: Files, tmp_path: Path) -> None:
    done = call("compare", files["a.csv"], files["b.csv"])
    assert done.status == 2
    assert "the rows are not the same" in done.err
    assert "--join" in done.err
    np.savez(tmp_path / "short.npz", logits=np.zeros((3, 4)), targets=np.load(files["t.npy"])[:3])
    assert "has 90 rows" in call("compare", files["a.npz"], tmp_path / "short.npz").err


def test_other_classes_are_not_compared(call: Call) -> None:
    done = call("compare", "1,2,3;1,2,3", "1,2;1,2", "0,1")
    assert done.status == 2
    assert "3 classes" in done.err


def gate(call: Call, files: Files, first: str, second: str, *options: str) -> Outcome:
    return call("compare", files[first], files[second], "--fail-if-worse", *options)


def test_the_gate_fails_beyond_tolerance_and_noise_alone(call: Call, files: Files) -> None:
    assert gate(call, files, "a.npz", "b.npz").status == 0
    worse = gate(call, files, "b.npz", "a.npz")
    assert worse.status == 1
    assert "error[XE303]" in worse.err
    assert gate(call, files, "b.npz", "a.npz", "0.01").status == 1
    assert gate(call, files, "b.npz", "a.npz", "10").status == 0
    assert gate(call, files, "b.npz", "b.npz").status == 0
    assert gate(call, files, "b.npz", "a.npz", "-1").status == 2


def test_a_value_of_the_gate_is_no_file(call: Call) -> None:
    logits = "2,0;0,2;2,0;0,2", "1,0;0,1;1,0;0,1.5", "0,1,0,1"
    assert call("compare", "--fail-if-worse", *logits).status == 1
    assert call("compare", "--fail-if-worse", "0.5", *logits).status == 0


def test_noise_alone_does_not_fail(call: Call) -> None:
    first, second = "2,0;0,2;2,0;0,2", "3,0;0,0.5;3,0;0,0.5"
    done = call("compare", first, second, "0,1,0,1", "--fail-if-worse")
    assert done.status == 0
    assert "within the 95 % interval" in done.out


def test_a_loss_of_nan_never_passes(call: Call) -> None:
    done = call("compare", "2,0;0,2", "nan,0;0,2", "0,1", "--fail-if-worse", "5")
    assert done.status == 1


def test_units_and_csv(call: Call, files: Files) -> None:
    arguments = files["a.npy"], files["b.npy"], files["t.npy"]
    nats = float(call("compare", "-q", *arguments).out)
    bits = float(call("compare", "-q", *arguments, "--unit", "bits").out)
    assert bits == pytest.approx(nats / np.log(2))
    lines = call("compare", *arguments, "--format", "csv").out.splitlines()
    assert lines[0] == "row,target,loss_A,loss_B"
    values = np.array([line.split(",") for line in lines[1:]], dtype=float)
    assert values[:, 0].tolist() == [*range(90)]
    assert (values[:, 3] - values[:, 2]).mean() == pytest.approx(nats)


def test_ignored_rows_count_for_neither(call: Call) -> None:
    done = call("compare", "2,0;0,2;9,9", "1,0;0,1;0,5", "0,1,-100")
    assert "paired, 2 rows, 1 ignored" in done.out


@pytest.mark.parametrize("name", ["table", "markdown", "github"])
def test_formats_name_both_files(call: Call, files: Files, name: str) -> None:
    done = call("compare", files["a.npz"], files["b.npz"], "--format", name)
    assert done.status == 0
    assert "a.npz" in done.out
    assert "B is better than A by" in done.out


def test_one_pipe_is_read_once(call: Call, files: Files) -> None:
    piped = call(
        "compare", "-q", "-", files["b.npy"], files["t.npy"], stdin=files["a.npy"].read_bytes()
    )
    expected = call("compare", "-q", files["a.npy"], files["b.npy"], files["t.npy"])
    assert (piped.status, piped.out) == (0, expected.out)
    assert call("compare", files["a.npy"], files["b.npy"], "-").status == 2


def test_clusters_widen_the_interval(
    compared: Callable[..., dict[str, Any]], files: Files, tmp_path: Path
) -> None:
    names = tmp_path / "docs.txt"
    names.write_text("\n".join(str(row // 30) for row in range(90)) + "\n")
    arguments = files["a.npy"], files["b.npy"], files["t.npy"]
    [alone] = compared(*arguments)["pairs"]
    [clustered] = compared(*arguments, "--cluster", names)["pairs"]
    assert clustered["clusters"] == 3
    assert clustered["difference"] == alone["difference"]
    assert clustered["standard_error"] != alone["standard_error"]
    [each] = compared(files["a.csv"], files["b.csv"], "--join", "id")["pairs"]
    assert each["difference"] == alone["difference"]


def test_a_test_takes_scipy(call: Call, files: Files) -> None:
    try:
        import scipy.stats  # noqa: F401  it may be missing
    except ImportError:
        done = call("compare", files["a.npz"], files["b.npz"], "--test")
        assert done.status == 2
        assert "xent-cli[stats]" in done.err


@pytest.mark.parametrize("options", [(), ("--movers", "3"), ("--label-smoothing", "0.1")])
def test_processes_find_the_same_bits(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.setattr("xent.cli.executors._LEAST_BYTES", 1)
    monkeypatch.setattr("xent.comparison.parallel.CHUNK_BYTES", 400)
    random = np.random.default_rng(6)
    header = "p,q,r\n"  # B alone has one, so that its lines are one behind those of A
    for name in ("a", "b"):
        rows = random.normal(size=(120, 3)).round(3).tolist()
        text = "\n".join(",".join(map(str, row)) for row in rows) + "\n"
        (tmp_path / f"{name}.csv").write_text(text if name == "a" else header + text)
    targets = "\n".join(map(str, random.integers(0, 3, 120).tolist())) + "\n"
    (tmp_path / "t.csv").write_text(targets)
    files = [tmp_path / name for name in ("a.csv", "b.csv", "t.csv")]
    one, two = (
        call("compare", *files, *options, "--format", "json", "--jobs", jobs) for jobs in (1, 2)
    )
    assert one.status == two.status == 0
    assert one == two
    short = tmp_path / "short.csv"
    short.write_text("\n".join(files[0].read_text().splitlines()[:90]) + "\n")
    refused = [call("compare", files[1], short, files[2], "--jobs", jobs) for jobs in (1, 2)]
    assert refused[0] == refused[1]
    assert refused[0].status == 2
