"""What is said about bad input, word for word: what, where, and what to do."""

import io
import json
import os
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from conftest import Call
from xent.errors import Code, Diagnostic, Location, Severity
from xent.render.diagnostic import diagnostic_text, visible

FILES = {
    "logits.csv": b"1,0,0\n0,1,0\n0,0,1\n",
    "targets.csv": b"0\n1\n2\n",
    "one-based.csv": b"1\n2\n3\n",
    "padded.csv": b"0\n-1\n2\n",
    "ignored.csv": b"0\n255\n2\n",
    "halves.csv": b"0\n1.5\n2\n",
    "headed.csv": b"label\n0\n1\n2\n",
    "numbered.csv": b"0\n0\n1\n2\n",
    "far.csv": b"0\n1\n9\n",
    "word.csv": b"1,2,3\n4,5,x\n",
    "missing.tsv": b"1\t\t3\n",
    "na.csv": b"1,NA\n",
    "trailing.csv": b"1,2,\n",
    "decimal.tsv": b"1,5\t2,5\n",
    "points.csv": b"1,5;2\n1.5;2\n",
    "headed-word.csv": b"1,x,2\n3,4,5\n",
    "twice.csv": b"cat,cat\n3,4\n",
    "ragged.csv": b"1,2,3\n\n4,5\n",
    "huge.csv": b"1,2\n3,1e400\n",
    "quote.csv": b'"1"5,2\n',
    "empty.csv": b"",
    "blank.csv": b"\n  \n",
    "column.csv": b"1\n2\n",
    "latin.csv": b"1,2\n3,\xe9\n",
    "latin.jsonl": b"[1,2]\n[3,\xe9]\n",
    "null.csv": b"1,2\x00\n",
    "esc.csv": b"1,\x1b[31mred\x1b[0m\n",
    "broken.json": b"[[1, 2],\n [3, }]",
    "string.json": b'{"logits": [[1, 2],\n  [3, "four"]], "targets": [0, 1]}',
    "null.json": b"[[1, null]]",
    "true.json": b"[[1, true]]",
    "deep.json": b"[" * 100_000,
    "cube.json": b"[[[1, 2]]]",
    "nested.json": b"[" * 20 + b"1" + b"]" * 20,
    "ragged.json": b"[[1, 2], [3]]",
    "huge.json": b"[[1, 2],\n [1e999, 3]]",
    "long.json": b"[[1, " + b"9" * 5000 + b"]]",
    "integer.json": b"[[1, " + b"9" * 400 + b"]]",
    "twice.json": b'{"logits": [[1]], "logits": [[2]]}',
    "other.json": b'{"hidden": [[1]]}',
    "elided.txt": b"tensor([[1.0, 2.0, ..., 3.0],\n        [1.0, 2.0, ..., 3.0]])\n",
    "hollow.json": b"[]",
    "record.jsonl": b'{"logits": [1, 2], "target": 0}\n{"logits": [1, 2]}\n',
    "mixed.jsonl": b'{"logits": [1, 2], "target": 0}\n[1, 2]\n',
    "pickle.pkl": b"\x80\x04K\x01.",
    "gzip.csv.gz": b"\x1f\x8b\x08\x00",
    "utf16.csv": "1,2\n".encode("utf-16")[:-1],
    "zip.npz": b"PK\x03\x04 and no more",
    "noise.npy": bytes(range(256)),
    "ids.csv": b"id,a,b\n7,1,0\n8,0,1\n",
    "truth.csv": b"id,label\n8,a\n9,b\n",
    "again.csv": b"id,label\n8,a\n7,b\n8,b\n",
    "header.npy": b"\x93NUMPY\x01\x00\x10\x00{'shape': (((",
}

TEXTS = [
    ("nofile.csv targets.csv", "XE101", "there is no file nofile.csv"),
    ("logit.csv targets.csv", "XE101", "hint: did you mean logits.csv?"),
    ("nodir/a.csv targets.csv", "XE101", "hint: there is no directory nodir either"),
    ("folder targets.csv", "XE102", "folder is a directory"),
    ("empty.csv targets.csv", "XE104", "empty.csv is empty"),
    ("blank.csv targets.csv", "XE104", "blank.csv is empty"),
    ("hollow.json targets.csv", "XE104", "--> hollow.json:1:1"),
    ("noise.npy targets.csv", "XE105", "a .npy file starts with the bytes b'\\x93NUMPY'"),
    ("null.csv 0", "XE105", "null.csv is binary"),
    ("pickle.pkl 0", "XE105", "a pickle can run any code, so it is never opened"),
    ("gzip.csv.gz 0", "XE117", "gzip.csv.gz, compressed with gzip, ends too early"),
    ("utf16.csv 0", "XE106", "but is not valid here: truncated data\n  --> utf16.csv:1"),
    ("latin.csv 0,1", "XE201", "'é' is not a number\n  --> latin.csv:2:3"),
    ("latin.jsonl 0,1", "XE106", "byte 0xe9 is not UTF-8 text\n  --> latin.jsonl:2:4"),
    ("- -", "XE107", "only one input can be read from standard input"),
    ("logits.csv", "XE108", "no targets: logits.csv holds only logits"),
    ("broken.json 0,1", "XE109", "not JSON: expecting value\n  --> broken.json:2:6"),
    ("deep.json 0", "XE109", "the JSON nests too deeply"),
    ("twice.json 0", "XE109", '"logits" occurs twice\n  --> twice.json:1:19'),
    ("short.npy 0,1,2", "XE110", "its header promises 72 bytes, shape (3, 3) of float64, and 64"),
    ("lying.npy 0,1,2", "XE110", "promises 216000000000 bytes"),
    ("double.npy 0,1,2", "XE111", "continues after its array of shape (3, 3)"),
    ("header.npy 0", "XE111", "the .npy header of header.npy is damaged"),
    ("zip.npz 0", "XE111", "the archive zip.npz cannot be read"),
    ("objects.npy 0", "XE112", "objects.npy holds Python objects, not numbers"),
    ("complex.npy 0", "XE112", "complex.npy holds complex128"),
    ("text.npy 0", "XE112", "text.npy holds str"),
    ("text.npy 0", "XE112", "hint: number the names: numpy.save(name, numpy.unique("),
    ("train.csv.zip 0", "XE105", "hint: unpack it first: it contains train.csv inside"),
    ("book.xlsx 0", "XE105", "hint: this is an Excel workbook: save the sheet as CSV"),
    ("names.npz", "XE113", 'is among the names here: "a", "b"'),
    ("other.json 0", "XE113", 'is among the names here: "hidden"'),
    ("elided.txt 0,1", "XE123", "printed in part, with ... in place of numbers"),
    ("record.jsonl", "XE113", 'this record has no "target"\n  --> record.jsonl:2:1'),
    ("mixed.jsonl", "XE113", 'this record has no "logits"\n  --> mixed.jsonl:2:1'),
    ("logits.csv 0,1,2 -o nodir/out.txt", "XE114", "cannot write to nodir/out.txt"),
    ("word.csv 0,1", "XE201", "'x' is not a number\n  --> word.csv:2:5"),
    ("missing.tsv 0", "XE201", "a value is missing\n  --> missing.tsv:1:3"),
    ("na.csv 0", "XE201", "hint: every row needs a logit for every class"),
    ("trailing.csv 0", "XE201", "hint: the line ends with a separator, which may be one too many"),
    ("decimal.tsv 0", "XE201", "hint: a decimal comma must be a point: write 1.5"),
    ("points.csv 0,1", "XE201", "'1.5' is not a number\n  --> points.csv:2:1"),
    ("twice.csv 0", "XE121", "several columns have the name 'cat'"),
    ("logits.csv 0,1,2 --index-column 7", "XE121", "there is no column 7"),
    ("quote.csv 0", "XE201", "'\"1\"5' is not a number"),
    ("headed-word.csv 0,1", "XE201", "'x' is not a number\n  --> headed-word.csv:1:3"),
    ("logits.csv headed.csv --targets-header no", "XE201", "hint: if line 1 is a header"),
    ("esc.csv 0", "XE201", r"1 | 1,\x1b[31mred\x1b[0m"),
    ("string.json", "XE201", '"four" is not a number\n  --> string.json:2:7'),
    ("string.json", "XE201", "hint: targets are numbers of classes here"),
    ("null.json 0", "XE201", "null is not a number\n  --> null.json:1:6"),
    ("true.json 0", "XE201", "true is not a number\n  --> true.json:1:6"),
    ("ragged.csv 0,1", "XE202", "2 values, the rows above it 3\n  --> ragged.csv:3:3"),
    ("ragged.json 0,1", "XE202", "1 value, the rows above it 2\n  --> ragged.json:1:10"),
    ("logits.csv one-based.csv", "XE203", "if they count from 1, use --one-based"),
    ("logits.csv padded.csv", "XE203", "use --ignore-index -1"),
    ("logits.csv ignored.csv", "XE203", "use --ignore-index 255"),
    ("logits.csv 0,1,3", "XE203", "hint: the targets go from 0 to 3, the logits have 3 columns"),
    ("logits.csv 1,2,4 --one-based", "XE203", "target 4 is outside the 3 classes 1..3"),
    ("logits.npy negative.npy", "XE203", "classes 0..2\n  --> negative.npy[1]"),
    ("logits.csv halves.csv", "XE204", "target 1.5 is not the number of a class\n  --> halves"),
    ("logits.csv 0,nan,1", "XE204", "target nan is not the number of a class"),
    ("logits.csv 0,1", "XE205", "3 rows of logits in logits.csv, but 2 targets in <targets>"),
    ("logits.csv numbered.csv", "XE205", "line 1 of numbered.csv, '0', may be a header"),
    ("1,2,3;4,5,6 0,1,2", "XE205", "they may be transposed"),
    ("1,2,3 0,1,2", "XE205", "put each on its own line"),
    ("column.csv 0,1", "XE206", "the logits have a single column"),
    ("huge.csv 0,1", "XE207", "'1e400' exceeds the largest double, 1.8e308\n  --> huge.csv:2:3"),
    ("huge.json 0,1", "XE207", "1e999 exceeds the largest double, 1.8e308\n  --> huge.json:2:3"),
    ("long.json 0", "XE207", "--> long.json:1:6"),
    ("integer.json 0", "XE207", "--> integer.json:1:6"),
    ("1,2,3;4,5,6 1,2;3,4", "XE208", "the targets have 2 columns; one class per row is needed"),
    ("logits.csv cube.json", "XE208", "need one column per class, 3"),
    ("cube.npy 0,1", "XE208", "targets of shape (1, 2) do not fit logits of shape (2, 2, 2)"),
    ("cube.npy 0,1;1,0 --class-axis 3", "XE208", "have no axis 3 for the classes"),
    ("nested.json 0", "XE208", "these lists nest too deeply"),
    ("logits.csv 0,1,2 --weight 1,2;3,4", "XE208", "<weight> has shape (2, 2), weight is a list"),
    ("cube.npy 0,1;1,0 --sample-weight 1,2", "XE208", "one value for each of (2, 2)"),
    ("1,2;3,4 0,1;1,0;1,1 --binary", "XE205", "4 rows of logits in <logits>, but 6 targets"),
    ("1,2;3,4 1,0,1;0,1,0 --binary", "XE208", "labels of shape (2, 3) do not fit logits of sha"),
    ("logits.csv 0,1,2 --weight 1,2", "XE205", "2 class weights for 3 classes"),
    ("logits.csv 0,1,2 --sample-weight 1,2", "XE205", "but 2 sample weights in <sample_weight>"),
    ("1;2 1;0 --binary --pos-weight 1,2,3", "XE205", "3 values of pos_weight, and 1 to a row"),
    ("logits.csv 0,1,2 --weight 1,nan,2", "XE201", "weight must be finite\n  --> <weight>:1:3"),
    ("logits.csv 0,1,2 --sample-weight 1,inf,2", "XE201", "sample weight must be finite"),
    ("1.5,0;0,1 0,1 --input-kind probs", "XE209", "1.5 is not a probability\n  --> <logits>:1:1"),
    ("1;2 1;-1 --binary", "XE209", "-1 is not a yes-or-no label\n  --> <targets>:2:1"),
    ("logits.csv 0,1,2 --label-smoothing 2", "XE210", "must be between 0 and 1, got 2"),
    ("logits.csv 0,1,2 --temperature 0", "XE210", "--temperature must be positive"),
    ("1,2 0 --input-kind probs --temperature 2", "XE210", "but the input is probs"),
    ("1,2 0.5,0.5 --ignore-index 0", "XE210", "cannot equal ignore_index 0"),
    ("1,2 0,1 --pos-weight 2", "XE210", "pos_weight is for binary labels only only"),
    ("1;2 0;1 --binary --weight 1,2", "XE210", "does not go with binary labels"),
    ("1;2 0;1 --binary --shift", "XE210", "a shift does not go with binary labels"),
    ("1;2 0;1 --binary --pos-weight 2 --label-smoothing 0.1", "XE210", "cannot be combined"),
    ("ids.csv truth.csv --join id", "XE212", "truth.csv has no id '7'"),
    ("ids.csv truth.csv --join 0", "XE212", "hint: there it is '8', '9'"),
    ("ids.csv again.csv --join id", "XE213", "the id '8' occurs again, first in again.csv:2"),
    ("ids.csv truth.csv --join name", "XE121", "there is no column name; the columns are id, a, b"),
    ("ids.csv 0,1 --join id", "XE210", "<targets> has no column id to join by"),
    ("ids.csv --join id", "XE108", "no targets: ids.csv holds only logits"),
    ("1,2 0 --shift", "XE104", "sequences of length 1 have no next position"),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, data in FILES.items():
        Path(name).write_bytes(data)
    Path("folder").mkdir()
    arrays = {
        "logits.npy": np.eye(3),
        "negative.npy": np.array([0, -1, 2]),
        "objects.npy": np.array([[1, "a"]], dtype=object),
        "complex.npy": np.eye(3) + 1j,
        "text.npy": np.array([["1", "2"]]),
        "cube.npy": np.zeros((2, 2, 2)),
    }
    for name, array in arrays.items():
        np.save(name, array, allow_pickle=True)
    for name, entry in (("book.xlsx", "xl/workbook.xml"), ("train.csv.zip", "train.csv")):
        with zipfile.ZipFile(name, "w") as archive:
            archive.writestr(entry, "1,2")
    np.savez("names.npz", a=[1], b=[2])
    whole = Path("logits.npy").read_bytes()
    Path("short.npy").write_bytes(whole[:-8])
    Path("double.npy").write_bytes(whole + whole)
    Path("lying.npy").write_bytes(whole.replace(b"(3, 3), }         ", b"(9000000000, 3), }"))
    return tmp_path


@pytest.mark.parametrize(("arguments", "code", "text"), TEXTS, ids=[text[0] for text in TEXTS])
@pytest.mark.usefixtures("folder")
def test_bad_input(arguments: str, code: str, text: str, call: Call) -> None:
    words = arguments.split(" ")
    done = call("compute", *words)
    assert done.status == 2
    assert not done.out
    assert done.err.startswith(f"error[{code}]: ")
    assert text in done.err


def test_every_error_is_tested() -> None:
    tested = {code for _, code, _ in TEXTS}
    elsewhere = {
        Code.BAD_USAGE,  # tests/cli/test_usage.py
        Code.UNREADABLE,
        Code.LINE_TOO_LONG,
        Code.OUT_OF_MEMORY,
        Code.MISSING_LIBRARY,
        Code.LOSS_ABOVE_LIMIT,
        Code.NOT_COMPARABLE,  # tests/cli/test_compare.py, as the next
        Code.WORSE_THAN_FIRST,
        Code.LOSS_ABOVE_BASELINE,  # tests/cli/test_baseline.py
        Code.FILE_CHANGED,  # tests/cli/test_check.py
        Code.INVALID_STATE,  # tests/test_state.py, as the next two
        Code.STATES_DIFFER,
        Code.DUPLICATE_STATE,
        Code.NO_SCORES,  # tests/inputs/test_roles_of_columns.py, as the next two
        Code.CLASSES_UNCLEAR,
        Code.LABELS_NOT_CLASSES,
        Code.NO_CLUSTER,
        Code.MISSING_LIBRARY,  # tests/inputs/test_columnar.py
    }
    errors = {code for code in Code if code.severity is Severity.ERROR}
    assert tested == {code.value for code in errors - elsewhere}


@pytest.mark.usefixtures("folder")
def test_the_whole_of_a_message(call: Call) -> None:
    assert call("compute", "logits.csv", "one-based.csv").err == (
        "error[XE203]: target 3 is outside the 3 classes 0..2\n"
        "  --> one-based.csv:3:1\n"
        "  |\n"
        "3 | 3\n"
        "  | ^\n"
        "  hint: the targets go from 1 to 3; if they count from 1, use --one-based\n"
    )


@pytest.mark.parametrize("piped", [False, True])
@pytest.mark.parametrize(
    ("shape", "by_columns"),
    [
        # Terabytes are nowhere; 160 MB could be had, and must not be asked for.
        ((10**9, 10**3), False),
        ((10**9, 10**3), True),
        ((2 * 10**4, 10**3), True),
        ((1, 2 * 10**7), False),
    ],
)
def test_a_header_that_lies_costs_no_memory(
    piped: bool, shape: tuple[int, int], by_columns: bool, call: Call, tmp_path: Path
) -> None:
    header = io.BytesIO()
    fields = {"descr": "<f8", "fortran_order": by_columns, "shape": shape}
    np.lib.format.write_array_header_1_0(header, fields)
    data = header.getvalue() + bytes(64)
    path = tmp_path / "lying.npy"
    path.write_bytes(data)
    tracemalloc.start()
    done = call("compute", "-", "0", stdin=data) if piped else call("compute", path, "0")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    name, promised = "<stdin>" if piped else path, 8 * shape[0] * shape[1]
    # Of a pipe nothing tells how much is there, but what is held at once has a limit.
    said = f"error[XE110]: {name} ends too early: its header promises {promised} bytes, "
    said += f"shape {shape} of float64, and 64 are there\n"
    if piped and by_columns and promised > 1 << 28:
        said = f"error[XE116]: {name} takes {promised >> 20:,} MiB, and is read at once, "
    elif piped and shape[1] > 1 << 22:
        said = f"error[XE208]: a row of {name} has {shape[1]:,} classes, and 4,194,304 are the most"
    assert done.err.startswith(said)
    assert (done.status, done.out) == (2, "")
    assert most < 32 << 20


@pytest.mark.usefixtures("folder")
@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read anything")
def test_no_permission(call: Call) -> None:
    Path("logits.csv").chmod(0)
    done = call("compute", "logits.csv", "targets.csv")
    assert done.err.startswith("error[XE103]: no permission to read logits.csv\n  hint: run chmod")


def test_no_permission_whoever_asks(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "stat", refuse)
    monkeypatch.setattr(Path, "exists", lambda _: True)
    done = call("compute", "logits.csv", "0")
    assert done.err.startswith("error[XE103]: no permission to read logits.csv\n  hint: run chmod")
    assert done.status == 2


def test_a_line_beyond_all_reason(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    from xent.inputs.formats import text

    monkeypatch.setattr(text, "LONGEST_LINE_BYTES", 1 << 20)
    done = call("compute", "-", "0", stdin=b"1," * (1 << 20))
    assert done.err.startswith("error[XE115]: a line of <stdin> is longer than 1 MiB")


def test_no_memory(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    from xent.inputs.batch import Batch

    def exhausted(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Batch, "losses", exhausted)
    done = call("compute", "1,2", "0")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error[XE116]: this does not fit in memory")


def test_a_long_line_is_shown_around_the_place_alone() -> None:
    text = "1," * 500 + "bad" + ",2" * 500
    place = Location("wide.csv", 7, 1001, text, 3)
    lines = diagnostic_text(Diagnostic(Code.NOT_A_NUMBER, "no", place)).splitlines()
    assert lines[3] == "7 | …" + "1," * 15 + "bad" + ",2" * 15 + "…"
    assert lines[4].index("^^^") == lines[3].index("bad")


def test_a_tab_keeps_the_caret_in_its_place() -> None:
    place = Location("a.tsv", 1, 3, "1\tx", 1)
    lines = diagnostic_text(Diagnostic(Code.NOT_A_NUMBER, "no", place)).splitlines()
    assert lines[3:] == ["1 | 1 x", "  |   ^"]


def test_what_a_terminal_would_obey_is_escaped() -> None:
    assert visible("a\x1b[31m\u202eb\u200b\té[bold]") == r"a\x1b[31m\u202eb\u200b\té[bold]"


def test_a_name_with_control_characters(call: Call) -> None:
    done = call("compute", "\x1b]0;gotcha\x07.csv", "0")
    assert "\x1b" not in done.err
    assert r"\x1b]0;gotcha\x07.csv" in done.err


def test_colour_on_standard_error(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1;31merror[XE101]\x1b[0m" in call("compute", "nofile.csv", "0").err
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in call("compute", "nofile.csv", "0").err


@pytest.mark.parametrize("targets", [[], ["0,1"]])
def test_a_text_of_targets_is_none_of_logits(
    targets: list[str], call: Call, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text("target\n0\n1\n")
    done = call("compute", tmp_path / "t.csv", *targets)
    assert done.status == 2
    assert done.err == f"error[XE113]: {tmp_path}/t.csv holds targets, but no logits\n"


@pytest.mark.parametrize("second", ["3,5;4", "4;3"])
def test_decimal_commas_are_no_header(second: str, call: Call, tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text(f"1,5;2,5\n{second}\n")
    done = call("compute", tmp_path / "z.csv", "0,1", "--format", "json")
    assert json.loads(done.out)["stages"][0]["values"][0] == [1.5, 2.5]


def test_json_escapes_what_a_terminal_obeys_or_reorders(call: Call, tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text("r\u009b31med,d\u202eog\n1,2\n", encoding="utf-8")
    for form in ("json", "state"):
        done = call("compute", tmp_path / "z.csv", "0", "--header", "yes", "--format", form)
        assert done.status == 0
        assert "\u009b" not in done.out
        assert "\u202e" not in done.out
    names = json.loads(call("compute", tmp_path / "z.csv", "0", "--format", "json").out)
    assert names["class_names"] == ["r\u009b31med", "d\u202eog"]
