"""`xent rule`: every code that can be printed is explained, in every format."""

import json
from pathlib import Path

import pytest

from conftest import Call
from xent.checkup.checkup import all_rules
from xent.cli import screen
from xent.errors import EXPLANATIONS, Code


def test_every_code_is_explained_once() -> None:
    rules = {rule.code for rule in all_rules()}
    missing = [code.name for code in Code if code.value not in rules and code not in EXPLANATIONS]
    assert not missing
    assert not rules & {code.value for code in EXPLANATIONS}


def test_an_explanation_is_one_sentence() -> None:
    for text in EXPLANATIONS.values():
        assert text[0].isupper() or text.startswith("--")
        assert text.endswith(".")
        assert ". " not in text
        assert 40 < len(text) < 160, text


@pytest.mark.parametrize("code", [*Code])
def test_a_code_is_found_by_code_and_by_name(code: Code, call: Call) -> None:
    by_code = call("rule", code)
    assert by_code.status == 0
    assert by_code.out.startswith(f"{code} ")
    name = by_code.out.split()[1]
    # A rule may be called like an error.
    assert by_code.out in call("rule", name).out
    assert call("rule", code.lower()).out == by_code.out


def test_several_codes_and_beginnings_of_codes(call: Call) -> None:
    one, other = call("rule", "XE203").out, call("rule", "XC301").out
    assert call("rule", "XE203", "XC301").out == f"{one}\n{other}"
    assert call("rule", "XE203,XC301").out == f"{one}\n{other}"
    assert call("rule", "XE203", "XE203").out == one
    objects = json.loads(call("rule", "XN3", "--format", "json").out)
    assert {each["code"] for each in objects} == {code for code in Code if code.startswith("XN3")}


def test_json_and_markdown(call: Call) -> None:
    [found] = json.loads(call("rule", "XE203", "--format", "json").out)
    assert found["text"] == EXPLANATIONS[Code.TARGET_OUT_OF_RANGE]
    assert (found["name"], found["severity"]) == ("target-out-of-range", "error")
    everything = json.loads(call("rule", "--format", "json").out)
    assert len(everything) == len(call("rule").out.splitlines())
    markdown = call("rule", "XC301", "--format", "markdown").out
    assert markdown.startswith("## XC301 `labels-one-based` (error)\n\nThe targets count")
    row = "| XE104 | `empty-input` | error |"
    assert row in call("rule", "--format", "markdown").out


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("words", [[], ["XC1"], ["XE203"]])
def test_text_wraps_at_the_terminal(
    width: int, words: list[str], call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "width", lambda _: width)
    lines = call("rule", *words).out.splitlines()
    assert max(map(len, lines)) <= width
    assert not any(line.rstrip() != line for line in lines)


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("XE999", "xent rule lists all rules"),
        ("target-out-of-rang", "did you mean target-out-of-range?"),
        ("''", "xent rule lists all rules"),
        ("XE203,", "xent rule lists all rules"),
    ],
)
def test_a_code_that_there_is_not(word: str, hint: str, call: Call) -> None:
    done = call("rule", word)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error[XE001]: there is no rule ")
    assert done.err.endswith(f"  hint: {hint}\n")


# Targets that count from 1 beside probabilities: a finding of the labels, and one of the inputs.
ROWS = 200
SHARES = [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.1, 0.7], [0.5, 0.3, 0.2]]
BOTH = (json.dumps(SHARES * (ROWS // 4)), json.dumps([1, 2, 3, 1] * (ROWS // 4)))


def codes(call: Call, *flags: str) -> list[str]:
    out = call("check", *BOTH, "--format", "json", *flags).out
    return [each["code"] for each in json.loads(out)["findings"]]


def test_rules_are_selected_with_commas_and_by_beginnings(call: Call) -> None:
    assert {"XC301", "XC101"} <= {*codes(call)}
    assert codes(call, "--select", "XC101,XC3") == ["XC101", "XC301"]
    assert codes(call, "--select", "XC3") == ["XC301"]
    assert codes(call, "--select", "xc101, labels-one-based") == ["XC101", "XC301"]
    assert not any(code.startswith("XC3") for code in codes(call, "--ignore", "XC3"))
    assert codes(call, "--select", "XC1,XC3", "--ignore", "XC1") == ["XC301"]
    assert codes(call, "--select", "XC1", "--select", "XC3") == ["XC101", "XC301"]
    unknown = call("check", *BOTH, "--select", "XC101,labels-one-base")
    assert unknown.err == (
        "error[XE001]: there is no rule labels-one-base\n  hint: did you mean labels-one-based?\n"
    )


def test_color_overrides_the_environment(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" in call("compute", "1,2", "0", "--color", "always").out
    assert "\x1b[" in call("inspect", "1,2", "--color=always").out
    assert "\x1b[" in call("compute", "1,x", "0", "--color", "always").err
    assert "\x1b[" not in call("compute", "1,2", "0").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in call("compute", "1,2", "0").out
    assert "\x1b[" not in call("compute", "1,2", "0", "--color", "never").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" in call("compute", "1,2", "0", "--color", "always").out
    assert "\x1b[" not in call("compute", "1,2", "0", "--color", "auto").out


def test_colors_stay_out_of_files(call: Call, tmp_path: Path) -> None:
    call("compute", "1,2", "0", "--color", "always", "-o", tmp_path / "a.txt")
    assert "\x1b" not in (tmp_path / "a.txt").read_text()


def test_several_files_are_inspected(call: Call) -> None:
    first, second = call("inspect", "1,2;3,4").out, call("inspect", "0,1").out
    assert call("inspect", "1,2;3,4", "0,1").out == f"{first}\n{second}"
    flag = ("--format", "json")
    one, other = (json.loads(call("inspect", each, *flag).out) for each in ("1,2;3,4", "0,1"))
    assert json.loads(call("inspect", "1,2;3,4", "0,1", *flag).out) == [one, other]
    twice = call("inspect", "-", "-", stdin=b"1,2\n")
    assert (twice.status, twice.out) == (2, "")
    assert twice.err.startswith("error[XE107]: ")
