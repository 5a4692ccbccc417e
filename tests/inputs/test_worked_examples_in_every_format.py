"""The two worked examples give the same bits from every format and every kind of source."""

from pathlib import Path

import numpy as np
import pytest

from conftest import Call
from worked_examples import EXAMPLES, alone, together


@pytest.mark.parametrize("loss", EXAMPLES)
@pytest.mark.parametrize("name", alone(*EXAMPLES["0.5514447139320511"]))
def test_two_sources(loss: str, name: str, call: Call, tmp_path: Path) -> None:
    logits, targets = alone(*EXAMPLES[loss])[name]
    one, other = tmp_path / f"logits.{name}", tmp_path / f"targets.{name}"
    one.write_bytes(logits)
    other.write_bytes(targets)
    expected = f"{loss}\n"
    assert call("compute", "-q", one, other).out == expected
    assert call("compute", "-q", "-", other, stdin=logits).out == expected
    assert call("compute", "-q", one, "-", stdin=targets).out == expected
    misnamed = tmp_path / "logits.npy"
    misnamed.write_bytes(logits)
    assert call("compute", "-q", misnamed, other).out == expected


@pytest.mark.parametrize("loss", EXAMPLES)
@pytest.mark.parametrize("name", together(*EXAMPLES["0.5514447139320511"]))
def test_one_source(loss: str, name: str, call: Call, tmp_path: Path) -> None:
    data = together(*EXAMPLES[loss])[name]
    path = tmp_path / name
    path.write_bytes(data)
    assert call("compute", "-q", path).out == f"{loss}\n"
    assert call("compute", "-q", "-", stdin=data).out == f"{loss}\n"


@pytest.mark.parametrize(
    ("logits", "targets"),
    [
        ("1,0,0; 0,1,0; 0,0,1", "0,1,2"),
        ("1 0 0;0 1 0;0 0 1", "0 1 2"),
        ("1,0,0;0,1,0;0,0,1", "0;1;2"),
        ("[[1,0,0],[0,1,0],[0,0,1]]", "[0,1,2]"),
        ("[[1,0,0],[0,1,0],[0,0,1]]", "[[0],[1],[2]]"),
        ("-0,-1,-1;-1,0,-1;-1,-1,0", "0,1,2"),
    ],
)
def test_in_place(logits: str, targets: str, call: Call) -> None:
    assert call("compute", "-q", logits, targets).out == "0.5514447139320511\n"


def test_an_existing_path_wins_over_numbers_in_place(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("1,0").write_text("40,0\n")
    assert call("compute", "-q", "1,0", "0").out == "4.248354255291589e-18\n"


def test_a_file_whose_name_looks_like_a_negative_number(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-1.csv").write_text("40,0\n")
    assert call("compute", "-q", "-1.csv", "0").out == "4.248354255291589e-18\n"


def test_the_chosen_format_overrides_the_content(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "decimal.csv"
    path.write_text("1,2;3,4\n")
    assert call("compute", "-q", path, "0").out == call("compute", "-q", "1.2,3.4", "0").out
    refused = call("compute", "-q", path, "0", "--input-format", "csv")
    assert "'2;3' is not a number" in refused.err


def test_one_long_row_wider_than_a_block(call: Call) -> None:
    row = ",".join(["0"] * 700_000)
    assert call(
        "compute", "-q", "-", "0", stdin=row.encode()
    ).out == f"{np.log(700_000)!r}\n".replace("np.float64(", "").replace(")", "")


def test_byte_orders_and_memory_orders(call: Call, tmp_path: Path) -> None:
    logits = np.random.default_rng(0).normal(size=(40, 5))
    expected = None
    for array in (logits, logits.astype(">f8"), np.asfortranarray(logits)):
        np.save(tmp_path / "logits.npy", array)
        np.save(tmp_path / "targets.npy", (np.arange(40) % 5).astype(">i2"))
        found = call("compute", "-q", tmp_path / "logits.npy", tmp_path / "targets.npy")
        expected = expected or found.out
        assert found.out == expected
        assert found.status == 0
