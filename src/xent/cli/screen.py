"""What the streams of this process can show. Only here is a terminal asked anything."""

import os
import shutil
import sys
from contextvars import ContextVar
from typing import TextIO

from xent.render.view import ColourSystem

# What --color says; "auto" leaves it to the stream and the environment.
_choice: ContextVar[str] = ContextVar("_choice", default="auto")


def choose_color(when: str) -> None:
    """Decide when there are colours: auto, always or never."""
    _choice.set(when)


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a person sees `stream` on a screen."""
    return stream is not None and not stream.closed and stream.isatty()


def is_conversation() -> bool:
    """Return whether a person both reads and types."""
    return is_terminal(sys.stdout) and sys.stdin is not None and sys.stdin.isatty()


def width(stream: TextIO | None) -> int | None:
    """Return the characters in a line; None for a pipe or a file, which have no width."""
    return shutil.get_terminal_size().columns if is_terminal(stream) else None


def colour(stream: TextIO | None) -> ColourSystem | None:
    """Return the colours to use, by --color, or by NO_COLOR, FORCE_COLOR, TERM and COLORTERM."""
    terminal = os.environ.get("TERM", "")
    if not _is_coloured(stream, terminal):
        return None
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "truecolor"
    return "256" if "256color" in terminal else "standard"


def _is_coloured(stream: TextIO | None, terminal: str) -> bool:
    if _choice.get() != "auto":
        return _choice.get() == "always"
    forced = bool(os.environ.get("FORCE_COLOR"))
    shown = forced or (is_terminal(stream) and terminal != "dumb")
    return shown and not os.environ.get("NO_COLOR")


def unicode(stream: TextIO | None) -> bool:
    """Return whether `stream` takes more than ASCII."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return encoding.lower().replace("-", "").startswith("utf")
