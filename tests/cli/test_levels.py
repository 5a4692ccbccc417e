"""The prior level, the skill and the entropy of the targets, in every format that has them."""

import json
from math import log
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest

from conftest import Call


def numbers(call: Call, *arguments: object) -> dict[str, Any]:
    done = call("compute", *arguments, "--format", "json")
    assert done.status == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def entropy(*shares: float) -> float:
    whole = sum(shares)
    return -sum(share / whole * log(share / whole) for share in shares if share)


def test_the_prior_level_is_the_entropy_of_the_classes(call: Call) -> None:
    found = numbers(call, "1,0,0;0,1,0;0,0,1;9,9,9", "0,0,2,-100")
    assert found["prior_level"] == pytest.approx(entropy(2, 0, 1))
    assert found["skill"] == pytest.approx(1 - found["loss"] / entropy(2, 1))
    assert "kl_divergence" not in found


def test_one_hot_rows_have_the_level_of_class_numbers(call: Call) -> None:
    found = numbers(call, "1,0,0;0,1,0;0,0,1", "1,0,0;1,0,0;0,0,1")
    assert found["prior_level"] == pytest.approx(entropy(2, 1))
    assert "target_entropy" not in found


def test_weights_weigh_the_classes_as_in_the_mean(call: Call) -> None:
    weighted = numbers(call, "1,0;0,1;0,1", "0,1,1", "--weight", "3,1")
    assert weighted["prior_level"] == pytest.approx(entropy(3, 2))
    rows = numbers(call, "1,0;0,1;0,1", "0,1,1", "--sample-weight", "0.5,1,2")
    assert rows["prior_level"] == pytest.approx(entropy(0.5, 3))


def test_each_label_has_its_own_prior(call: Call) -> None:
    found = numbers(call, "--binary", "1,2;-1,0;1,1;2,2", "1,0;0,0;1,1;1,0")
    assert found["prior_level"] == pytest.approx((entropy(3, 1) + entropy(1, 3)) / 2)
    lone = numbers(call, "--binary", "1;2;-1;3", "1;1;0;1")
    assert lone["prior_level"] == pytest.approx(entropy(3, 1))


def test_a_constant_guess_has_no_skill(call: Call) -> None:
    guess = f"{log(2 / 3)},{log(1 / 3)}"
    for options in ((), ("--label-smoothing", "0.2")):
        shares = 2 / 3 * 0.8 + 0.1, 1 / 3 * 0.8 + 0.1
        logits = guess if not options else ",".join(map(repr, map(log, shares)))
        found = numbers(call, ";".join([logits] * 3), "0,0,1", *options)
        assert found["skill"] == pytest.approx(0, abs=1e-15)


def test_soft_targets_have_an_entropy_and_a_divergence(call: Call) -> None:
    found = numbers(call, "1,0,0;0,1,0", "0.7,0.2,0.1;0.5,0.5,0")
    expected = (entropy(0.7, 0.2, 0.1) + log(2)) / 2
    assert found["target_entropy"] == pytest.approx(expected)
    assert found["kl_divergence"] == pytest.approx(found["loss"] - expected)
    perfect = numbers(call, "0.7,0.2,0.1;0.5,0.5,0", "0.7,0.2,0.1;0.5,0.5,0", "--input-kind=probs")
    assert perfect["kl_divergence"] == pytest.approx(0, abs=1e-15)


def test_units(call: Call) -> None:
    nats, bits = (
        numbers(call, "1,0,0;0,1,0", "0.7,0.2,0.1;0.5,0.5,0", "--unit", unit)
        for unit in ("nats", "bits")
    )
    for name in ("prior_level", "target_entropy", "kl_divergence"):
        assert bits[name] == pytest.approx(nats[name] / log(2))
    assert bits["skill"] == pytest.approx(nats["skill"])


def test_one_class_has_no_skill_to_measure(call: Call) -> None:
    found = numbers(call, "1,0;0,1", "0,0")
    assert found["prior_level"] == 0
    assert found["skill"] == "nan"
    assert "skill" not in call("compute", "1,0;0,1", "0,0").out


def test_the_table_and_the_derivation_name_them(call: Call) -> None:
    soft = "1,0,0;0,1,0", "0.7,0.2,0.1;0.5,0.5,0"
    out = call("compute", *soft).out
    assert all(name in out for name in ("prior level", "skill", "target entropy", "KL(q‖p)"))
    assert "KL(q‖p), the distance of the model from the target" in " ".join(
        call("explain", *soft).out.split()
    )


def test_states_of_before_merge_without_the_level(call: Call, tmp_path: Path) -> None:
    new, old = tmp_path / "new.state", tmp_path / "old.state"
    call("compute", "1,0;0,1", "0,1", "-o", new)
    state = json.loads(new.read_text())
    del state["targets"], state["checksum"]
    state["notes"] = [["XN301", "of before", None]]  # no duplicate
    state["checksum"] = f"{crc32(json.dumps(state).encode()):08x}"
    old.write_text(json.dumps(state))
    assert "prior level" in call("merge", new).out
    for states in ((old,), (old, new), (new, old)):
        merged = call("merge", *states)
        assert merged.status == 0
        assert "prior level" not in merged.out


@pytest.mark.parametrize("cut", [1, 7, 12])
def test_merged_states_have_the_level_of_all(call: Call, tmp_path: Path, cut: int) -> None:
    random = np.random.default_rng(2)
    logits, soft = random.normal(size=(20, 3)), random.dirichlet([1, 1, 1], 20)
    weights = random.random(20)
    for name, some in (("all", slice(None)), ("head", slice(cut)), ("tail", slice(cut, None))):
        for array, role in ((logits, "logits"), (soft, "targets"), (weights, "weights")):
            np.save(tmp_path / f"{name}-{role}.npy", array[some])
        files = [tmp_path / f"{name}-{role}.npy" for role in ("logits", "targets", "weights")]
        output = tmp_path / f"{name}.state"
        call("compute", *files[:2], "--sample-weight", files[2], "-o", output)
    head, tail = tmp_path / "head.state", tmp_path / "tail.state"
    merged = call("merge", head, tail, "--format", "plain").out
    assert merged == call("merge", tail, head, "--format", "plain").out
    assert merged == call("merge", tmp_path / "all.state", "--format", "plain").out
