"""bfloat16, which NumPy does not know: the upper half of a float32."""

import io
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from conftest import Call, calculated

# The last is the smallest, the one before it the largest.
BITS = np.array([0x3F80, 0x4000, 0x3F00, 0xC040, 0x0000, 0x7F7F, 0x0001], dtype="<u2")
FLOATS = np.array([1.0, 2.0, 0.5, -3.0, 0.0, 3.3895313892515355e38, 9.183549615799121e-41])


def saved(array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_bits_are_read_as_bfloat16(
    order: Literal["C", "F"], call: Call, tmp_path: Path
) -> None:
    rows = 300_000  # more than a block
    np.save(tmp_path / "x.npy", np.resize(BITS, (rows, 7)).view("V2").copy(order))
    np.save(tmp_path / "wide.npy", np.resize(FLOATS, (rows, 7)))
    np.save(tmp_path / "y.npy", np.arange(rows) % 7)
    found = calculated(call, tmp_path / "x.npy", tmp_path / "y.npy")
    assert found.status == 0
    assert found.out == call("compute", "-q", tmp_path / "wide.npy", tmp_path / "y.npy").out
    assert found.err.startswith(
        f"note[XN308]: {tmp_path / 'x.npy'} has the dtype V2, which is how bfloat16 is "
        "saved; it is read as bfloat16\n"
    )


def test_as_ml_dtypes_saves_it(call: Call) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    logits = np.random.default_rng(0).normal(size=(40, 5)).astype(ml_dtypes.bfloat16)
    wide = saved(logits.astype(np.float64))
    targets = str([*range(5)] * 8)
    assert (
        call("compute", "-q", "-", targets, stdin=saved(logits)).out
        == call("compute", "-q", "-", targets, stdin=wide).out
    )


@pytest.mark.parametrize("descr", ["V3", "V1", [("a", "i1"), ("b", "i1")], ("u1", (2,)), "S2"])
def test_other_bytes_are_no_numbers(descr: Any, call: Call) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": descr, "fortran_order": False, "shape": (1, 2)}
    )
    assert "error[XE112]" in call("compute", "-", "0", stdin=header.getvalue() + bytes(8)).err


def test_too_few_of_them(call: Call) -> None:
    done = call("compute", "-", "0", stdin=saved(BITS.view("V2"))[:-1])
    assert "promises 14 bytes, shape (7,) of bfloat16, and 13 are there\n" in done.err
