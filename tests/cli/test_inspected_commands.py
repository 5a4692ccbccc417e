"""The command that `xent inspect` prints runs, and calculates the loss that is meant."""

import json
import re
import shlex
from collections.abc import Iterator
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import Call

EXAMPLES = Path(__file__).parents[2] / "examples"


# Logits that are told from probabilities, or from one-hot targets, by nobody but who typed them.
UNDECIDED = ("why-another-number", "why-not-zero")


def computing_lines() -> Iterator[tuple[Path, list[str], list[str]]]:
    """Yield the folder, the files and the options of each plain command of the examples."""
    for path in sorted(EXAMPLES.glob("*/command")):
        for line in path.read_text().splitlines():
            command = re.match(r"xent (?:compute|check|verify|explain) ([^|>&$()]*)$", line)
            if command is None:
                continue
            words = shlex.split(command[1])
            files = []
            while words and (path.parent / words[0]).is_file():
                files.append(words.pop(0))
            if words and not words[0].startswith("-"):  # inline targets
                files.append(words.pop(0))
            if files and path.parent.name not in UNDECIDED:
                yield path.parent, files, words


def inspected(call: Call, path: Path, *options: str) -> list[str]:
    """Return the arguments of the command that inspect prints."""
    done = call("inspect", path, *options, "--format", "json")
    assert done.status == 0, done.err
    command = json.loads(done.out)["command"]
    return shlex.split(command)[1:] if command else []


LINES = [*computing_lines()]
SHOWN = ("--rows", "--digits", "--format", "--code", "--expect", "--row", "--quiet", "-q")


def test_the_examples_have_commands() -> None:
    assert len(LINES) >= 9


@pytest.mark.parametrize(("folder", "files", "options"), LINES, ids=str)
def test_the_command_of_each_example(
    folder: Path, files: list[str], options: list[str], call: Call
) -> None:
    paths = [str(folder / file) if (folder / file).is_file() else file for file in files]
    for at, word in enumerate(options):
        if (folder / word).is_file():
            options[at] = str(folder / word)
    for name in SHOWN:
        if name in options:
            at = options.index(name)
            del options[at : at + (1 if name in ("--quiet", "-q") else 2)]
    expected = call("compute", "-q", *paths, *options)
    if expected.status:  # an example of an error
        return
    words = inspected(call, folder / files[0])
    missing = dict(zip(("TARGETS",), paths[1:], strict=False))
    words = [missing.get(word, word) for word in words]
    told = [word for word in words[1:] if word not in paths]
    found = call("compute", "-q", *paths, *options, *(word for word in told if word not in options))
    assert (found.status, found.out) == (0, expected.out), words


PROBS = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.25, 0.25, 0.5], [0.5, 0.25, 0.25]])
LABELS = [0, 2, 2, 1]
LOSS = -(log(0.7) + log(0.3) + log(0.5) + log(0.25)) / 4
YES, SURE = [1, 0, 1, 1], [0.75, 0.5, 0.25, 0.875]
BINARY = -(log(0.75) + log(0.5) + log(0.25) + log(0.875)) / 4


def rows_of(header: str, *columns: Any) -> str:
    lines = [",".join(map(str, row)) for row in zip(*columns, strict=True)]
    return "\n".join([header, *lines] if header else lines) + "\n"


WORDS = ["cat", "fox", "fox", "dog"]
TABLES = {
    "predictions-mixed": (
        rows_of(
            "image_index,true_label,predicted_label,prob_class_0,prob_class_1,prob_class_2",
            range(4), LABELS, [0, 1, 2, 0], *PROBS.T,
        ),
        LOSS,
    ),
    "answer-column": (rows_of("prob_0,prob_1,prob_2,answer", *PROBS.T, LABELS), LOSS),
    "sums-beside": (
        rows_of("cat,dog,fox,cat_or_dog,people,label", *PROBS.T, PROBS[:, :2].sum(axis=1),
                [199.5, 80.25, 3.5, 7.25], WORDS),
        LOSS,
    ),
    "r-with-labels": (rows_of('"","cat","dog","fox","obs"', range(1, 5), *PROBS.T, WORDS), LOSS),
    "one-probability": (rows_of("y_true,y_prob", YES, SURE), BINARY),
    "true-and-false": (rows_of("p,actual", SURE, [bool(x) for x in YES]), BINARY),
    "left-labels": (
        rows_of("species,P (species=cat),P (species=dog),P (species=fox)", WORDS, *PROBS.T), LOSS,
    ),
    "list-cells": (
        rows_of("text,label,probs", "abcd", LABELS, [f'"{row.tolist()}"' for row in PROBS]), LOSS,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_the_command_of_each_table(name: str, call: Call, tmp_path: Path) -> None:
    text, loss = TABLES[name]
    path = tmp_path / "t.csv"
    path.write_text(text)
    done = call(*inspected(call, path), "-q")
    assert done.status == 0, done.err
    assert float(done.out) == pytest.approx(loss, rel=1e-12)


DOCUMENTS = {
    "dict": ({"y_prob": PROBS.tolist(), "y_true": LABELS}, LOSS),
    "records": ([dict(zip("abc", row, strict=True)) | {"label": "abc"[y]}
                 for row, y in zip(PROBS.tolist(), LABELS, strict=True)], LOSS),
    "maps": ([{"cats": dict(zip("abc", row, strict=True)), "label": "abc"[y]}
              for row, y in zip(PROBS.tolist(), LABELS, strict=True)], LOSS),
    "names": ({"probs": PROBS.tolist(), "labels": WORDS, "class_names": ["cat", "dog", "fox"]},
              LOSS),
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_command_of_each_document(name: str, call: Call, tmp_path: Path) -> None:
    document, loss = DOCUMENTS[name]
    path = tmp_path / "d.json"
    path.write_text(json.dumps(document))
    done = call(*inspected(call, path), "-q")
    assert done.status == 0, done.err
    assert float(done.out) == pytest.approx(loss, rel=1e-12)


def test_labels_of_several_questions_are_told(call: Call, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(40, 4)), rng.integers(2, size=(40, 4))
    np.savetxt(tmp_path / "z.csv", logits, delimiter=",")
    np.savetxt(tmp_path / "y.csv", labels, delimiter=",", fmt="%d")
    words = inspected(call, tmp_path / "y.csv")
    assert words[-1] == "--binary"
    words[words.index("LOGITS")] = str(tmp_path / "z.csv")
    own = np.logaddexp(0, logits) - logits * labels
    assert float(call(*words, "-q").out) == pytest.approx(own.mean(), rel=1e-12)


def test_an_axis_of_one_class_is_binary(call: Call, tmp_path: Path) -> None:
    logits = np.random.default_rng(0).normal(size=(2, 1, 4, 4))
    np.save(tmp_path / "z.npy", logits)
    np.save(tmp_path / "y.npy", (logits[:, 0] > 0).astype(np.uint8))
    words = inspected(call, tmp_path / "z.npy")
    words[words.index("TARGETS")] = str(tmp_path / "y.npy")
    own = np.logaddexp(0, -np.abs(logits)).mean()
    assert float(call(*words, "-q").out) == pytest.approx(own, rel=1e-12)


@pytest.mark.parametrize("text", ["cat\ndog\ncat\n", "status\ncat\ndog\n"])
def test_a_file_of_labels_is_told(text: str, call: Call, tmp_path: Path) -> None:
    (tmp_path / "y.csv").write_text(text)
    done = call("inspect", tmp_path / "y.csv")
    assert done.status == 2
    assert "these are labels, not scores" in done.err
    assert f"xent compute LOGITS {tmp_path}/y.csv" in done.err


def test_a_file_of_class_numbers_alone_is_told(call: Call, tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("filename,true_label,predicted_label\na.png,1,1\nb.png,0,1\n")
    for command in ("inspect", "compute", "check", "explain"):
        done = call(command, tmp_path / "v.csv")
        assert done.status == 2
        assert "there are no scores in" in done.err
        assert "cannot be calculated from predicted labels" in done.err
