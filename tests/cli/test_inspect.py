"""`xent inspect`: the statistics are NumPy's, and what compute reads is described."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from conftest import Call

LOGITS = np.random.default_rng(3).normal(1, 3, size=(70, 4))
TARGETS = np.arange(70) % 4
_PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "jsonl": lambda rows: b"[" + rows.strip().replace(b"\n", b"]\n[") + b"]",
}


def _rows(values: NDArray[Any], mark: str) -> bytes:
    return "".join(f"{mark.join(map(repr, row))}\n" for row in values.tolist()).encode()


def _saved(path: Path, values: NDArray[Any]) -> bytes:
    np.save(path, values)
    return path.read_bytes()


def _written(name: str, folder: Path) -> bytes:
    """`LOGITS` in the format that the name ends in."""
    stem, _, suffix = name.rpartition(".")
    if suffix in _PACKED:
        return _PACKED[suffix](_written(stem, folder))
    if suffix == "npz":
        np.savez(folder / "saved.npz", only=LOGITS)
        return (folder / "saved.npz").read_bytes()
    if suffix == "npy":
        return _saved(folder / "saved.npy", LOGITS)
    if suffix == "json":
        return json.dumps(LOGITS.tolist()).encode()
    return _rows(LOGITS, {"csv": ",", "tsv": "\t", "txt": " "}[suffix])


def inspected(call: Call, *arguments: object, stdin: bytes = b"") -> Any:
    """The result in JSON."""
    done = call("inspect", *arguments, "--format", "json", stdin=stdin)
    assert done.status == 0, done.err
    return json.loads(done.out)


@pytest.mark.parametrize(
    "name",
    [
        "z.csv",
        "z.tsv",
        "z.txt",
        "z.json",
        "z.csv.jsonl",
        "z.npy",
        "z.npz",
        "z.csv.gz",
        "z.npy.bz2",
        "z.csv.jsonl.xz",
    ],
)
@pytest.mark.parametrize("piped", [False, True])
def test_the_statistics_are_numpys_in_every_format(
    name: str, piped: bool, call: Call, tmp_path: Path
) -> None:
    data = _written(name, tmp_path)
    (tmp_path / name).write_bytes(data)
    found = inspected(call, *(["-"] if piped else [tmp_path / name]), stdin=data)
    [array] = found["arrays"]
    assert (array["min"], array["max"]) == (LOGITS.min(), LOGITS.max())
    assert array["mean"] == pytest.approx(LOGITS.mean(), rel=1e-14)
    assert array["standard_deviation"] == pytest.approx(LOGITS.std(), rel=1e-14)
    assert array["histogram"] == np.histogram(LOGITS, 10)[0].tolist()
    assert array["first_rows"] == LOGITS[:5].tolist()
    assert (array["shape"], array["dtype"], array["kind"]) == ([70, 4], "float64", "logits")
    assert found["source"] == ("<stdin>" if piped else f"{tmp_path}/{name}")


@pytest.mark.parametrize("dtype", ["f2", "f4", ">f8", "i1", "i8", "u2", "?"])
def test_the_dtype_of_an_array_is_shown(dtype: str, call: Call, tmp_path: Path) -> None:
    values = (LOGITS * 3).astype(dtype)
    np.save(tmp_path / "z.npy", values)
    [array] = inspected(call, tmp_path / "z.npy")["arrays"]
    assert array["dtype"] == values.dtype.name
    doubles = values.astype(float)
    assert (array["min"], array["max"]) == (doubles.min(), doubles.max())
    assert array["mean"] == pytest.approx(doubles.mean(), rel=1e-14)


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    exponentials: NDArray[np.float64] = np.exp(logits)
    shares: NDArray[np.float64] = exponentials / exponentials.sum(axis=1, keepdims=True)
    return shares


@pytest.mark.parametrize(
    ("values", "looks", "command"),
    [
        (LOGITS, "logits", "{file} TARGETS"),
        (LOGITS.round(), "logits", "{file} TARGETS"),
        (_softmax(LOGITS), "probabilities (rows sum to 1)", "{file} TARGETS --input-kind probs"),
        (
            _softmax(LOGITS.reshape(7, 10, 4)),
            "probabilities (rows sum to 1)",
            "{file} TARGETS --input-kind probs",
        ),
        (
            np.round(_softmax(LOGITS), 2),
            "probabilities (rows sum to 1)",
            "{file} TARGETS --input-kind probs",
        ),
        (_softmax(LOGITS) * 1.001, "logits", "{file} TARGETS"),
        (
            np.log(_softmax(LOGITS)),
            "log-probabilities (the exponentials of rows sum to 1)",
            "{file} TARGETS --input-kind log-probs",
        ),
        (np.eye(4)[TARGETS], "one-hot targets", "LOGITS {file}"),
        (TARGETS, "targets: class numbers 0..3", "LOGITS {file}"),
        (TARGETS[:, np.newaxis], "targets: class numbers 0..3", "LOGITS {file}"),
        (TARGETS.astype(float), "targets: class numbers 0..3", "LOGITS {file}"),
        (
            np.where(TARGETS == 0, -100, TARGETS),
            "targets: class numbers 1..3, 18 ignored (-100)",
            "LOGITS {file}",
        ),
        (np.full(3, -100), "targets: -100 only, which is ignored", "LOGITS {file}"),
        (TARGETS.reshape(7, 10), "targets: class numbers 0..3", "LOGITS {file}"),
        (LOGITS[:, 0], "a list of numbers, such as weights, or one row of logits", None),
        (np.where(LOGITS > 5, nan, LOGITS), "logits", "{file} TARGETS"),
    ],
)
def test_the_kind_of_an_array_follows_from_its_numbers(
    values: NDArray[Any], looks: str, command: str | None, call: Call, tmp_path: Path
) -> None:
    np.save(tmp_path / "x.npy", values)
    found = inspected(call, tmp_path / "x.npy")
    assert found["arrays"][0]["looks_like"] == looks
    file = tmp_path / "x.npy"
    assert found["command"] == (command and f"xent compute {command.format(file=file)}")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("0,1,2", ["class numbers"]),
        ("1,0,0", ["numbers"]),
        ('{"logits": [[1,0],[0,1]], "targets": [0,1]}', ["logits", "class numbers"]),
        ('{"logits": [[0.5,0.5]], "targets": [[1,0]]}', ["probabilities", "one-hot targets"]),
        ('{"targets": [[1,0],[0,1]]}', ["one-hot targets"]),
        ('{"targets": [[0.25,0.75]]}', ["probabilities"]),
        ('{"targets": [[0.25,0.5]]}', ["numbers"]),
        ('{"targets": [[0,1,2],[2,1,1]]}', ["class numbers"]),
    ],
)
def test_the_kinds_of_inline_arrays_follow_from_names_and_numbers(
    text: str, kinds: list[str], call: Call
) -> None:
    assert [array["kind"] for array in inspected(call, text)["arrays"]] == kinds


def test_the_largest_doubles_are_described(call: Call) -> None:
    [array] = inspected(call, "1.7e308,-1.7e308,0;1.7e308,-1.7e308,0")["arrays"]
    assert array["histogram"] == [2, 0, 0, 0, 0, 2, 0, 0, 0, 2]
    assert (array["min"], array["max"]) == (-1.7e308, 1.7e308)


def test_arrays_that_cannot_be_targets_have_no_command(call: Call) -> None:
    found = inspected(call, '{"logits": [[1,2]], "targets": [0.5]}')
    assert found["arrays"][1]["looks_like"] == (
        "neither class numbers nor rows that sum to 1, so not targets"
    )
    assert found["command"] is None


def test_a_table_shows_the_roles_of_columns_and_the_first_rows(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("z.csv").write_text("id,cat,dog,emu,label\n7,2.5,1,0,cat\n8,0,3,1.25,dog\n9,1,1,-4,emu\n")
    done = call("inspect", "z.csv")
    assert done.out == (
        "z.csv  csv\n"
        "header   id, cat, dog, emu, label\n"
        "index    column 0, id\n"
        "targets  column 4, label\n"
        "logits   (3, 3) float64 n=9 ∈ [-4 ▂    ▄ █ ▄ 3] μ=0.639 σ=1.89 nan=0\n"
        "targets  (3, 1) float64 n=3 ∈ [0 █    █   █ 2] μ=1 σ=0.816 nan=0\n"
        "\n"
        "first rows  logits\n"
        "╭────────────────────────╮\n"
        "│ row   cat   dog    emu │\n"
        "├────────────────────────┤\n"
        "│   0  2.50  1.00   0.00 │\n"
        "│   1  0.00  3.00   1.25 │\n"
        "│   2  1.00  1.00  -4.00 │\n"
        "╰────────────────────────╯\n"
        "\n"
        "first targets  0, 1, 2\n"
        "\n"
        "logits: looks like logits\n"
        "targets: looks like targets: class numbers 0..2\n"
        "  xent compute z.csv\n"
    )
    assert "note[XN310]" in done.err
    assert "note[XN309]" in done.err
    assert call("compute", "-q", "z.csv").status == 0


def test_rows_and_columns_that_do_not_fit_are_counted(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("z.npy", np.arange(20_000.0).reshape(20, 1000) / 4)
    done = call("inspect", "z.npy")
    lines = done.out.splitlines()
    assert lines[:2] == [
        "z.npy  npy",
        "(20, 1000) float64 n=20000 ∈ [0 ██████████ 5e+03] μ=2.5e+03 σ=1.44e+03 nan=0",
    ]
    assert lines[3] == "first rows  as they are read"
    header, first = (lines[number].strip("│").split() for number in (5, 7))
    assert header == ["row", *map(str, range(12)), "…"]
    assert first == ["0", *(f"{column / 4:.2f}" for column in range(12)), "…"]
    assert lines[14:] == [
        "  … 15 more rows, 988 more columns",
        "",
        "looks like logits",
        "  xent compute z.npy TARGETS",
    ]


def test_each_array_of_an_archive_is_described(call: Call, tmp_path: Path) -> None:
    np.savez(tmp_path / "z.npz", head=LOGITS, told=TARGETS)
    found = inspected(call, tmp_path / "z.npz")
    assert [array["name"] for array in found["arrays"]] == ["head", "told"]
    assert found["command"] == (
        f"xent compute {tmp_path}/z.npz --logits-key head --targets-key told"
    )
    assert call(*found["command"].split()[1:], "-q").status == 0
    np.savez(tmp_path / "z.npz", train=LOGITS, test=LOGITS, targets=TARGETS)
    found = inspected(call, tmp_path / "z.npz")
    assert len(found["arrays"]) == 3
    assert found["command"] is None
    [array] = inspected(call, tmp_path / "z.npz", "--targets-key", "test")["arrays"]
    assert array["min"] == LOGITS.min()


def test_arrays_of_safetensors_are_described(call: Call) -> None:
    header = b'{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}'
    data = len(header).to_bytes(8, "little") + header + np.arange(4, dtype="<f4").tobytes()
    [array] = inspected(call, "-", stdin=data)["arrays"]
    assert (array["name"], array["dtype"], array["mean"]) == ("a", "float32", 1.5)


def test_data_sets_of_hdf5_are_described(call: Call, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "z.h5", "w") as file:
        file["run/logits"], file["run/gold"] = LOGITS, TARGETS
    found = inspected(call, tmp_path / "z.h5")
    assert [array["name"] for array in found["arrays"]] == ["run/gold", "run/logits"]
    assert found["arrays"][1]["mean"] == pytest.approx(LOGITS.mean(), rel=1e-14)


def test_columns_of_parquet_are_described(call: Call, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pyarrow.table({"logits": LOGITS.tolist(), "label": TARGETS, "id": ["a"] * 70})
    parquet.write_table(table, tmp_path / "z.parquet")
    found = inspected(call, tmp_path / "z.parquet")
    assert [array["shape"] for array in found["arrays"]] == [[70, 4], [70]]
    assert found["command"] == f"xent compute {tmp_path}/z.parquet"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--header", "no"], "--header no"),
        (["--comment", "#", "--index-column", "0"], "--index-column 0 --comment '#'"),
        (["--input-format", "csv"], "--input-format csv"),
    ],
)
def test_the_command_repeats_the_options_that_say_how_to_read(
    arguments: list[str], words: str, call: Call, tmp_path: Path
) -> None:
    (tmp_path / "z.csv").write_text("0,1,2.5\n1,3,4.5\n2,1,0.5\n")
    command = inspected(call, tmp_path / "z.csv", *arguments)["command"]
    assert command == f"xent compute {tmp_path}/z.csv TARGETS {words}"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a,b,name\n1,2,x\n", "XE201"),
        ("1,2\n3\n", "XE202"),
        ("[[],[]]", "XE104"),
        ('{"head":[[1,2]],"told":[0]}', "XE113"),
        ("", "XE104"),
        ("1,2\n3,\xff\n", "XE201"),
        ("[[1,2],[3,\xff]]", "XE106"),
    ],
)
def test_input_that_compute_refuses_has_the_same_error(text: str, code: str, call: Call) -> None:
    done = call("inspect", "-", stdin=text.encode("latin1"))
    assert done.status == 2
    assert not done.out
    assert done.err.startswith(f"error[{code}]")


def test_class_names_as_targets_need_logits_with_a_header(call: Call, tmp_path: Path) -> None:
    (path := tmp_path / "truth.csv").write_text("id,label\n7,cat\n8,dog\n")
    assert "hint: --class-names cat,dog gives them" in call("inspect", path).err


def test_a_file_is_written_in_the_format_of_its_name(call: Call, tmp_path: Path) -> None:
    assert call("inspect", "1,2,0.5", "-o", tmp_path / "x.json").out == ""
    assert json.loads((tmp_path / "x.json").read_text())["arrays"][0]["shape"] == [1, 3]


def test_control_characters_are_shown_escaped(call: Call, tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text("a\x1b[31m,b\n1.5,2\n3,4\n")
    assert "\x1b" not in call("inspect", tmp_path / "z.csv").out
