"""The bar on a terminal: there while long work lasts, gone afterwards, and nowhere else."""

import io
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from xent import LossSum
from xent.cli.progress import Progress
from xent.inputs.chunk import Chunk
from xent.settings import LossSettings


class Screen(io.StringIO):
    """A terminal that remembers what was written."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("CI", raising=False)
    screen = Screen()
    monkeypatch.setattr("xent.cli.progress.sys", SimpleNamespace(stderr=screen))
    return screen


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[\d;?]*\w", "", text)


def test_what_the_bar_shows(screen: Screen) -> None:
    with Progress(40_000_000, 1.0, patience=0) as progress:
        for position in (0, 10_000_000, 30_000_000):
            progress.show(LossSum.of([0.25] * 2000), position)
            assert progress._bar
            progress._bar.refresh()
    seen = plain(screen.getvalue())
    assert "2,000 rows" in seen
    assert "30.0/40.0 MB" in seen
    assert "loss 0.2500" in seen
    assert re.search("[MG]B/s", seen)
    assert re.search(r"0:00:0\d", seen)
    assert screen.getvalue().endswith("\x1b[1A\x1b[2K")  # the line is empty again


def test_short_work_has_no_bar(screen: Screen) -> None:
    with Progress(100, 1.0) as progress:
        progress.show(LossSum.of([1.0]), 50)
    assert screen.getvalue() == ""


def test_who_wants_a_bar(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Progress.is_wanted()
    monkeypatch.setenv("TERM", "dumb")
    assert not Progress.is_wanted()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("CI", "true")
    assert not Progress.is_wanted()
    monkeypatch.delenv("CI")
    monkeypatch.setattr(screen, "isatty", lambda: False)
    assert not Progress.is_wanted()


def test_the_length_of_the_work(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"1,2\n" * 10)
    files = Chunk(str(tmp_path / "a"), str(tmp_path / "b"))
    assert Progress.of([files, files], LossSettings())._total == 160
    assert Progress.of([files, Chunk("-", str(tmp_path / "b"))], LossSettings())._total is None


def slow_run(
    tmp_path: Path, *options: str, command: str = "compute -q", **environment: str
) -> Callable[[], tuple[str, str]]:
    """Work for more than a second, with a terminal for standard error alone."""
    line = ",".join(["0.25"] * 100)
    (tmp_path / "targets").write_text("3\n" * 14_000)
    feed = f"yes {line} | head -n 7000; sleep 1.1; yes {line} | head -n 7000"
    master, slave = pty.openpty()
    program = f"{sys.executable} -m xent {command} - {tmp_path}/targets {' '.join(options)}"
    process = subprocess.Popen(
        ["bash", "-c", f"({feed}) | {program}"],
        stdout=subprocess.PIPE,
        stderr=slave,
        env={**os.environ, "TERM": "xterm", "CI": "", **environment},
        text=True,
    )
    os.close(slave)

    def wait() -> tuple[str, str]:
        out, _ = process.communicate(timeout=60)
        seen = b""
        try:
            while piece := os.read(master, 1 << 16):
                seen += piece
        except OSError:  # the other end is closed
            pass
        os.close(master)
        return out, seen.decode()

    return wait


def test_the_program_on_a_terminal(tmp_path: Path) -> None:
    shown, hidden, in_ci = (
        slow_run(tmp_path),
        slow_run(tmp_path, "--no-progress"),
        slow_run(tmp_path, CI="true"),
    )
    out, seen = shown()
    assert out == "4.605170185988092\n"
    assert re.search(r"\d,\d\d\d rows +loss 4\.6052", plain(seen))
    for bare, said in (hidden(), in_ci()):
        assert bare == out
        assert plain(said).startswith("warning[XC401]: ")  # and nothing before it


def test_other_commands_on_a_terminal(tmp_path: Path) -> None:
    runs = [
        (slow_run(tmp_path, command=command), slow_run(tmp_path, "--no-progress", command=command))
        for command in ("check --worst 0", "explain")
    ]
    for shown, hidden in runs:
        out, seen = shown()
        assert re.search(r"\d,\d\d\d rows", plain(seen))
        bare, said = hidden()
        assert bare == out
        assert not re.search(r"\d,\d\d\d rows", plain(said))
