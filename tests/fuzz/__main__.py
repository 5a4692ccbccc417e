"""Coverage-guided fuzzing of every reader and of the command line, for as long as one likes.

    pip install atheris && python tests/fuzz --seconds 600

Any bytes, as LOGITS or TARGETS, under the name of any format: the answer is a number and status 0,
or a diagnostic and status 2, within ten seconds and 2 GiB. Anything else ends the run, and atheris
writes the bytes to a file `crash-…`, `timeout-…` or `oom-…` here; what such a file shows becomes a
case of tests/inputs/test_hostile.py. pytest collects nothing here.
"""

import argparse
import io
import re
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]

with atheris.instrument_imports(include=["xent"]):
    import xent

    for module in walk_packages(xent.__path__, "xent."):  # whatever is loaded later is not followed
        import_module(module.name)

import numpy as np

from xent.cli.app import run
from xent.readers import FORMATS

SUFFIXES = ["", *(suffix for name in FORMATS for suffix in FORMATS[name].suffixes)]
COMMANDS = [
    ["compute", "-q", "FILE", "0,1"],
    ["compute", "-q", "FILE"],
    ["compute", "-q", "0,1;1,0", "FILE"],
    ["check", "FILE", "0,1"],
    ["explain", "FILE", "0,1"],
    ["inspect", "FILE"],
    ["compute", "-q", "1,2;3,4", "0,1", "--weight", "FILE"],
    ["merge", "FILE"],
]


def seeds(folder: Path) -> None:
    """Write a small good file of each kind that needs no library."""
    array = io.BytesIO()
    np.save(array, np.eye(2))
    archive = io.BytesIO()
    np.savez(archive, logits=np.eye(2), targets=[0, 1])
    header = b'{"logits":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}'
    for number, data in enumerate(
        (
            b"a,b,label\n1,-.5,a\n2e3,nan,b\n",
            b'1;2,5\n"3";4\n',
            b"1\t2\r\n3\t4",
            b"0\n1\n",
            b'{"logits": [[1, 0], [0, 1]], "targets": [0, 1]}',
            b'{"logits": [1, 0], "target": 0}\n{"logits": [0, 1], "target": 1}\n',
            len(header).to_bytes(8, "little") + header + bytes(8),
            array.getvalue(),
            archive.getvalue(),
        )
    ):
        for command in range(len(COMMANDS)):
            (folder / f"{number}-{command}").write_bytes(bytes([command, 0]) + data)


def tried(data: bytes, folder: Path) -> None:
    """Give the program some bytes, the first two of which say how."""
    if len(data) < 2:
        return
    file = folder / f"file{SUFFIXES[data[1] % len(SUFFIXES)]}"
    file.write_bytes(data[2:])
    command = COMMANDS[data[0] % len(COMMANDS)]
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = run([str(file) if word == "FILE" else word for word in command])
    if status in (0, 1):
        right = bool(out.getvalue())
    else:
        said = re.search(
            r"^error\[XE\d+\]: .|^error\[XC\d+\]: .|^Error: .", err.getvalue(), re.MULTILINE
        )
        right = status == 2 and bool(said) and not out.getvalue()
    if not right or re.search(r"[^\n -~\u00a1-\U0010ffff]", err.getvalue()):
        raise AssertionError(f"status {status}\n{out.getvalue()}\n{err.getvalue()}")


def main() -> None:
    """Fuzz until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="how long")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "seeds")
        folder.mkdir()
        seeds(folder)
        limits = [
            f"-max_total_time={seconds}",
            "-timeout=10",
            "-rss_limit_mb=2048",
            "-print_final_stats=1",
        ]
        atheris.Setup([sys.argv[0], *limits, str(folder)], lambda data: tried(data, Path(place)))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
