"""What a shell is offered, by the protocol that the installed completion speaks."""

import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Call
from xent.checkup.checkup import all_rules
from xent.cli.rule import all_codes
from xent.inputs.formats import FORMATS


def offered(call: Call, monkeypatch: pytest.MonkeyPatch, *words: str) -> list[str]:
    """What bash is offered for the last of the words."""
    monkeypatch.setenv("_XENT_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", " ".join(["xent", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    done = call()
    assert (done.status, done.err) == (0, "")
    return done.out.split()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["co"], ["compute", "compare"]),
        (["in"], ["inspect"]),
        (["compute", "z.npy", "t.npy", "--label"], ["--label-smoothing"]),
        (["compute", "z.npy", "--format", "js"], ["json", "jsonl"]),
        (["compute", "z.npy", "--format", "s"], ["state"]),
        (["compute", "z.npy", "--input-kind", "log"], ["logits", "log-probs"]),
        (["compute", "-1,2", "--reduction", ""], ["mean", "sum", "none"]),
        (["inspect", "z.npy", "--format", ""], ["table", "json"]),
        (["inspect", "--input-format", ""], [*FORMATS]),
        (["check", "--format", "g"], ["github"]),
        (["check", "--fail-on", ""], ["error", "warning", "info"]),
        (["explain", "--format", "h"], ["html"]),
        (["rule", "labels-p"], ["labels-permuted"]),
        (["rule", "XC70"], ["XC701", "XC703"]),
        (["check", "z.npy", "t.npy", "--select", "XC20"], [f"XC20{x}" for x in range(1, 10)]),
        (["check", "z.npy", "t.npy", "--ignore", "at-"], ["at-chance"]),
    ],
)
def test_words_are_completed(
    words: list[str], expected: list[str], call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert offered(call, monkeypatch, *words) == expected


def test_every_rule_is_offered(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    known = [word for rule in all_codes() for word in (rule.code, rule.name)]
    assert offered(call, monkeypatch, "rule", "") == known
    rules = [word for rule in all_rules() for word in (rule.code, rule.name)]
    assert offered(call, monkeypatch, "check", "1,2", "0", "--select", "") == rules


@pytest.mark.parametrize(
    "words", [["compute", "ex"], ["compute", "z.npy", ""], ["check", ""], ["inspect", "./"]]
)
def test_where_a_file_belongs_the_shell_offers_its_own(
    words: list[str], call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not offered(call, monkeypatch, *words)


@pytest.mark.parametrize("word", ["z.npy", "1,0,0", "nothing"])
def test_behind_what_is_no_command_there_is_no_complaint(
    word: str, call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("z.npy").touch()
    assert "--format" not in offered(call, monkeypatch, word, "--")


def test_zsh_is_told_what_each_rule_finds(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_XENT_COMPLETE", "complete_zsh")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "xent rule XC402")
    assert call().out.strip() == (
        """_arguments '*: :(("XC402":"A uniform guess would have a lower loss."))'"""
    )


def test_bash_completes_with_the_script_that_is_installed(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("_XENT_COMPLETE", "source_bash")
    script = call().out
    monkeypatch.delenv("_XENT_COMPLETE")
    program = tmp_path / "xent"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m xent "$@"\n')
    program.chmod(0o755)
    asked = f"COMP_WORDS=(xent rule labels-p) COMP_CWORD=2; _xent_completion {program}"
    shown = "echo ${COMPREPLY[@]}; complete -p xent"
    done = subprocess.run(
        ["bash", "-c", f"{script}\n{asked}\n{shown}"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "labels-permuted\ncomplete -o default -F _xent_completion xent\n"
