"""What is accepted of JSON and of NumPy's files is what a slow reader finds, to the last bit."""

import io
import json
import re
import struct
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from math import inf, nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strategies import same
from xent.errors import InputError
from xent.inputs.named_arrays import NamedArrays

IN_PLACE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
ODD = """
NaN Infinity -Infinity "nan" "-inf" "INF" "infinity" "+inf" "1" "" null true {} [] [1] 1e400
-1e400 1e-400 4.9e-324 2.4703282292062327e-324 1.7976931348623158e308 1.7976931348623159e308
9007199254740993 9007199254740993.0000000000001 0.30000000000000004 01 +1 .5 5. 1_0 0x1 -0 -0.0
1E5 1e+5 1e 1.5.2 NAN
""".split()  # noqa: SIM905  one line holds many
usual = (
    st.floats().map(json.dumps)
    | st.integers(-(10**40), 10**40).map(str)
    | st.from_regex(r"-?(0|[1-9][0-9]{0,29})\.[0-9]{1,30}(e[+-]?[0-9]{1,2})?", fullmatch=True)
)
# Of too many that are odd, nearly every document would have one that is refused.
literals = st.integers(0, 9).flatmap(lambda one: st.sampled_from(ODD) if one == 9 else usual)
blanks = st.sampled_from(["", " ", "\n", "\t", "\r\n", "\u00a0", "\ufeff"])


def read(path: Path) -> Any:
    """The numbers, or nothing where they are refused with their place."""
    try:
        return np.asarray(NamedArrays.of(str(path), ["logits"]).array("logits").whole().values)
    except InputError as error:
        assert re.search(r"a\.\w+", str(error))  # noqa: PT017  either outcome is right
        return None


def number(value: object) -> float:
    """A value of JSON by rational arithmetic; no other string than these stands for a number."""
    if isinstance(value, str):
        return {"nan": nan, "inf": inf, "-inf": -inf}[value.lower()]
    if isinstance(value, Fraction):
        return float(value)
    assert isinstance(value, float)  # NaN or an infinity
    return value


def slowly(document: str) -> Any:
    """A matrix of JSON."""
    rows = json.loads(document, parse_float=Fraction, parse_int=Fraction)
    return [[number(value) for value in row] for row in rows]


@IN_PLACE
@given(
    rows=st.lists(st.lists(literals, min_size=2, max_size=3), min_size=2, max_size=3),
    gap=blanks,
    names=st.booleans(),
)
def test_json(rows: list[list[str]], gap: str, names: bool, tmp_path: Path) -> None:
    matrix = "[" + f"{gap},".join(f"[{gap}{','.join(row)}]" for row in rows) + "]"
    path = tmp_path / "a.json"
    path.write_text(f'{{"logits":{gap}{matrix}}}' if names else matrix, encoding="utf-8")
    found = read(path)
    assert found is None or same(found, slowly(matrix))


@IN_PLACE
@given(
    rows=st.lists(st.lists(literals, min_size=2, max_size=3), min_size=2, max_size=3),
    end=st.sampled_from(["\n", "\r\n", "\r", "\n\n", " \n"]),
)
def test_json_lines(rows: list[list[str]], end: str, tmp_path: Path) -> None:
    lines = [f"[{','.join(row)}]" for row in rows]
    (tmp_path / "a.jsonl").write_text(end.join(lines), newline="")
    found = read(tmp_path / "a.jsonl")
    assert found is None or same(found, slowly(f"[{','.join(lines)}]"))


TYPES = {
    **{f"{order}{kind}": f"{order}{code}" for order in "<>" for kind, code in
       {"f2": "e", "f4": "f", "f8": "d", "i2": "h", "u4": "I", "i8": "q", "u8": "Q"}.items()},
    "|b1": "?", "|i1": "b", "|u1": "B",
}  # fmt: skip


@st.composite
def arrays(draw: st.DrawFn) -> tuple[bytes, int, int, list[Any], bool]:
    """An .npy file written by hand: its bytes, rows, columns, and numbers as they stand in it."""
    descr = draw(st.sampled_from([*TYPES]))
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(2, 4))
    code, count = TYPES[descr].lstrip("<>"), rows * columns
    order = descr[0] if descr[0] in "<>" else "="
    size = count * struct.calcsize(f"={code}")
    data = draw(st.binary(min_size=size, max_size=size))
    if code == "?":
        data = bytes(byte & 1 for byte in data)
    by_columns = draw(st.booleans())
    shape = f"({rows}, {columns})" if draw(st.booleans()) else f"({rows},{columns},)"
    header = f"{{'descr': '{descr}', 'fortran_order': {by_columns}, 'shape': {shape}}}\n".encode()
    version, width = draw(st.sampled_from([(1, "<H"), (2, "<I")]))
    file = b"\x93NUMPY" + bytes([version, 0]) + struct.pack(width, len(header)) + header + data
    return file, rows, columns, [*struct.unpack(f"{order}{count}{code}", data)], by_columns


def by_rows(rows: int, columns: int, values: list[Any], *, by_columns: bool) -> Iterator[list[Any]]:
    """The rows of a matrix that may be stored by columns."""
    for row in range(rows):
        yield values[row::rows] if by_columns else values[row * columns : (row + 1) * columns]


@pytest.mark.parametrize("suffix", ["npy", "npz"])
@IN_PLACE
@given(array=arrays(), cut=st.integers(-3, 3))
def test_numpy(
    suffix: str, array: tuple[bytes, int, int, list[Any], bool], cut: int, tmp_path: Path
) -> None:
    data, rows, columns, values, by_columns = array
    data = data[:cut] if cut < 0 else data + bytes(cut)
    if suffix == "npz":
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("logits.npy", data)
        data = archive.getvalue()
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(data)
    found = read(path)
    assert (found is None) == (cut != 0)
    if found is not None:
        with np.errstate(invalid="ignore"):  # a nan that signals
            assert same(found, [*by_rows(rows, columns, values, by_columns=by_columns)])
