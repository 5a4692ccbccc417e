"""Data sets of HDF5 give the numbers that NumPy's own format gives, or are refused."""

import gzip
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import Call
from worked_examples import EXAMPLES
from xent.errors import InputError
from xent.inputs.formats import hdf5
from xent.inputs.sources.source import Source

h5py = pytest.importorskip("h5py")

LOSS = "0.5514447139320511"
LOGITS, TARGETS = EXAMPLES[LOSS]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.h5"


def write(path: Path, **arrays: Any) -> None:
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name.replace("__", "/")] = array


def test_both_in_one(call: Call, path: Path) -> None:
    write(path, logits=LOGITS, labels=TARGETS, other=["a", "b"])
    assert call("compute", "-q", path).out == f"{LOSS}\n"
    assert call("compute", "-q", "-", stdin=path.read_bytes()).out == f"{LOSS}\n"
    assert call("compute", "-q", "-", stdin=gzip.compress(path.read_bytes())).out == f"{LOSS}\n"


def test_data_sets_in_groups(call: Call, path: Path) -> None:
    write(path, val__z=LOGITS, val__y=TARGETS, train__z=[[9, 0]] * 3)
    done = call("compute", "-q", path, "--logits-key", "val/z", "--targets-key", "val/y")
    assert done.out == f"{LOSS}\n"
    assert '"train/z", "val/y", "val/z"' in call("compute", path).err


@pytest.mark.parametrize("chunks", [None, (50_000, 2)])
def test_a_file_that_is_cut_short_while_it_is_read(
    chunks: tuple[int, ...] | None, path: Path
) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("logits", data=np.ones((300_000, 2)), chunks=chunks)
    source = replace(Source.of(str(path), "logits"), roles=("logits",))
    [array] = hdf5.read(source).values()
    blocks = array.read(1)
    assert next(blocks).values.all()
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(InputError, match="bytes when it was opened"):
        list(blocks)


@pytest.mark.parametrize("dtype", ["<f8", ">f8", "<f4", "<f2", "<i8", ">i2", "u1", "?"])
def test_every_type(dtype: str, call: Call, path: Path) -> None:
    write(path, a=np.array(LOGITS, dtype=dtype))
    assert call("compute", "-q", path, "0,1,2").out == f"{LOSS}\n"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"chunks": (7, 2, 5)},
        {"chunks": (200, 1, 1), "compression": "gzip"},
        {"chunks": (1, 4, 5), "shuffle": True, "fletcher32": True},
    ],
    ids=str,
)
def test_sequences_however_they_lie(
    options: dict[str, Any], call: Call, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hdf5, "_BLOCK_BYTES", 3000)
    rng = np.random.default_rng(0)
    logits, targets = rng.normal(size=(200, 4, 5)), rng.integers(5, size=(200, 4))
    targets[:, 3] = -100
    with h5py.File(path, "w") as file:
        file.create_dataset("logits", data=logits, **options)
        file["targets"] = targets
    np.savez(path.with_suffix(".npz"), logits=logits, targets=targets)
    words = ("-q", "--class-axis", "-1", "--shift")
    done = call("compute", path, *words)
    assert done.status == 0
    assert done == call("compute", path.with_suffix(".npz"), *words)
    targets[150, 2] = 9
    write(path, logits=logits, targets=targets)
    assert f"--> {path}:targets[150, 2]\n" in call("compute", path, *words).err


@pytest.mark.parametrize(
    ("array", "code"),
    [
        (["a", "b"], "XE112"),
        (np.array([(1, 2)], dtype=[("a", "i4"), ("b", "i4")]), "XE112"),
        (np.eye(2) + 1j, "XE112"),
        (np.zeros((0, 3)), "XE104"),
        (np.zeros((3, 0)), "XE208"),
        (h5py.Empty("f8"), "XE104"),
    ],
    ids=["text", "compound", "complex", "no rows", "no columns", "nothing"],
)
def test_what_is_no_array_of_numbers(array: Any, code: str, call: Call, path: Path) -> None:
    write(path, a=array)
    assert call("compute", path, "0").err.startswith(f"error[{code}]: ")


def test_numbers_inside_the_header(call: Call, path: Path) -> None:
    with h5py.File(path, "w") as file:
        space, layout = h5py.h5s.create_simple((3, 3)), h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        layout.set_layout(h5py.h5d.COMPACT)
        held = h5py.h5d.create(file.id, b"a", h5py.h5t.NATIVE_DOUBLE, space, layout)
        held.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array(LOGITS, dtype=float))
    assert call("compute", "-q", path, "0,1,2").out == f"{LOSS}\n"


def test_a_number_alone(call: Call, path: Path) -> None:
    write(path, a=0)
    assert call("compute", "-q", "0,0", path).out == "0.6931471805599453\n"


@pytest.mark.parametrize(
    "options", [{}, {"chunks": (10, 10)}, {"chunks": (10, 10), "compression": 9}]
)
def test_what_was_never_written_is_no_zero(options: dict[str, Any], call: Call, path: Path) -> None:
    with h5py.File(path, "w") as file:
        held = file.create_dataset("a", (10**9, 10), "f8", **options)
        if options:
            held[:10] = 1
    done = call("compute", path, "0")
    assert done.err.startswith("error[XE110]: of ")
    assert "HDF5 reads zeros where nothing was written" in done.err


def test_numbers_of_other_files(call: Call, path: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(bytes(32))
    with h5py.File(path, "w") as file:
        file.create_dataset("a", (2, 2), "f8", external=[(str(tmp_path / "secret"), 0, 32)])
    assert "is in other files" in call("compute", path, "0,1").err
    write(tmp_path / "other.h5", a=np.eye(2))
    with h5py.File(path, "w") as file:
        layout = h5py.VirtualLayout((2, 2), "f8")
        layout[:] = h5py.VirtualSource(tmp_path / "other.h5", "a", (2, 2))
        file.create_virtual_dataset("a", layout)
    assert "is in other files" in call("compute", path, "0,1").err
    with h5py.File(path, "w") as file:
        file["logits"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "a")
    assert "names here: none" in call("compute", path, "0,1").err


def test_a_chunk_beyond_all_reason(call: Call, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hdf5, "_MOST_CHUNK_BYTES", 100)
    with h5py.File(path, "w") as file:
        file.create_dataset("a", data=np.zeros((2, 10)), chunks=(2, 10))
    assert "has chunks of more than 0 MiB" in call("compute", path, "0,1").err


def test_damage_is_an_input_error(call: Call, path: Path) -> None:
    write(path, logits=LOGITS, targets=TARGETS)
    data = path.read_bytes()
    for end in range(8, len(data), 101):
        path.write_bytes(data[:end])
        done = call("compute", "-q", path)
        assert (done.status, done.out) == (2, "")
        assert done.err.startswith("error[XE1")


def test_without_the_library(call: Call, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(path, logits=LOGITS)
    monkeypatch.setitem(sys.modules, "h5py", None)
    assert call("compute", path, "0").err == (
        f"error[XE119]: to read {path} takes h5py, which is not installed\n"
        "  hint: pip install 'xent-cli[hdf5]'\n"
    )
