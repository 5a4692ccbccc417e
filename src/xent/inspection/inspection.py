"""Read a file to its end, as a command that calculates the loss would, and describe it."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from xent.errors import Code, Diagnostic, InputError, Location
from xent.inputs.formats.array_names import known_roles
from xent.inputs.formats.dialect import Dialect
from xent.inputs.named_arrays import NamedArrays, require_options_of_files
from xent.inputs.read_options import DETECT, ReadOptions
from xent.inspection.summary import ArraySummary, Kind

_INPUT_KINDS = {
    Kind.PROBABILITIES: "probs",
    Kind.PROBABILITIES_OF_YES: "probs",
    Kind.LOG_PROBABILITIES: "log-probs",
}
_TARGETS = (Kind.CLASS_NUMBERS, Kind.ONE_HOT, Kind.LABELS)


@dataclass(frozen=True, slots=True)
class Inspection:
    """A description of a file.

    Attributes:
        source: The name of the file in messages.
        format: The format of the file, a key of `inputs.FORMATS`.
        compression: The name of the compression, if there is one.
        dialect: How the rows are written, if the file is text.
        arrays: The arrays of the file.
        notes: Notes about how the file was read.
        command: The command that calculates the loss, with LOGITS or TARGETS for what is missing;
            None if the arrays do not tell it.
    """

    source: str
    format: str
    compression: str | None
    dialect: Dialect | None
    arrays: tuple[ArraySummary, ...]
    notes: tuple[Diagnostic, ...]
    command: str | None


def inspect_argument(
    argument: str, options: ReadOptions = DETECT, words: Sequence[str] = ()
) -> Inspection:
    """Read a path, `-`, or inline numbers, to the end.

    Args:
        argument: The argument as typed.
        options: How the argument is to be read.
        words: The options that say so, as typed.

    Raises:
        InputError: The argument cannot be read, or holds nothing to calculate a loss from.
    """
    opened = NamedArrays.of(argument, None, options)
    require_options_of_files([opened], options)
    arrays, compression = _summarize(opened), opened.source.compression
    return Inspection(
        source=opened.name,
        format=opened.format,
        compression=compression.name if compression else None,
        dialect=opened.dialect,
        arrays=arrays,
        notes=tuple(note for array in opened.arrays.values() for note in array.notes),
        command=_command(argument, arrays, (*words, *_suspected(opened))),
    )


def _suspected(opened: NamedArrays) -> tuple[str, ...]:
    """Return the option that names the targets, where one column alone may hold them."""
    found = {name for array in opened.arrays.values() for name in array.suspects}
    return ("--target-column", *found) if len(found) == 1 else ()


def _summarize(opened: NamedArrays) -> tuple[ArraySummary, ...]:
    """Read all arrays, two of them in step: both may come from the same lines."""
    found = opened.arrays
    known = known_roles([*found], {}, Location(opened.name), lambda name: found[name].shape)
    roles = {name: role for role, name in known.names.items()}
    arrays = [
        (array, ArraySummary(name, roles.get(name), array.shape[1:], array.class_names))
        for name, array in opened.arrays.items()
    ]
    for array, _ in arrays:
        if 0 in array.shape:
            raise InputError(Code.EMPTY_INPUT, f"{array.name} contains no numbers")
    for together in [arrays] if len(arrays) == 2 else [[each] for each in arrays]:
        for blocks in zip_longest(*(array.read(1) for array, _ in together)):
            for (_, summary), block in zip(together, blocks, strict=True):
                if block is not None:
                    summary.update(block.values)
    return tuple(summary for _, summary in arrays)


def _command(argument: str, arrays: Sequence[ArraySummary], words: Sequence[str]) -> str | None:
    """Return the command for one array of logits, one of targets, or one of both."""
    logits, targets = _of_role("logits", arrays), _of_role("targets", arrays)
    if len(logits) > 1 or len(targets) > 1 or not (logits or targets):
        return None
    if any(each.kind is Kind.NUMBERS for each in targets):
        return None
    keys = [
        word
        for option, found in (("--logits-key", logits), ("--targets-key", targets))
        for each in found
        if each.role is None and len(arrays) > 1  # a single array needs no name
        for word in (option, each.name)
    ]
    kinds = [_INPUT_KINDS[each.kind] for each in logits if each.kind in _INPUT_KINDS]
    binary = ["--binary"] * any(each.is_binary for each in (*logits, *targets))
    places = ["LOGITS"] * (not logits) + [argument.strip()]
    places += ["TARGETS"] * (not targets and "--target-column" not in words)
    input_kind = ["--input-kind", *kinds] if kinds else []
    return shlex.join(["xent", "compute", *places, *keys, *words, *binary, *input_kind])


def _of_role(role: str, arrays: Sequence[ArraySummary]) -> list[ArraySummary]:
    """Return the array that is named after its role, or else those that look like it."""
    return [each for each in arrays if each.role == role] or [
        each
        for each in arrays
        if each.role is None
        and each.kind is not Kind.NUMBERS
        and (each.kind in _TARGETS) == (role == "targets")
    ]
