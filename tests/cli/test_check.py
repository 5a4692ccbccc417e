"""`xent check` and `xent rule`: what they print, in every format, and the exit status."""

import json
import os
import shlex
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from conftest import Call
from xent.checkup.checkup import all_rules
from xent.cli.rereading import RereadInput
from xent.errors import Code
from xent.inputs.pairing import Inputs
from xent.losses.softmax import softmax

LOGITS = "5,1,0; 1,4,0; 0,1,6; 1,7,2"


@pytest.fixture
def healthy(tmp_path: Path) -> tuple[Path, Path]:
    """The files of a model that is as sure as it is right."""
    rng = np.random.default_rng(1)
    targets = rng.integers(4, size=400)
    logits = rng.normal(size=(400, 4))
    logits[np.arange(400), targets] += 2
    np.save(tmp_path / "logits.npy", logits * 2)
    np.save(tmp_path / "targets.npy", targets)
    return tmp_path / "logits.npy", tmp_path / "targets.npy"


def test_a_mistake_is_named_and_proved(call: Call) -> None:
    done = call("check", LOGITS, "1,2,3,2")
    assert done.status == 1
    assert done.out.startswith(
        "error[XC301] labels-one-based\n"
        "  the targets go from 1 to 3, but the 3 classes from 0 to 2\n"
        "  loss 4.3666, after the fix 0.0272\n"
        "  hint: count them from 0\n"
        "  fix: xent compute -q '5,1,0; 1,4,0; 0,1,6; 1,7,2' 1,2,3,2 --one-based\n"
    )
    assert done.out.splitlines()[-1].startswith("verdict: labels-one-based (1 error")
    assert not done.err


def test_healthy_data_pass(healthy: tuple[Path, Path], call: Call) -> None:
    done = call("check", *healthy)
    assert done.status == 0
    assert done.out.splitlines()[-1].startswith("verdict: nothing looks wrong; loss 0.")
    for title in ("worst rows", "classes", "distribution"):
        assert f"\n{title}  " in f"\n{done.out}"


def test_the_worst_rows_name_their_lines(call: Call, tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text("5,1\n1,5\n0,9\n")
    done = call("check", tmp_path / "z.csv", "0,1,0", "--worst", 1)
    title, _, _, _, row = done.out[done.out.index("worst rows") :].splitlines()[:5]
    assert title.endswith(f"in {tmp_path}/z.csv")
    assert row.strip("│").split() == ["2", "3", "0", "1.2339e-04", "1", "0.9999", "9.0001", "99.6%"]
    assert "worst rows" not in call("check", tmp_path / "z.csv", "0,1,0", "--worst", 0).out


def test_json_has_all_of_it(call: Call) -> None:
    done = call("check", LOGITS, "1,2,3,2", "--format", "json")
    found = json.loads(done.out)
    assert found["schema"] == 1
    assert found["classes"] == 3
    finding = found["findings"][0]
    assert (finding["code"], finding["name"]) == ("XC301", "labels-one-based")
    assert finding["severity"] == "error"
    assert finding["evidence"]["loss_after_fix"] < finding["evidence"]["loss"]
    assert {*finding} == {"code", "name", "severity", "message", "hint", "fix", "evidence"}
    assert found["worst_rows"][0]["share"] <= 1
    # The tables show all four rows, of which one has no class before the fix.
    assert (found["rows"], found["counted"], found["tables_after_fix"]) == (4, 3, True)
    assert sum(row["rows"] for row in found["histogram"]) == 4


def test_json_lines_are_findings(call: Call) -> None:
    lines = call("check", LOGITS, "1,2,3,2", "--format", "jsonl").out.splitlines()
    assert json.loads(lines[0])["name"] == "labels-one-based"


def test_github_s_annotations(call: Call) -> None:
    done = call("check", LOGITS, "1,2,3,2", "--format", "github")
    assert done.out.splitlines()[0] == (
        "::error title=XC301 labels-one-based::the targets go from 1 to 3, but the 3 classes from "
        "0 to 2; loss 4.3666, after the fix 0.0272; count them from 0"
    )


def test_markdown(call: Call) -> None:
    done = call("check", LOGITS, "1,2,3,2", "--format", "markdown")
    assert done.out.startswith("- **error XC301** `labels-one-based`: the targets go from 1 to 3")
    assert "| row | line |" in done.out


def test_the_status_follows_what_is_to_fail(call: Call) -> None:
    words = ("check", "1,0,0; 0,1,0; 0,0,1", "0,1,2")
    assert call(*words).status == 1
    assert call(*words, "--ignore", "probabilities-as-logits").status == 0
    rest = ("--ignore", "XC101", "--fail-on", "info")
    assert call(*words, *rest).status == 1
    assert call(*words, "--select", "XC302").status == 0


def test_what_compute_refuses_is_a_finding(call: Call) -> None:
    for targets, name in (
        ("0,1", "counts-differ"),
        ("17,1,9,1", "targets-out-of-range"),
        ("0,1,0.5,1", "targets-float"),
        ("0,1,nan,1", "targets-float"),
    ):
        done = call("check", LOGITS, targets)
        assert done.status == 1
        assert name in done.out
        assert call("compute", LOGITS, targets).status == 2


def test_an_unknown_rule_is_bad_usage(call: Call) -> None:
    done = call("check", LOGITS, "0,1,2,1", "--select", "XC999")
    assert done.status == 2
    assert "there is no rule XC999\n  hint: xent rule lists all rules" in done.err


def test_a_batch_size_compares_the_means(healthy: tuple[Path, Path], call: Call) -> None:
    assert "mean-of-means" in call("check", *healthy, "--batch-size", 150).out
    assert "mean-of-means" not in call("check", *healthy, "--batch-size", 100).out


def test_groups_compare_the_means(healthy: tuple[Path, Path], call: Call) -> None:
    rows = len(np.load(healthy[1]))
    halves, uneven = ([row // size for row in range(rows)] for size in (rows // 2, 7))
    done = call("check", *healthy, "--groups", json.dumps(uneven))
    assert f"the mean of {-(-rows // 7)} batches' means is" in done.out
    assert "mean-of-means" not in call("check", *healthy, "--groups", json.dumps(halves)).out


def test_groups_are_as_many_as_rows(healthy: tuple[Path, Path], call: Call) -> None:
    done = call("check", *healthy, "--groups", "0,0,1")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error[XE205]: there are 400 rows, and 3 numbers in --groups\n")
    many = call("check", *healthy, "--groups", json.dumps([0] * 401))
    assert (many.status, many.out) == (2, "")
    assert "there are 400 rows, and 401 numbers in --groups" in many.err


def test_a_pipe_is_not_read_again(call: Call, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    text = "9,0,0; 0,9,0; 0,0,9;".replace(";", "\n") * 10
    writer = Thread(target=pipe.write_text, args=[text])
    writer.start()
    done = call("check", pipe, ",".join("123" * 10))
    writer.join()
    assert done.out.startswith("error[XC301] labels-one-based\n")


def test_all_rules_are_listed(call: Call) -> None:
    done = call("rule")
    assert len(done.out.splitlines()) == len({*Code, *(rule.code for rule in all_rules())})
    assert "XC301  error    labels-one-based " in done.out


@pytest.mark.parametrize("word", ["XC301", "xc301", "labels-one-based"])
def test_a_rule_says_what_it_means(word: str, call: Call) -> None:
    done = call("rule", word)
    assert done.out.startswith(
        "XC301 labels-one-based (error)\n\nThe targets count the classes from 1.\n"
    )
    assert "\nFix: subtract 1 from the targets, or use --one-based.\n" in done.out


def test_a_rule_that_there_is_not(call: Call) -> None:
    done = call("rule", "labels-onebased")
    assert done.status == 2
    assert "did you mean labels-one-based?" in done.err


def test_the_proof_is_in_the_unit_of_the_command_it_prints(call: Call) -> None:
    done = call(
        "check", LOGITS, "1,2,3,2", "--unit", "bits", "--reduction", "sum", "--format", "json"
    )
    finding = json.loads(done.out)["findings"][0]
    _, *words = shlex.split(finding["fix"])
    assert float(call(*words).out) == pytest.approx(finding["evidence"]["loss_after_fix"])
    assert "--unit bits" in finding["fix"]


def test_how_the_targets_were_taken_is_said(call: Call) -> None:
    done = call("check", "3,1;1,2", "[[0],[1]]")
    assert done.err == "note[XN304]: <targets> has shape (2, 1) and is read as a list\n"


@pytest.mark.parametrize("places", [2, 3, 4])
@pytest.mark.parametrize("classes", [2, 3, 10])
def test_rounded_softmax_outputs_are_probabilities_for_compute_and_check(
    places: int, classes: int, call: Call, tmp_path: Path
) -> None:
    rows = softmax(np.random.default_rng(23).normal(size=(60, classes)) * 2)
    np.savetxt(tmp_path / "probs.csv", rows, delimiter=",", fmt=f"%.{places}f")
    np.savetxt(tmp_path / "targets.csv", rows.argmax(axis=1), fmt="%d")
    files = (tmp_path / "probs.csv", tmp_path / "targets.csv")
    assert "warning[XC101]" in call("compute", "-q", *files).err
    assert call("check", *files).out.startswith("error[XC101] probabilities-as-logits\n")
    assert not call("compute", "-q", *files, "--input-kind", "probs").err
    checked = call("check", *files, "--input-kind", "probs").out
    assert "XC101" not in checked
    assert "XC107" not in checked


@pytest.mark.parametrize(
    "row",
    [
        (0.1, 0.2, 0.3),  # in [0, 1], as logits may be
        (0.5, 0.3, 0.1),
        (0.3512, 0.3371, 0.3217),  # four decimals, and a sum of 1.01
        (0.351, 0.337, 0.315),  # three, and 1.003
        (1.01, 0.0, 0.0),  # a rounding error away from 1, but above it
    ],
)
def test_numbers_that_do_not_sum_to_one_are_no_probabilities(
    row: tuple[float, ...], call: Call
) -> None:
    rows = "; ".join(["0.2,0.3,0.5", ",".join(map(str, row))])
    assert "XC101" not in call("compute", "-q", rows, "2,0").err
    assert "XC101" not in call("check", rows, "2,0").out
    if max(row) <= 1:
        said = "warning[XC107]: the probabilities do not sum to 1 in row 1\n"
        assert call("compute", "-q", rows, "2,0", "--input-kind", "probs").err.startswith(said)
        assert "XC107" in call("check", rows, "2,0", "--input-kind", "probs").out


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        ("XC101", ["0.2,0.8; 0.6,0.4", "1,0"]),
        ("XC107", ["0.2,0.7; 0.6,0.4", "1,0", "--input-kind", "probs"]),
        ("XC401", ["1,1;" * 60, ",".join("01" * 30)]),
        ("XC402", ["9,0; 0,9; 9,0;" * 20, ",".join("011" * 20)]),
        ("XC503", ["1,2; 2,1", "0.5,0.2; 0.5,0.5"]),
        ("XC507", ["1,2; 2,1", "nan,0.2; 0.5,0.5"]),
        ("XC601", ["1,nan; 2,1", "1,0"]),
        ("XC602", ["1,2; -inf,1", "1,0"]),
        ("XC606", ["1e308,-1e308; 2,1", "1,0"]),
        ("XC701", ["1,2; 2,1", "1,0", "--weight", "1,-2"]),
    ],
)
def test_compute_warns_with_the_sentence_of_check(
    code: str, arguments: list[str], call: Call
) -> None:
    _require_one_sentence(code, arguments, call)


def test_columns_named_in_another_order_are_suspected_by_compute_and_check(
    call: Call, tmp_path: Path
) -> None:
    (tmp_path / "z.csv").write_text("cat,dog,bird\n1,5,0\n0,1,5\n5,0,1\n")
    arguments = [str(tmp_path / "z.csv"), "2,0,1"]
    _require_one_sentence("XC305", arguments, call)
    # Three rows are no proof: a warning, not an error.
    assert call("check", *arguments).status == 0


def _require_one_sentence(code: str, arguments: list[str], call: Call) -> None:
    computed, checked = (
        json.loads(call(command, *arguments, "--format", "json").out)
        for command in ("compute", "check")
    )
    [warning] = [each for each in computed["diagnostics"] if each["code"] == code]
    [finding] = [each for each in checked["findings"] if each["code"] == code]
    for part in ("name", "message", "hint"):
        assert finding[part] == warning[part]


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["1.5; -2; 0.5", "1,0,1"], "--binary"),
        (["2,-1,3; -2,1,0.5", "1,0,1; 0,1,1"], "--binary"),
        (["1,-2; 0.5,3", "0,1", "--input-kind", "probs"], ""),
    ],
)
def test_an_option_that_is_missing_is_named_with_the_loss(
    arguments: list[str], option: str, call: Call
) -> None:
    assert call("compute", "-q", *arguments).status == 2
    done = call("check", *arguments, "--format", "json")
    finding = json.loads(done.out)["findings"][0]
    assert (finding["code"], done.status) == ("XC508" if ";" in arguments[1] else "XC213", 1)
    assert option in finding["fix"]
    computed = call(*shlex.split(finding["fix"])[1:])
    assert float(computed.out) == finding["evidence"]["loss_after_fix"]


def test_what_no_option_mends_is_refused(call: Call) -> None:
    assert call("check", "1.5; -2; 0.5", "1,0,7").status == 2
    assert call("check", "1,-2; 0.5,x", "0,1", "--input-kind", "probs").status == 2


def test_a_file_that_is_replaced_between_two_readings_is_refused(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logits, targets, other = (tmp_path / name for name in ("z.csv", "t.csv", "other.csv"))
    logits.write_text("9,0,0\n0,9,0\n0,0,9\n" * 10)
    targets.write_text("1\n2\n3\n" * 10)
    other.write_text("3\n1\n2\n" * 10)
    first = RereadInput.guarded

    def replaced(asked: RereadInput, inputs: Inputs) -> Inputs:
        if other.exists():  # before the first reading has ended
            other.replace(targets)
        return first(asked, inputs)

    monkeypatch.setattr(RereadInput, "guarded", replaced)
    done = call("check", logits, targets)
    assert done.status == 2
    assert done.out == ""
    assert done.err.startswith(f"error[XE126]: {targets} changed while it was read\n")


def test_a_file_that_stays_is_read_twice(call: Call, tmp_path: Path) -> None:
    logits, targets = tmp_path / "z.csv", tmp_path / "t.csv"
    logits.write_text("9,0,0\n0,9,0\n0,0,9\n" * 10)
    targets.write_text("1\n2\n3\n" * 10)
    assert "loss 9.0002, after the fix 2.4" in call("check", logits, targets).out


@pytest.mark.parametrize(
    ("arguments", "fix"),
    [
        (["1;2;-3", "0,1,0"], "--binary"),
        (["0,1,1,0", "1,4,2; 5,1,2; 1,2,5; 4,0,0"], "xent compute -q '1,4,2; 5,1,2; 1,2,5; 4,0,0'"),
        (["1,4; 5,1; 3,2", "1,0,0", "--input-kind", "probs"], "--input-kind logits"),
        (["z.csv"], "--targets-key -1"),
        (["names.csv", "0,1,0"], "--index-column 0"),
        (["plain.csv", "words.csv"], "--class-names cat,dog"),
    ],
)
def test_check_says_with_which_option_compute_takes_an_input(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], fix: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "z.csv").write_text("1.5,0.5,0\n0.5,2.5,1\n0.1,0.2,1\n")
    (tmp_path / "names.csv").write_text("a.png,1.5,0.5\nb.png,0.5,2.5\nc.png,0.1,0.2\n")
    (tmp_path / "plain.csv").write_text("1.5,0.5\n0.5,2.5\n0.1,0.2\n")
    (tmp_path / "words.csv").write_text("cat\ndog\ndog\n")
    done = call("check", *arguments)
    assert done.status == 1
    assert fix in done.out
    lines = [line for line in done.out.splitlines() if line.startswith("  fix: xent compute")]
    assert call(*shlex.split(lines[0].removeprefix("  fix: "))[1:]).status == 0


def test_a_cell_that_no_option_explains_is_still_an_error(call: Call) -> None:
    done = call("check", "1,2; 3,x", "0,1")
    assert (done.status, done.err[:13]) == (2, "error[XE201]:")


def test_names_of_two_classes_tell_an_exchange_from_a_sign(call: Call, tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    rows, labels = generator.normal(size=(80, 2)), generator.integers(2, size=80)
    rows[np.arange(80), labels] += 3
    targets = ",".join(map(str, (1 - labels).tolist()))
    lines = [",".join(map(repr, row)) for row in rows.tolist()]
    (tmp_path / "named.csv").write_text("\n".join(["dog,cat", *lines]))
    done = call("check", tmp_path / "named.csv", targets)
    assert done.out.startswith("error[XC305] labels-permuted\n")
    assert "fix: logits = logits[:, [1, 0]]\n" in done.out
    (tmp_path / "plain.csv").write_text("\n".join(lines))
    assert call("check", tmp_path / "plain.csv", targets).out.startswith("error[XC104]")
