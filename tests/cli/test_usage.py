"""What is said about a command line that cannot be what the user means, and in the help."""

import os
import pty
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Call
from xent.cli.examples import EXAMPLES, EXIT_STATUS

COMMANDS = ("compute", "explain", "check", "inspect", "merge", "rule", "help")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("part-1", "part-2", "part-3"):
        Path(f"{name}.csv").write_text("1,0\n0,1\n")
    for name in ("labels-1", "labels-2", "labels-3"):
        Path(f"{name}.csv").write_text("0\n1\n")
    for name in ("logits.npy", "a b.csv"):
        Path(name).write_text("1,0\n")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["compute", "1,2", "0", "--digts", "3"], "there is no option --digts", "--digits?"),
        (["compute", "1,2", "0", "--ouput", "a"], "there is no option --ouput", "--output?"),
        (["compute", "1,2", "0", "--smoothing", "0"], "no option", "did you mean --label-smooth"),
        (["compute", "1,2", "0", "--foo"], "no option --foo", "xent compute --help lists"),
        (["compute", "1,2", "0", "-z"], "no option -z", "xent compute --help lists"),
        (["compute", "1,2", "0", "--zzzzzz"], "no option --zzzzzz", "xent compute --help lists"),
        (["check", "1,2", "0", "--selct", "XC1"], "there is no option --selct", "--select?"),
        (["--digits", "3", "compute"], "no option --digits", "xent COMMAND --digits"),
        (["compute", "1,2", "0", "--digits"], "requires an argument", "xent compute"),
        (["compute", "1,2", "0", "--digits", "x"], "--digits: 'x' is not a valid int", "--help"),
        (["compute", "1,2", "0", "--unit", "bit"], "--unit: 'bit' is not one of", "mean bits?"),
        (["compute", "1,2", "0", "--format", "cvs"], "--format: 'cvs'", "did you mean csv?"),
        (["explain", "1,2", "0", "--format", "htm"], "--format: 'htm'", "did you mean html?"),
        (["compute"], "LOGITS is missing", "xent compute --help"),
        (["merge"], "STATE… is missing", "xent merge --help"),
        (["expain"], "there is no command 'expain'", "did you mean explain?"),
        (["zzz"], "there is no command 'zzz'", "the commands are compute, explain,"),
        (["compute", "", "0"], "an argument is empty", "a shell variable may be unset"),
        (["compute", "1,2", " "], "an argument is empty", "a shell variable may be unset"),
        (["inspect", ""], "an argument is empty", "a shell variable may be unset"),
        (["compute", "1", "0", "0", "1"], "at most 2 arguments, not 4", "'1 0 0; 0 1 0' '0 1'"),
        (["compute", "1,0", "0", "x"], "at most 2 arguments, not 3", "xent compute --help"),
    ],
)
def test_wrong_usage_is_told_like_wrong_input(
    arguments: list[str], message: str, hint: str, call: Call
) -> None:
    done = call(*arguments)
    first, second = done.err.splitlines()
    assert (done.status, done.out) == (2, "")
    assert first.startswith("error[XE001]: ")
    assert message in first
    assert second.startswith("  hint: ")
    assert hint in second


@pytest.mark.parametrize(
    "arguments", [["1,0,0;0,1,0", "0,1"], ["a b.csv", "0", "-q"], ["-1.5,2", "0"]]
)
@pytest.mark.usefixtures("folder")
def test_a_suggested_command_can_be_pasted(arguments: list[str], call: Call) -> None:
    suggested = call(*arguments).err.split("did you mean: ")[1]
    assert shlex.split(suggested) == ["xent", "compute", *arguments]


def test_the_two_files_of_a_pattern_are_no_logits_and_targets(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("q-1.csv", "q-2.csv"):
        Path(name).write_text("a,b,label\n1,0,a\n0,1,b\n")
    done = call("compute", "q-1.csv", "q-2.csv")
    assert (done.status, done.out) == (2, "")
    assert done.err == (
        "error[XE001]: q-1.csv and q-2.csv are the files of one pattern, not logits and targets\n"
        "  hint: quote the pattern: xent compute 'q-*.csv'; if q-2.csv holds the targets, name it "
        "./q-2.csv\n"
    )
    assert call("compute", "q-*.csv", "-q").out == call("compute", "q-1.csv", "-q").out
    assert call("compute", "q-1.csv", "./q-2.csv").status == 0
    Path("q-3.csv").write_text("a\nb\n")
    assert call("compute", "q-1.csv", "q-3.csv").status == 0


def flattened(*patterns: str) -> list[str]:
    return [str(path) for pattern in patterns for path in sorted(Path().glob(pattern))]


@pytest.mark.parametrize("options", [[], ["-q"], ["--weight", "1,2"]])
@pytest.mark.usefixtures("folder")
def test_patterns_that_the_shell_has_expanded_are_to_be_quoted(
    options: list[str], call: Call
) -> None:
    done = call("compute", *flattened("part-*.csv", "labels-*.csv"), *options)
    assert (done.status, done.out) == (2, "")
    suggested = done.err.split("expand them: ")[1]
    assert suggested.startswith("xent compute 'part-*.csv' 'labels-*.csv'")
    words = shlex.split(suggested)
    assert words[4:] == options
    assert call(*words[1:]).status == 0


@pytest.mark.usefixtures("folder")
def test_a_pattern_is_suggested_only_where_it_names_the_same_files(call: Call) -> None:
    done = call("compute", "part-1.csv", "part-2.csv", "labels-1.csv")
    assert "quote a pattern" in done.err
    assert "part-*.csv labels" not in done.err
    one = call("compute", *flattened("part-*.csv"), "0,1")
    assert "takes at most 2 arguments, not 4" in one.err


def test_dash_on_a_terminal_says_that_it_waits() -> None:
    def errors(*words: str) -> str:
        master, slave = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "xent", *words],
            stdin=slave,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.write(master, b"1,0\n" + b"\x04" * 4)
        _, text = process.communicate(timeout=60)
        os.close(slave)
        os.close(master)
        return text

    assert "note[XN002]: reading numbers from the terminal" in errors("compute", "-", "0")
    assert not errors("compute", "-", "0", "-q")
    assert not errors("compute", "1,0", "0", "-o", "-")


def test_dash_in_a_pipe_says_nothing(call: Call) -> None:
    assert not call("compute", "-", "0", stdin=b"1,0\n").err


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_as_wide_as_the_terminal(
    command: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    for columns in (80, 120, 200):
        monkeypatch.setenv("COLUMNS", str(columns))
        lines = call(command, "--help").out.splitlines()
        widest = max(map(len, lines))
        assert widest <= columns
        if command in ("compute", "explain", "check"):
            assert widest > columns - 20


@pytest.mark.parametrize("command", COMMANDS)
def test_help_ends_with_examples_and_the_exit_status(command: str, call: Call) -> None:
    text = call(command, "--help").out
    assert not set("{}") & set(text.splitlines()[0])
    examples, status = text.split("\nExamples:\n")[1].split("\nExit status:\n")
    assert [line.strip() for line in examples.splitlines() if line] == [*EXAMPLES[command]]
    assert len(status.splitlines()) == len(EXIT_STATUS[command])


def test_every_option_of_help_stands_under_a_heading(call: Call) -> None:
    for command in ("compute", "explain", "check", "inspect", "merge"):
        other = call(command, "--help").out.split("\nOther:\n")[1].split("\nExamples:")[0]
        assert re.findall(r"--[a-z-]+", other) == ["--help"]


def test_the_usage_has_brackets_for_what_may_be_left_out(call: Call) -> None:
    for command, usage in (
        ("compute", "LOGITS [TARGETS]"),
        ("explain", "[LOGITS] [TARGETS]"),
        ("merge", "STATE…"),
        ("rule", "[CODE…]"),
    ):
        first = call(command, "--help").out.splitlines()[0]
        assert first == f"Usage: xent {command} [OPTIONS] {usage}"


@pytest.mark.parametrize("command", COMMANDS)
def test_examples_of_the_help_run(command: str, call: Call, folder: Path) -> None:
    call("compute", "2,0,0;0,1,0", "0,1", "-o", "second.state")
    import numpy as np

    np.save("logits.npy", np.eye(3))
    np.save("targets.npy", np.arange(3))
    for line in EXAMPLES[command]:
        done = call(*shlex.split(line)[1:])
        assert done.status in (0, 1), done.err
        assert not done.err.startswith("error")
    assert folder.exists()


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (["compute", "1,2", "0"], ".txt, .json, .jsonl, .ndjson, .csv, .tsv, .md"),
        (["explain"], ".txt, .html, .htm, .md"),
        (["check", "1,2", "0"], ".txt, .json, .jsonl"),
        (["inspect", "1,2"], ".txt, .json\n"),
    ],
)
def test_an_unknown_suffix_is_an_error(
    words: list[str], known: str, call: Call, tmp_path: Path
) -> None:
    done = call(*words, "-o", tmp_path / "a.dat")
    assert (done.status, done.out) == (2, "")
    assert ".dat is not a format of this command" in done.err
    assert known in done.err
    assert not [*tmp_path.iterdir()]
    chosen = call(*words, "-o", tmp_path / "a.dat", "--format", "json")
    assert (chosen.status, chosen.err) == (0, "")


def test_a_format_that_contradicts_the_suffix_is_noted(call: Call, tmp_path: Path) -> None:
    file, flag = tmp_path / "a.csv", "--format"
    done = call("compute", "1,2", "0", "-o", file, flag, "tsv")
    assert done.err == f"note[XN001]: {file} is written as tsv, although .csv means csv\n"
    assert file.read_text().startswith("row\ttarget\t")
    assert not call("compute", "1,2", "0", "-o", file, flag, "csv").err
    assert not call("compute", "1,2", "0", "-o", tmp_path / "a.txt", flag, "plain").err
    assert not call("compute", "1,2", "0", "-o", file, flag, "tsv", "-q").err
    assert "XN001" in call("explain", "-o", tmp_path / "a.html", flag, "json").err
    assert "XN001" in call("inspect", "1,2", "-o", tmp_path / "a.json", flag, "table").err
    assert "XN001" in call("check", "9,2", "0", "-o", tmp_path / "a.md", flag, "github").err


def test_tsv_is_csv_with_tabs(call: Call) -> None:
    rows = ("compute", "1,2;-inf,4", "0,-100", "--format")
    assert call(*rows, "tsv").out == call(*rows, "csv").out.replace(",", "\t")
