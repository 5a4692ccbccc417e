"""What this process may use of the machine."""

import os


def cores() -> int:
    """How many cores there are for this process."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
