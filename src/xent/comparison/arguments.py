"""Which of several files are models, and which one holds the targets."""

from collections.abc import Sequence

from xent.errors import Code, InputError
from xent.inputs.named_arrays import NamedArrays
from xent.inputs.read_options import ReadOptions
from xent.inputs.shapes import alike, format_shape
from xent.inputs.shards import shards_of

_ROLES = ("logits", "targets")


def assign_roles(arguments: Sequence[str], options: ReadOptions) -> tuple[list[str], str | None]:
    """Return the models among the arguments, and the targets, which may stand last.

    Two arguments are two models. Of more, the last holds the targets of all models, unless both
    the first and the last hold targets of their own.

    Args:
        arguments: Files or inline numbers, two at least, each of which can be read more than once.
        options: How they are read.

    Raises:
        InputError: The last argument may be a model as well as targets.
    """
    models, last = [*arguments[:-1]], arguments[-1]
    if len(arguments) == 2:
        return [*arguments], None
    first = _opened(models[0], options)
    if first is not None and not _holds_both(first):
        return models, last
    other = _opened(last, options)
    if other is None or _holds_both(other):
        return [*arguments], None
    shape = next(iter(other.arrays.values())).shape
    if first is not None and alike(shape, first.arrays["logits"].shape):
        raise InputError(
            Code.NOT_COMPARABLE,
            f"{last} has the shape of logits, {format_shape(shape)}: it may be target "
            "probabilities or another model",
            hint=f"if it holds the targets, use --targets {last}",
        )
    return models, last


def _holds_both(file: NamedArrays) -> bool:
    return "logits" in file.arrays and "targets" in file.arrays


def _opened(argument: str, options: ReadOptions) -> NamedArrays | None:
    """Open an argument for both arrays; None where it names files with targets beside them."""
    chunk = shards_of(argument, None, None, options)[0]
    if chunk.targets is not None:
        return None
    return NamedArrays.of(chunk.logits, _ROLES, options)
