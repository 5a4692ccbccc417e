"""`xent explain`: what it answers, for which row, and how it pauses."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import xent
from conftest import Call

MARGINS = ("1,4,1,1; 5,1,2,1; 1,2,5,1", "1,0,2")


def test_without_numbers_it_answers_the_question_it_was_made_for(call: Call) -> None:
    done = call("explain")
    assert (done.status, done.err) == (0, "")
    first_screen = done.out.splitlines()[:24]
    assert first_screen[0] == "Why is the loss 0.5514, and not 0?"
    assert "All 3 predictions are right, but the loss does not ask which class has the" in (
        first_screen
    )
    assert any("A loss of 0.01 would take a lead of 5.2933." in line for line in first_screen)
    assert "p₀ = exp(z₀)/S = exp(1)/4.7183 = 0.5761" in done.out
    assert done.out.endswith("mean loss  0.5514\n")


def test_the_last_step_puts_all_rows_together(call: Call) -> None:
    done = call("explain", *MARGINS)
    assert "L = Σ l[i] / N = (0.1392 + 0.0829 + 0.0829) / 3 = 0.1017" in done.out


def test_the_row_with_the_largest_loss_is_worked_or_the_one_asked_for(call: Call) -> None:
    assert "\nRow 0, step by step\n" in call("explain", *MARGINS).out
    assert "\nRow 2, step by step\n" in call("explain", *MARGINS, "--row", 2).out
    done = call("explain", *MARGINS, "--row", 3)
    assert (done.status, done.out) == (2, "")
    assert done.err == "error[XE210]: there is no row 3\n  hint: rows go from 0 to 2\n"


def test_every_option_of_compute_changes_the_derivation(call: Call) -> None:
    done = call(
        "explain", "1,2,3; 4,6,5; 0,0,0", "0,1,-100", "--weight", "1,2,3", "--label-smoothing",
        "0.1", "--temperature", "2", "--unit", "bits", "--sample-weight", "1,3,1", "--row", 1,
    )  # fmt: skip
    for name in ("temperature", "shift", "label smoothing", "sample weight", "mean", "gradient"):
        assert f" {name}" in done.out
    assert "u₀ = z₀/T = 4/2 = 2" in done.out
    assert "1 of 3 rows is ignored" in done.out
    assert "as in PyTorch" in done.out
    expected = xent.cross_entropy(
        [[1, 2, 3], [4, 6, 5], [0, 0, 0]], [0, 1, -100], weight=[1, 2, 3], label_smoothing=0.1,
        temperature=2, unit="bits", sample_weight=[1, 3, 1],
    )  # fmt: skip
    assert done.out.endswith(f"mean loss  {expected:.4f} bits\n")


def test_inputs_that_are_no_logits_skip_steps_and_say_so(call: Call) -> None:
    probs = call("explain", "0.7,0.3", "0", "--input-kind", "probs").out
    assert "The input holds probabilities: softmax is already applied." in probs
    assert "exponentials" not in probs
    logs = call("explain", "-0.3567,-1.204", "0", "--input-kind", "log-probs").out
    assert "The input holds log-probabilities: softmax and the logarithm are" in logs
    assert "log p₀ = ln" not in logs


def test_soft_targets_are_summed_over_the_classes(call: Call) -> None:
    done = call("explain", "2,1,0", "0.7,0.2,0.1")
    assert "l = Σ q[c]·(-log p[c]) = 0.7·0.4076 + 0.2·1.4076 + 0.1·2.4076 = 0.8076" in done.out
    assert "their entropy" in " ".join(done.out.split())


def test_an_ignored_row_says_that_it_is(call: Call) -> None:
    done = call("explain", "1,2;3,4", "0,-100", "--row", 1)
    assert "The target is -100, which is ignored" in done.out
    assert "softmax" not in done.out.split("Why is it")[0].split("Row 1")[1].split("mean")[0]


@pytest.mark.parametrize(
    ("logits", "target", "says"),
    [
        ("40,0", "0", "gives 0 in doubles, because the sum is rounded to the largest term"),
        ("1000,1", "0", "because an exponential overflows"),
        ("1,-800", "1", "because a probability underflows to 0"),
        ("1,0", "0", "gives 0.3133 as well."),
    ],
)
def test_where_the_textbook_s_route_fails_it_is_said_why(
    logits: str, target: str, says: str, call: Call
) -> None:
    assert says in " ".join(call("explain", logits, target).out.split())


def test_the_floor_of_inputs_between_0_and_1_is_named_only_there(call: Call) -> None:
    floor = "All inputs lie between 0 and 1"
    assert floor in call("explain").out
    assert floor not in call("explain", *MARGINS).out
    assert floor not in call("explain", "0,1;0,2", "1,1").out


def test_a_thousand_classes_are_a_page(call: Call, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    np.save(tmp_path / "logits.npy", rng.normal(size=(300, 1000)))
    np.save(tmp_path / "targets.npy", rng.integers(1000, size=300))
    done = call("explain", tmp_path / "logits.npy", tmp_path / "targets.npy")
    assert "more, together" in done.out
    assert len(done.out.splitlines()) < 200


def test_a_format_comes_from_the_name_of_the_file(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "loss.json"
    assert call("explain", "-o", path).out == ""
    found = json.loads(path.read_text())
    assert found["loss"] == 0.5514447139320511
    assert found["steps"][4]["equations"][0] == {
        "left": "p₀", "symbolic": "exp(z₀)/S", "substituted": "exp(1)/4.7183",
        "result": "0.5761", "value": 0.5761168847658291,
    }  # fmt: skip


@pytest.mark.parametrize("command", ["compute", "explain", "check"])
@pytest.mark.parametrize("name", ["markdown", "json", "html"])
def test_every_format_has_a_form_in_ascii(
    command: str, name: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xent.cli import screen

    monkeypatch.setattr(screen, "unicode", lambda _: False)
    done = call(command, *MARGINS, "--format", name, "--label-smoothing", "0.1")
    assert done.out.isascii()
    assert done.status == (0 if command == "explain" or name != "html" else 2)
    if name == "json":
        assert json.loads(done.out)


def test_without_unicode_all_is_ascii(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    from xent.cli import screen

    monkeypatch.setattr(screen, "unicode", lambda _: False)
    done = call("explain")
    assert done.out.isascii()
    assert "p[0] = exp(z[0])/S = exp(1)/4.7183 = 0.5761" in done.out


def test_pauses_need_a_terminal(call: Call) -> None:
    done = call("explain", "--step")
    assert done.err == "note[XN307]: --step needs a terminal and text output: there are no pauses\n"
    assert done.out == call("explain").out


def conversation(answers: str, *arguments: str) -> tuple[str, int]:
    """What `xent explain --step` shows at a terminal to someone who types these lines."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "xent", "explain", "--step", *arguments]
    environment = {**os.environ, "TERM": "dumb"}
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    ) as child:
        os.close(theirs)
        os.write(ours, answers.encode())
        shown = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # the other side is closed
                break
            if not piece:
                break
            shown += piece
        status = child.wait()
    os.close(ours)
    return shown.decode().replace("\r\n", "\n"), status


def test_at_a_terminal_the_hint_comes_before_the_answer() -> None:
    shown, status = conversation("\n\nq\n")
    assert status == 0
    assert shown.count("[Enter: work it out, q: leave]") == 3
    first, second, third, *_ = shown.split("[Enter: work it out, q: leave]")
    assert "z₀ = 1" not in first
    assert "z₀ = 1" in second
    assert "d₁ = z₁ - m = 0 - 1" in third
    assert "mean loss" not in shown


def test_whoever_stays_sees_the_whole_text() -> None:
    shown, status = conversation("\n" * 30)
    assert status == 0
    assert shown.rstrip().endswith("mean loss  0.5514")


def test_the_python_function_gives_the_same(call: Call) -> None:
    explanation = xent.explain([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 1, 2])
    assert str(explanation) == call("explain").out
    assert explanation.loss == 0.5514447139320511
    assert repr(explanation) == "<Explanation of the loss 0.5514447139320511 of 3 rows>"


def test_a_row_of_nan_comes_before_one_of_inf(call: Call) -> None:
    done = call("explain", "3,-inf,1; 1,2,nan", "1,0")
    assert "\nRow 1, step by step\n" in done.out
    assert "The row contains nan" in done.out


def test_a_loss_of_0_is_asked_for_as_such(call: Call) -> None:
    done = call("explain", "1000,1", "0")
    assert done.out.startswith("Why is the loss 0?\n")
    assert "\nWhy is it zero?\n" in done.out
    assert "below the smallest double, 5e-324" in " ".join(done.out.split())


def test_a_notebook_gets_each_of_its_forms() -> None:
    explanation = xent.explain([[1, 0]], [0])
    shown = explanation._repr_html_()
    assert shown.startswith('<iframe srcdoc="&lt;!DOCTYPE html&gt;')
    assert shown.count("<") == 2  # the frame alone: the page inside is escaped
    assert explanation._repr_markdown_() == explanation.write("markdown")
    with pytest.raises(KeyError):
        explanation.write("pdf")


@pytest.mark.parametrize("words", [(), (*MARGINS, "--weight", "1,2,3,4")])
def test_as_python_it_is_the_program_that_verify_prints(
    words: tuple[str, ...], call: Call, tmp_path: Path
) -> None:
    path = tmp_path / "why.py"
    done = call("explain", *words, "--format", "python")
    assert (done.status, done.err) == (0, "")
    assert call("explain", *words, "-o", path).out == ""
    numbers = words or ("1,0,0; 0,1,0; 0,0,1", "0,1,2")
    assert done.out == path.read_text() == call("verify", *numbers, "--code", "all").out
    compile(done.out, "why.py", "exec")


def test_a_program_works_no_row_in_full(call: Call) -> None:
    done = call("explain", *MARGINS, "--row", 1, "--format", "python")
    assert (done.status, done.out) == (2, "")
    assert "--row works one row in full" in done.err
