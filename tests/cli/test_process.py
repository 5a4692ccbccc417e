"""The program as a process of its own: start-up, pipes, devices, signals, a real terminal."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path

import numpy as np
import pytest

PROGRAM = [sys.executable, "-m", "xent"]


def run(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a shell command, in which `xent` is this environment's."""
    return subprocess.run(
        ["bash", "-c", command.replace("xent", " ".join(PROGRAM))],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize("flag", ["--version", "--help"])
def test_start_up_loads_neither_numpy_nor_rich(flag: str) -> None:
    script = (
        "import sys; sys.argv = ['xent', sys.argv[1]]\n"
        "from xent.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, flag], capture_output=True, text=True, check=True
    )
    loaded = done.stdout.splitlines()[-1].split()
    assert "typer" in loaded
    assert not {"numpy", "rich", "rich.table"} & set(loaded)


def test_a_quiet_computation_does_not_load_rich() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "xent", "compute", "-q", "1,0", "0"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "0.31326168751822286\n"
    assert re.search(r"\| +numpy\n", done.stderr)
    assert not re.search(r"\| +rich", done.stderr)


def test_a_module_and_a_version() -> None:
    import xent

    assert run("xent --version").stdout == f"xent {xent.__version__}\n"


@pytest.mark.parametrize(
    "command",
    [
        "xent compute 1,0 0 > /dev/full",
        "xent compute -q 1,0 0 > /dev/full",
        "xent compute 1,0 0 -o /dev/full",
        "xent rule > /dev/full",
        "xent --version > /dev/full",
        "xent --help > /dev/full",
        "xent compute --help > /dev/full",
    ],
)
def test_a_full_disk_is_one_line(command: str) -> None:
    done = run(command)
    assert done.returncode == 2
    assert re.fullmatch(
        r"error\[XE114\]: cannot write to .*: No space left on device\n", done.stderr
    )


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("xent compute -q 9,0 1", 0),
        ("xent compute -q nan,0 1 --strict", 2),
        ("xent compute -q 9,0 1 --fail-above 1", 1),
        ("xent compute 9,0 2", 2),
        ("xent compute --nonsense", 2),
        ("xent nonsense", 2),
    ],
)
@pytest.mark.parametrize("end", ["2> /dev/full", "2> >(true)"])
def test_the_status_does_not_depend_on_standard_error(command: str, status: int, end: str) -> None:
    done = run(f"{command} {end}")
    assert (done.returncode, done.stderr) == (status, "")
    assert done.stdout == ("" if status == 2 else "9.000123402189724\n")


@pytest.mark.parametrize("command", ["compute 1,0 0 --format csv", "rule", "--version", "--help"])
def test_a_closed_pipe_is_no_failure_of_ours(command: str) -> None:
    done = run(f"set -o pipefail; (xent {command}; echo $? >&2) | true")
    assert done.stderr == "141\n"


def test_a_closed_pipe_hides_no_error() -> None:
    long = run("for i in {1..20000}; do echo 1,0; done | (xent compute - '[' 2>&1; true)")
    assert "error[XE109]" in long.stdout


def test_the_first_lines_of_much_output() -> None:
    done = run(
        'for i in {1..20000}; do echo \'{"logits":[1,0],"target":0}\'; done '
        "| (xent compute - --format csv; echo $? >&2) | head -2"
    )
    assert (
        done.stdout
        == "row,target,prediction,probability,nll\n0,0,0,0.7310585786300049,0.31326168751822286\n"
    )
    assert done.stderr == "141\n"


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("xent compute 1,0 0 >&-", "error[XE114]: standard output is closed"),
        ("xent rule >&-", "error[XE114]: standard output is closed"),
        ("xent compute - 0 <&-", "error[XE103]: standard input is closed"),
    ],
)
def test_a_closed_stream(command: str, text: str) -> None:
    done = run(command)
    assert done.returncode == 2
    assert done.stderr == f"{text}\n"


def test_a_file_that_may_not_grow_leaves_nothing(tmp_path: Path) -> None:
    """As on a disk that gets full after a part of the result is written."""
    (tmp_path / "logits.csv").write_text("1,0\n" * 9999)
    (tmp_path / "targets.csv").write_text("0\n" * 9999)
    done = run(
        f"cd {tmp_path}; ulimit -f 8; xent compute *.csv --format csv -o out.csv",
        PYTHONDONTWRITEBYTECODE="1",
    )
    assert done.returncode == 2
    assert done.stderr == "error[XE114]: cannot write to out.csv: File too large\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["logits.csv", "targets.csv"]


def test_no_room_for_a_long_result_that_waits_for_its_end(tmp_path: Path) -> None:
    (tmp_path / "logits.csv").write_text("1,0\n" * 99)
    every = "import xent.cli.output as o; o._IN_MEMORY = 1; from xent.__main__ import main; main()"
    shell = (
        'ulimit -f 1; exec "$0" -B -c "$1" compute logits.csv logits.csv --format csv -o out.csv'
    )
    done = subprocess.run(
        ["bash", "-c", shell, sys.executable, every],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    said = "error[XE114]: cannot write to standard output or a temporary file: File too large\n"
    assert said in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["logits.csv"]


def test_less_memory_than_a_row_takes_is_one_error(tmp_path: Path) -> None:
    path = tmp_path / "logits.npy"
    with path.open("wb") as file:
        shape: dict[str, object] = {
            "descr": "<f8",
            "fortran_order": True,
            "shape": (1 << 14, 1 << 14),
        }
        np.lib.format.write_array_header_1_0(file, shape)  # type: ignore[no-untyped-call,unused-ignore]
        file.truncate(file.tell() + (8 << 28))  # two GiB of zeros that no disk holds
    done = run(f"ulimit -v 1500000; xent compute {path} 0")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"error[XE116]: {path} does not fit in memory\n")


def test_named_pipes_and_process_substitution() -> None:
    done = run("xent compute -q <(echo 1,0,0; echo 0,1,0; echo 0,0,1) <(echo 0 1 2)")
    assert done.stdout == "0.5514447139320511\n"


def test_an_array_through_a_pipe(tmp_path: Path) -> None:
    np.save(tmp_path / "logits.npy", np.random.default_rng(0).normal(size=(30_000, 20)))
    np.save(tmp_path / "targets.npy", np.arange(30_000) % 20)
    files = f"{tmp_path}/logits.npy {tmp_path}/targets.npy"
    piped = run(f"cat {tmp_path}/logits.npy | xent compute -q - {tmp_path}/targets.npy")
    assert piped.stdout == run(f"xent compute -q {files}").stdout
    assert float(piped.stdout) > 0


def test_ctrl_c_is_quiet_and_leaves_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "logits")
    # A job in the background of a script inherits that Ctrl-C is ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [*PROGRAM, "compute", "logits", "0", "-o", "out.csv"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
    )
    signal.signal(signal.SIGINT, before)
    # Opening waits until the program has opened its end. Closing lets it go on if the signal came
    # just before it began to read, where nothing would wake it.
    with (tmp_path / "logits").open("wb"):
        process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors == b""
    assert [path.name for path in tmp_path.iterdir()] == ["logits"]


def on_a_terminal(arguments: list[str], columns: int, **environment: str) -> str:
    """What the program writes to a terminal of so many columns."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        stdout=slave,
        stderr=slave,
        stdin=slave,
        env={**os.environ, **environment},
    )
    os.close(slave)
    written = b""
    try:
        while piece := os.read(master, 1 << 16):
            written += piece
    except OSError:  # Linux's way of saying that the other end is closed
        pass
    os.close(master)
    assert process.wait() == 0
    return written.decode().replace("\r\n", "\n")


WIDE = (
    "[" + ",".join(str([(row * 7 + column) % 13 for column in range(40)]) for row in range(4)) + "]"
)


def test_a_terminal_gets_colour_and_whole_columns() -> None:
    text = on_a_terminal(
        ["compute", WIDE, "12,20,39,5"], 80, TERM="xterm-256color", COLORTERM="truecolor"
    )
    assert "\x1b[1;38;2;255;255;255;48;2;" in text  # the target's cell, shaded
    plain = re.sub(r"\x1b\[[\d;]*m", "", text)
    tables = plain.split("rows  ")[0]
    assert max(map(len, tables.splitlines())) <= 80
    assert "more columns" in tables
    assert plain.endswith("mean loss       " + plain.split()[-1] + "\n")


def test_a_terminal_without_colour() -> None:
    for environment in ({"TERM": "dumb"}, {"TERM": "xterm", "NO_COLOR": "1"}):
        assert "\x1b" not in on_a_terminal(["compute", WIDE, "0,20,39,5"], 100, **environment)


def test_a_screen_without_unicode() -> None:
    done = run(f"xent compute '{WIDE}' 0,20,39,5", PYTHONIOENCODING="ascii")
    assert done.stdout.isascii()
    assert "... 28 more columns" in done.stdout
    assert done.stdout.startswith("logits  z\n")


def test_a_pipe_does_not_depend_on_the_terminal() -> None:
    narrow, wide = (run(f"xent compute '{WIDE}' 0,20,39,5", COLUMNS=n) for n in ("40", "400"))
    assert narrow.stdout == wide.stdout


def test_an_inspection_fits_the_terminal(tmp_path: Path) -> None:
    logits = np.random.default_rng(0).normal(size=(1000, 1000))
    np.savez(tmp_path / "z.npz", logits=logits, targets=np.arange(1000))
    text = on_a_terminal(["inspect", str(tmp_path / "z.npz")], 80, TERM="dumb")
    _, *lines, command = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert any("… 995 more rows" in line for line in lines)
    assert command.startswith("  xent compute ")


def test_an_inspection_on_a_screen_without_unicode() -> None:
    done = run("xent inspect '1.5,2,7; 2,2,2'", PYTHONIOENCODING="ascii")
    assert done.stdout.splitlines()[1] == (
        "(2, 3) float64 n=6 in [1.5 #        : 7] mu=2.75 sigma=1.91 nan=0"
    )
