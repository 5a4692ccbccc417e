"""The memory of a command and of all the processes that it starts.

What is reported is the larger of two figures, neither of which is enough alone:

- The most memory of the whole tree at one moment, looked at every few milliseconds: one process
  by its resident set, several by their proportional sets, in which a page that they share counts
  once. The sum of each process's own high-water mark (VmHWM) would be wrong, for they are not
  reached at the same moment. A peak shorter than the interval may be missed.
- The high-water mark of the biggest process, which the kernel keeps (`ru_maxrss`), and which
  misses nothing, but knows no sums.

Both count the pages of a mapped file while they are resident, though the kernel may take them back.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def tree_bytes(root: int) -> int:
    """The memory now of a process and all its descendants; 0 where it has gone."""
    # Processes end while they are being looked at.
    with suppress(OSError):
        tree = [*_tree(root)]
        return _resident(root) if len(tree) == 1 else sum(map(_proportional, tree))
    return 0


def _tree(root: int) -> Iterator[int]:
    yield root
    for children in PROC.glob(f"{root}/task/*/children"):
        with suppress(OSError):
            for child in children.read_text().split():
                yield from _tree(int(child))


def _resident(process: int) -> int:
    return int((PROC / str(process) / "statm").read_text().split()[1]) * _PAGE


def _proportional(process: int) -> int:
    with suppress(OSError):
        for line in (PROC / str(process) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
