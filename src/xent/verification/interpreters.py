"""Interpreters of Python that have the libraries, and programs that run in them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

# The distributions of Keras's backends, which are called like them.
KERAS_BACKENDS = ("jax", "torch", "tensorflow")
# A program that takes longer is given up, in seconds.
_PATIENCE = 600
_PROBE = """
import json, sys
from importlib.metadata import PackageNotFoundError, version
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = version(name)
    except PackageNotFoundError:
        pass
print(json.dumps(found))
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a program left behind.

    Attributes:
        loss: The number at the end of its last line; None where there is none.
        output: All that it printed.
        error: The last line of what went wrong; "" if nothing did.
    """

    loss: float | None
    output: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An interpreter of Python.

    Attributes:
        path: Its executable.
        versions: The version of each library that it has, by the distribution's name.
    """

    path: str
    versions: dict[str, str]

    @classmethod
    def of(cls, path: str, distributions: Iterable[str]) -> "Interpreter | None":
        """Ask an interpreter which distributions it has; None if it cannot be run."""
        try:
            asked = _run(path, ["-c", _PROBE, *distributions], "")
            return cls(path, json.loads(asked.stdout)) if asked.returncode == 0 else None
        except (OSError, ValueError, subprocess.SubprocessError):
            return None

    @property
    def _keras_backend(self) -> str:
        """Return the backend of Keras that the user has chosen, or one that is there."""
        there = [name for name in KERAS_BACKENDS if name in self.versions]
        return os.environ.get("KERAS_BACKEND") or (there[0] if there else KERAS_BACKENDS[0])

    def has(self, distributions: Iterable[str]) -> bool:
        """Return whether all of some distributions are there."""
        return all(name in self.versions for name in distributions)

    def run(self, text: str) -> Outcome:
        """Run a program, and read the loss from its last line."""
        try:
            done = _run(self.path, ["-"], text, KERAS_BACKEND=self._keras_backend)
        except subprocess.TimeoutExpired:
            return Outcome(None, "", f"no result after {_PATIENCE} seconds")
        except OSError as error:
            return Outcome(None, "", str(error.strerror))
        if done.returncode:
            lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
            return Outcome(None, done.stdout, lines[-1])
        try:
            return Outcome(float(done.stdout.split()[-1]), done.stdout)
        except (IndexError, ValueError):
            return Outcome(None, done.stdout, "no number at the end of its output")


def default_paths() -> Iterator[str]:
    """Yield this interpreter, then that of an active environment."""
    yield sys.executable
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if prefix := os.environ.get(variable):
            place = Path(prefix)
            for path in (
                place / "bin" / "python3",
                place / "python.exe",
                place / "Scripts" / "python.exe",
            ):
                if path.is_file():
                    yield str(path)


def _run(
    path: str, arguments: list[str], text: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    # A file of the user's that is called like a library is not imported in its place.
    safe = {"PYTHONSAFEPATH": "1", "PYTHONIOENCODING": "utf-8"}
    environment = {**os.environ, **safe, **variables}
    return subprocess.run(  # noqa: S603  an interpreter that the user has, and a text that is shown
        [path, *arguments],
        input=text,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=environment,
        timeout=_PATIENCE,
        check=False,
    )
