"""One number per row: log-probabilities of what was observed, and losses."""

import json
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import xent
from conftest import Call
from xent.meaning.column_names import is_result_table

LOG_PROBS = ("--input-kind", "target-log-probs")
LOSSES = ("--input-kind", "losses")


def numbers(call: Call, *arguments: object) -> dict[str, Any]:
    done = call("compute", *arguments, "--format", "json")
    assert done.status == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def test_the_mean_its_error_and_the_perplexity(call: Call) -> None:
    values = np.array([-1.5, -0.25, -3.0, -0.5])
    found = numbers(call, json.dumps(values.tolist()), *LOG_PROBS)
    assert found["loss"] == -values.mean()
    assert found["standard_error"] == pytest.approx(values.std(ddof=1) / 2)
    assert found["perplexity"] == pytest.approx(exp(-values.mean()))
    assert not {"accuracy", "chance", "prior_level", "skill"} & {*found}
    losses = numbers(call, json.dumps((-values).tolist()), *LOSSES)
    assert losses["loss"] == found["loss"]


def test_the_base_of_logarithms(call: Call) -> None:
    ten = numbers(call, "-1,-2", *LOG_PROBS, "--log-base", "10")
    assert ten["loss"] == pytest.approx(1.5 * log(10))
    assert ten["perplexity"] == pytest.approx(10**1.5)
    bits = numbers(call, "1,2", *LOSSES, "--log-base", "2", "--unit", "bits")
    assert bits["loss"] == pytest.approx(1.5)
    assert call("compute", "1,0", "0", "--log-base", "10").status == 2


def test_tables_are_read_by_the_name_of_the_column(call: Call, tmp_path: Path) -> None:
    csv, jsonl = tmp_path / "scores.csv", tmp_path / "scores.jsonl"
    csv.write_text("doc,token,logprob\nd1,a,-1.5\nd1,b,-0.5\nd2,c,-2\n")
    jsonl.write_text('{"token": "a", "logprob": -1.5}\n{"token": "b", "logprob": -0.5}\n')
    found = numbers(call, csv, *LOG_PROBS, "--group", "doc", "--per", "30", "--worst", "1")
    assert found["loss"] == pytest.approx(4 / 3)
    assert [(each["group"], each["loss"]) for each in found["groups"]] == [("d2", 2), ("d1", 1)]
    assert found["bits_per_length"] == pytest.approx(4 / log(2) / 30)
    assert found["worst"] == [{"row": 2, "nll": 2.0}]
    assert numbers(call, jsonl, *LOG_PROBS)["loss"] == 1
    assert "the column logprob" in call("compute", csv, *LOG_PROBS).err


def test_several_columns_may_be_meant(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("loss,nll\n1,2\n3,4\n")
    done = call("compute", path, *LOSSES)
    assert done.status == 2
    assert "--class-columns" in done.err
    assert numbers(call, path, *LOSSES, "--class-columns", "nll")["loss"] == 3
    path.write_text("1,2\n3,4\n")
    assert call("compute", path, *LOSSES).status == 2


def test_sequences_of_scores(call: Call, tmp_path: Path) -> None:
    np.save(tmp_path / "scores.npy", np.array([[-1.0, -2], [-3, -4]]))
    assert numbers(call, tmp_path / "scores.npy", *LOG_PROBS)["loss"] == 2.5


@pytest.mark.parametrize(
    ("value", "kind", "hint"),
    [("0.5", LOG_PROBS, "--input-kind losses"), ("-0.5", LOSSES, "target-log-probs")],
)
def test_numbers_of_the_wrong_sign_are_refused(
    call: Call, value: str, kind: tuple[str, ...], hint: str
) -> None:
    done = call("compute", f"[{value}, {value}]", *kind)
    assert (done.status, done.out) == (2, "")
    assert hint in done.err


@pytest.mark.parametrize(
    "options",
    [
        ("--label-smoothing", "0.1"),
        ("--weight", "1,2"),
        ("--binary",),
        ("--shift",),
        ("--class-axis", "0"),
        ("--one-based",),
        ("--temperature", "2"),
    ],
)
def test_options_of_classes_have_no_use(call: Call, options: tuple[str, ...]) -> None:
    assert call("compute", "[-1, -2]", *LOG_PROBS, *options).status == 2


def test_targets_are_not_needed_and_other_commands_need_classes(call: Call) -> None:
    assert call("compute", "[-1, -2]", "0,1", *LOG_PROBS).status == 2
    for command in ("check", "explain", "verify"):
        done = call(command, "[-1, -2]", *LOG_PROBS)
        assert done.status == 2
        assert "xent compute" in done.err


def test_weights_and_states(call: Call, tmp_path: Path) -> None:
    found = numbers(call, "[-1, -3]", *LOG_PROBS, "--sample-weight", "3,1")
    assert found["loss"] == 1.5
    state = tmp_path / "x.state"
    call("compute", "[-1, -3]", *LOG_PROBS, "--log-base", "10", "-o", state)
    merged = call("merge", state).out
    assert merged == call("compute", "[-1, -3]", *LOG_PROBS, "--log-base", "10").out
    assert "classes" not in merged


def test_infinite_and_missing_log_probabilities(call: Call) -> None:
    done = call("compute", "[-1, -Infinity]", *LOG_PROBS, "-q")
    assert (done.status, done.out) == (0, "inf\n")
    assert call("compute", "[null, -1]", *LOG_PROBS).status == 2


def test_results_of_compute_are_compared(call: Call, tmp_path: Path) -> None:
    targets, files = "0,1,1,0", []
    for name, logits in (("a", "2,0;0,1;1,1;3,0"), ("b", "1,0;0,4;0,1;2,0")):
        for suffix in ("csv", "jsonl"):
            call("compute", logits, targets, "-o", tmp_path / f"{name}.{suffix}")
        files.append(logits)
    expected = call("compare", "-q", *files, targets)
    for first, second in (("a.csv", "b.csv"), ("a.jsonl", "b.jsonl"), ("a.csv", "b.jsonl")):
        found = call("compare", "-q", tmp_path / first, tmp_path / second)
        assert (found.status, found.out) == (0, expected.out)
    table = call("compare", tmp_path / "a.csv", tmp_path / "b.csv").out
    assert "mean loss" in table
    assert "KL" not in table
    other = tmp_path / "other.csv"
    call("compute", "2,0;0,1;1,1;3,0", "0,1,1,1", "-o", other)
    assert "not the same" in call("compare", tmp_path / "a.csv", other).err
    assert call("compare", tmp_path / "a.csv", "2,0;0,1;1,1;3,0", targets).status == 2


def test_losses_of_others_are_compared(call: Call, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,loss\nx,0.5\ny,1.5\n")
    (tmp_path / "b.csv").write_text("id,loss\nx,0.25\ny,0.5\n")
    done = call("compare", "-q", tmp_path / "a.csv", tmp_path / "b.csv")
    assert (done.status, float(done.out)) == (0, -0.625)
    plain = call("compare", "-q", "[-0.5, -1.5]", "[-0.25, -0.5]", *LOG_PROBS)
    assert (plain.status, float(plain.out)) == (0, -0.625)


def test_what_is_written_of_one_number_per_row_is_read_again(call: Call, tmp_path: Path) -> None:
    for suffix in ("csv", "jsonl"):
        path = tmp_path / f"scores.{suffix}"
        call("compute", "[-1.5, -0.5]", *LOG_PROBS, "-o", path)
        assert numbers(call, path, *LOSSES)["loss"] == 1
        assert call("compare", "-q", path, path).out == "0.0\n"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("row", "target", "prediction", "probability", "nll"), True),
        (("id", "loss"), True),
        (("loss",), True),
        (("win", "loss"), False),
        (("loss", "nll"), False),
        (("id", "cat", "dog", "label"), False),
        ((), False),
    ],
)
def test_tables_of_losses_are_known_by_all_their_names(
    names: tuple[str, ...], expected: bool
) -> None:
    assert is_result_table(names) == expected


def test_functions_of_arrays_need_classes() -> None:
    with pytest.raises(xent.InputError, match="one number per row"):
        xent.cross_entropy([[-1.0]], [0], input_kind="losses")  # type: ignore[call-overload]  # it is refused
