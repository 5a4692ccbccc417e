"""Coverage-guided fuzzing of every reader and of the command line, for as long as one likes.

    pip install atheris && python tests/fuzz --seconds 600

or `.ci/fuzz 600`, in an environment of its own. Any bytes, as LOGITS, TARGETS or both, under the
name of any format and with options: the answer is a result and status 0 or 1, or a diagnostic and
status 2, within ten seconds and 2 GiB; no line of it is a command to the runner of a workflow, and
JSON is strict. Anything else ends the run, and atheris writes the bytes to a file
`crash-…`, `timeout-…` or `oom-…` here; what such a file shows becomes a case of
tests/inputs/test_hostile.py. pytest collects nothing here.
"""

import argparse
import gzip
import io
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]

with atheris.instrument_imports(include=["xent"]):
    import xent

    for module in walk_packages(xent.__path__, "xent."):  # whatever is loaded later is not followed
        import_module(module.name)

import numpy as np
import orjson

from xent.cli.app import run
from xent.inputs.formats import FORMATS

SUFFIXES = ["", *(suffix for name in FORMATS for suffix in FORMATS[name].suffixes)]
COMMANDS = [
    ["compute", "-q", "FILE", "0,1"],
    ["compute", "-q", "FILE"],
    ["compute", "-q", "0,1;1,0", "FILE"],
    ["compute", "-q", "FILE", "OTHER"],
    ["compute", "FILE", "OTHER"],
    ["check", "FILE", "0,1"],
    ["check", "FILE", "OTHER"],
    ["explain", "FILE", "0,1"],
    ["inspect", "FILE"],
    ["compute", "-q", "1,2;3,4", "0,1", "--weight", "FILE"],
    ["merge", "FILE"],
    ["compare", "FILE", "OTHER", "0,1"],
    ["compare", "FILE", "FILE", "OTHER"],
    ["compute", "FILE", "0,1", "--stage", "softmax"],
    ["merge", "FILE", "OTHER"],
    ["compute", "-q", "1,2;3,4", "0,1", "--baseline", "FILE"],
    ["compute", "-q", "1,2;3,4", "0,1", "--class-names", "FILE"],
    ["compute", "-q", "1,2;3,4", "0,1", "--sample-weight", "FILE"],
]
# What the results are written as; the command's own where it has no such format.
WRITTEN = [[], ["--format", "json"], ["--format", "markdown"], ["--format", "csv"]]
READING = [
    [],
    ["--header", "yes"],
    ["--header", "no"],
    ["--comment", "#"],
    ["--index-column", "0"],
    ["--index-column", "b"],
    ["--target-column", "1"],
    ["--target-column", "label"],
    ["--logits-key", "logits"],
    *(["--input-format", name] for name in FORMATS),
]
LOSS = [
    [],
    ["--class-axis", "0"],
    ["--class-axis", "-1"],
    ["--shift"],
    ["--binary"],
    ["--one-based"],
    ["--input-kind", "probs"],
    ["--label-smoothing", "0.1"],
    ["--reduction", "none"],
    ["--join", "id"],
    ["--join", "0"],
]
# Between the two files: mutations move it along.
BORDER = b"\0~~\0"


class Printed(io.TextIOWrapper):
    """Takes what the program prints, as text and as bytes."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        super().__init__(self._bytes, encoding="utf-8", newline="")

    def text(self) -> str:
        """Return what was printed."""
        self.flush()
        return self._bytes.getvalue().decode()


def of_libraries() -> Iterator[bytes]:
    """Small good files in the formats of the libraries that are installed."""
    file = io.BytesIO()
    with suppress(ImportError):
        import h5py

        with h5py.File(file, "w", libver="latest") as archive:
            archive.update({"logits": np.eye(2), "targets": [0, 1]})
        yield file.getvalue()
    with suppress(ImportError):
        from pyarrow import feather, parquet, table

        columns = table({"a": [1.0, 2], "b": [1.0, 3], "label": [0, 1]})
        lists = table({"logits": [[1.0, 2], [1.0, 3]], "label": ["a", "b"]})
        for held in (columns, lists):
            for write in (parquet.write_table, feather.write_feather):
                write(held, file := io.BytesIO())
                yield file.getvalue()


def seeds(folder: Path) -> None:
    """Write a small good file of each kind."""
    array = io.BytesIO()
    np.save(array, np.eye(2))
    archive = io.BytesIO()
    np.savez(archive, logits=np.eye(2), targets=[0, 1])
    header = b'{"logits":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}'
    state = Printed()
    with redirect_stdout(state):
        run(["compute", "0,1;1,0", "0,1", "--format", "state"])
    for number, data in enumerate(
        (
            b"a,b,label\n1,-.5,a\n2e3,nan,b\n",
            b"id,a,b\nx,1,2\ny,3,4\n" + BORDER + b"id,label\ny,a\nx,b\nz,a\n",
            b'{"id": 7, "logits": [1, 0]}\n' + BORDER + b'[{"id": "7", "target": 0}]',
            b'1;2,5\n"3";4\n',
            b'"::error::a","##[error]b",c\n1,2,3\n3,2,1\n',
            b"tensor([[1., 2.],\n        [3., 4.]])\n",
            b"1\t2\r\n3\t4",
            b"0\n1\n",
            b'{"logits": [[1, 0], [0, 1]], "targets": [0, 1]}',
            b'{"logits": [1, 0], "target": 0}\n{"logits": [0, 1], "target": 1}\n',
            b"[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]",
            "1,2\n3,4\n".encode("utf-16"),
            gzip.compress(b"1,2\n3,4\n"),
            len(header).to_bytes(8, "little") + header + bytes(8),
            b"_logits_" + np.array([3, 2, 1], "<i4").tobytes() + bytes(24),
            array.getvalue(),
            archive.getvalue(),
            state.text().encode(),
            *of_libraries(),
        )
    ):
        for command in range(len(COMMANDS)):
            how = bytes([command, 0, 0, 0, 0, 0])
            (folder / f"{number}-{command}").write_bytes(how + data + BORDER + b"0\n1\n")


def tried(data: bytes, folder: Path) -> None:
    """Give the program some bytes, the first six of which say how."""
    if len(data) < 6:
        return
    command = COMMANDS[data[0] % len(COMMANDS)]
    reading, loss = READING[data[1] % len(READING)], LOSS[data[2] % len(LOSS)]
    options = {"merge": [], "inspect": reading}.get(command[0], [*reading, *loss])
    form = [] if "-q" in command else WRITTEN[data[5] % len(WRITTEN)]
    files = {}
    content, _, other = data[6:].partition(BORDER)
    for word, suffix, written in (("FILE", data[3], content), ("OTHER", data[4], other)):
        files[word] = folder / f"{word}{SUFFIXES[suffix % len(SUFFIXES)]}"
        files[word].write_bytes(written)
    out, err = Printed(), Printed()
    with redirect_stdout(out), redirect_stderr(err):
        status = run([str(files.get(word, word)) for word in (*command, *options, *form)])
    if status in (0, 1):
        right = bool(out.text())
        if "json" in form:
            orjson.loads(out.text())
    else:
        refusal = re.search(r"^error\[X[EC]\d+\]: .", err.text(), re.MULTILINE)
        right = status == 2 and bool(refusal) and not out.text()
    said = out.text() + err.text()
    right = right and not re.search(r"^[^\S\n]*(::|##\[)", said, re.MULTILINE)
    if not right or re.search(r"[^\n -~\u00a1-\U0010ffff]", said):
        raise AssertionError(f"status {status}\n{out.text()}\n{err.text()}")


def main() -> None:
    """Fuzz until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="how long")
    parser.add_argument("--seed", type=int, default=0, help="of chance; 0 is a new one each time")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "seeds")
        folder.mkdir()
        seeds(folder)
        limits = [
            f"-max_total_time={asked.seconds}",
            f"-seed={asked.seed}",
            "-timeout=10",
            "-rss_limit_mb=2048",
            "-print_final_stats=1",
        ]
        atheris.Setup([sys.argv[0], *limits, str(folder)], lambda data: tried(data, Path(place)))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
