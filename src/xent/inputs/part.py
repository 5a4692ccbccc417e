"""Some of the rows, described in a few words, so that another process can read them."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from xent.errors import Code, InputError
from xent.inputs.formats import FORMATS
from xent.inputs.formats.array import Form
from xent.inputs.formats.sniff import format_of
from xent.inputs.formats.text import LONGEST_LINE_BYTES
from xent.inputs.pairing import Inputs, read_inputs
from xent.inputs.sources.reading import FOUND_OUT, Reading
from xent.inputs.sources.source import Passage, Source
from xent.settings import LossSettings

# Read at a time while line ends are counted.
_BLOCK_BYTES = 1 << 20

Argument = str | Passage


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that can be read by themselves: what the user named, or passages of it.

    Attributes:
        logits: Where the logits are.
        targets: Where their targets are; None where `logits` holds both.
        sample_weight: Where the factors of these rows are; None for rows that all weigh the same.
        reading: How they are to be read.
        forms: What the rows are like, where that is known; then they must be like that.
    """

    logits: Argument
    targets: Argument | None = None
    sample_weight: Argument | None = None
    reading: Reading = FOUND_OUT
    forms: tuple[Form, ...] | None = None

    def inputs(self, settings: LossSettings) -> Inputs:
        """Open these rows.

        Raises:
            InputError: A source cannot be read, or the rows are not like those elsewhere.
        """
        inputs = read_inputs(
            self.logits,
            self.targets,
            settings,
            sample_weight=self.sample_weight,
            reading=self.reading,
        )
        if self.forms not in (None, inputs.forms):
            raise InputError(
                Code.RAGGED_ROW, f"rows are like {inputs.forms}, not like {self.forms}"
            )
        return inputs

    def absolute(self) -> "Part":
        """The same rows, for a process that runs in another directory."""
        return replace(self, **{role: _absolute(source) for role, source in self._sources.items()})

    @property
    def files(self) -> bool:
        """Whether it is files alone that are read, which another process can open as well."""
        return all(
            isinstance(source, Passage) or os.path.isfile(source)  # noqa: PTH113  no error for any text
            for source in self._sources.values()
        )

    @property
    def size(self) -> int:
        """The bytes of its files."""
        return sum(
            source.stop - source.start
            if isinstance(source, Passage)
            else Path(source).stat().st_size
            for source in self._sources.values()
        )

    def cut(self, settings: LossSettings, size: int) -> Iterator["Part"]:
        """The same rows in parts with about `size` bytes of logits each.

        Only text is cut, at its line ends. That each line of logits has its partner in the same
        part shows when the part is read: rows are paired there as they are here, and if the
        files' lines are no pairs, that is an error in one of the parts.
        """
        sources = self._sources
        if not self._is_cut_at_lines(settings) or self.size <= size:
            yield self
            return
        forms = self.forms or self.inputs(settings).forms
        first, *others = [_Lines(source) for source in sources.values()]
        # What stands before the first rows has no partners.
        headings = [form.heading for form in forms]
        ahead = [heading - headings[0] for heading in headings[1:]]
        is_last = False
        while not is_last:
            passage, lines, is_last = first.take_bytes(size)
            partners = [
                each.take_rest() if is_last else each.take_lines(lines + further)
                for each, further in zip(others, ahead, strict=False)
            ]
            ahead = [0 for _ in others]
            taken = dict(zip(sources, [passage, *partners], strict=True))
            yield replace(self, forms=forms, **taken)  # type: ignore[arg-type]  # by role

    @property
    def _sources(self) -> dict[str, Argument]:
        named = {
            "logits": self.logits,
            "targets": self.targets,
            "sample_weight": self.sample_weight,
        }
        return {role: source for role, source in named.items() if source is not None}

    def _is_cut_at_lines(self, settings: LossSettings) -> bool:
        # Along another axis, or in one sequence, a row is not alone on its line.
        if settings.shift or settings.class_axis not in (None, 1, -1) or not self.files:
            return False
        if self.reading.keys:  # a row's partner may stand anywhere
            return False
        found = [Source.of(source, role) for role, source in self._sources.items()]
        return all(
            FORMATS[self.reading.input_format or format_of(each)].by_lines
            and not (each.compression or each.recoded)
            for each in found
        )


def _absolute(source: Argument) -> Any:  # noqa: ANN401  of the argument's type
    if isinstance(source, Passage):
        return replace(source, path=os.path.abspath(source.path))  # noqa: PTH100  a link stays
    return os.path.abspath(source)  # noqa: PTH100  as above


class _Lines:
    """The lines of a file, taken from the first to the last."""

    def __init__(self, path: Argument) -> None:
        if isinstance(path, Passage):
            raise TypeError("a passage is cut no further")
        self._path = path
        self._size = Path(path).stat().st_size
        self._start, self._line = 0, 1

    def take_bytes(self, size: int) -> tuple[Passage, int, bool]:
        """The next lines of about so many bytes, their number, and whether they are the last."""
        lines = 0
        with Path(self._path).open("rb") as stream:
            stream.seek(self._start)
            while size > 0 and (block := stream.read(min(size, _BLOCK_BYTES))):
                lines += block.count(b"\n")
                size -= len(block)
            lines += stream.readline(LONGEST_LINE_BYTES).count(b"\n")
            passage = self._passage(stream.tell(), lines)
            return passage, lines, self._start >= self._size

    def take_lines(self, lines: int) -> Passage:
        """So many further lines."""
        left = lines
        with Path(self._path).open("rb") as stream:
            stream.seek(self._start)
            while block := stream.read(_BLOCK_BYTES):
                found = block.count(b"\n")
                if found >= left:
                    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n"))
                    rest = len(block) - int(ends[left - 1]) - 1 if left else len(block)
                    return self._passage(stream.tell() - rest, lines)
                left -= found
            return self._passage(stream.tell(), lines)

    def take_rest(self) -> Passage:
        """All lines that are left."""
        return self._passage(self._size, 0)

    def _passage(self, stop: int, lines: int) -> Passage:
        passage = Passage(self._path, self._start, stop, self._line)
        self._start, self._line = stop, self._line + lines
        return passage
