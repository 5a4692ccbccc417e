"""What `xent compute` says of sums in a single pass is what `xent check` finds."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import xent
from conftest import Call
from xent.report.anomalies import Anomalies, Sums

RANDOM = np.random.default_rng(11)
TARGETS = RANDOM.integers(4, size=60)
LOGITS = RANDOM.normal(size=(60, 4)) + 3 * np.eye(4)[TARGETS]
PROBS = xent.softmax(LOGITS)
PREDICTIONS = np.eye(4)[np.where(np.arange(60) < 50, TARGETS, (TARGETS + 1) % 4)]

CASES: dict[str, tuple[NDArray[np.float64], list[str], str]] = {
    "percentages": (PROBS * 100, [], "XC101"),
    "percentages with one decimal": ((PROBS * 100).round(1), [], "XC101"),
    "logarithms to base 2": (np.log2(PROBS), [], "XC109"),
    "logarithms to base 10": (np.log10(PROBS), [], "XC109"),
    "one-hot predictions": (PREDICTIONS, [], "XC111"),
    "probabilities as log-probs": (PROBS, ["--input-kind", "log-probs"], "XC112"),
}


@pytest.mark.parametrize("name", CASES)
def test_compute_warns_with_the_words_of_check(name: str, tmp_path: Path, call: Call) -> None:
    logits, options, code = CASES[name]
    files = _saved(logits, tmp_path)
    warned = call("compute", *files, *options).err
    found = call("check", *files, *options, "--format", "github").out
    [line] = [each for each in found.splitlines() if each.startswith(f"::error title={code} ")]
    message = line.split("::")[2].split("; ")[0].replace("%25", "%")
    assert f"warning[{code}]: {message}\n" in warned


@pytest.mark.parametrize(
    "logits",
    [LOGITS, np.log(PROBS), PROBS * 90, np.log2(PROBS) + 0.1, LOGITS.round()],
    ids=["logits", "log-probs", "no percentages", "no logarithms", "whole numbers"],
)
def test_compute_is_silent_where_nothing_sums_to_one(
    logits: NDArray[np.float64], tmp_path: Path, call: Call
) -> None:
    assert "warning" not in call("compute", *_saved(logits, tmp_path)).err


def test_a_few_logits_whose_powers_of_2_sum_to_one_are_no_logarithms(call: Call) -> None:
    assert "XC109" not in call("compute", "-1,-1; -1,-1", "0,1").err
    assert "XC109" not in call("check", "-1,-1; -1,-1", "0,1").out


def test_sums_of_two_sets_of_rows_are_those_that_both_have() -> None:
    both = Sums.ONE_OF_POWERS_OF_2 | Sums.ONE
    merged = Anomalies(sums=both).merge(Anomalies(sums=Sums.ONE_OF_POWERS_OF_2))
    assert merged.sums == Sums.ONE_OF_POWERS_OF_2
    assert Anomalies().merge(merged) == merged
    assert Anomalies.of_counts(merged.counts()) == merged


def test_a_state_without_sums_knows_of_none() -> None:
    counts = Anomalies().counts()
    del counts["sums"]
    assert Anomalies.of_counts(counts).sums == Sums.NONE


def _saved(logits: NDArray[np.float64], folder: Path) -> tuple[Path, Path]:
    np.save(folder / "logits.npy", logits)
    np.save(folder / "targets.npy", TARGETS)
    return folder / "logits.npy", folder / "targets.npy"
