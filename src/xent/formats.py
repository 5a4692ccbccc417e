"""The entries of the two registries: what can be read, and what can be written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Format:
    """A way to read or to write, by name.

    Attributes:
        function: Where the format's one function is, as `module:name`. It is imported on first
            use, because a reader needs NumPy and `xent --help` must not.
        suffixes: The file names that mean this format.
        magic: The bytes that every file of this format starts with, if there are any.
        magic_at: How many bytes stand before them.
        by_lines: Whether it is text with each row on a line of its own.
        is_archive: Whether it holds any number of arrays, by name.
    """

    function: str
    suffixes: tuple[str, ...] = ()
    magic: bytes = b""
    magic_at: int = 0
    by_lines: bool = False
    is_archive: bool = False

    def load(self) -> Callable[..., Any]:
        """The function itself."""
        from pkgutil import resolve_name

        function: Callable[..., Any] = resolve_name(self.function)
        return function


def by_suffix(formats: Mapping[str, Format], path: str) -> str | None:
    """The name of the format that `path` ends like."""
    suffix = Path(path).suffix.lower()
    return next((name for name, format_ in formats.items() if suffix in format_.suffixes), None)
