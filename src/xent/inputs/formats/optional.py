"""Libraries that a format needs, and that need not be there."""

from importlib import import_module
from typing import Any

from xent.errors import Code, InputError
from xent.inputs.sources.source import Source


def library(module: str, extra: str, source: Source) -> Any:  # noqa: ANN401  a module
    """The module that reads `source`.

    Args:
        module: Its name.
        extra: What this program's package calls it.
        source: What is to be read.

    Raises:
        InputError: It is not installed.
    """
    try:
        return import_module(module)
    except ImportError:
        needed = module.partition(".")[0]
        raise InputError(
            Code.MISSING_LIBRARY,
            f"to read {source.name} takes {needed}, which is not installed",
            hint=f"pip install 'xent-cli[{extra}]'",
        ) from None
