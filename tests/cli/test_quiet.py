"""`-q` in every command: the answer alone, no notes, and all warnings and errors."""

import json
from pathlib import Path

import pytest

from conftest import Call

MASKED = ("1,-inf; 0,0", "0,1")
LEARNER = ("1,0,0; 0,1,0; 0,0,1", "0,1,2")


@pytest.mark.parametrize(
    ("command", "flags"),
    [
        ("compute", []),
        ("compute", ["--format", "json"]),
        ("compute", ["--format", "csv"]),
        ("compute", ["--format", "table"]),
        ("explain", []),
        ("explain", ["--format", "json"]),
        ("check", []),
    ],
)
def test_quiet_drops_notes(command: str, flags: list[str], call: Call) -> None:
    assert call(command, *MASKED, *flags).err.startswith("note[XN302]: ")
    assert call(command, *MASKED, *flags, "-q").err == ""


def test_quiet_keeps_warnings_and_errors(call: Call) -> None:
    assert call("compute", "1,nan", "0", "-q").err.startswith("warning[XC601]: ")
    assert call("compute", "1,nan", "0", "-q", "--strict").err.startswith("error[XC601]: ")
    assert call("compute", "1,x", "0", "-q").err.startswith("error[XE201]: ")
    assert call("explain", "1,2", "7", "-q").err.startswith("error[XE203]: ")


def test_quiet_leaves_an_explicit_format_as_it_is(call: Call) -> None:
    for name in ("json", "csv", "table", "plain", "jsonl", "markdown", "state"):
        flags = ("--format", name)
        assert call("compute", *LEARNER, *flags, "-q").out == call("compute", *LEARNER, *flags).out


def test_quiet_writes_the_format_of_the_suffix(call: Call, tmp_path: Path) -> None:
    call("compute", *LEARNER, "-q", "-o", tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text())["loss"] == 0.5514447139320511
    call("compute", *LEARNER, "-q", "-o", tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text() == "0.5514447139320511\n"


def test_quiet_merge_drops_notes(call: Call, tmp_path: Path) -> None:
    state = tmp_path / "a.state"
    call("compute", *MASKED, "-o", state)
    assert call("merge", state).err.startswith("note[XN302]: ")
    assert call("merge", state, "-q").err == ""
    assert call("merge", state, "-q").out == call("compute", *MASKED, "-q").out


def test_a_quiet_check_is_one_line_per_finding(call: Call) -> None:
    done = call("check", LEARNER[0], "1,2,3", "-q")
    assert done.status == 1
    first, *others = done.out.splitlines()
    assert first == "XC301 labels-one-based: loss 1.5514, after the fix 0.5514"
    found = call("check", LEARNER[0], "1,2,3", "--format", "jsonl").out
    assert len(others) + 1 == sum('"code"' in line for line in found.splitlines())
    assert call("check", "9,0; 0,9", "0,1", "-q", "--select", "XC301").out == ""


def test_a_quiet_explanation_is_the_short_answer(call: Call) -> None:
    brief = " ".join(call("explain", "-q").out.split())
    assert brief == " ".join(json.loads(call("explain", "--format", "json").out)["brief"])


def test_a_quiet_inspection_has_no_notes(call: Call, tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text(",a,b\n0,1,2\n1,3,4\n")
    loud, quiet = call("inspect", tmp_path / "z.csv"), call("inspect", tmp_path / "z.csv", "-q")
    assert loud.err.startswith("note[XN310]: ")
    assert (quiet.out, quiet.err) == (loud.out, "")


@pytest.mark.parametrize("command", ["compute", "explain", "check"])
def test_a_dash_is_standard_output(
    command: str, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(command, *LEARNER, "-o", "-").out == call(command, *LEARNER).out
    assert not [*tmp_path.iterdir()]
    call(command, *LEARNER, "-o", "./-")
    assert [path.name for path in tmp_path.iterdir()] == ["-"]


def test_the_version_has_a_short_flag(call: Call) -> None:
    assert call("-V").out == call("--version").out


@pytest.mark.parametrize("command", ["compute", "explain", "check", "inspect", "merge", "rule"])
def test_help_is_a_command_too(command: str, call: Call) -> None:
    assert call("help", command).out == call(command, "--help").out


def test_help_without_a_command_is_that_of_the_program(call: Call) -> None:
    assert call("help").out == call("--help").out
    assert "compute" in call("help", "comptue").err
    assert call("help", "comptue").status == 2
