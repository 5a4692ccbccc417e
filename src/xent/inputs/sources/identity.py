"""Is a file still the one that was read before?"""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass

from xent.errors import Code, InputError

_State = tuple[int, int, int, int, int] | None


@dataclass(frozen=True, slots=True)
class FileIdentities:
    """What tells files from those that replace them.

    Attributes:
        states: Device, inode, size, and the times of the last change, by the name of the file;
            None for a name without a file.
    """

    states: dict[str, _State]

    @classmethod
    def of(cls, names: Iterable[str]) -> "FileIdentities":
        """Look at the files that exist under some names."""
        return cls({name: _state(name) for name in names})

    def require_unchanged(self) -> None:
        """Refuse files that were replaced or written since.

        Raises:
            InputError: One of them is not the file that it was.
        """
        for name, state in self.states.items():
            if _state(name) != state:
                raise InputError(
                    Code.FILE_CHANGED,
                    f"{name} changed while it was read",
                    hint="wait until the file is complete, then run the command again",
                )


def _state(name: str) -> _State:
    try:
        found = os.stat(name)  # noqa: PTH116  no error for any text
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode):  # a pipe changes as it is read
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
