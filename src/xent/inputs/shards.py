"""Shards: several files that are one input, named by a pattern or by a manifest."""

import os.path
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from glob import glob

from xent.errors import Code, InputError, Location
from xent.inputs.batch import Batch
from xent.inputs.chunk import Chunk
from xent.inputs.formats.text import whole_text
from xent.inputs.groups import is_file_of_groups
from xent.inputs.inline import is_inline
from xent.inputs.named_arrays import NamedArrays
from xent.inputs.pairing import Inputs
from xent.inputs.read_options import DETECT, ReadOptions
from xent.inputs.sources.source import Source
from xent.settings import LossSettings

_MANIFEST = "@"
_NOUNS = {"logits": "logits", "targets": "targets", "sample_weight": "sample weights"}


def shards_of(
    logits: str, targets: str | None, sample_weight: str | None, options: ReadOptions = DETECT
) -> tuple[Chunk, ...]:
    """Return the shards of an input: one per file that a pattern or a manifest names.

    Args:
        logits: A pattern such as `part-*.npy`, `@` and the name of a manifest, or any argument
            that `read_inputs` takes.
        targets: A pattern where `logits` is one; the files are paired in sorted order. None where
            the files of logits hold both, or the manifest names them.
        sample_weight: As `targets`.
        options: How the files are to be read.

    Raises:
        InputError: No file matches, the matches are not pairs, or the manifest cannot be read.
    """
    if logits.startswith(_MANIFEST) and not os.path.exists(logits):  # noqa: PTH110  any text
        if targets is not None or sample_weight is not None:
            raise InputError(
                Code.BAD_SETTING,
                f"{logits} names all files: omit TARGETS and --sample-weight",
                hint="each line of the list is: LOGITS TARGETS SAMPLE_WEIGHT",
            )
        listed = _listed(logits.removeprefix(_MANIFEST))
        return tuple(_shard(names, options) for names in listed)
    given = zip(_NOUNS, (logits, targets, sample_weight), strict=True)
    files = {role: _matches(name) for role, name in given if name is not None}
    for role, names in files.items():
        _require_pairs(role, names, files["logits"])
    if len(files["logits"]) > 1 and options.keys:
        raise InputError(
            Code.BAD_SETTING,
            f"--join {options.keys.column} is for one file of logits, and {logits} names several",
            hint="omit --join if the rows of each file are in the order of its targets",
        )
    if len(files["logits"]) > 1 and options.group and is_file_of_groups(options.group):
        raise InputError(
            Code.BAD_SETTING,
            f"{options.group.column} is one file of groups, and {logits} names several files",
            hint="name a column of the files",
        )
    rows = zip(*files.values(), strict=True)
    return tuple(_shard(dict(zip(files, row, strict=True)), options) for row in rows)


def read_shards(shards: Sequence[Chunk], settings: LossSettings) -> Inputs:
    """Open the first shard, and each further one after the rows of the shards before.

    Raises:
        InputError: The first shard cannot be read. Errors in further shards and rows are raised as
            the batches are taken.
    """
    first = shards[0].inputs(settings)
    if len(shards) == 1:
        return first
    opened = [*first.files]
    return replace(first, batches=_batches(first, shards, settings, opened), files=opened)


def _batches(
    first: Inputs, shards: Sequence[Chunk], settings: LossSettings, opened: list[NamedArrays]
) -> Iterator[Batch]:
    rows, expected = 0, None
    for shard in shards:
        inputs = first if shard is shards[0] else shard.inputs(settings)
        if inputs.input_kind != first.input_kind:
            raise InputError(
                Code.WRONG_SHAPE,
                f"the arrays of {shard.logits} and {shards[0].logits} have names of different "
                "kinds of numbers",
                hint="name the kind: --input-kind logits, log-probs or probs",
            )
        opened += inputs.files if inputs is not first else ()
        for batch in inputs.batches:
            found = _kind(batch)
            expected = expected or found
            if found != expected:
                raise InputError(
                    Code.WRONG_SHAPE,
                    f"{shard.logits} has {found}; {shards[0].logits} has {expected}",
                    hint="shards must come from one model and one data set",
                )
            yield replace(batch, first_row=rows)
            rows += len(batch.logits)


def _kind(batch: Batch) -> str:
    """Return in words what the batches of all shards must have in common."""
    targets = "probabilities" if batch.has_probabilities else "class numbers"
    return f"{batch.classes} classes, and {targets} for targets"


def _shard(names: dict[str, str], options: ReadOptions) -> Chunk:
    return Chunk(names["logits"], names.get("targets"), names.get("sample_weight"), options)


def _matches(name: str) -> list[str]:
    """Return the files that match a pattern; any other name stands for itself."""
    is_pattern = re.search(r"[*?[]", name) and not is_inline(name)
    if not is_pattern or os.path.exists(name):  # noqa: PTH110  as above
        return [name]
    files = sorted(filter(os.path.isfile, glob(name, recursive=True)))  # noqa: PTH207  as given
    if not files:
        raise InputError(
            Code.FILE_NOT_FOUND, f"no file matches {name}", hint="* matches any characters"
        )
    return files


def _require_pairs(role: str, names: list[str], logits: list[str]) -> None:
    """Refuse files that are not as many, or whose numbers show that they are not pairs."""
    noun = _NOUNS[role]
    if len(names) != len(logits):
        raise InputError(
            Code.COUNT_MISMATCH,
            f"{_counted(logits)} of logits, but {_counted(names)} of {noun}",
            hint="each file of logits needs one; a file may be missing",
        )
    apart, others = _distinctions(logits), _distinctions(names)
    if apart != others and not set(apart).isdisjoint(others):
        logit, name = next(
            pair
            for pair, one, two in zip(zip(logits, names, strict=True), apart, others, strict=True)
            if one != two
        )
        raise InputError(
            Code.COUNT_MISMATCH,
            f"in sorted order {logit} meets {name}: these do not belong together",
            hint="a file may be missing; or list the pairs in a file, LOGITS TARGETS on each "
            "line, and give it as @FILE",
        )


def _counted(names: list[str]) -> str:
    if len(names) == 1:
        return f"1 file, {names[0]},"
    return f"{len(names)} files, {names[0]} to {names[-1]},"


def _distinctions(names: list[str]) -> list[str]:
    """Return each name without the beginning and the end that all names have in common."""
    start = len(os.path.commonprefix(names))  # noqa: RUF071  characters are meant
    rest = [name[start:] for name in names]
    end = len(os.path.commonprefix([name[::-1] for name in rest]))  # noqa: RUF071  as above
    return [name[: len(name) - end] for name in rest]


def _listed(path: str) -> Iterator[dict[str, str]]:
    """Yield the files of a manifest, one shard per line."""
    text = whole_text(Source.of(path, "manifest")).text
    for number, line in enumerate(text.splitlines(), 1):
        try:
            names = shlex.split(line)
        except ValueError:
            names = [""] * 9
        if len(names) > 3:
            raise InputError(
                Code.COUNT_MISMATCH,
                f"this line names {len(names)} files",
                Location(path, number, 1, line, len(line)),
                "a line is LOGITS TARGETS SAMPLE_WEIGHT, the last two if needed; quote names with "
                "spaces",
            )
        if names:
            yield dict(zip(_NOUNS, names, strict=False))
