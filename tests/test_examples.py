"""Every folder in `examples/` holds a command, its inputs and its output, and is a test."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
CASES = sorted(path.parent for path in EXAMPLES.glob("*/command"))


def shell(command: str, folder: Path) -> str:
    """Run a command as a user would, with this environment's `xent` first on the path."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return done.stdout.decode()


def test_no_folder_is_left_out() -> None:
    assert {path for path in EXAMPLES.iterdir() if path.is_dir()} == set(CASES)
    assert len(CASES) >= 3


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_example(case: Path, tmp_path: Path) -> None:
    expected = (case / "expected.txt").read_text()
    shutil.copytree(case, tmp_path / case.name)
    assert shell((case / "command").read_text(), tmp_path / case.name) == expected
