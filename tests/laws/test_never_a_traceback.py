"""Whatever bytes it is given, the program answers with a number or with a diagnostic."""

import bz2
import gzip
import io
import lzma
import re
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from worked_examples import safetensors
from xent.cli.app import run
from xent.explanation import FORMATS

NUMBER = r"(-?\d+\.\d+(e[+-]\d+)?|-?\d+e[+-]\d+|-?inf|nan)"
NAMES = ["x.csv", "x.tsv", "x.txt", "x.json", "x.jsonl", "x.npy", "x.npz", "x.bin", "x"]


def _npy_bytes() -> bytes:
    file = io.BytesIO()
    np.save(file, np.eye(3))
    return file.getvalue()


def _npz_bytes() -> bytes:
    file = io.BytesIO()
    np.savez(file, logits=np.eye(3), targets=np.arange(3))
    return file.getvalue()


WELL_FORMED = [
    gzip.compress(b"1,0,0\n0,1,0\n0,0,1\n"),
    bz2.compress(b"[[1, 2], [3, 4]]"),
    lzma.compress(_npy_bytes()),
    safetensors(logits=[[1.5, 0], [0, 1]], targets=[0, 1]),
    _npy_bytes(),
    _npz_bytes(),
    b"1,0,0\n0,1,0\n0,0,1\n",
    b'{"logits": [[1, 0], [0, 1]], "targets": [0, 1]}',
    b'{"logits": [1, 0], "target": 0}\n{"logits": [0, 1], "target": 1}\n',
    b"[[1, 2], [3, 4]]",
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good file with a few bytes changed, lost or added."""
    data = bytearray(draw(st.sampled_from(WELL_FORMED)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        match draw(st.sampled_from("cutset")):
            case "c":
                del data[at:]
            case "u":
                del data[at : at + draw(st.integers(1, 8))]
            case "s":
                data[at:at] = draw(st.binary(max_size=6))
            case _:
                data[at : at + 1] = draw(
                    st.sampled_from([b"\0", b"[", b"-", b"9", b",", b'"', b"\xff"])
                )
    return bytes(data)


structured = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["logits", "targets", "target", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
).map(lambda value: __import__("json").dumps(value).encode())

lines = st.text(alphabet='0123456789.,;-+einfa"\t\n\r \u00e9\u2028', max_size=40).map(str.encode)


def check(arguments: list[str], stdin: bytes = b"") -> None:
    out, err = io.StringIO(), io.StringIO()
    before = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin))
    try:
        with redirect_stdout(out), redirect_stderr(err):
            status = run(arguments)
    finally:
        sys.stdin = before
    if status == 0:
        assert re.fullmatch(f"{NUMBER}\n", out.getvalue())
    else:
        assert status == 2
        assert not out.getvalue()
        assert re.search(r"^error\[XE\d{3}\]: .|^Error: ", err.getvalue(), re.MULTILINE)
    assert "Traceback" not in err.getvalue()


@pytest.mark.parametrize("name", NAMES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200) | damaged() | structured | lines)
@example(data=b"\x93NUMPY")
@example(data=b"\x93NUMPY\x01\x00\x10\x00{'descr': 'O'}")
@example(data=b"PK\x03\x04")
@example(data=b"\xef\xbb\xbf")
@example(data=b"\xc2\xa0")
@example(data=b"\x1c\x1c")
def test_any_bytes_under_any_name(name: str, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    check(["compute", "-q", str(path), "0"])
    check(["compute", "-q", "0,1;1,0", str(path)])
    check(["compute", "-q", str(path)])
    check(["compute", "-q", "-", "0;1;2"], stdin=data)


@settings(max_examples=300)
@given(st.text(max_size=20), st.text(max_size=10))
def test_any_arguments(logits: str, targets: str) -> None:
    if any(char in logits + targets for char in "/\\") or logits.startswith("-h"):
        return
    check(["compute", "-q", "--", logits, targets])


numbers = st.sampled_from(
    ["0", "1", "-1", "0.5", "1e308", "-1e308", "nan", "inf", "-inf", "5e-324"]
)
vectors = st.lists(numbers, min_size=1, max_size=4).map(",".join)
matrices = st.lists(vectors, min_size=1, max_size=3).map(";".join)
cubes = st.recursive(
    st.sampled_from([0, 1, 2, -1, 0.5]), lambda inner: st.lists(inner, min_size=1, max_size=3)
).map(lambda value: __import__("json").dumps([value]))
options = st.lists(
    st.one_of(
        st.tuples(st.just("--weight"), vectors | cubes),
        st.tuples(st.just("--sample-weight"), vectors | cubes),
        st.tuples(st.just("--pos-weight"), vectors),
        st.tuples(st.just("--label-smoothing"), numbers),
        st.tuples(st.just("--temperature"), numbers),
        st.tuples(st.just("--ignore-index"), st.sampled_from(["0", "1", "-1", "x", "9" * 30])),
        st.tuples(st.just("--reduction"), st.sampled_from(["mean", "sum"])),
        st.tuples(st.just("--unit"), st.sampled_from(["nats", "bits"])),
        st.tuples(st.just("--input-kind"), st.sampled_from(["logits", "probs", "log-probs"])),
        st.tuples(st.just("--class-axis"), st.sampled_from(["0", "1", "-1", "2", "-3"])),
        st.tuples(st.just("--binary")),
        st.tuples(st.just("--shift")),
        st.tuples(st.just("--one-based")),
    ),
    max_size=4,
    unique_by=lambda words: words[0],
).map(lambda chosen: [word for words in chosen for word in words])


@settings(max_examples=300)
@given(matrices | cubes, matrices | cubes, options)
def test_any_options(logits: str, targets: str, chosen: list[str]) -> None:
    check(["compute", "-q", logits, targets, *chosen])


@settings(max_examples=150)
@given(matrices | cubes, matrices | cubes, options, st.sampled_from([*FORMATS]))
def test_any_derivation(logits: str, targets: str, chosen: list[str], name: str) -> None:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = run(["explain", logits, targets, *chosen, "--format", name])
    assert status in (0, 2)
    assert bool(out.getvalue()) == (status == 0)
