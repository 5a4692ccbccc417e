"""Text is read in blocks: wherever they are cut, values and line numbers are the same."""

import json
from codecs import BOM_UTF8
from pathlib import Path

import pytest

from conftest import Call
from xent.inputs.formats import text
from xent.inputs.sources.source import Source

SIZES = [1, 8, 13, 1 << 20]
ROWS = 40
LINES = [f"{row % 7},{row % 5}" for row in range(ROWS)]
TARGETS = ",".join("0" * ROWS)


@pytest.fixture(params=SIZES)
def blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read so many bytes at a time."""
    monkeypatch.setattr(text, "BLOCK_BYTES", request.param)


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bad", [1, 17, ROWS])
def test_an_error_names_its_line(bad: int, end: str, call: Call) -> None:
    lines = [*LINES]
    lines[bad - 1] = "1,x"
    done = call("compute", "-", TARGETS, stdin=end.join(lines).encode())
    assert done.err.startswith(f"error[XE201]: 'x' is not a number\n  --> <stdin>:{bad}:3\n")
    assert f"\n{bad} | 1,x\n" in done.err


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_an_undecodable_byte_is_found_on_its_line(end: str, call: Call) -> None:
    # The mark at the beginning says that it is UTF-8.
    data = BOM_UTF8 + end.join([*LINES, "1,é"]).encode("latin-1")
    done = call("compute", "-", TARGETS, stdin=data)
    assert f"byte 0xe9 is not UTF-8 text\n  --> <stdin>:{ROWS + 1}:3\n" in done.err


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "\n", "\r", "\r\n"])
def test_the_ends_of_lines_do_not_matter(end: str, last: str, call: Call) -> None:
    data = (end.join(LINES) + last).encode()
    expected = call("compute", "-q", ";".join(LINES), TARGETS)
    assert expected.status == 0
    assert call("compute", "-q", "-", TARGETS, stdin=data) == expected


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_of_any_end_are_cut_into_blocks(
    end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "logits.csv"
    path.write_bytes(end.join(LINES).encode())
    monkeypatch.setattr(text, "BLOCK_BYTES", 32)
    found = [*text.text_blocks(Source.of(str(path), "logits"))]
    assert len(found) > 4
    row = 0
    for block in found:
        lines = block.text.splitlines()
        assert block.first_line == row + 1
        assert lines == LINES[row : row + len(lines)]
        row += len(lines)
    assert row == ROWS


@pytest.mark.usefixtures("blocks")
def test_sequences_in_json_lines(call: Call) -> None:
    logits = [[[2, 1, 0], [0, 3, 1]], [[1, 1, 4], [5, 1, 2]], [[0, 0, 1], [1, 2, 0]]]
    targets = "[[0, 1], [2, -100], [2, 5]]"
    lines = "\n".join(map(json.dumps, logits)).encode()
    options = ("--class-axis", "-1", "--ignore-index", "5")
    expected = call("compute", "-q", json.dumps(logits), targets.replace("-100", "0"), *options)
    assert expected.status == 0
    found = call("compute", "-q", "-", targets.replace("-100", "0"), *options, stdin=lines)
    assert found.out == expected.out
    done = call("compute", "-q", "-", targets, *options, stdin=lines.replace(b"5", b"NaN"))
    assert "--> <targets>:1:14\n" in done.err


RECORD, LIST = '{"logits": [1, 2], "target": 0}', "[1, 2]"


@pytest.mark.parametrize(
    ("above", "below", "targets"),
    [(RECORD, LIST, []), (RECORD, LIST, ["0,0,0,0,0"]), (LIST, RECORD, ["0,0,0,0,0"])],
)
def test_json_lines_that_turn_into_another_kind(
    above: str, below: str, targets: list[str], call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "BLOCK_BYTES", len(above) + 1)
    data = "\n".join([above] * 3 + [below] * 2).encode()
    done = call("compute", "-", *targets, stdin=data)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error[XE113]: the lines above have another form\n  --> <stdin>:4:")


@pytest.mark.usefixtures("blocks")
def test_json_lines_say_which_line(call: Call) -> None:
    data = "\n".join([RECORD] * 9 + ['{"logits": [1, null], "target": 0}']).encode()
    done = call("compute", "-", stdin=data)
    assert done.err.startswith("error[XE201]: null is not a number\n  --> <stdin>:10:16\n")
