"""The base file of llama.cpp's KL divergence, packed here as its perplexity tool packs it."""

import json
import math
import random
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import Call, calculated
from xent.inputs.formats import llama
from xent.inputs.sources.source import Source


def packed(length: int, classes: int, chunks: int) -> tuple[bytes, float]:
    """A file, and the mean over it of what llama.cpp calls nll_base."""
    rng = random.Random(0)  # noqa: S311  no secret
    tokens = [rng.randrange(classes) for _ in range(length * chunks)]
    data = b"_logits_" + struct.pack(f"<{3 + len(tokens)}i", length, classes, chunks, *tokens)
    losses = []
    for chunk in range(chunks):
        first = chunk * length + length // 2
        for position in range(first, (chunk + 1) * length - 1):
            scale, offset = rng.randrange(1, 256) / 2**20, -rng.randrange(1, 32) / 2
            steps = [rng.randrange(65536) for _ in range(classes)]
            filled = steps + [0] * (classes % 2)
            data += struct.pack(f"<2f{len(filled)}H", scale, offset, *filled)
            losses.append(-(scale * steps[tokens[position + 1]] + offset))
    return data, math.fsum(losses) / len(losses)


@pytest.mark.parametrize("size", [(3, 2, 1), (4, 3, 1), (9, 5, 7), (16, 300, 3)])
def test_the_loss_of_the_base(size: tuple[int, int, int], call: Call, tmp_path: Path) -> None:
    data, loss = packed(*size)
    path = tmp_path / "base.kld"
    path.write_bytes(data)
    for done in (
        calculated(call, path, "--input-kind", "log-probs"),
        calculated(call, "-", "--input-kind", "log-probs", stdin=data),
    ):
        assert float(done.out) == pytest.approx(loss, rel=1e-15)
        assert "note[XN313]: " in done.err


def test_rows_are_the_same_wherever_they_are_cut(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, _ = packed(16, 300, 3)
    whole = calculated(call, "-", "--input-kind", "log-probs", stdin=data)
    monkeypatch.setattr(llama, "_BLOCK_BYTES", 1500)
    assert calculated(call, "-", "--input-kind", "log-probs", stdin=data) == whole
    bad = bytearray(data)
    struct.pack_into("<i", bad, 20 + 4 * (2 * 16 + 9), 300)
    done = calculated(call, "-", "--input-kind", "log-probs", stdin=bytes(bad))
    assert "error[XE203]: target 300 is outside the 300 classes 0..299" in done.err
    assert "--> <stdin>:targets[14]\n" in done.err


def test_a_row_knows_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "base.kld"
    path.write_bytes(packed(16, 300, 3)[0])
    monkeypatch.setattr(llama, "_BLOCK_BYTES", 1500)
    places = [
        block.locate(row, 7).index
        for block in llama.read(Source.of(str(path), "logits"))["logits"].read(1)
        for row in range(len(block))
    ]
    assert places == [(row, 7) for row in range(3 * 7)]


@pytest.mark.parametrize("change", [b"", b"\0"])
def test_another_length_than_promised(change: bytes, call: Call) -> None:
    data, _ = packed(4, 3, 2)
    done = call("compute", "-", stdin=data[:-1] + change * 2)
    assert done.err.startswith("error[XE110]: the header of <stdin> promises 2 chunks of 4 tokens")


@given(st.lists(st.integers(-(2**31), 2**31 - 1), min_size=3, max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_header_that_lies(call: Call, numbers: list[int]) -> None:
    data = b"_logits_" + struct.pack(f"<{len(numbers)}i", *numbers)
    for end in (len(data), 12):
        done = call("compute", "-", stdin=data[:end])
        assert (done.status, done.out) == (2, "")
        assert done.err.startswith("error[XE110]: ")


def test_two_files_compare_as_llama_perplexity_compares(call: Call, tmp_path: Path) -> None:
    paths = []
    for name, change in (("base", 0.0), ("other", 0.25)):
        rng = random.Random(0)  # noqa: S311  no secret
        tokens = [rng.randrange(5) for _ in range(8)]
        data = b"_logits_" + struct.pack("<11i", 8, 5, 1, *tokens)
        for position in range(4, 7):
            logits = [rng.gauss(0, 3) + change * (each == position - 4) for each in range(5)]
            total = math.log(math.fsum(map(math.exp, logits)))
            row = [each - total for each in logits]
            row[4] = -17.5  # cut off: it takes no part in the divergence
            scale = (max(row) - min(row)) / 65535
            steps = [round((each - min(row)) / scale) for each in row]
            data += struct.pack("<2f6H", scale, min(row), *steps, 0)
        (tmp_path / name).write_bytes(data)
        paths.append(tmp_path / name)
    found = json.loads(call("compare", *paths, "--format", "json").out)
    arrays = [llama.read(Source.of(str(path), "logits")) for path in paths]
    read: list[Any] = [each["logits"].whole().values for each in arrays]
    (logs, others), targets = read, arrays[0]["targets"].whole().values
    [pair] = found["pairs"]
    rows = range(3)
    ratios = [logs[row, targets[row]] - others[row, targets[row]] for row in rows]
    assert pair["difference"] == pytest.approx(sum(ratios) / 3)
    assert pair["perplexity_ratio"] == pytest.approx(math.exp(sum(ratios) / 3))
    terms = [
        math.exp(logs[row, each]) * (logs[row, each] - others[row, each])
        for row in rows
        for each in range(5)
        if logs[row, each] > -16
    ]
    assert pair["kl"] == pytest.approx(math.fsum(terms) / 3)
    same = logs.argmax(axis=1) == others.argmax(axis=1)
    assert pair["same_prediction"] == pytest.approx(same.mean())
