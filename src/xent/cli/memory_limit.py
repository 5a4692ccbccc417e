"""A limit of memory, such as `ulimit -v` sets, may be too low for NumPy.

The library then ends the process with lines of its own, or by a signal, so that a child process
tries first. Without a limit nothing is tried.
"""

import os

from xent.errors import Code, InputError

_UNLIMITED = -1


def require_room_for_numpy() -> None:
    """Refuse to go on where NumPy cannot be loaded within the limit.

    Raises:
        InputError: The limit is too low.
    """
    limit = _limit()
    if limit is None or _is_loadable():
        return
    raise InputError(
        Code.OUT_OF_MEMORY,
        f"NumPy cannot be loaded within the limit of {limit >> 20} MiB of memory",
        hint="set a higher limit: ulimit -v",
    )


def _limit() -> int | None:
    """Return the limit of memory in bytes, if there is one."""
    try:
        import resource
    except ImportError:  # on Windows
        return None
    limits = [resource.getrlimit(each)[0] for each in (resource.RLIMIT_AS, resource.RLIMIT_DATA)]
    finite = [limit for limit in limits if limit not in (_UNLIMITED, resource.RLIM_INFINITY)]
    return min(finite, default=None)


def _is_loadable() -> bool:
    """Try it in a child process, on silent streams."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (1, 2):
            os.dup2(nowhere, stream)
        import numpy as np  # noqa: F401
    except BaseException:  # noqa: BLE001  the child says that it failed, and nothing else
        os._exit(1)
    os._exit(0)
