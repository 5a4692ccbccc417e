"""The two worked examples give the same bits from every format and every kind of source."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from conftest import Call

EXAMPLES = {
    "0.5514447139320511": ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 1, 2]),
    "0.10165968125955888": ([[1, 4, 1, 1], [5, 1, 2, 1], [1, 2, 5, 1]], [1, 0, 2]),
}


def npy(values: object) -> bytes:
    file = io.BytesIO()
    np.save(file, np.array(values))
    return file.getvalue()


def npz(**arrays: object) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, values in arrays.items():
            archive.writestr(f"{name}.npy", npy(values))
    return file.getvalue()


def rows(logits: list[list[int]], mark: str) -> str:
    return "".join(mark.join(map(str, row)) + "\n" for row in logits)


def quoted(logits: list[list[int]], mark: str) -> bytes:
    """Each cell in quotes, as a spreadsheet may write them."""
    return "".join(mark.join(f'"{cell}"' for cell in row) + "\n" for row in logits).encode()


def alone(logits: list[list[int]], targets: list[int]) -> dict[str, tuple[bytes, bytes]]:
    """Both arrays, each in a source of its own, by the name of the logits' format."""
    column = "".join(f"{target}\n" for target in targets)
    return {
        "csv": (rows(logits, ",").encode(), column.encode()),
        "tsv": (rows(logits, "\t").encode(), "\t".join(map(str, targets)).encode()),
        "semicolon": (rows(logits, ";").encode(), ";".join(map(str, targets)).encode()),
        "blank": (rows(logits, "  ").encode(), " ".join(map(str, targets)).encode()),
        "json": (json.dumps(logits).encode(), json.dumps([float(t) for t in targets]).encode()),
        "jsonl": ("\n".join(map(json.dumps, logits)).encode(), column.encode()),
        "npy": (npy(logits), npy([float(target) for target in targets])),
        "npz": (npz(logits=logits), npz(targets=targets)),
        "quoted": (quoted(logits, ","), quoted([[target] for target in targets], ",")),
        "quoted-tsv": (quoted(logits, "\t"), quoted([targets], "\t")),
        "quoted-semicolon": (quoted(logits, ";"), quoted([targets], ";")),
        "quoted-blank": (quoted(logits, "  "), quoted([targets], " ")),
        "quoted-and-spaced": (quoted(logits, " , "), quoted([targets], ", ")),
        "half-quoted": (
            "".join(f'"{row[0]}",' + ",".join(map(str, row[1:])) + "\n" for row in logits).encode(),
            column.encode(),
        ),
        "floats": (
            rows(logits, ".0,").replace("\n", ".0\n").encode(),
            b"".join(b"%d.0\n" % t for t in targets),
        ),
    }


def together(logits: list[list[int]], targets: list[int]) -> dict[str, bytes]:
    """Both arrays in one source."""
    records = [
        {"logits": row, "target": target} for row, target in zip(logits, targets, strict=True)
    ]
    return {
        "object.json": json.dumps({"logits": logits, "targets": targets}).encode(),
        "records.json": json.dumps(records).encode(),
        "records.jsonl": "\n".join(map(json.dumps, records)).encode(),
        "both.npz": npz(logits=logits, targets=targets),
    }


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


def test_the_chosen_format_overrules_the_content(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "decimal.csv"
    path.write_text("1,2;3,4\n")
    assert "XE201" in call("compute", "-q", path, "0").err
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
