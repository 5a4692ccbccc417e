"""What the exit status says."""

from enum import IntEnum


class Status(IntEnum):
    """Exit statuses; the last two follow the shell's 128 + signal."""

    DONE = 0
    GATE_FAILED = 1
    BAD_INPUT = 2
    INTERRUPTED = 130
    PIPE_CLOSED = 141
