"""What is compressed is read as what is inside, or refused; never half of it."""

import bz2
import gzip
import json
import lzma
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import Call
from worked_examples import EXAMPLES, alone, together
from xent.inputs.sources import source
from xent.inputs.sources.compressed import _COMPRESSIONS

LOSS = "0.5514447139320511"
EXAMPLE = EXAMPLES[LOSS]
CSV = b"1,0,0\n0,1,0\n0,0,1\n"


def _zstd(data: bytes) -> bytes:
    packed: bytes = pytest.importorskip("compression.zstd").compress(data)
    return packed


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": _zstd,
}
# What their formats check for themselves, byte by byte; zstd does so only where it is asked to.
CHECKED = {name: PACKERS[name](CSV) for name in ("gz", "bz2", "xz")}

by_packer = pytest.mark.parametrize("packer", PACKERS)


@by_packer
@pytest.mark.parametrize(
    "name", ["csv", "tsv", "semicolon", "blank", "json", "jsonl", "npy", "npz", "safetensors"]
)
def test_two_sources(packer: str, name: str, call: Call, tmp_path: Path) -> None:
    logits, targets = (PACKERS[packer](data) for data in alone(*EXAMPLE)[name])
    one, other = tmp_path / f"logits.{name}.{packer}", tmp_path / "targets"
    one.write_bytes(logits)
    other.write_bytes(targets)
    assert call("compute", "-q", one, other).out == f"{LOSS}\n"
    assert call("compute", "-q", "-", other, stdin=logits).out == f"{LOSS}\n"


@by_packer
@pytest.mark.parametrize("name", together(*EXAMPLE))
def test_one_source(packer: str, name: str, call: Call, tmp_path: Path) -> None:
    path = tmp_path / "both"
    path.write_bytes(PACKERS[packer](together(*EXAMPLE)[name]))
    assert call("compute", "-q", path).out == f"{LOSS}\n"
    assert call("compute", "-q", "-", stdin=path.read_bytes()).out == f"{LOSS}\n"


def test_the_name_inside_says_what_the_text_does_not(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "one.JSONL.gz"
    path.write_bytes(gzip.compress(b'{"logits": [40, 0], "target": 0}'))
    assert call("compute", "-q", path).out == "4.248354255291589e-18\n"


@by_packer
def test_streams_one_after_the_other_and_zeros_behind(packer: str, call: Call) -> None:
    pack = PACKERS[packer]
    data = b"".join(pack(line) for line in CSV.splitlines(keepends=True)) + bytes(512)
    assert call("compute", "-q", "-", "0,1,2", stdin=data).out == f"{LOSS}\n"


@by_packer
def test_the_line_is_that_of_the_text_inside(packer: str, call: Call, tmp_path: Path) -> None:
    path = tmp_path / f"x.csv.{packer}"
    path.write_bytes(PACKERS[packer](b"1,2\n" * 1000 + b"3,x\n"))
    done = call("compute", path, "0")
    assert done.err.startswith(f"error[XE201]: 'x' is not a number\n  --> {path}:1001:3\n")


@by_packer
def test_damage(packer: str, call: Call) -> None:
    packed = PACKERS[packer](CSV)
    for data, what in [
        (packed[:-1], "ends too early"),
        (packed[: len(packed) // 2], "ends too early"),
        (packed + packed[:5], "ends too early"),
        (packed + b"and more", "continues with data that is not"),
        (packed + bytes(4) + b"1", "continues with data that is not"),
    ]:
        done = call("compute", "-q", "-", "0,1,2", stdin=data)
        assert (done.status, done.out) == (2, "")
        assert done.err.startswith("error[XE117]: <stdin>, compressed with ")
        assert what in done.err


def test_a_checksum_that_fails(call: Call) -> None:
    packed = bytearray(gzip.compress(CSV))
    packed[-8] ^= 1
    done = call("compute", "-q", "-", "0,1,2", stdin=bytes(packed))
    assert done.err.startswith("error[XE117]: <stdin>, compressed with gzip, is damaged: ")
    assert not done.out


@given(st.data(), st.sampled_from(sorted(CHECKED)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_changed_bytes_never_change_the_loss(call: Call, data: st.DataObject, packer: str) -> None:
    packed = bytearray(CHECKED[packer])
    for _ in range(data.draw(st.integers(1, 3))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    done = call("compute", "-q", "-", "0,1,2", stdin=bytes(packed))
    assert done.out == f"{LOSS}\n" or (done.status == 2 and done.err.startswith("error[XE"))


def test_an_xz_that_asks_for_gigabytes(call: Call) -> None:
    packed = bytearray(lzma.compress(CSV))
    assert packed[14:16] == b"\x21\x01"  # the filter LZMA2, and that one byte follows
    packed[16] = 38  # a dictionary of 2 GiB
    end = 12 + 4 * packed[12]
    packed[end : end + 4] = zlib.crc32(packed[12:end]).to_bytes(4, "little")
    done = call("compute", "-", "0,1,2", stdin=bytes(packed))
    assert "compressed with xz, is damaged: Memory usage limit exceeded" in done.err


@by_packer
def test_packed_twice(packer: str, call: Call) -> None:
    done = call("compute", "-", "0,1,2", stdin=gzip.compress(PACKERS[packer](CSV)))
    assert done.err.startswith("error[XE105]: <stdin> is compressed twice, with ")


@by_packer
def test_a_python_that_cannot_unpack(
    packer: str, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if packer == "gz":
        pytest.skip("every Python has zlib: NumPy needs it")
    path = tmp_path / f"x.{packer}"
    path.write_bytes(next(each.magic for each in _COMPRESSIONS if each.suffix == f".{packer}"))
    for module in ("bz2", "lzma", "compression.zstd"):
        monkeypatch.setitem(sys.modules, module, None)
    done = call("compute", path, "0")
    assert done.err.startswith(f"error[XE105]: {path} is compressed with ")
    assert f"cat {path} | xent compute - …" in done.err


def test_a_bomb_in_text_is_read_in_pieces(call: Call) -> None:
    bomb = gzip.compress(b"1,0\n" + b"\n" * 50_000_000 + b"x\n")
    call("compute", "-q", "1,0", "0")  # what is imported is not what is measured
    tracemalloc.start()
    done = call("compute", "-q", "-", "0", stdin=bomb)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "<stdin>:50000002:1\n" in done.err
    assert most < 20_000_000


@pytest.mark.parametrize("data", [json.dumps([[0] * 99_999]).encode(), alone(*EXAMPLE)["npz"][0]])
def test_a_bomb_in_what_is_not_read_in_pieces(
    data: bytes, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "MOST_UNPACKED_BYTES", 100)
    path = tmp_path / "bomb"
    path.write_bytes(gzip.compress(data))
    done = call("compute", path, "0")
    assert done.err.startswith(f"error[XE116]: {path} unpacks to more than 0 MiB")
    assert f"zcat {path} > FILE" in done.err
