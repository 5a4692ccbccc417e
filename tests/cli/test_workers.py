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


FORKED = [sys.executable, "-m", "xent"]
SPAWNED = [
    sys.executable,
    "-c",
    (
        "import xent.parallel.processes as w; from xent.__main__ import main; "
        "w._may_fork = bool; main()"
    ),
]


def at_work(
    folder: Path, program: list[str] = FORKED, number: int = 2
) -> tuple[subprocess.Popen[bytes], list[int]]:
    """The program, in a group of its own as in a shell, and its two workers."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [*program, "compute", *FILES, "--jobs", "2", "-o", "out.txt"],
        cwd=folder,
        stderr=subprocess.PIPE,
        process_group=0,
    )
    signal.signal(signal.SIGINT, before)
    children: list[int] = []
    while len(children) < number:
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


def assert_gone(processes: list[int]) -> None:
    """That they end, in due time."""
    for _ in range(1000):
        if not any(map(is_there, processes)):
            return
        time.sleep(0.01)
    raise AssertionError(f"still there: {processes}")


@pytest.mark.parametrize(("program", "number"), [(FORKED, 1), (FORKED, 2), (SPAWNED, 2)])
@pytest.mark.parametrize("moment", [0, 0.2])
def test_ctrl_c_stops_all(folder: Path, program: list[str], number: int, moment: float) -> None:
    """At any moment, from the first worker's beginning on."""
    process, workers = at_work(folder, program, number)
    time.sleep(moment)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors == b"", errors.decode()
    assert_gone(workers)
    assert sorted(path.name for path in folder.iterdir()) == FILES


def test_any_number_of_jobs_prints_the_same(folder: Path) -> None:
    outs = {
        subprocess.run(
            [*FORKED, "compute", *FILES, "--jobs", number, "--format", "json"],
            cwd=folder,
            capture_output=True,
            check=True,
        ).stdout
        for number in ("1", "2", "3")
    }
    assert len(outs) == 1


def test_workers_do_not_outlive_the_program(folder: Path) -> None:
    process, workers = at_work(folder)
    process.kill()
    process.communicate(timeout=30)
    assert_gone(workers)


def test_a_killed_worker_costs_time_alone(folder: Path) -> None:
    process, workers = at_work(folder)
    os.kill(workers[1], signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"error" not in errors
    assert_gone(workers)
    out = folder / "out.txt"
    assert f"{ROWS} counted, 0 ignored" in out.read_text()
    out.unlink()
