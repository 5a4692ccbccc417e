"""Whatever the format, the numbers that come out are the numbers that went in."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from oracle import slowly_read
from xent import InputError
from xent.inputs.formats import stored, text
from xent.inputs.pairing import read_inputs
from xent.inputs.read_options import ReadOptions
from xent.settings import LossSettings

Matrix = NDArray[np.float64]


def _delimited(mark: str) -> Callable[[Matrix], bytes]:
    return lambda matrix: "".join(
        mark.join(map(repr, row)) + "\n" for row in matrix.tolist()
    ).encode()


def _npy(matrix: Matrix) -> bytes:
    file = io.BytesIO()
    np.save(file, matrix)
    return file.getvalue()


def _npz(matrix: Matrix) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, logits=matrix)
    return file.getvalue()


WRITERS: dict[str, Callable[[Matrix], bytes]] = {
    "csv": _delimited(","),
    "tsv": _delimited("\t"),
    "semicolon": _delimited(";"),
    "blank": _delimited("  "),
    "json": lambda matrix: json.dumps(matrix.tolist()).encode(),
    "jsonl": lambda matrix: b"".join(json.dumps(row).encode() + b"\n" for row in matrix.tolist()),
    "npy": _npy,
    "npz": _npz,
}

matrices = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=8),
    elements=st.floats(allow_nan=True, allow_infinity=True),
)


def read_back(path: Path, rows: int, input_format: str | None = None) -> Matrix:
    batches = read_inputs(
        str(path), json.dumps([0] * rows), LossSettings(), options=ReadOptions(input_format)
    ).batches
    return np.concatenate([np.asarray(batch.logits.values) for batch in batches])


@pytest.mark.parametrize("name", WRITERS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(matrix=matrices)
def test_round_trip(name: str, matrix: Matrix, tmp_path: Path) -> None:
    path = tmp_path / "logits"
    path.write_bytes(WRITERS[name](matrix))
    for input_format in (None, name):
        found = read_back(path, len(matrix), input_format)
        assert np.array_equal(found, matrix, equal_nan=True)


@pytest.mark.parametrize("name", WRITERS)
def test_the_size_of_the_blocks_does_not_matter(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    matrix = np.random.default_rng(4).normal(size=(57, 5))
    path = tmp_path / "logits"
    path.write_bytes(WRITERS[name](matrix))
    for size in (1, 7, 100, 333):
        monkeypatch.setattr(text, "BLOCK_BYTES", size)
        monkeypatch.setattr(stored, "_BLOCK_BYTES", size)
        assert np.array_equal(read_back(path, 57), matrix)


ODD_CELLS = [
    *("1_0", "0x1F", "1e400", "-1e999", "1e-400", "", " ", "NA", "nan", "+inf", "-Infinity"),
    *('"1.5"', '"1', '1"5', '"1"5', '""', "1 2", "1,5", "1d5", "1f", "--1", "+-1", ".", "1."),
    *(".5", "e5", "\u0661", "\u00a01", "1\u200b", "\ufeff1", "1\x0b", "1\x00", "TRUE", "1e"),
    *("infinit", "nan(1)", "1j"),
]
cells = st.one_of(
    st.floats().map(repr),
    st.integers(-(10**25), 10**25).map(str),
    st.sampled_from(ODD_CELLS),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(cells, min_size=2, max_size=3), min_size=1, max_size=4),
    mark=st.sampled_from([",", ";", "\t"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_is_accepted_is_what_a_slow_reader_reads(
    rows: list[list[str]], mark: str, end: str, tmp_path: Path
) -> None:
    source = end.join(mark.join(row) for row in rows) + end
    path = tmp_path / "logits"
    path.write_bytes(source.encode())
    name = {",": "csv", ";": "semicolon", "\t": "tsv"}[mark]
    try:
        found = read_back(path, len(rows), name)
    except InputError as error:
        assert error.diagnostic.code.value.startswith("XE")  # noqa: PT017  either outcome is right
        return
    if mark == ";":  # then a comma is that of a decimal, as nothing with a point is accepted
        source = source.replace(",", ".")
    expected = np.array(slowly_read(source.removeprefix("\ufeff"), mark))
    assert np.array_equal(found, expected, equal_nan=True)
    assert "_" not in source
    assert np.isinf(expected).sum() == source.lower().count("inf")
