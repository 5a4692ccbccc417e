"""The entries of registries: the formats that are read, and those that are written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Format:
    """A format, by the function that reads or writes it.

    Attributes:
        function: The function, as `module:name`. It is imported on first use, because a reader
            needs NumPy and `xent --help` must not.
        suffixes: The suffixes of its files.
        magic: The first bytes of each of its files, if they are always the same.
        magic_at: The number of bytes before them.
        by_lines: Whether it is text with one row per line.
        is_archive: Whether a file holds any number of arrays, by name.
        commands: Whether lines are commands to the runner of a workflow, which all others are kept
            from looking like.
    """

    function: str
    suffixes: tuple[str, ...] = ()
    magic: bytes = b""
    magic_at: int = 0
    by_lines: bool = False
    is_archive: bool = False
    commands: bool = False

    def load(self) -> Callable[..., Any]:
        """Import the function."""
        from pkgutil import resolve_name

        function: Callable[..., Any] = resolve_name(self.function)
        return function


def suffixes(formats: Mapping[str, Format]) -> list[str]:
    """Return every suffix of the formats."""
    return [suffix for format_ in formats.values() for suffix in format_.suffixes]


def by_suffix(formats: Mapping[str, Format], path: str) -> str | None:
    """Return the name of the format that has the suffix of a path, or None."""
    suffix = Path(path).suffix.lower()
    return next((name for name, format_ in formats.items() if suffix in format_.suffixes), None)
