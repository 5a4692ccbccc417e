"""Input that nobody means well with: each case was once read wrongly, or not within due time."""

import bz2
import json
import re
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from conftest import Call, Outcome
from xent.errors import InputError
from xent.inputs.formats import FORMATS, array, dialect, hdf5, safetensors, text
from xent.inputs.named_arrays import NamedArrays
from xent.inputs.sources import source
from xent.inputs.sources.source import Source

# Not numbers, though Python, C or a spreadsheet may read some of them as such.
NO_NUMBERS = """
1_000 1__0 0x10 0x1.8p3 0b1 0o7 1p3 １ １２ ١٢ १ 𝟏 1٠ 1e５ 1.５ ² ½ Ⅷ 五 ∞ −1 –1 --1 +-1 +. -. . - +
1e 1e+ .e1 1.5e 1.e+ 1e5.5 1e5e5 1e+-5 .5. 1..2 1.2.3 1.7e+308. 1d5 1f 1.0L 1j 1'000 1% $1 €1 (1)
1/2 12:30 2020-01-01 =1 '1 <1 ~1 1! 1.#INF -1.#IND 1.#QNAN nan(ind) -nan(ind) qnan sNaN NaNQ infin
infinit infinityx inf1 nan_ _1 #N/A #DIV/0! * "1 1" 1\u200b \u200b1 \u202e1 1\u0301 1\x7f 1\x1b[0m
""".split()  # noqa: SIM905  one line holds many
# Malformed for JSON as well, where that is known by another rule than the lines above.
NO_JSON = [
    "01",
    "+1",
    ".5",
    "5.",
    "1e",
    "-",
    "--1",
    "0x1",
    "1_0",
    "NAN",
    "Inf",
    "１",
    "1 2",
    "-nan",
]
NUMBERS = """
-0 +1 01 .5 5. -.5e-3 5.e3 1E5 1e0000000000000000001 1e-400 0e400 4.9e-324
2.4703282292062327e-324 2.4703282292062328e-324 2.2250738585072011e-308 2.2250738585072014e-308
1.7976931348623158e308 1.797693134862315807e308 9007199254740993 9007199254740992.5
9007199254740993.0000000000001 6929495644600919.5 3.7455744005952583e15 1e23 8.5e22
0.1000000000000000055511151231257827021181583404541015625
""".split()  # noqa: SIM905  one line holds many
NUMBERS += ["0." + "123456789" * 90, "1." + "0" * 800 + "1", "9" * 308, "0." + "0" * 320 + "1"]


@pytest.mark.parametrize("cell", NO_NUMBERS)
def test_what_is_no_number_is_refused_wherever_it_stands(
    cell: str, tmp_path: Path, call: Call
) -> None:
    """Above all in a first line, which must not be dropped as a header."""
    for lines in (f"{cell}\n0\n1\n", f"0\n{cell}\n1\n", f'"{cell}"\n0\n1\n'):
        path = tmp_path / "targets.csv"
        path.write_text(lines)
        for rows in ("0,1;1,0", "0,1;1,0;0,0"):
            refused(call("compute", rows, path), "targets.csv:")
    for mark in ",;\t":
        for lines in (f"{cell}{mark}{cell}\n2{mark}3\n", f"2{mark}3\n1{mark}{cell}\n"):
            path = tmp_path / "logits.txt"
            path.write_text(lines)
            refused(call("compute", path, "0"), "logits.txt:")


@pytest.mark.parametrize("cell", NUMBERS)
@pytest.mark.parametrize("lines", ["0\n{}\n", "0\r\n{}", ' 0\n"{}"\n', "[0,\n{}]"])
def test_a_number_is_the_nearest_double(cell: str, lines: str, tmp_path: Path) -> None:
    """Fractions of integers, divided, are the oracle: no reader of decimals has a part in it."""
    if lines.startswith("["):
        with suppress(ValueError):
            json.loads(cell)
            lines = lines.format(cell)
    path = tmp_path / "logits.txt"
    path.write_text(lines.format(cell))
    is_pythons = cell.startswith((".", "-.")) or cell.endswith(".") or ".e" in cell
    if lines == "[0,\n{}]" and not is_pythons:
        with pytest.raises(InputError, match="not JSON"):
            NamedArrays.of(str(path), ["logits"])
    else:
        found = NamedArrays.of(str(path), ["logits"]).array("logits").whole().values
        assert found.ravel().tolist() == [0, float(Fraction(cell))]


@pytest.mark.parametrize("literal", NO_JSON)
def test_what_is_no_json_is_refused(literal: str, tmp_path: Path, call: Call) -> None:
    for name, document in (
        ("a.json", f"[[1, 2],\n [3, {literal}]]"),
        ("a.json", f'{{"logits": [[1, 2]],\n "targets": [{literal}]}}'),
        ("a.jsonl", f"[1, 2]\n[3, {literal}]\n"),
    ):
        (tmp_path / name).write_text(document)
        refused(call("compute", tmp_path / name, "0,1"), f"{name}:2:")


@pytest.mark.parametrize("cell", ["1_0", "１", "inf", "nan", "1e400", "x"])
def test_a_target_beside_names_of_classes(cell: str, tmp_path: Path, call: Call) -> None:
    """Python's float and int would read the first two, and fail on the third."""
    (tmp_path / "a.csv").write_text(f"cat,dog,label\n1,2,dog\n3,4,{cell}\n")
    refused(call("compute", tmp_path / "a.csv"), "a.csv:3:5")


def test_a_blank_inside_a_number_does_not_split_it(tmp_path: Path, call: Call) -> None:
    (tmp_path / "a.txt").write_text("1\u00a0000 2\n")
    refused(call("compute", tmp_path / "a.txt", "0"), r"'1\xa0000' is not a number")
    (tmp_path / "a.txt").write_text("1 000\n 2 \u00a0 3\n")
    refused(call("compute", tmp_path / "a.txt", "0,1"), "a.txt:2:4")


def test_a_mark_of_the_byte_order_moves_no_place(tmp_path: Path, call: Call) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf1,2\n3,\xff\n")
    refused(call("compute", tmp_path / "a.csv", "0"), "byte 0xff is not", "a.csv:2:3")


@pytest.mark.parametrize(
    ("name", "data", "place"),
    [
        ("a.csv", b'"' + b"," * 300_000 + b"\n1,2\n", ":1:1"),
        ("a.csv", b"1,2\n" + b"9" * 300_000 + b"x,3\n", ":2:1"),
        ("a.csv", b"1,2\n" + b" " * 300_000 + b"x,3\n#\n", ":2:300001"),
        ("a.json", f"[{'9' * 4299 + ','}{('9' * 4299 + ',') * 100}{'9' * 4301}]".encode(), ":1:"),
        (
            "a.json",
            b"{" + b",".join(b'"%d": 1' % key for key in [*range(60_000), 59_999]) + b"}",
            ":1:",
        ),
    ],
    ids=["quote", "digits", "blanks", "integers", "keys"],
)
def test_what_took_the_square_of_the_time(
    name: str, data: bytes, place: str, tmp_path: Path, call: Call
) -> None:
    """These took minutes, and hours with ten times as many bytes."""
    (tmp_path / name).write_bytes(data)
    refused(call("compute", tmp_path / name, "0", "--comment", "#"), name + place)


def test_many_digits_in_place(call: Call) -> None:
    refused(call("compute", "9" * 100_000 + "x", "0"), "neither a file nor inline numbers")


def test_the_limits_are_those_of_the_readme() -> None:
    readme = Path(__file__).parents[2].joinpath("examples", "README.md").read_text(encoding="utf-8")
    table = readme.partition("| what | at most |\n")[2].partition("\n\n")[0]
    limits = [row.split("|")[2].strip() for row in table.splitlines()[1:]]
    assert limits == [
        f"{text.LONGEST_LINE_BYTES >> 20} MiB",
        f"{array.MOST_COLUMNS:,}",
        f"{array.MOST_AXES}",
        "the bytes that follow it",  # tests/cli/test_messages.py has a header that lies
        f"{source.MOST_UNPACKED_BYTES >> 20} MiB uncompressed",
        f"{source.MOST_UNPACKED_BYTES >> 20} MiB",
        f"{safetensors._MOST_HEADER_BYTES >> 20} MiB",
        f"{hdf5._MOST_CHUNK_BYTES >> 20} MiB",
    ]


def test_limits(tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialect, "MOST_COLUMNS", 100)
    monkeypatch.setattr(text, "LONGEST_LINE_BYTES", 1 << 17)
    monkeypatch.setattr(source, "MOST_UNPACKED_BYTES", 1 << 10)
    path = tmp_path / "a"
    for data, words in (
        (b"1," * 99 + b"1\n", ""),
        (b"1," * 100 + b"1\n", "this row has more than 100 columns"),
        (b"1,2\n" + b"1 " * 100 + b"1\n", "is not a number"),
        (b"1,2\n" + b"1" * (1 << 18), "a line of"),
        (b" " * (1 << 16) + b"1,2\n", "the first 64 KiB of"),
        (b"[" * 16 + b"1, 2" + b"]" * 16, ""),
        (b"[" * 17 + b"1, 2" + b"]" * 17, "these lists nest too deeply"),
        (bz2.compress(b"[[1," + b" " * (1 << 10) + b"2]]"), "unpacks to more than"),
    ):
        path.write_bytes(data)
        done = call(
            "compute", path, "0" if not data.startswith(b"[[[") else "[" * 15 + "0" + "]" * 15
        )
        if words:
            refused(done, words)
        else:
            assert done.status == 0, done.err


@pytest.mark.parametrize("kept", [150_000, -2, None])
@pytest.mark.parametrize("name", ["a.csv", "a.json"])
def test_a_file_that_changes_while_it_is_read(name: str, kept: int | None, tmp_path: Path) -> None:
    """Cut short or longer, its last number need not be whole."""
    data = b"1,25\n" * 60_000 if name == "a.csv" else b"[" + b"25," * 99_999 + b"25]"
    path = tmp_path / name
    path.write_bytes(data)
    source = replace(Source.of(str(path), "logits"), roles=("logits",))
    changed = data[:kept] if kept else data + b"\n"
    path.write_bytes(changed)
    sizes = f"had {len(data)} bytes when it was opened, but {len(changed)} were read"
    with pytest.raises(InputError, match=sizes):
        FORMATS[path.suffix[1:]].load()(source)[""].whole()


def test_what_a_terminal_would_obey_or_hide_is_shown_escaped(tmp_path: Path, call: Call) -> None:
    odd = "\x1b[31m[red]\u202e\u200b\x07"
    path = tmp_path / f"{odd}.csv"
    path.write_text(f"a{odd},b{odd},label\n1,2,0\n3,5,1\n4,1,1\n")
    broken = tmp_path / f"broken{odd}.csv"
    broken.write_text(f"a{odd},b,label\n1,{odd},0\n")
    for file in (path, broken):
        for command in ("compute", "explain", "check", "inspect"):
            done = call(command, file)
            assert done.status == (2 if file is broken else done.status)
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u200b\u202e]", done.out + done.err)
            assert "[red]" in done.out + done.err or command == "explain"


@pytest.mark.parametrize("command", ["compute", "explain", "check", "inspect"])
def test_a_nan_that_signals_is_a_nan(command: str, tmp_path: Path, call: Call) -> None:
    """NumPy warns of its cast, which is no diagnostic; here warnings are errors."""
    signalling = np.array([0x7F800001, 0, 0, 0], "<u4").view("<f4").reshape(2, 2)
    np.save(tmp_path / "a.npy", signalling)
    done = call(command, tmp_path / "a.npy", *(["0,1"] if command != "inspect" else []))
    assert done.status == (1 if command == "check" else 0), done.err
    assert "nan" in done.out


@pytest.mark.parametrize("command", ["compute", "explain", "check"])
def test_counts_differ_where_no_row_is_left(command: str, call: Call) -> None:
    """Check takes counts that differ, but has no row to look at."""
    refused(call(command, "1,2", "0;1", "--shift"), "0 rows of logits", "but 1 target ")


@pytest.mark.parametrize("name", ["Falte", "[", "\udcb5", "False, 1: 2"])
def test_a_damaged_header_is_not_said_in_terms_of_python(
    name: str, tmp_path: Path, call: Call
) -> None:
    header = f"{{'descr': '<f8', 'fortran_order': {name}, 'shape': (1, 1), }}\n".encode(
        "latin-1", "surrogateescape"
    )
    start = b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little")
    (tmp_path / "a.npy").write_bytes(start + header + bytes(8))
    done = call("compute", tmp_path / "a.npy", "0")
    refused(done, "the .npy header of", "may be truncated")
    assert not re.search(r"0x|ast|node", done.err)


def refused(done: Outcome, *words: str) -> None:
    """That there is one error, which says this, and nothing else."""
    assert (done.status, done.out) == (2, "")
    assert done.err.count("error[") == 1, done.err
    for word in words:
        assert word in done.err
