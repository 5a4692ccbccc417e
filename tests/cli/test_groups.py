"""Groups of rows, bits per byte, and the worst rows."""

import json
from math import log
from pathlib import Path

import numpy as np
import pytest

from conftest import Call

TABLE = "lang,cat,dog,label\nde,2,0,0\nen,0,1,1\nde,0,3,0\nfr,1,1,1\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    return path


def test_groups_of_a_column(call: Call, table: Path) -> None:
    found = json.loads(call("compute", table, "--group", "lang", "--format", "json").out)
    losses = {"de": [log(1 + np.exp(-2)), log(1 + np.exp(3))], "en": [log(1 + np.exp(-1))]}
    means = {name: np.mean(each) for name, each in losses.items()} | {"fr": log(2)}
    assert [group["group"] for group in found["groups"]] == ["de", "fr", "en"]
    for group in found["groups"]:
        assert group["loss"] == pytest.approx(means[group["group"]])
    assert found["mean_over_groups"] == pytest.approx(np.mean([*means.values()]))
    assert found["groups"][0]["rows"] == 2


def test_groups_of_the_targets_file_and_of_a_file_of_names(call: Call, tmp_path: Path) -> None:
    targets, names = tmp_path / "targets.csv", tmp_path / "names.txt"
    targets.write_text("label,doc\n0,a\n1,b\n1,a\n")
    names.write_text("a\nb\na\n")
    logits = "2,0;0,1;0,3"
    one = call("compute", logits, targets, "--group", "doc", "--format", "json")
    two = call("compute", logits, "0,1,1", "--group", names, "--format", "json")
    assert json.loads(one.out)["groups"] == json.loads(two.out)["groups"]
    table = call("compute", logits, "0,1,1", "--group", names).out
    assert "2 groups, the largest mean first" in table
    assert "over groups" in table


def test_groups_of_sequences(call: Call, tmp_path: Path) -> None:
    np.save(tmp_path / "logits.npy", np.random.default_rng(0).normal(size=(2, 3, 5)))
    np.save(tmp_path / "targets.npy", np.array([[0, 1, 2], [3, 4, 0]]))
    (tmp_path / "names.txt").write_text("first\nsecond\n")
    arguments = (tmp_path / "logits.npy", tmp_path / "targets.npy", "--class-axis", "-1")
    done = call("compute", *arguments, "--group", tmp_path / "names.txt", "--format", "json")
    assert {group["group"]: group["rows"] for group in json.loads(done.out)["groups"]} == {
        "first": 3,
        "second": 3,
    }


def test_groups_merge_through_states(call: Call, table: Path, tmp_path: Path) -> None:
    lines = TABLE.splitlines()
    for number, rows in enumerate((lines[1:2], lines[2:])):
        (tmp_path / f"{number}.csv").write_text("\n".join([lines[0], *rows]) + "\n")
        state = tmp_path / f"{number}.state"
        call("compute", tmp_path / f"{number}.csv", "--group", "lang", "--per", "10", "-o", state)
    states = [tmp_path / "1.state", tmp_path / "0.state"]
    merged = json.loads(call("merge", *states, "--format", "json").out)
    whole = call("compute", table, "--group", "lang", "--per", "20", "--format", "json").out
    assert merged["groups"] == json.loads(whole)["groups"]
    assert merged["bits_per_length"] == json.loads(whole)["bits_per_length"]


@pytest.mark.parametrize("group", ["nothing", "label"])
def test_what_is_no_group_is_refused(call: Call, table: Path, group: str) -> None:
    done = call("compute", table, "--group", group)
    assert (done.status, done.out) == (2, "")
    assert group in done.err


def test_too_few_names_are_refused(call: Call, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("a\n")
    done = call("compute", "1,0;0,1", "0,1", "--group", tmp_path / "names.txt")
    assert done.status == 2
    assert "1 group" in done.err


def test_bits_per_byte(call: Call) -> None:
    for per in ("6", "1,5", "[6, 0]"):
        lines = call("compute", "1,0;0,1", "0,1", "--per", per, "--format", "plain").out
        found = dict(line.split("\t") for line in lines.splitlines())
        bits = 2 * log(1 + np.exp(-1)) / log(2)
        assert float(found["bits_per_length"]) == pytest.approx(bits / 6)
    ignored = call("compute", "1,0;0,1", "0,-100", "--per", "4,9", "--format", "plain").out
    assert "length\t4\n" in ignored


@pytest.mark.parametrize("per", ["0", "1,2,3", "1.5,2", "-1,3", "nowhere.txt"])
def test_lengths_that_are_none_are_refused(call: Call, per: str) -> None:
    done = call("compute", "1,0;0,1", "0,1", "--per", per)
    assert (done.status, done.out) == (2, "")


def test_the_worst_rows_come_first(call: Call) -> None:
    logits, targets = "1,0;0,1;3,0;0,2;5,5", "0,1,1,0,-100"
    found = json.loads(call("compute", logits, targets, "--worst", "2", "--format", "json").out)
    assert [each["row"] for each in found["worst"]] == [2, 3]
    assert found["worst"][0]["nll"] == pytest.approx(log(1 + np.exp(3)))
    assert "worst rows" in call("compute", logits, targets, "--worst", "2").out
    assert "worst rows" not in call("compute", logits, targets).out
