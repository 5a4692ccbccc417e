"""Small input that asks for much memory or time: what it asks for is known before it is given."""

import io
import json
import struct
import subprocess
import sys
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import Call, Outcome
from xent.inputs.formats import array, plain_numbers
from xent.inputs.formats.arrow_messages import batch_sizes
from xent.inputs.formats.json_text import parsed
from xent.inputs.formats.parquet_footer import column_chunks
from xent.inputs.formats.text import TextBlock
from xent.inputs.sources import source

XENT = f"{sys.executable} -m xent"
EYE, LABELS = np.eye(3), np.arange(3)


def refused(done: Outcome, *words: str) -> None:
    """That there is one error, which says this, and nothing else."""
    assert (done.status, done.out) == (2, ""), done
    assert done.err.count("error[") == 1, done.err
    for word in words:
        assert word in done.err


def allocated(do: Callable[[], Outcome]) -> tuple[Outcome, int]:
    """An outcome, and the most that Python and NumPy held at once on the way."""
    tracemalloc.start()
    try:
        done = do()
        return done, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# Pipes.


def arrays_in(kind: str, folder: Path) -> bytes:
    """Logits and targets in a format that is not read in pieces."""
    path = folder / f"whole.{kind}"
    if kind == "npz":
        np.savez(path, logits=EYE, targets=LABELS)
    elif kind == "json":
        path.write_text(json.dumps({"logits": EYE.tolist(), "targets": LABELS.tolist()}))
    elif kind == "safetensors":
        header = json.dumps(
            {
                "logits": {"dtype": "F64", "shape": [3, 3], "data_offsets": [0, 72]},
                "targets": {"dtype": "I64", "shape": [3], "data_offsets": [72, 96]},
            }
        ).encode()
        path.write_bytes(
            len(header).to_bytes(8, "little") + header + EYE.tobytes() + LABELS.tobytes()
        )
    elif kind == "hdf5":
        with pytest.importorskip("h5py").File(path, "w") as file:
            file.update({"logits": EYE, "targets": LABELS})
    else:
        pa = pytest.importorskip("pyarrow")
        table = pa.table({"logits": EYE.tolist(), "targets": LABELS})
        if kind == "parquet":
            pytest.importorskip("pyarrow.parquet").write_table(table, path)
        else:
            new = {"arrow": pa.ipc.new_file, "arrow-stream": pa.ipc.new_stream}[kind]
            with new(path, table.schema) as writer:
                writer.write_table(table)
    return path.read_bytes()


WHOLE = ["json", "npz", "safetensors", "hdf5", "parquet", "arrow", "arrow-stream"]


@pytest.mark.parametrize("kind", WHOLE)
def test_a_pipe_is_read_whole_up_to_the_limit(
    kind: str, tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = arrays_in(kind, tmp_path)
    monkeypatch.setattr(source, "MOST_UNPACKED_BYTES", len(data))
    assert call("compute", "-q", "-", stdin=data).out == "0.5514447139320511\n"
    monkeypatch.setattr(source, "MOST_UNPACKED_BYTES", len(data) - 1)
    refused(call("compute", "-q", "-", stdin=data), "XE116", "<stdin> has more than 0 MiB", "pipe")
    # The length of a file is known.
    done = call("compute", "-q", tmp_path / f"whole.{kind}")
    assert done.out == "0.5514447139320511\n"


@pytest.mark.parametrize("kind", [*WHOLE, "llama"])
def test_an_endless_device_ends_at_the_limit(
    kind: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind in ("hdf5", "parquet", "arrow", "arrow-stream"):
        pytest.importorskip("h5py" if kind == "hdf5" else "pyarrow")
    monkeypatch.setattr(source, "MOST_UNPACKED_BYTES", 1 << 20)
    done = call("compute", "/dev/urandom", "0", "--input-format", kind)
    refused(done, "/dev/urandom has more than 1 MiB, which cannot be read in pieces from a pipe")


@pytest.mark.parametrize(
    "command",
    [
        "yes 0 | {} compute -q 1,2 -",
        "yes 0 | {} compute -q '1,2;3,4' -",
        "yes 1,2 | {} compute -q - 0,1",
        "yes 0 | {} explain 1,2 -",
        "yes 0 | {} compute -q --binary 1,2 -",
    ],
)
def test_endless_rows_beside_few_end(command: str) -> None:
    command = command.format(XENT)
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error[XE205]: ")
    assert "at least 1" in done.stderr


def test_rows_that_end_are_counted_to_the_last(tmp_path: Path, call: Call) -> None:
    (tmp_path / "t.csv").write_text("0\n" * 300_000)
    refused(
        call("compute", "-q", "1,2", tmp_path / "t.csv"), "1 row of logits", "but 300000 targets"
    )


# Rows.


def test_a_row_of_more_classes_than_any_table(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (array, sys.modules["xent.inputs.formats.dialect"]):
        monkeypatch.setattr(module, "MOST_COLUMNS", 100)
    for classes, words in ((100, ""), (101, "has 101 classes, and 100 are the most")):
        np.save(tmp_path / "a.npy", np.zeros((1, classes)))
        np.save(tmp_path / "b.npy", np.zeros(classes))
        (tmp_path / "a.json").write_text(json.dumps([[0] * classes]))
        for name in ("a.npy", "b.npy", "a.json"):
            done = call("compute", "-q", tmp_path / name, "0")
            if words:
                refused(done, name, words)
            else:
                assert done.status == 0, done.err


def test_a_row_that_a_small_archive_unpacks_to(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Samples of many places are rows of many numbers; they may be large where the file is."""
    monkeypatch.setattr(source, "MOST_UNPACKED_BYTES", 1 << 20)
    noise = np.random.default_rng(0).normal(size=(1, 3, 1 << 16))
    targets = np.zeros((1, 1 << 16), np.uint8)
    path = tmp_path / "a.npz"
    np.savez_compressed(path, logits=noise, targets=targets)
    assert call("compute", "-q", path).status == 0
    np.savez_compressed(path, logits=np.zeros_like(noise), targets=targets)
    refused(call("compute", "-q", path), f"a row of {path}:logits unpacks from", "to 1.5 MiB")
    # Without compression nothing is unpacked.
    np.savez(path, logits=np.zeros_like(noise), targets=targets)
    assert call("compute", "-q", path).status == 0


def test_an_array_by_columns_is_held_whole(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "MOST_UNPACKED_BYTES", 1 << 20)
    path = tmp_path / "a.npz"
    for logits in (np.zeros((1 << 16, 3)), np.asfortranarray(np.zeros((1 << 16, 3)))):
        np.savez_compressed(path, logits=logits, targets=np.zeros(1 << 16, np.uint8))
        done = call("compute", "-q", path)
        if logits.flags.c_contiguous:
            assert done.status == 0
        else:
            refused(done, f"{path}:logits unpacks from", "is read at once")


def test_a_row_of_hdf5(tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    h5py = pytest.importorskip("h5py")
    monkeypatch.setattr(source, "MOST_UNPACKED_BYTES", 1 << 20)
    path = tmp_path / "a.h5"
    for compression in ("gzip", None):
        with h5py.File(path, "w") as file:
            zeros = np.zeros((1, 3, 1 << 16), np.uint8)
            file.create_dataset("logits", data=zeros, chunks=True, compression=compression)
            file["targets"] = zeros[:, 0]
        done = call("compute", "-q", path)
        if compression:
            refused(done, f"a row of {path}:logits unpacks from", "to 1.5 MiB")
        else:
            assert done.status == 0


def test_a_chunk_of_hdf5_becomes_many_blocks(tmp_path: Path, call: Call) -> None:
    """A block is small, however large the chunks are that a file consists of."""
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        ones = np.ones((1 << 20, 10), np.uint8)
        file.create_dataset("logits", data=ones, chunks=ones.shape, compression="gzip")
        file["targets"] = ones[:, 0]
    done, most = allocated(lambda: call("compute", "-q", path))
    assert float(done.out) == np.log(10)
    assert most < 64 << 20  # the chunk itself is 10 MiB, its doubles would be 80


@pytest.fixture
def parquet() -> Any:
    """pyarrow, which writes Parquet and Arrow."""
    pytest.importorskip("pyarrow.parquet")
    return pytest.importorskip("pyarrow")


def lists(pa: Any, ends: list[int], values: Any) -> Any:
    """A column of lists."""
    return pa.ListArray.from_arrays(pa.array([0, *ends], pa.int32()), pa.array(values))


@pytest.mark.parametrize("ends", [[1 << 23], [1, 1 << 23], [1 << 22, 1 << 23]])
def test_a_row_of_parquet_is_as_wide_as_a_line(
    ends: list[int], parquet: Any, tmp_path: Path, call: Call
) -> None:
    """929 bytes held a list of 2²⁷ zeros, which took 3.3 GB."""
    pa, path = parquet, tmp_path / "bomb.parquet"
    logits = lists(pa, ends, np.zeros(1 << 23, np.float32))
    table = pa.table({"logits": logits, "target": [0] * len(ends)})
    pa.parquet.write_table(table, path, compression="zstd")
    assert path.stat().st_size < 4096
    for command in ("compute", "inspect", "check"):
        done, most = allocated(partial(call, command, path))
        if ends[0] == 1 << 22:
            assert done.status in (0, 1), done.err
            break
        refused(done, f"{path}:logits")
        assert most < 16 << 20


def test_one_row_of_parquet_that_is_longer_than_the_mean(
    parquet: Any, tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    pa, path = parquet, tmp_path / "a.parquet"
    monkeypatch.setattr(source, "MOST_UNPACKED_BYTES", 1 << 20)
    rows = 1000

    def written(ends: list[int], values: Any) -> None:
        logits = lists(pa, ends, values)
        pa.parquet.write_table(pa.table({"logits": logits, "target": [0] * rows}), path)

    written([*range(1, rows), 1 << 24], np.zeros(1 << 24))
    refused(call("compute", path), f"a row of {path}:logits unpacks from", "row_group_size")
    # As many numbers that are not made up, and rows of one length.
    noise = np.random.default_rng(0).normal(size=rows * 300)
    written([*range(300, rows * 300 + 1, 300)], noise)
    assert call("compute", "-q", path).status == 0


def test_a_long_word_of_parquet(
    parquet: Any, tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    pa, path = parquet, tmp_path / "a.parquet"
    monkeypatch.setattr(source, "MOST_UNPACKED_BYTES", 1 << 20)
    table = {"a": [1.0, 2], "b": [2.0, 1], "target": ["a", "b" * (1 << 25)]}
    pa.parquet.write_table(pa.table(table), path, compression="zstd", use_dictionary=False)
    refused(call("compute", path), f"a row of {path}:target unpacks from")


def test_the_footer_of_parquet_says_what_the_library_says(parquet: Any) -> None:
    pa, data = parquet, io.BytesIO()
    table = pa.table(
        {
            "logits": [[1.0, 2, 3], [4, 5, 6], [7, 8, 9]],
            "nested": [{"a": [1, 2], "b.c": "x"}] * 3,
            "target": ["a", "b", "a"],
        }
    )
    pa.parquet.write_table(table, data, row_group_size=2)
    metadata = pa.parquet.ParquetFile(data).metadata
    expected = [
        (
            chunk.path_in_schema,
            group.num_rows,
            chunk.num_values,
            chunk.total_uncompressed_size,
            chunk.total_compressed_size,
        )
        for group in map(metadata.row_group, range(metadata.num_row_groups))
        for chunk in map(group.column, range(group.num_columns))
    ]
    found = [
        (".".join(each.path), each.rows, each.values, each.unpacked, each.packed)
        for each in column_chunks(data)
    ]
    assert found == expected
    assert data.tell() == 0


@pytest.mark.parametrize("kind", ["arrow", "arrows"])
@pytest.mark.parametrize("compression", ["zstd", "lz4", None])
def test_a_batch_of_arrow(
    kind: str,
    compression: str | None,
    parquet: Any,
    tmp_path: Path,
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """62 KB of Arrow took 5.6 GB."""
    pa, path = parquet, tmp_path / f"a.{kind}"
    monkeypatch.setattr(source, "MOST_UNPACKED_BYTES", 1 << 20)
    rows = 1 << 17
    noise = np.random.default_rng(0).normal(size=(2, rows))

    def written(logits: Any, most: int) -> None:
        table = pa.table({"a": logits[0], "b": logits[1], "target": np.zeros(rows, np.int8)})
        options = pa.ipc.IpcWriteOptions(compression=compression)
        new = pa.ipc.new_file if kind == "arrow" else pa.ipc.new_stream
        with new(path, table.schema, options=options) as writer:
            writer.write_table(table, max_chunksize=most)

    written(np.zeros((2, rows)), rows)
    done = call("compute", "-q", path)
    if compression:
        refused(done, f"a batch of {path} unpacks from", "max_chunksize")
    else:
        assert done.status == 0, done.err
    for logits, most in ((np.zeros((2, rows)), rows // 16), (noise, rows)):
        written(logits, most)
        assert call("compute", "-q", path).status == 0


@pytest.mark.parametrize("compression", ["zstd", None])
def test_the_lengths_of_batches_are_those_in_memory(compression: str | None, parquet: Any) -> None:
    pa, data = parquet, io.BytesIO()
    words = pa.array(["cat", "dog"] * 5000).dictionary_encode()
    table = pa.table({"a": np.arange(10_000.0), "logits": [[1.0, 2.0]] * 10_000, "t": words})
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_file(data, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=4000)
    data.seek(0)
    dictionary, *sizes = batch_sizes(data)
    assert dictionary[0] < 100
    batches = table.to_batches(max_chunksize=4000)
    own = [batch.nbytes - batch.column("t").dictionary.nbytes for batch in batches]
    assert [unpacked for unpacked, _ in sizes] == pytest.approx(own, rel=0.05)
    packed = sum(size for _, size in [dictionary, *sizes])
    assert packed < len(data.getvalue())
    assert (packed < sum(own)) == (compression is not None)


@pytest.mark.parametrize("length", [-1, -(1 << 62), 1 << 62])
def test_a_message_that_leads_nowhere(length: int, parquet: Any) -> None:
    pa, data = parquet, io.BytesIO()
    with pa.ipc.new_stream(data, pa.schema([("a", pa.float64())])) as writer:
        writer.write_batch(pa.record_batch({"a": [1.0, 2.0]}))
    content = data.getvalue()
    size = struct.pack("<q", 16)  # of the only body, and its only buffer
    assert content.count(size) >= 1
    broken = io.BytesIO(content.replace(size, struct.pack("<q", length)))
    with suppress(struct.error, ValueError, OverflowError):
        assert len([*batch_sizes(broken)]) <= 1


# Time.


def test_an_archive_is_opened_once(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its directory was read three times for each array: a minute for 4,000 of them."""
    arrays: dict[str, Any] = {f"a{number}": EYE for number in range(300)}
    np.savez(tmp_path / "a.npz", **arrays)
    opened = []
    of_library = zipfile.ZipFile.__init__

    def init(self: Any, *arguments: Any, **options: Any) -> None:
        opened.append(arguments)
        of_library(self, *arguments, **options)

    monkeypatch.setattr(zipfile.ZipFile, "__init__", init)
    done = call("inspect", tmp_path / "a.npz")
    assert done.out.count("\na") >= 299
    assert len(opened) == 1


def test_a_member_that_stands_twice_in_an_archive(tmp_path: Path, call: Call) -> None:
    path, data = tmp_path / "a.npz", io.BytesIO()
    np.save(data, EYE)
    for second in ("logits.npy", "Logits.npy"):
        with zipfile.ZipFile(path, "w") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in ("logits.npy", second):
                file.writestr(name, data.getvalue())
        done = call("compute", path, "0,1,2")
        if second == "logits.npy":
            refused(done, f'the archive {path} holds 2 arrays called "logits"')
        else:
            assert done.status == 0


def test_many_columns_take_little_more_than_their_names(tmp_path: Path, call: Call) -> None:
    columns = 1 << 18
    (tmp_path / "a.csv").write_text(",".join(["1.5"] * columns) + "\n")
    done, most = allocated(lambda: call("compute", "-q", tmp_path / "a.csv", "0"))
    assert done.status == 0
    assert most < 200 * columns


# JSON in pieces.

numbers = st.one_of(st.integers(-(10**6), 10**6), st.floats(allow_nan=False, allow_infinity=False))
values = st.recursive(
    st.one_of(numbers, st.text(max_size=3), st.none()),
    lambda inside: st.one_of(
        st.lists(inside, max_size=4), st.dictionaries(st.text(max_size=3), inside, max_size=3)
    ),
    max_leaves=30,
)
matrices = st.lists(st.lists(numbers, min_size=1, max_size=4), min_size=1, max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    document=st.one_of(
        values,
        matrices,
        st.dictionaries(st.text(max_size=3), st.one_of(matrices, values), max_size=3),
    ),
    indent=st.sampled_from([None, 1]),
    piece=st.integers(1, 40),
)
def test_json_in_pieces_is_json(
    document: Any, indent: int | None, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain_numbers, "_PIECE", piece)
    text = json.dumps(document, indent=indent)
    assert parsed(TextBlock("a", text), as_doubles=True) == json.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        "[[1],]",
        "[[1],,[2]]",
        "[,[1],[2]]",
        "[[1],[2]",
        "[[1],[2]]]",
        "[[1],[2],]",
        '{"a": [[1],[2],], "b": 1}',
        '{"a": [[1],[2]] "b": 1}',
        '"[[1],[2]]',
        "[[1]][[2]]",
        "[[1],[2]],[[3]]",
    ],
)
@pytest.mark.parametrize("piece", [1, 4, 100])
def test_what_is_no_json_is_none_in_pieces(
    text: str, piece: int, tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain_numbers, "_PIECE", piece)
    (tmp_path / "a.json").write_text(text)
    refused(
        call("compute", tmp_path / "a.json", "0", "--input-format", "json"), "XE109", "not JSON"
    )


def test_a_string_that_looks_like_the_place_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_numbers, "_PIECE", 1)
    for text in (r'{"a": [[1]], "b": "\u0000 rows"}', r'["\u0000 rows", [[1]]]'):
        assert parsed(TextBlock("a", text), as_doubles=True) == json.loads(text)
