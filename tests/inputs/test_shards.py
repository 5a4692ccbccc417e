"""Several files in place of one, by a pattern or a manifest."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import Call
from xent.inputs.shards import read_shards, shards_of
from xent.parallel.processes import process_pool
from xent.pipeline import evaluate, evaluate_in_parallel
from xent.report.state import state_line
from xent.settings import LossSettings

RANDOM = np.random.default_rng(1)
LOGITS = RANDOM.normal(size=(30, 3))
LOGITS[17, 2], LOGITS[25, 0] = np.nan, np.inf
TARGETS = RANDOM.integers(0, 3, 30)
TARGETS[[4, 12]] = -100
FACTORS = RANDOM.random(30)
CUTS = [7, 9, 20]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same rows in one file, in four arrays, and in four texts."""
    monkeypatch.chdir(tmp_path)
    for name, values in (("logits", LOGITS), ("targets", TARGETS), ("factors", FACTORS)):
        np.save(f"{name}.npy", values)
        for number, piece in enumerate(np.split(values, CUTS)):
            np.save(f"{name}-{number}.npy", piece)
            np.savetxt(f"{name}-{number}.csv", piece, delimiter=",", fmt="%.17g")
    return tmp_path


OPTIONS = [("--format", "json"), ("--format", "csv"), ("-q",), ("--reduction", "none", "-q")]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("suffix", ["npy", "csv"])
@pytest.mark.parametrize("options", OPTIONS)
def test_shards_are_one_input(suffix: str, options: tuple[str, ...], call: Call) -> None:
    whole = call("compute", "logits.npy", "targets.npy", *options)
    shards = call("compute", f"logits-*.{suffix}", f"targets-?.{suffix}", *options)
    assert (shards.out, shards.err) == (whole.out, whole.err)
    factors = ("--sample-weight", "factors.npy")
    whole = call("compute", "logits.npy", "targets.npy", *options, *factors)
    factors = ("--sample-weight", f"factors-[0-9].{suffix}")
    shards = call("compute", f"logits-*.{suffix}", f"targets-*.{suffix}", *options, *factors)
    assert (shards.out, shards.err) == (whole.out, whole.err)


@pytest.mark.usefixtures("folder")
def test_a_manifest(call: Call) -> None:
    whole = call("compute", "logits.npy", "targets.npy", "--format", "json")
    Path("two names").write_bytes(Path("logits-1.csv").read_bytes())
    Path("list").write_text(
        "logits-0.npy targets-0.csv\n\n'two names'\ttargets-1.npy\n"
        "logits-2.csv targets-2.npy\nlogits-3.npy targets-3.npy"
    )
    assert call("compute", "@list", "--format", "json").out == whole.out
    Path("list").write_text("logits-0.npy targets-0.csv factors-0.csv\n")
    assert (
        call("compute", "@list", "-q").out
        == call(
            "compute", "logits-0.npy", "targets-0.npy", "-q", "--sample-weight", "factors-0.npy"
        ).out
    )


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("suffix", ["npy", "csv"])
def test_shards_on_workers(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = LossSettings()
    ends: dict[str, Any] = {"head": 6, "tail": 6}
    shards = shards_of(f"logits-*.{suffix}", f"targets-*.{suffix}", None)
    assert len(shards) == 4
    whole = evaluate(read_shards(shards, settings), settings, **ends)
    for number, chunk_bytes in ((2, 10_000), (3, 10_000), (2, 100)):
        monkeypatch.setattr("xent.pipeline.CHUNK_BYTES", chunk_bytes)
        inputs, pool = read_shards(shards, settings), partial(process_pool, number)
        merged = evaluate_in_parallel(inputs, shards, settings, pool, ahead=4, **ends)
        assert merged
        assert state_line(merged) == state_line(whole)


@pytest.mark.usefixtures("folder")
def test_every_command_takes_shards(call: Call) -> None:
    files = ("logits-*.npy", "targets-*.npy")
    assert call("explain", *files).out == call("explain", "logits.npy", "targets.npy").out
    assert "30" in call("check", *files, "--format", "json").out


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        ("none-*.npy targets-*.npy", "XE101", "no file matches none-*.npy"),
        (
            "logits-*.npy targets-*.csv targets.npy",
            "XE205",
            "logits-3.npy, of logits, but 1 file, targets.npy, of sample weights\n",
        ),
        ("logits-[012].npy targets-*.npy", "XE205", "3 files, logits-0.npy to logits-2.npy"),
        (
            "logits-[013].npy targets-[012].npy",
            "XE205",
            "in sorted order logits-3.npy meets targets-2.npy: these do not belong together",
        ),
        (
            "logits-*.npy wrong-*.npy",
            "XE205",
            "2 rows of logits in logits-1.npy, but 3 targets in wrong-1.npy",
        ),
        ("other-*.npy targets-*.npy", "XE208", "other-1.npy has 4 classes, and class numbers"),
        ("@kinds", "XE208", "soft.npy has 3 classes, and probabilities for targets; logits-0.npy"),
        ("@nowhere", "XE101", "there is no file nowhere"),
        ("@long", "XE205", "long:2:1"),
        ("@open", "XE205", "open:1:1"),
        ("@long targets.npy", "XE210", "@long names all files"),
    ],
)
def test_what_is_wrong_with_shards(arguments: str, code: str, text: str, call: Call) -> None:
    for number, piece in enumerate(np.split(TARGETS, [7, 10, 20])):
        np.save(f"wrong-{number}.npy", piece)
    for number in range(4):
        piece = np.load(f"logits-{number}.npy")
        np.save(f"other-{number}.npy", np.hstack([piece, piece[:, :1]]) if number else piece)
    np.save("soft.npy", np.eye(3))
    Path("kinds").write_text("logits-0.npy targets-0.npy\nsoft.npy soft.npy\n")
    Path("long").write_text("a b\na b c d\n")
    Path("open").write_text("'a b\n")
    logits, *rest = arguments.split()
    words = [*rest[:1], *(("--sample-weight", rest[1]) if rest[1:] else ())]
    done = call("compute", "-q", logits, *words)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"error[{code}]: ")
    assert text in done.err


@pytest.mark.usefixtures("folder")
def test_a_file_with_such_a_name_is_no_pattern(call: Call) -> None:
    Path("a*.csv").write_text("40,0\n")
    Path("ab.csv").write_text("0,40\n")
    Path("@a").write_text("0\n")
    assert call("compute", "-q", "a*.csv", "@a").out == "4.248354255291589e-18\n"
