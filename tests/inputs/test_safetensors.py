"""The header of `.safetensors` says where the numbers are, and is believed in nothing."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import Call, calculated
from worked_examples import EXAMPLES, safetensors

LOSS = "0.5514447139320511"
BOTH = safetensors(logits=EXAMPLES[LOSS][0], targets=EXAMPLES[LOSS][1])


def file_of(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def entry(dtype: str, shape: list[Any], *offsets: Any) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


# Two numbers of each type, 1 and 0 or 1 and -2, as bytes.
NUMBERS = {
    "BOOL": b"\1\0",
    "U8": b"\1\0",
    "I8": struct.pack("<2b", 1, -2),
    "U16": struct.pack("<2H", 1, 0),
    "I16": struct.pack("<2h", 1, -2),
    "F16": struct.pack("<2e", 1, -2),
    "BF16": b"\x80\x3f\x00\xc0",
    "U32": struct.pack("<2I", 1, 0),
    "I32": struct.pack("<2i", 1, -2),
    "F32": struct.pack("<2f", 1, -2),
    "U64": struct.pack("<2Q", 1, 0),
    "I64": struct.pack("<2q", 1, -2),
    "F64": struct.pack("<2d", 1, -2),
}


@pytest.mark.parametrize("dtype", NUMBERS)
def test_every_type(dtype: str, call: Call) -> None:
    data = NUMBERS[dtype]
    header = {"__metadata__": {"format": "pt"}, "a": entry(dtype, [1, 2], 0, len(data))}
    expected = "1,0" if dtype[0] in "BU" and dtype != "BF16" else "1,-2"
    done = call("compute", "-q", "-", "1", stdin=file_of(header, data))
    assert done == call("compute", "-q", expected, "1")
    assert done.status == 0


def test_a_header_that_is_filled_up_with_blanks(call: Call) -> None:
    text = json.dumps({"a": entry("U8", [1, 2], 0, 2)}).encode() + b" " * 100_000
    assert call("compute", "-q", "-", "0", stdin=file_of(text, b"\0\0")).status == 0


def test_as_the_library_writes_it(call: Call, tmp_path: Path) -> None:
    library = pytest.importorskip("safetensors.numpy")
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(3, 40, 5)).astype(np.float16)
    targets = rng.integers(5, size=(3, 40))
    targets[:, 30:] = -100
    path = tmp_path / "x.safetensors"
    library.save_file({"labels": targets, "other": logits[:1], "logits": logits}, path)
    np.savez(tmp_path / "x.npz", logits=logits, targets=targets)
    options = ("-q", "--class-axis", "-1", "--shift")
    done = call("compute", path, *options)
    assert done.status == 0
    assert done == call("compute", tmp_path / "x.npz", *options)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (BOTH[:-1], "its tensors end at byte"),
        (BOTH + b"\0", "its tensors end at byte"),
        (BOTH[:20], "bytes long"),
        (b"\2\0\0\0\0\0\0\0[]", "it does not begin with {"),
        (b"\xff\xff\xff\x07\0\0\0\0{}", "it claims to be 134217727 bytes long"),
        (file_of(b"{}" + b" " * (1 << 24)), "it claims to be 16777218 bytes long"),
        (file_of({"a": entry("U8", [1, 2], 1, 3)}, bytes(3)), '"a" follows on a gap'),
        (
            file_of({"a": entry("U8", [2], 0, 2), "b": entry("U8", [2], 1, 3)}, bytes(3)),
            '"b" overlaps the tensor before it',
        ),
        (file_of({"a": entry("U8", [1, 3], 0, 2)}, bytes(2)), "of shape (1, 3) takes 3"),
        (file_of({"a": entry("U8", [1, 2], 2, 0)}, bytes(2)), '"a" has no dtype, shape'),
        (file_of({"a": entry("U8", [1, True], 0, 1)}, bytes(1)), '"a" has no dtype, shape'),
        (file_of({"a": entry("U8", [1, -2], 0, 2)}, bytes(2)), '"a" has no dtype, shape'),
        (file_of({"a": entry("U8", [1, 2.0], 0, 2)}, bytes(2)), '"a" has no dtype, shape'),
        (file_of({"a": entry("U8", [1, 2], 0)}, bytes(2)), '"a" has no dtype, shape'),
        (file_of({"a": 1}), '"a" has no dtype, shape'),
        (file_of({"a": entry("U8", [2**64, 2**64], 0, 0)}), "takes 3402823669"),
        (file_of({"a": entry("U8", [1] * 20, 0, 1)}, bytes(1)), "has shape (1, 1, 1, 1,"),
        (file_of({"a": entry("U8", [1, 0], 0, 0)}), "has shape (1, 0)"),
        (file_of({"a": entry("U8", [0], 0, 0)}), "there are no logits in"),
        (file_of({"a": entry("F8_E4M3", [1, 2], 0, 2)}, bytes(2)), "holds F8_E4M3"),
        (file_of({}), "neither"),
        (file_of(b'{"a": 1, "a": 2}'), '"a" occurs twice'),
        (file_of(b'{"a": ' + b"[" * 100_000), "the JSON nests too deeply"),
        (file_of(b'{"a": ' + b"9" * 5000 + b"}"), "exceeds the largest double"),
        (file_of(b"{}, {}"), "not JSON"),
        (file_of(b'{"\xff": 1}'), "it is not UTF-8"),
    ],
)
def test_a_header_that_lies(data: bytes, why: str, call: Call, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(data)
    done = call("compute", path, "0", "--input-format", "safetensors")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error[XE")
    assert why in done.err


def test_what_is_no_header_at_all(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(bytes(range(256)))
    hint = "a .safetensors file has behind its first 4 the bytes b'\\x00\\x00\\x00\\x00{'"
    assert hint in call("compute", path, "0").err


def changed(data: st.DataObject) -> bytes:
    found = bytearray(BOTH)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(BOTH) - 12 * 8 - 1))
        found[at] = data.draw(st.sampled_from(b'0123456789,[]{}":-eFUB') | st.integers(0, 255))
    return bytes(found)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_read_the_library_reads_too(call: Call, data: st.DataObject) -> None:
    library = pytest.importorskip("safetensors")
    file = changed(data)
    done = calculated(call, "-", stdin=file)
    if done.status == 0:
        library.deserialize(file)
    else:
        assert (done.status, done.out) == (2, "")
        assert done.err.startswith(("error[XE", "note[XN"))
