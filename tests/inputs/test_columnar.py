"""Tables of Parquet and Arrow give the numbers that their lists would give."""

import gzip
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import Call, calculated
from worked_examples import EXAMPLES
from xent.inputs.formats import columnar

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
feather = pytest.importorskip("pyarrow.feather")

LOSS = "0.5514447139320511"
LOGITS, TARGETS = EXAMPLES[LOSS]
CHOSEN = "note[XN309]: the targets are the column {} of {}; --target-column names another\n"
INDEX = "note[XN310]: the column {} of {} is read as an index and left out\n"
MAPPING = "note[XN311]: the targets are numbers of columns: 0 is cat, 1 is dog, 2 is eel\n"


def parquet_bytes(table: Any) -> bytes:
    file = io.BytesIO()
    parquet.write_table(table, file, row_group_size=70)
    return file.getvalue()


def feather_bytes(table: Any) -> bytes:
    file = io.BytesIO()
    feather.write_feather(table, file, chunksize=70)
    return file.getvalue()


def stream_bytes(table: Any) -> bytes:
    file = io.BytesIO()
    with pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=70)
    return file.getvalue()


WRITERS: dict[str, Callable[[Any], bytes]] = {
    "parquet": parquet_bytes,
    "feather": feather_bytes,
    "arrows": stream_bytes,
}


@pytest.fixture(params=WRITERS)
def written(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Path]:
    """Write columns as a table."""

    def written(**columns: Any) -> Path:
        path = tmp_path / f"x.{request.param}"
        path.write_bytes(WRITERS[request.param](pa.table(columns)))
        return path

    return written


Written = Callable[..., Path]
LISTS = {
    "list": pa.list_(pa.float64()),
    "large-list": pa.large_list(pa.float32()),
    "fixed-list": pa.list_(pa.float16(), 3),
    "integers": pa.list_(pa.int8()),
}


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("name", ["logits", "z"])
def test_a_column_of_lists(kind: str, name: str, call: Call, written: Written) -> None:
    path = written(**{"label": TARGETS, name: pa.array(LOGITS, LISTS[kind])})
    done = calculated(call, path)
    assert (done.out, done.err) == (f"{LOSS}\n", CHOSEN.format("label", path))
    assert calculated(call, "-", stdin=path.read_bytes()).out == f"{LOSS}\n"
    assert calculated(call, "-", stdin=gzip.compress(path.read_bytes())).out == f"{LOSS}\n"


@pytest.mark.parametrize("name", ["target", "targets", "label", "labels", "y", "y_true", "class"])
def test_a_column_for_each_class(name: str, call: Call, written: Written) -> None:
    cat, dog, eel = map(list, zip(*LOGITS, strict=True))
    path = written(cat=cat, dog=pa.array(dog, pa.float32()), **{name: TARGETS}, eel=eel)
    assert calculated(call, path).err == CHOSEN.format(name, path) + MAPPING
    assert calculated(call, path).out == f"{LOSS}\n"
    named = calculated(call, path, "--targets-key", name)
    assert (named.out, named.err) == (f"{LOSS}\n", MAPPING)
    done = calculated(call, path, "0,1,2")
    assert done.out == f"{LOSS}\n"
    assert done.err == (
        f"note[XN301]: {path} also holds targets, in its column {name}, which are not used\n"
        + MAPPING
    )


def test_tables_of_their_own(call: Call, written: Written, tmp_path: Path) -> None:
    (tmp_path / "logits").write_bytes(written(z=LOGITS).read_bytes())
    done = calculated(call, tmp_path / "logits", written(anything=TARGETS))
    assert (done.out, done.err) == (f"{LOSS}\n", "")
    path = written(id=["a", "b", "c"], label=TARGETS)
    done = calculated(call, tmp_path / "logits", path)
    assert (done.out, done.err) == (f"{LOSS}\n", INDEX.format("id", path))
    weights = written(w=[1, 1, 1])
    done = calculated(call, tmp_path / "logits", "0,1,2", "--sample-weight", weights)
    assert done.out == f"{LOSS}\n"


def test_names_are_taken_from_among_others(call: Call, written: Written) -> None:
    path = written(id=["a", "b", "c"], z=LOGITS, y=[9, 9, 9], answer=TARGETS)
    keys = ("--logits-key", "z", "--targets-key", "answer")
    assert calculated(call, path, *keys).out == f"{LOSS}\n"
    done = calculated(call, path, *keys[2:])
    assert done.err.startswith(f"error[XE112]: the column 'z' of {path} holds list")
    done = calculated(call, path, "--targets-key", "labels")
    assert done.err.startswith(
        "error[XE121]: there is no column labels; the columns are id, z, y, answer\n"
    )


def test_two_columns_of_targets(call: Call, written: Written) -> None:
    path = written(logits=LOGITS, label=TARGETS, y=TARGETS)
    assert call("compute", path).err.startswith(
        "error[XE121]: several columns may hold the targets: label, y\n"
    )
    assert calculated(call, path, "--targets-key", "y").out == f"{LOSS}\n"


def test_sequences(call: Call, written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    logits, targets = rng.normal(size=(200, 4, 5)), rng.integers(5, size=(200, 4))
    targets[:, 3] = -100
    path = written(logits=logits.tolist(), labels=targets.tolist())
    options = ("--class-axis", "-1", "--shift")
    expected = calculated(call, str(logits.tolist()), str(targets.tolist()), *options)
    assert expected.status == 0
    assert calculated(call, path, *options).out == expected.out
    monkeypatch.setattr(columnar, "_BATCH_BYTES", 1000)
    assert calculated(call, path, *options).out == expected.out


@pytest.mark.parametrize("row", [0, 150])
def test_an_error_names_its_row(row: int, call: Call, written: Written) -> None:
    targets: list[int | None] = [0] * 200
    logits: list[Any] = [[1.0, 2.0] for _ in targets]
    targets[row] = 7
    path = written(logits=logits, y=targets)
    assert f"--> {path}:y[{row}]\n" in call("compute", path).err
    targets[row] = None
    path = written(logits=logits, y=targets)
    done = call("compute", path)
    assert done.err.startswith(f"error[XE201]: this value is null\n  --> {path}:y[{row}]\n")
    logits[row] = [1.0, None]
    path = written(logits=logits, y=[0] * 200)
    assert f"--> {path}:logits[{row}, 1]\n" in call("compute", path).err
    logits[row] = None
    path = written(logits=logits, y=[0] * 200)
    assert f"--> {path}:logits[{row}]\n" in call("compute", path).err
    wide = written(a=[None if at == row else 1.0 for at in range(200)], b=[1] * 200, y=[0] * 200)
    assert f"--> {wide}:a[{row}]\n" in call("compute", wide).err


@pytest.mark.parametrize("row", [1, 150])
def test_a_list_of_another_length(row: int, call: Call, written: Written) -> None:
    logits = [[1.0, 2.0] for _ in range(200)]
    logits[row] = [1.0, 2.0, 3.0]
    done = call("compute", written(logits=logits, y=[0] * 200))
    assert done.err.startswith("error[XE202]: this row has 3 values, the rows above it 2\n")


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["a", "b", "c"]),
        pa.array([b"a", b"b", b"c"]),
        pa.array(["a", "b", "c"]).dictionary_encode(),
        pa.array([1, 2, 3], pa.timestamp("s")),
        pa.array([1, 2, 3], pa.decimal128(5)),
        pa.array([{"a": 1}] * 3),
        pa.array(LOGITS),
        pa.nulls(3),
    ],
    ids=lambda column: str(column.type),
)
def test_a_column_of_something_else(column: Any, call: Call, written: Written) -> None:
    done = call("compute", written(a=[1, 2, 3], odd=column, y=TARGETS))
    assert done.err.startswith("error[XE112]: the column 'odd' of ")


def test_the_index_of_pandas_is_no_class(call: Call, tmp_path: Path) -> None:
    table = pa.table({"a": [40.0], "b": [0.0], "__index_level_0__": [7], "y": [0]})
    meta = {b"pandas": b'{"index_columns": ["__index_level_0__"], "columns": []}'}
    parquet.write_table(table.replace_schema_metadata(meta), tmp_path / "x.parquet")
    done = calculated(call, tmp_path / "x.parquet")
    assert done.out == "4.248354255291589e-18\n"


def test_an_index_that_no_metadata_tells_of_is_no_class(call: Call, written: Written) -> None:
    columns: dict[str, Any] = {"a": [40.0], "b": [0.0], "__index_level_0__": [7], "y": [0]}
    path = written(id=[100], image_id=["x"], **columns)
    done = calculated(call, path)
    assert done.out == "4.248354255291589e-18\n"
    assert done.err.startswith(INDEX.format("id", path) + INDEX.format("image_id", path))
    path = written(**columns, cluster=[100])
    assert calculated(call, path).out != done.out
    named = calculated(call, path, "--index-column", "cluster")
    assert (named.out, INDEX[:10] in named.err) == (done.out, False)
    missing = calculated(call, path, "--index-column", "group")
    assert missing.err.startswith(
        "error[XE121]: there is no column group; the columns are a, b, y, cluster\n"
    )


def test_a_column_that_names_the_rows_is_an_index(call: Call, written: Written) -> None:
    path = written(file=["one.png", "two.png"], a=[40.0, 40.0], b=[0.0, 0.0], Label=[0, 0])
    done = calculated(call, path)
    assert done.out == "4.248354255291589e-18\n"
    assert done.err.startswith(INDEX.format("file", path) + CHOSEN.format("Label", path))
    path = written(y=[0, 0], id=[7, 8], a=[40.0, 40.0], b=[0.0, 0.0])
    assert calculated(call, path).out == done.out
    path = written(a=[40.0, 40.0], file=["one.png", "two.png"], b=[0.0, 0.0], y=[0, 0])
    assert f"note[XN315]: the column file of {path} is not a class" in call("compute", path).err
    path = written(a=[40.0, 40.0], animal=["one.png", "two.png"], b=[0.0, 0.0], y=[0, 0])
    assert f"note[XN315]: the column animal of {path} is not a class" in calculated(call, path).err


def test_columns_may_be_numbered(call: Call, written: Written) -> None:
    path = written(a=[40.0], b=[0.0], cluster=[100], truth=[0])
    done = calculated(call, path, "--index-column", "2", "--target-column", "-1")
    assert done.out == "4.248354255291589e-18\n"


WORDS = {
    "strings": lambda words: words,
    "large": lambda words: pa.array(words, pa.large_string()),
    "categories": lambda words: pa.array(words).dictionary_encode(),
    # As polars writes them.
    "views": lambda words: pa.array(words, pa.string_view()),
    "categories of views": lambda words: pa.DictionaryArray.from_arrays(
        pa.array([0, 1], pa.uint32()), pa.array(words, pa.string_view())
    ),
}


@pytest.mark.parametrize("words", WORDS)
def test_the_columns_are_the_names_of_classes(words: str, call: Call, written: Written) -> None:
    if "views" in words and not hasattr(pa, "string_view"):
        pytest.skip("pyarrow is older")
    labels = WORDS[words](["eel", "cat"])
    columns = {"eel": [1.5, 0.0], "cat": [0.5, 2.0]}
    expected = calculated(call, "1.5,0.5; 0,2", "0,1").out
    try:
        path = written(**columns, label=labels)
    except pa.ArrowNotImplementedError:
        pytest.skip("pyarrow does not write them so")
    done = calculated(call, path)
    assert (done.out, done.err) == (expected, CHOSEN.format("label", path))
    assert "row  target      eel      cat" in call("compute", path).out
    (logits := path.with_name("logits")).write_bytes(path.read_bytes())
    (text := path.with_name("text")).write_text("label\neel\ncat\n")
    for targets in (text, written(breed=labels), written(id=[3, 4], label=labels)):
        assert calculated(call, logits, targets).out == expected
    text.write_text("eel,cat\n1.5,0.5\n0,2\n")
    assert calculated(call, text, written(breed=labels)).out == expected
    wrong = calculated(call, logits, written(breed=["eel", "dog"]))
    assert wrong.err.startswith("error[XE203]: 'dog' is none of the classes eel, cat\n  --> ")
    assert f"x{path.suffix}:breed[1]\n" in wrong.err
    null = calculated(call, logits, written(breed=["eel", None]))
    assert null.err.startswith("error[XE201]: this value is null")


def test_names_that_are_numbers_out_of_order(call: Call, written: Written) -> None:
    columns: dict[str, Any] = {"5": [1.5, 0.0, 3.0], "1": [0.5, 2.0, 3.0]}
    expected = calculated(call, "1.5,0.5; 0,2; 3,3", "0,1,-100").out
    for label in ([5, 1, -100], ["5", "1", "-100"]):
        assert calculated(call, written(**columns, label=label)).out == expected


def test_probabilities_are_put_in_the_order_of_the_logits(call: Call, written: Written) -> None:
    (logits := written().with_name("logits")).write_bytes(written(a=[1, 2], b=[3, 1]).read_bytes())
    done = calculated(call, logits, written(id=[7, 8], b=[0.25, 1.0], a=[0.75, 0.0]))
    assert done.out == calculated(call, "1,3; 2,1", "0.75,0.25; 0,1").out


def test_columns_of_one_name(call: Call, tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    parquet.write_table(table, tmp_path / "x.parquet")
    assert "has 2 columns called 'a'" in call("compute", tmp_path / "x.parquet", "0").err


def test_no_rows_and_no_logits(call: Call, written: Written) -> None:
    floats = pa.list_(pa.float64())
    path = written(logits=pa.array([], floats), y=pa.array([], pa.int8()))
    assert "XE104" in call("compute", path).err
    assert "XE104" in call("compute", written(logits=pa.array([[]], floats), y=[0])).err
    assert f"{path} holds targets, but no logits" in call("compute", written(y=[0])).err


def test_damage_is_an_input_error(call: Call, written: Written) -> None:
    path = written(logits=LOGITS, y=TARGETS)
    data = path.read_bytes()
    for end in range(8, len(data), 5):
        path.write_bytes(data[:end])
        done = calculated(call, path)
        assert (done.status, done.out) == (2, "")
        assert done.err.startswith("error[XE")
    for name in (b"logits", b"y\0"):
        path.write_bytes(data.replace(name, b"\xff" * len(name)))
        assert calculated(call, path).status == 2


def test_a_stream_that_ends_between_two_batches(call: Call) -> None:
    data = stream_bytes(pa.table({"logits": LOGITS, "y": TARGETS}))
    done = calculated(call, "-", stdin=data[:-8])
    assert done.err.startswith("error[XE110]: <stdin> ends too early: an Arrow stream has a mark")


def test_a_metadata_that_lies_does_not_abort(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(parquet_bytes(pa.table({"logits": LOGITS, "y": TARGETS})))
    data = path.read_bytes()
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    for at in range(footer, len(data) - 8, 3):
        path.write_bytes(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])
        assert calculated(call, path).status in (0, 2)


def test_without_the_library(call: Call, written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(logits=LOGITS, y=TARGETS)
    for module in ("pyarrow", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, module, None)
    assert call("compute", path).err == (
        f"error[XE119]: to read {path} takes pyarrow, which is not installed\n"
        "  hint: pip install 'xent-cli[parquet]'\n"
    )
