"""Two mistakes at once: the first is mended, the rows are looked at again, and so on."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import xent
from conftest import Call
from mistakes import examined
from xent.checkup.checkup import Checkup

Pair = tuple[NDArray[np.float64], NDArray[np.int64]]

RANDOM = np.random.default_rng(8)
TARGETS = RANDOM.integers(6, size=400)
LOGITS = RANDOM.normal(size=(400, 6))
LOGITS[np.arange(400), TARGETS] += 3
HEALTHY = xent.cross_entropy(LOGITS, TARGETS)
ORDER = np.array([2, 0, 1, 4, 5, 3])


def padded(targets: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(np.arange(400) % 20 == 0, -1, targets)


PAIRS: dict[str, Callable[[], Pair]] = {
    "negated and permuted": lambda: (-LOGITS, ORDER[TARGETS]),
    "negated and one-based": lambda: (-LOGITS, TARGETS + 1),
    "transposed and one-based": lambda: (LOGITS.T, TARGETS + 1),
    "padding and shifted": lambda: (LOGITS, padded((TARGETS + 1) % 6)),
    "permuted and misaligned": lambda: (LOGITS, np.roll(ORDER[TARGETS], 2)),
    "probabilities and one-based": lambda: (xent.softmax(LOGITS), TARGETS + 1),
    "probabilities and permuted": lambda: (xent.softmax(LOGITS), ORDER[TARGETS]),
    "probabilities and transposed": lambda: (xent.softmax(LOGITS).T, TARGETS),
    "probabilities and misaligned": lambda: (xent.softmax(LOGITS), np.roll(TARGETS, 2)),
    "probabilities and an index": lambda: (
        np.column_stack([np.arange(400), xent.softmax(LOGITS)]),
        TARGETS,
    ),
    "softmax twice, given to softmax": lambda: (xent.softmax(xent.softmax(LOGITS)), TARGETS),
    "log_softmax of a softmax": lambda: (xent.log_softmax(xent.softmax(LOGITS)), TARGETS),
}


def loss_by(command: str, checkup_of: Pair, call: Call) -> float:
    if command.startswith("xent "):
        return float(call(*shlex.split(command)[1:]).out)
    logits, targets = (each.copy() for each in checkup_of)
    names: dict[str, Any] = {"numpy": np, "logits": logits, "targets": targets}
    exec(command, names)  # noqa: S102  our own line
    return xent.cross_entropy(names["logits"], names["targets"])


@pytest.mark.parametrize("name", PAIRS)
def test_two_mistakes_are_mended_one_after_the_other(name: str, tmp_path: Path, call: Call) -> None:
    given = PAIRS[name]()
    chain = examined(*given, tmp_path).chain
    assert chain is not None
    assert chain.loss == pytest.approx(HEALTHY, rel=0.02)
    if chain.command is not None:
        assert loss_by(chain.command, given, call) == pytest.approx(chain.loss, rel=1e-9)


def test_nothing_is_mended_in_healthy_rows(tmp_path: Path) -> None:
    assert examined(LOGITS, TARGETS, tmp_path).chain is None


def test_nothing_is_mended_where_the_fix_is_not_known(tmp_path: Path) -> None:
    shuffled = np.random.default_rng(1).permutation(TARGETS)
    found = examined(LOGITS, shuffled, tmp_path)
    assert found.findings[0].name == "rows-unrelated"
    assert found.chain is None


def test_the_tables_show_the_rows_after_the_fix(tmp_path: Path, call: Call) -> None:
    found: Checkup = examined(-LOGITS, TARGETS, tmp_path)
    assert found.reading.rows.accuracy > 0.9
    assert found.survey.rows.accuracy < 0.1
    done = call("check", tmp_path / "logits.npy", tmp_path / "targets.npy")
    assert "how many rows have which loss, after the fix\n" in done.out
    healthy = examined(LOGITS, TARGETS, tmp_path)
    assert healthy.reading is healthy.survey
    done = call("check", tmp_path / "logits.npy", tmp_path / "targets.npy")
    assert "how many rows have which loss\n" in done.out


def test_a_warning_that_vanishes_with_its_cause_is_left_out(tmp_path: Path) -> None:
    names = {each.name for each in examined(LOGITS * 3, TARGETS + 1, tmp_path).findings}
    assert "labels-one-based" in names
    assert not names & {"worse-than-chance", "overconfident"}


def test_the_chain_is_printed_with_its_command(tmp_path: Path, call: Call) -> None:
    examined(*PAIRS["probabilities and permuted"](), tmp_path)
    done = call("check", tmp_path / "logits.npy", tmp_path / "targets.npy")
    assert "\n2 mistakes at once: labels-permuted, then probabilities-as-logits\n" in done.out
    assert "; logits = numpy.log(logits)\n" in done.out
