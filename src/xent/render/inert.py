"""Text that no runner of a workflow obeys.

The runners of GitHub and Azure take each line of output that begins with `::` or `##[` for a
command, wherever the line comes from: a name of a class could set an error, or hide a secret.
"""

import re
from collections.abc import Callable

_COMMAND = re.compile(r"(?:(?<=\n)|\A)([^\S\n]*)(:(?=:)|#(?=#\[))")


def inert_text(text: str) -> str:
    """Escape the first character of each line that a runner would take for a command."""
    if "::" not in text and "##[" not in text:
        return text
    return _COMMAND.sub(lambda found: f"{found[1]}\\x{ord(found[2]):02x}", text)


class InertText:
    """A writer of text that may come in pieces, of which no line is a command."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write, self._begins = write, True

    def write(self, piece: str) -> None:
        """Write a piece, which need not end at a line's end."""
        # A character before it keeps what goes on with a line from being taken for its beginning.
        self._write(inert_text(piece) if self._begins else inert_text(f"-{piece}")[1:])
        _, end, rest = piece.rpartition("\n")
        self._begins = not rest.strip() and (bool(end) or self._begins)
