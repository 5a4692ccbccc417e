"""The gate of `--baseline`, and the annotations of GitHub's workflows."""

import json
from pathlib import Path

import numpy as np
import pytest

from conftest import Call

TARGETS = "0,1,2,0,1,2,0,1"


def logits(scale: float, noise: float = 0.0) -> str:
    targets = np.array(TARGETS.split(","), dtype=int)
    rows = np.eye(3)[targets] * scale
    rows += noise * np.random.default_rng(3).normal(size=rows.shape)
    return json.dumps(rows.tolist())


@pytest.fixture
def baseline(call: Call, tmp_path: Path) -> Path:
    path = tmp_path / "main.state"
    assert call("compute", logits(2, 0.1), TARGETS, "-o", path).status == 0
    return path


def test_a_worse_mean_fails_beyond_the_tolerance_alone(call: Call, baseline: Path) -> None:
    worse = logits(1, 0.1), TARGETS
    failed = call("compute", "-q", *worse, "--baseline", baseline)
    assert failed.status == 1
    assert "error[XE302]" in failed.err
    assert float(failed.out) > 0
    assert call("compute", *worse, "--baseline", baseline, "--tolerance", "0.5").status == 0
    assert call("compute", logits(3, 0.1), TARGETS, "--baseline", baseline).status == 0
    assert call("compute", logits(2, 0.1), TARGETS, "--baseline", baseline).status == 0


def test_noise_alone_does_not_fail(call: Call, baseline: Path) -> None:
    noisy = call("compute", logits(2, 1.5), TARGETS, "--baseline", baseline, "--format", "json")
    found = json.loads(noisy.out)
    assert found["difference"] > 0
    assert found["difference_low"] < 0 < found["difference_high"]
    assert noisy.status == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("[[1,0,0],[0,1,0]]", "0,1"),
        (logits(3, 0.1), TARGETS, "--label-smoothing", "0.1"),
        (logits(3, 0.1), TARGETS, "--unit", "bits"),
    ],
)
def test_another_evaluation_is_never_a_pass(
    call: Call, baseline: Path, arguments: tuple[str, ...]
) -> None:
    done = call("compute", *arguments, "--baseline", baseline)
    assert (done.status, done.out) == (2, "")
    assert "error[XE220]" in done.err


def test_a_loss_of_nan_fails(call: Call, baseline: Path) -> None:
    broken = logits(2, 0.1).replace("[[", "[[NaN,0,0],[", 1).rpartition(", [")[0] + "]"
    done = call("compute", broken, TARGETS, "--baseline", baseline, "--tolerance", "9")
    assert done.status == 1


def test_what_is_no_baseline_is_bad_input(call: Call, baseline: Path, tmp_path: Path) -> None:
    rows = logits(2), TARGETS
    assert call("compute", *rows, "--baseline", tmp_path / "none.state").status == 2
    two = tmp_path / "two.state"
    two.write_text(baseline.read_text() * 2)
    assert "more than one state" in call("compute", *rows, "--baseline", two).err
    assert call("compute", *rows, "--tolerance", "0.1").status == 2
    assert call("compute", *rows, "--baseline", baseline, "--tolerance", "-1").status == 2
    assert call("compute", *rows, "--baseline", baseline, "--reduction", "none").status == 2


def test_merged_states_pass_the_same_gate(call: Call, baseline: Path, tmp_path: Path) -> None:
    state = tmp_path / "new.state"
    call("compute", logits(1, 0.1), TARGETS, "-o", state)
    assert call("merge", "-q", state, "--baseline", baseline).status == 1
    assert call("merge", "-q", baseline, "--baseline", baseline).status == 0


def test_the_summary_names_the_baseline(call: Call, baseline: Path) -> None:
    out = call("compute", logits(3, 0.1), TARGETS, "--baseline", baseline).out
    assert "main.state; the mean is" in out
    assert "below it" in out


def test_annotations_of_the_loss_of_warnings_and_of_the_gate(call: Call, baseline: Path) -> None:
    done = call("compute", logits(1, 0.1), TARGETS, "--baseline", baseline, "--format", "github")
    notice, error = done.out.splitlines()
    assert notice.startswith("::notice title=xent::mean loss ")
    assert error.startswith("::error title=XE302 loss-above-baseline::")
    probable = call("compute", "0.5,0.5;0.9,0.1", "0,0", "--format", "github").out
    assert "::warning title=XC101 probabilities-as-logits::" in probable
    above = call("compute", "1,0", "0", "--format", "github", "--fail-above", "0.1")
    assert above.status == 1
    assert "::error title=XE301 loss-above-limit::" in above.out
