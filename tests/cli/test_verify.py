"""`xent verify`: what it prints, in every format, and the exit status."""

import gzip
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from conftest import Call
from worked_examples import alone, together
from xent.verification.libraries import LIBRARIES

WEIGHTED = ("2,1,0; 0,3,1", "0,1", "--weight", "1,0.5,2")
OWN = ("--only", "pencil,numpy")


def run_program(text: str) -> float:
    done = subprocess.run(
        [sys.executable, "-"], input=text, capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1])


@pytest.mark.parametrize(
    ("logits", "targets", "loss"),
    [
        ("1,0,0; 0,1,0; 0,0,1", "0,1,2", "0.5514447139320511"),
        ("1,4,1,1; 5,1,2,1; 1,2,5,1", "1,0,2", "0.10165968125955888"),
    ],
)
def test_the_worked_examples_are_verified(logits: str, targets: str, loss: str, call: Call) -> None:
    done = call("verify", logits, targets, *OWN)
    assert (done.status, done.err) == (0, "")
    lines = [line.strip("│ ").split() for line in done.out.splitlines()]
    assert ["library", "call", "loss", "difference"] in lines
    assert ["xent", loss] in lines
    assert done.out.endswith("2 of 2 programs agree with xent up to rounding\n")


def test_json_has_every_program(call: Call) -> None:
    found = json.loads(call("verify", *WEIGHTED, *OWN, "--format", "json").out)
    assert found["loss"] == 0.3283526494816821
    assert found["explained"] is True
    assert [each["library"] for each in found["calculations"]] == ["pencil", "numpy"]
    for each in found["calculations"]:
        assert {"library", "version", "call", "loss", "rules", "predicted", "program"} <= {*each}
        assert run_program(each["program"]) == each["loss"]


def test_markdown_is_a_table(call: Call) -> None:
    done = call("verify", *WEIGHTED, *OWN, "--format", "markdown")
    header, rule, own, *_ = done.out.splitlines()
    assert header == "| library | call | loss | difference |"
    assert rule == "| :-- | :-- | --: | :-- |"
    assert own == "| xent |  | 0.3283526494816821 |  |"
    assert all(line.count("|") == 5 for line in done.out.splitlines() if line.startswith("|"))


def test_a_missing_library_is_a_row_and_no_failure(call: Call, tmp_path: Path) -> None:
    """An interpreter that sees no library: its own, isolated from its environment's."""
    bare = tmp_path / "bare"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    bare.chmod(0o755)
    done = call("verify", *WEIGHTED, "--only", "pencil,numpy", "--python", bare)
    assert done.status == 0
    assert "not installed" in done.out
    assert "pip install numpy" in done.out


def test_a_program_that_crashes_is_a_row_and_status_1(call: Call, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text(f'#!/bin/sh\ntest "$1" = - && exit 3\nexec {sys.executable} "$@"\n')
    broken.chmod(0o755)
    done = call("verify", *WEIGHTED, "--only", "pencil", "--python", broken)
    assert done.status == 1
    assert "failed: exit status 3" in done.out
    assert "unexplained: pencil" in done.out


def test_another_number_is_unexplained(call: Call, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text(f'#!/bin/sh\ntest "$1" = - && echo 0.4 && exit\nexec {sys.executable} "$@"\n')
    wrong.chmod(0o755)
    done = call("verify", *WEIGHTED, "--only", "pencil", "--python", wrong)
    assert done.status == 1
    assert "unexplained" in done.out


@pytest.mark.parametrize("library", ["pencil", "numpy"])
def test_code_is_what_runs(library: str, call: Call) -> None:
    text = call("verify", *WEIGHTED, "--code", library).out
    found = json.loads(call("verify", *WEIGHTED, "--only", library, "--format", "json").out)
    assert found["calculations"][0]["program"] == text
    assert run_program(text) == pytest.approx(0.3283526494816821, rel=1e-15)


@pytest.mark.parametrize("library", LIBRARIES)
def test_code_is_printed_for_every_library(library: str, call: Call) -> None:
    done = call("verify", *WEIGHTED, "--code", library)
    assert (done.status, done.err) == (0, "")
    compile(done.out, library, "exec")


def test_all_programs_in_one_file(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "check_loss.py"
    assert call("verify", *WEIGHTED, "--code", "all", "-o", path).out == ""
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("== pencil\n")
    assert "\nmean loss 0.3283526494816821\n" in done.stdout


def test_a_library_that_there_is_not_is_bad_usage(call: Call) -> None:
    for words in (("--code", "tensorflow"), ("--only", "pencil,jax")):
        done = call("verify", *WEIGHTED, *words)
        assert done.status == 2
        assert "there is no program for" in done.err


def test_an_interpreter_that_there_is_not_is_bad_usage(call: Call) -> None:
    done = call("verify", *WEIGHTED, "--python", "/nowhere/python")
    assert done.status == 2
    assert "is not an interpreter" in done.err


def large(tmp_path: Path, rows: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    logits, targets = rng.normal(size=(rows, 50)), rng.integers(50, size=rows)
    np.save(tmp_path / "z.npy", logits)
    np.save(tmp_path / "t.npy", targets)
    np.savetxt(tmp_path / "z.csv", logits, delimiter=",", fmt="%.17g")
    np.savetxt(tmp_path / "t.csv", targets, fmt="%d")
    return logits, targets


@pytest.mark.parametrize("suffix", ["npy", "csv"])
def test_a_sample_of_large_data_is_verified(suffix: str, call: Call, tmp_path: Path) -> None:
    large(tmp_path)
    words = (tmp_path / f"z.{suffix}", tmp_path / f"t.{suffix}")
    done = call("verify", *words, *OWN)
    assert done.status == 0
    assert "750 of 3,000 rows, one in 4; --all verifies all rows" in done.out
    text = call("verify", *words, "--code", "numpy").out
    assert f'"{tmp_path}/z.{suffix}"' in text
    assert ("[::4]" in text) or ("None, 4)" in text)
    whole = json.loads(call("verify", *words, *OWN, "--all", "--format", "json").out)
    assert whole["rows"] == 3000
    assert whole["loss"] == float(call("compute", "-q", *words).out)


def test_a_pipe_is_verified_by_its_rows(call: Call, tmp_path: Path) -> None:
    logits, targets = large(tmp_path, 100)
    document = json.dumps({"logits": logits.tolist(), "targets": targets.tolist()}).encode()
    done = call("verify", "-", *OWN, stdin=document)
    assert done.status == 0
    assert "50 of 100 rows, one in 2" in done.out
    done = call("verify", "-", "--all", *OWN, stdin=document)
    assert "of 100 rows" not in done.out


@pytest.mark.parametrize("library", ["pencil", "numpy"])
@pytest.mark.parametrize(
    "name", [name for name in alone([[1]], [0]) if not name.startswith(("half", "safe"))]
)
def test_files_of_each_format_are_read_by_the_programs(
    name: str, library: str, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logits, targets = [[1, 4, 1, 1], [5, 1, 2, 1], [1, 2, 5, 1]] * 30, [1, 0, 2] * 30
    suffix = name.rsplit("-", 1)[-1] if name.startswith("quoted-") else name
    ending = {"blank": "txt", "semicolon": "csv", "quoted": "csv", "floats": "csv", "spaced": "csv"}
    names = [f"{role}.{ending.get(suffix, suffix)}" for role in ("logits", "targets")]
    for file, content in zip(names, alone(logits, targets)[name], strict=True):
        (tmp_path / file).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    text = call("verify", *names, "--code", library).out
    if name != "quoted-and-spaced":  # such a program holds the rows
        assert f'"{names[0]}"' in text
    assert run_program(text) == pytest.approx(0.10165968125955888, rel=1e-14)


@pytest.mark.parametrize("name", [name for name in together([[1]], [0]) if "safe" not in name])
def test_a_file_of_both_is_read_by_the_programs(
    name: str, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logits, targets = [[1, 4, 1, 1], [5, 1, 2, 1], [1, 2, 5, 1]] * 30, [1, 0, 2] * 30
    (tmp_path / name).write_bytes(together(logits, targets)[name])
    monkeypatch.chdir(tmp_path)
    text = call("verify", name, "--code", "numpy").out
    assert f'"{name}"' in text
    assert run_program(text) == pytest.approx(0.10165968125955888, rel=1e-14)


def test_names_of_classes_are_read_by_the_programs(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = ["1,4,1,cat", "5,1,2,dog", "1,2,5,fox"] * 40
    (tmp_path / "table.csv").write_text("dog,cat,fox,label\n" + "\n".join(rows) + "\n")
    monkeypatch.chdir(tmp_path)
    loss = float(call("compute", "-q", "table.csv").out)
    text = call("verify", "table.csv", "--code", "numpy").out
    assert 'names = ["dog", "cat", "fox"]' in text
    assert run_program(text) == pytest.approx(loss, rel=1e-14)


@pytest.mark.parametrize("change", ["blank lines", "compressed", "decimal commas", "one-based"])
def test_a_file_that_is_not_so_simple_is_verified_all_the_same(
    change: str, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = ["1,4.5,1,0", "5,1,2,0.5", "1,2,5,1"] * 40
    text, options, targets = "\n".join(rows), [], "1,0,2," * 39 + "1,0,2"
    name = "z.csv"
    if change == "blank lines":
        text = text.replace("\n5", "\n\n5")
    if change == "decimal commas":
        text = text.replace(",", ";").replace(".", ",")
    if change == "one-based":
        options, targets = ["--one-based"], "2,1,3," * 39 + "2,1,-100"
    content = text.encode()
    if change == "compressed":
        name, content = "z.csv.gz", gzip.compress(content)
    (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    done = call("verify", name, targets, *options, *OWN)
    assert done.status == 0, done.out


def test_nothing_of_other_libraries_is_imported_here() -> None:
    code = (
        "import sys; from xent.cli.app import run; run(sys.argv[1:]);"
        "sys.exit(bool({'torch', 'jax', 'keras', 'sklearn', 'scipy', 'optax'} & {*sys.modules}))"
    )
    words = [sys.executable, "-c", code, "verify", *WEIGHTED, "--only", "numpy"]
    assert (
        subprocess.run(words, capture_output=True, check=False, env={**os.environ}).returncode == 0
    )


def test_an_expected_number_is_explained(call: Call) -> None:
    words = ("verify", "0.2,0.3,0.5; 0.5,0.2,0.3", "2,1", "--weight", "2,4,6", "--expect")
    done = call(*words, "5.29915")
    assert done.status == 0
    assert done.out.startswith(
        "5.29915 is Σ w·l divided by the number of rows, not by Σ w.\n"
        "The loss as xent and PyTorch calculate it, which divides by Σ w = 10, is\n"
        "1.05983106084446.\n"
    )
    assert call(*words, "1.0598").out.startswith("1.0598 is the loss as xent and PyTorch")
    nothing = call(*words, "7.77777")
    assert nothing.status == 1
    assert nothing.out.startswith("No convention gives 7.77777.\n")


def test_an_expected_number_in_every_format(call: Call) -> None:
    words = ("verify", *WEIGHTED, "--expect", "0.24626448")
    found = json.loads(call(*words, "--format", "json").out)
    assert found["answered"] is True
    assert found["hits"][0]["conventions"] == ["mean over rows"]
    assert found["hits"][0]["value"] == pytest.approx(0.2462644871112616)
    markdown = call(*words, "--format", "markdown").out
    assert markdown.startswith("**0.24626448 is Σ w·l divided by the number of rows")


def test_the_command_of_a_hit_prints_the_number(call: Call) -> None:
    words = ("verify", *WEIGHTED, "--format", "json", "--expect")
    for number in ("0.4925289", "0.4737127"):  # the sum, and the mean in bits
        [hit] = json.loads(call(*words, number).out)["hits"]
        _, *arguments = shlex.split(hit["command"])
        assert float(call(*arguments).out) == pytest.approx(float(number), rel=1e-6)


def test_another_class_axis_and_a_shift_are_tried(call: Call) -> None:
    rng = np.random.default_rng(4)
    logits = json.dumps(rng.normal(size=(2, 3, 3)).tolist())
    targets = json.dumps(rng.integers(3, size=(2, 3)).tolist())
    other = float(call("compute", "-q", logits, targets, "--class-axis", -1).out)
    done = call("verify", logits, targets, "--class-axis", 1, "--expect", repr(other))
    assert (done.status, "the classes along axis -1" in done.out) == (0, True)
    shifted = float(call("compute", "-q", logits, targets, "--class-axis", 1, "--shift").out)
    done = call("verify", logits, targets, "--class-axis", 1, "--expect", repr(shifted))
    assert (done.status, "against the target of the next" in done.out) == (0, True)


def planted_in(logits: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    """Numbers of large data by hand, and what gives them."""
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    rows = np.arange(len(targets))
    twice = np.exp(probs) / np.exp(probs).sum(axis=1, keepdims=True)
    nll = -np.log(probs[rows, targets])
    ignored = targets == 7
    return {
        "sum": nll[~ignored].sum(),
        "mean over all rows": nll[~ignored].sum() / len(rows),
        "softmax twice": -np.log(twice[rows, targets])[~ignored].mean(),
        "bits, softmax twice": -np.log2(twice[rows, targets])[~ignored].mean(),
        "shift": -np.log(probs[rows[:-1], targets[1:]])[~ignored[1:]].mean(),
        "mean of batch means": np.mean(
            [nll[at : at + 64][~ignored[at : at + 64]].mean() for at in range(0, len(rows), 64)]
        ),
        "base 10, targets -1": -np.log10(probs[rows, (targets - 1) % 50])[~ignored].mean(),
        "nothing ignored": nll.mean(),
    }


@pytest.mark.parametrize("name", planted_in(np.zeros((64, 50)), np.zeros(64, dtype=int)))
def test_a_number_of_large_data_is_found_over_all_rows(
    name: str, call: Call, tmp_path: Path
) -> None:
    logits, targets = large(tmp_path)
    number = planted_in(logits, targets)[name]
    words = ("verify", tmp_path / "z.npy", tmp_path / "t.npy", "--ignore-index", 7)
    expect = ("--batch-size", 64, "--format", "json", "--expect", f"{number:.9g}")
    found = json.loads(call(*words, *expect).out)
    assert name.split(", ") in [hit["conventions"] for hit in found["hits"]]
    assert found["sample"] == ("750 of 3,000 rows, one in 4" if "," in name else None)
    assert found["hits"][0]["value"] == pytest.approx(number, rel=1e-8)


def test_large_data_are_held_in_memory_where_all_are_asked_for_or_a_pipe_is_read(
    call: Call, tmp_path: Path
) -> None:
    logits, targets = large(tmp_path)
    over_rows = logits - np.log(np.exp(logits).sum(axis=0))
    number = f"{-over_rows[np.arange(len(targets)), targets].mean():.9g}"
    words = ("verify", tmp_path / "z.npy", tmp_path / "t.npy", "--expect", number)
    done = call(*words)
    assert done.status == 1
    assert "--all takes all rows at once" in " ".join(done.out.split())
    assert "softmax along the axis of the rows" in call(*words, "--all").out
    document = json.dumps({"logits": logits.tolist(), "targets": targets.tolist()}).encode()
    piped = call("verify", "-", "--expect", number, stdin=document)
    assert "softmax along the axis of the rows" in piped.out


@pytest.mark.parametrize(
    "words",
    [
        ("--expect", "abc"),
        ("--expect", "nan"),
        ("--batch-size", "4"),
        ("--expect", "1", "--code", "numpy"),
    ],
)
def test_bad_usage(words: tuple[str, ...], call: Call) -> None:
    done = call("verify", *WEIGHTED, *words)
    assert (done.status, done.out) == (2, "")


def test_bad_input_is_a_message(call: Call) -> None:
    done = call("verify", "1,2;3,4", "0,7", *OWN)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error[XE203]")
