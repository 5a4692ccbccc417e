"""The command that a hint suggests: what was typed, with other options."""

import shlex
from collections.abc import Sequence

# Given several times, these add up; of all others the last one counts.
_REPEATABLE = ("--index-column", "--class-columns")


def command_with(words: Sequence[str], options: Sequence[str]) -> str:
    """Return a command line with some options added, or given other values.

    Args:
        words: The arguments as they were typed, the name of the command first.
        options: The options, each flag followed by its value, if it takes one.
    """
    line = [*words]
    for at, flag in enumerate(options):
        has_value = at + 1 < len(options) and not options[at + 1].startswith("--")
        if flag.startswith("--") and flag in line and flag not in _REPEATABLE:
            start = line.index(flag)
            del line[start : start + 1 + has_value]
    return shlex.join(["xent", *line, *options])
