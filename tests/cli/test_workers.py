"""Workers of the program as a process of its own: how they end, whatever ends them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROWS = 400_000
FILES = ["logits.csv", "targets.csv"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that two workers are busy with for a while."""
    folder = tmp_path_factory.mktemp("large")
    (folder / "logits.csv").write_bytes(b"0.12345678,-1.5,2.25,0.5,1e-3,7,8,9,1,2\n" * ROWS)
    (folder / "targets.csv").write_bytes(b"5\n" * ROWS)
    return folder


def at_work(folder: Path) -> tuple[subprocess.Popen[bytes], list[int]]:
    """The program, in a group of its own as in a shell, and its two workers."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [sys.executable, "-m", "xent", "compute", *FILES, "--jobs", "2", "-o", "out.txt"],
        cwd=folder,
        stderr=subprocess.PIPE,
        process_group=0,
    )
    signal.signal(signal.SIGINT, before)
    children: list[int] = []
    while len(children) < 2:
        assert process.poll() is None
        path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        children = [*map(int, path.read_text().split())]
    return process, children


def is_there(pid: int) -> bool:
    """Whether a process goes on; one that nobody has asked for its status has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_ctrl_c_stops_all(folder: Path) -> None:
    process, workers = at_work(folder)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors == b""
    assert not any(map(is_there, workers))
    assert sorted(path.name for path in folder.iterdir()) == FILES


def test_workers_do_not_outlive_the_program(folder: Path) -> None:
    process, workers = at_work(folder)
    process.kill()
    process.communicate(timeout=30)
    for _ in range(3000):
        if not any(map(is_there, workers)):
            return
        time.sleep(0.01)
    raise AssertionError(f"still there: {workers}")


def test_a_killed_worker_costs_time_alone(folder: Path) -> None:
    process, workers = at_work(folder)
    os.kill(workers[1], signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"error" not in errors
    assert not any(map(is_there, workers))
    out = folder / "out.txt"
    assert f"{ROWS} counted, 0 ignored" in out.read_text()
    out.unlink()
