"""Which arguments can be read only once."""

from pathlib import Path

from xent.inputs.inline import is_inline


def is_spent(argument: str | None) -> bool:
    """Tell whether an argument can be read only once, as a pipe can."""
    if argument is None or is_inline(argument):
        return False
    return argument == "-" or (Path(argument).exists() and not Path(argument).is_file())
