"""Text in UTF-16 and Latin-1 is read as the same text in UTF-8, or refused."""

import codecs
import gzip
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import Call, calculated
from test_division import in_parts, written
from xent.inputs.chunk import Chunk
from xent.inputs.sources.source import Source
from xent.settings import LossSettings

TEXTS = {
    "csv": "Bär,Hund 🐕,label\n1,2,Bär\n3,4,Hund 🐕\n",
    "json": '{"logits": [[1, 2], [3, 4]], "targets": [0, 1]}',
    "jsonl": '{"logits": [1, 2], "target": 0}\n{"logits": [3, 4], "target": 1}\n',
    "blank": "1 2 0\r\n3 4 1\r\n",
}
OPTIONS = {"blank": ["--target-column", "2"]}
LOSS = "0.8132616875182228\n"
ENCODINGS = {
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-8": codecs.BOM_UTF8,
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("step", [1, 1 << 16])
def test_files_and_pipes(
    name: str, encoding: str, step: int, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xent.inputs.sources.streams.STEP_BYTES", step)
    data = ENCODINGS[encoding] + TEXTS[name].encode(encoding)
    path = tmp_path / "both"
    path.write_bytes(data)
    options = ["--no-progress", *OPTIONS.get(name, [])]
    assert call("compute", "-q", path, *options).out == LOSS
    assert call("compute", "-q", "-", *options, stdin=data).out == LOSS
    assert call("compute", "-q", "-", *options, stdin=gzip.compress(data)).out == LOSS


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    ("end", "reason"), [("\ud800".encode("utf-16-le", "surrogatepass"), "illegal"), (b"1", "trunc")]
)
def test_damage(encoding: str, end: bytes, reason: str, call: Call) -> None:
    end = end if encoding == "utf-16-le" else end[::-1]
    begin = ENCODINGS[encoding] + ("1,2\n" * 40_000).encode(encoding)
    last = end + ("\n3,4".encode(encoding) if len(end) == 2 else b"")
    done = call("compute", "-", "0", stdin=begin + last)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error[XE106]: it begins as UTF-16 text, but is not valid here: ")
    assert reason in done.err
    assert "\n  --> <stdin>:40001\n" in done.err


@given(st.binary(max_size=60), st.sampled_from(["utf-16-le", "utf-16-be"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused(call: Call, data: bytes, encoding: str) -> None:
    done = calculated(call, "-", "0", stdin=ENCODINGS[encoding] + data)
    assert done.status == 0 or done.err.startswith("error[XE")


def test_the_line_is_that_of_the_text(call: Call) -> None:
    data = ("1,2\r\n" * 1000 + "3,x\r\n").encode("utf-16")
    done = call("compute", "-", "0", stdin=data)
    assert done.err.startswith("error[XE201]: 'x' is not a number\n  --> <stdin>:1001:3\n")


def test_it_is_not_cut(tmp_path: Path) -> None:
    logits = written(tmp_path, "logits", ("1,2\n" * 50).encode("utf-16"))
    targets = written(tmp_path, "targets", "0\n" * 50)
    whole, merged, parts = in_parts(Chunk(logits, targets), LossSettings(), 20)
    assert merged == whole
    assert isinstance(whole, str)
    assert not parts


def test_memory_does_not_grow_with_the_text(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_bytes(("1,2,0\n" * 1_000_000).encode("utf-16"))
    tracemalloc.start()
    with Source.of(str(path), "logits").open() as stream:
        size = sum(map(len, iter(lambda: stream.read(1 << 16), b"")))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size == 6_000_000 + len(codecs.BOM_UTF8)
    assert most < 1 << 20


def test_utf_32_is_refused(call: Call) -> None:
    done = call("compute", "-", "0", stdin="1,2\n".encode("utf-32"))
    assert done.err.startswith("error[XE105]: <stdin> is binary")


LATIN_1 = TEXTS["csv"].replace(" 🐕", "e").encode("latin-1")


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_header_in_latin_1(end: bytes, call: Call) -> None:
    done = call("compute", "-", "--format", "plain", stdin=LATIN_1.replace(b"\n", end))
    assert done.err.startswith("note[XN312]: <stdin> is not UTF-8 and is read as Latin-1\n")
    assert "Bär" in done.out
    assert done.status == 0


def test_the_last_character_of_the_header_in_latin_1(call: Call) -> None:
    done = calculated(call, "-", "0", stdin="Hund,Bä\n1,2\n".encode("latin-1"))
    assert (done.out, done.err[:11]) == ("1.3132616875182228\n", "note[XN312]")


def test_targets_in_latin_1(call: Call, tmp_path: Path) -> None:
    targets = tmp_path / "targets"
    targets.write_bytes("id,label\n1,Hunde\n2,Bär\n".encode("latin-1"))
    done = calculated(call, "-", targets, stdin="Bär,Hunde\n2,1\n4,3\n".encode())
    assert done.out == LOSS
    targets.write_bytes("Bär\nHunde\n".encode("latin-1"))
    done = calculated(call, "-", targets, stdin="Bär,Hunde\n1,2\n3,4\n".encode())
    assert done.out == LOSS
    assert "XN312" in done.err


def test_parts_in_latin_1(tmp_path: Path) -> None:
    head, *rows = LATIN_1.splitlines(keepends=True)
    part = Chunk(written(tmp_path, "logits", head + b"".join(rows) * 20))
    whole, merged, parts = in_parts(part, LossSettings(), 60)
    assert merged == whole
    assert isinstance(whole, str)
    assert len(parts) > 1


def test_a_byte_far_down_is_no_reason(call: Call) -> None:
    done = call("compute", "-", "0", stdin=b"1,2\n" * 20_000 + b"1,\xe4\n")
    assert done.err.startswith("error[XE106]: byte 0xe4 is not UTF-8 text\n  --> <stdin>:20001:3\n")


def test_a_long_first_line_may_end_within_a_character(call: Call) -> None:
    header = ",".join(f"ää{number}" for number in range(9000)).encode()
    row = ",".join("0" * 9000).encode()
    assert len(header) > 1 << 16
    for data in (header + b"\n" + row, b"a" + header + b"\n" + row):
        done = calculated(call, "-", "0", stdin=data)
        assert done.status == 0
        assert "XN312" not in done.err
