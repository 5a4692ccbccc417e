"""A file is read to its end, by the reader that a loss would be calculated through."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.errors import Code, Diagnostic, InputError, Location
from xent.inputs.batch import Block
from xent.inputs.formats.array import Array
from xent.inputs.formats.array_names import known_roles
from xent.inputs.formats.dialect import Dialect
from xent.inputs.named_arrays import NamedArrays
from xent.inputs.read_options import DETECT, ReadOptions
from xent.inspection.kind import Kind
from xent.inspection.tally import Tally

ROWS_KEPT = 5
_INPUT_KINDS = {Kind.PROBABILITIES: "probs", Kind.LOG_PROBABILITIES: "log-probs"}
_TARGETS = (Kind.CLASS_NUMBERS, Kind.ONE_HOT)


@dataclass(frozen=True, slots=True)
class Seen:
    """An array that was read to its end.

    Attributes:
        name: What it is called in the file; empty where it bears no name.
        role: "logits" or "targets", where that is what it is taken for by its name.
        dtype: The type of its numbers.
        shape: Its lengths.
        tally: What was counted of its numbers.
        first: Its first rows, (n,) or (n, C); none of what has more axes.
        class_names: What the classes are called, where it tells them.
    """

    name: str
    role: str | None
    dtype: str
    shape: tuple[int, ...]
    tally: Tally
    first: NDArray[Any]
    class_names: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        """What it looks like."""
        return Kind.of(self.shape, self.dtype, self.tally, self.role)


@dataclass(frozen=True, slots=True)
class Inspection:
    """All that is seen of a file.

    Attributes:
        source: What it is called.
        format: How it is written, a key of `inputs.FORMATS`.
        compression: How it is packed.
        dialect: How its rows are written, where it is text.
        arrays: What it holds.
        notes: What the user should know about how it was taken.
        command: What calculates the loss, with LOGITS or TARGETS for what is missing; None where
            that cannot be told.
    """

    source: str
    format: str
    compression: str | None
    dialect: Dialect | None
    arrays: tuple[Seen, ...]
    notes: tuple[Diagnostic, ...]
    command: str | None

    @classmethod
    def of(
        cls, argument: str, reading: ReadOptions = DETECT, words: Sequence[str] = ()
    ) -> "Inspection":
        """Read a path, `-`, or numbers in place, to the end.

        Args:
            argument: What the user typed.
            reading: How it is to be read.
            words: The options that say so, as they are typed.

        Raises:
            InputError: It cannot be read, or holds what no loss can be calculated from.
        """
        opened = NamedArrays.of(argument, None, reading)
        found = opened.arrays
        known = known_roles([*found], {}, Location(opened.name), lambda name: found[name].shape)
        roles = {name: role for role, name in known.names.items()}
        arrays = tuple(replace(each, role=roles.get(each.name)) for each in _read(found))
        compression = opened.source.compression
        return cls(
            opened.name,
            opened.format,
            compression.name if compression else None,
            opened.dialect,
            arrays,
            tuple(note for array in found.values() for note in array.notes),
            _command(argument, arrays, words),
        )


def _read(arrays: dict[str, Array]) -> list[Seen]:
    """Read all of them, a pair in step: both may come from the same lines."""
    for array in arrays.values():
        if 0 in array.shape:
            raise InputError(Code.EMPTY_INPUT, f"there are no numbers in {array.name}")
    views = [_View(name, array) for name, array in arrays.items()]
    for together in [views] if len(views) == 2 else [[view] for view in views]:
        for blocks in zip_longest(*(view.array.read(1) for view in together)):
            for view, block in zip(together, blocks, strict=True):
                if block is not None:
                    view.add(block)
    return [view.seen() for view in views]


@dataclass(slots=True)
class _View:
    """An array on its way past."""

    name: str
    array: Array
    tally: Tally = field(default_factory=Tally)
    rows: int = 0
    dtype: str = ""
    first: list[NDArray[Any]] = field(default_factory=list)

    def add(self, block: Block) -> None:
        left = ROWS_KEPT - self.rows
        if left > 0 and block.values.ndim <= 2:
            self.first.append(block.values[:left].copy())
        self.dtype = self.dtype or block.values.dtype.name
        self.rows += len(block)
        self.tally.add(block.values)

    def seen(self) -> Seen:
        shape = (self.rows, *self.array.shape[1:])
        first = np.concatenate(self.first) if self.first else np.zeros(0)
        names = self.array.class_names
        return Seen(self.name, None, self.dtype, shape, self.tally, first, names)


def _command(argument: str, arrays: Sequence[Seen], words: Sequence[str]) -> str | None:
    """The command for one array of scores, one of targets, or one of both."""
    scores, targets = _of_role(arrays, "logits"), _of_role(arrays, "targets")
    if len(scores) > 1 or len(targets) > 1 or not (scores or targets):
        return None
    if any(each.kind is Kind.NUMBERS for each in targets):
        return None
    keys = [
        word
        for option, found in (("--logits-key", scores), ("--targets-key", targets))
        for each in found
        if each.role is None and len(arrays) > 1  # a single one needs no name
        for word in (option, each.name)
    ]
    kinds = [_INPUT_KINDS[each.kind] for each in scores if each.kind in _INPUT_KINDS]
    places = ["LOGITS"] * (not scores) + [argument.strip()] + ["TARGETS"] * (not targets)
    typed = ["xent", "compute", *places, *keys, *words]
    return shlex.join([*typed, *(word for kind in kinds for word in ("--input-kind", kind))])


def _of_role(arrays: Sequence[Seen], role: str) -> list[Seen]:
    """The array that bears the name of its role, or those that look like it."""
    named_so = [each for each in arrays if each.role == role]
    looks = [
        each
        for each in arrays
        if each.role is None
        and each.kind is not Kind.NUMBERS
        and (each.kind in _TARGETS) == (role == "targets")
    ]
    return named_so or looks
