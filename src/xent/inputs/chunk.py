"""Chunks: some of the rows, described in a few words, so that another process can read them."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from xent.errors import Code, InputError
from xent.inputs.formats import FORMATS
from xent.inputs.formats.text import LONGEST_LINE_BYTES
from xent.inputs.named_arrays import NamedArrays, open_source
from xent.inputs.pairing import Inputs, read_inputs
from xent.inputs.read_options import DETECT, ReadOptions
from xent.inputs.sources.source import ByteRange
from xent.settings import LossSettings

# Read at a time while line ends are counted.
_BLOCK_BYTES = 1 << 20
# How the sources of rivals are called among the others, before their number.
_RIVAL = "rival "


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows that are read by themselves: whatever the user named, or ranges of those files.

    Attributes:
        logits: The source of the logits.
        targets: The source of their targets; None where `logits` holds both.
        sample_weight: The source of the weights of these rows; None for rows of weight 1.
        options: How they are read. Byte ranges have options of their own.
        row_shapes: The shapes that a row of each must have, where they are known.
        labels: The number of independent labels in a row, where it is known: a single row may be
            as many examples.
        rivals: The sources of the logits of further models of the same rows.
    """

    logits: str | ByteRange
    targets: str | ByteRange | None = None
    sample_weight: str | ByteRange | None = None
    options: ReadOptions = DETECT
    row_shapes: tuple[tuple[int, ...], ...] | None = None
    labels: int | None = None
    rivals: tuple[str | ByteRange, ...] = ()

    def inputs(self, settings: LossSettings) -> Inputs:
        """Open these rows.

        Raises:
            InputError: A source cannot be read, or the rows have other shapes than elsewhere.
        """
        inputs = read_inputs(
            self.logits,
            self.targets,
            settings,
            sample_weight=self.sample_weight,
            options=self.options,
        )
        if self.row_shapes not in (None, inputs.row_shapes):
            raise InputError(
                Code.RAGGED_ROW,
                f"rows have the shapes {inputs.row_shapes}, not {self.row_shapes}",
            )
        return inputs if self.labels is None else replace(inputs, labels=self.labels)

    def models(self) -> "tuple[Chunk, ...]":
        """Return these rows of each model, the rivals last."""
        alone = replace(self, rivals=())
        others = (replace(alone, logits=rival, row_shapes=None) for rival in self.rivals)
        return (alone, *others)

    def absolute(self) -> "Chunk":
        """Return the same rows, for a process that runs in another directory."""
        return self._with({role: _absolute(source) for role, source in self._sources.items()})

    @property
    def files(self) -> bool:
        """Return whether all sources are files, which another process can open as well."""
        return all(
            isinstance(source, ByteRange) or os.path.isfile(source)  # noqa: PTH113  no error for any text
            for source in self._sources.values()
        )

    @property
    def size(self) -> int:
        """Return the bytes of its files."""
        return sum(
            source.size if isinstance(source, ByteRange) else Path(source).stat().st_size
            for source in self._sources.values()
        )

    def cut(
        self,
        settings: LossSettings,
        size: int,
        opened: Inputs | None = None,
        rivals: Sequence[NamedArrays] = (),
    ) -> Iterator["Chunk"]:
        """Cut these rows into chunks with about `size` bytes of logits each.

        Only text is cut, at its line ends. Line n of the targets is expected to belong to line n
        of the logits, headers aside; if it does not, reading one of the chunks raises an error.

        Args:
            settings: Which axis is which.
            size: The bytes of logits in a chunk.
            opened: The same rows, where they have been opened: they tell how the files are
                written, which no chunk needs to detect again.
            rivals: The files of the rivals, opened.
        """
        if not self._is_cut_at_lines(settings) or self.size <= size:
            yield self
            return
        inputs = opened or self.inputs(settings)
        files = [*inputs.files, *rivals]
        if any(file.is_table_of_records for file in files):
            yield self
            return
        with ExitStack() as streams:
            first, *others = [
                _LineCutter(streams.enter_context(Path(file.name).open("rb")), file)
                for file in files
            ]
            # No line of another file belongs to a header.
            ahead = [each.heading - first.heading for each in others]
            is_last = False
            while not is_last:
                logits, lines, is_last = first.take_bytes(size)
                partners = [
                    each.take_rest() if is_last else each.take_lines(lines + further)
                    for each, further in zip(others, ahead, strict=True)
                ]
                ahead = [0 for _ in others]
                taken = self._with(dict(zip(self._sources, [logits, *partners], strict=True)))
                yield replace(taken, row_shapes=inputs.row_shapes, labels=inputs.labels)

    @property
    def _sources(self) -> dict[str, str | ByteRange]:
        named = {
            "logits": self.logits,
            "targets": self.targets,
            "sample_weight": self.sample_weight,
            **{f"{_RIVAL}{number}": each for number, each in enumerate(self.rivals)},
        }
        return {role: source for role, source in named.items() if source is not None}

    def _with(self, sources: Mapping[str, Any]) -> "Chunk":
        """Return the same with other sources, named as in `_sources`."""
        rivals = tuple(each for role, each in sources.items() if role.startswith(_RIVAL))
        own = {role: each for role, each in sources.items() if not role.startswith(_RIVAL)}
        return replace(self, **own, rivals=rivals)

    def _is_cut_at_lines(self, settings: LossSettings) -> bool:
        # Along another axis, or in one sequence, a row is not alone on its line.
        if settings.shift or settings.class_axis not in (None, 1, -1) or not self.files:
            return False
        # The row of a key may stand anywhere, and groups are in no chunk.
        if self.options.keys or self.options.group:
            return False
        found = [
            open_source(source, "logits" if role.startswith(_RIVAL) else role, self.options)
            for role, source in self._sources.items()
        ]
        return all(
            FORMATS[name].by_lines and not (source.compression or source.recoded)
            for source, name in found
        )


def _absolute(source: str | ByteRange) -> Any:  # noqa: ANN401  of the same type
    if isinstance(source, ByteRange):
        return replace(source, path=os.path.abspath(source.path))  # noqa: PTH100  a link stays
    return os.path.abspath(source)  # noqa: PTH100  as above


class _LineCutter:
    """A text file that is cut at line ends, from the first line to the last."""

    def __init__(self, stream: BinaryIO, file: NamedArrays) -> None:
        self._stream, self._path, dialect = stream, file.name, file.dialect
        # The dialect knows the names of the classes.
        options = replace(file.source.options, input_format=file.format, dialect=dialect)
        self._options = replace(options, class_names=()) if dialect else options
        self.heading = dialect.heading if dialect else 0
        self._size = stream.seek(0, os.SEEK_END)
        self._start, self._line = stream.seek(0), 1

    def take_bytes(self, size: int) -> tuple[ByteRange, int, bool]:
        """Take lines of about `size` bytes; return also their number, and whether none is left."""
        lines = 0
        while size > 0 and (block := self._stream.read(min(size, _BLOCK_BYTES))):
            lines += block.count(b"\n")
            size -= len(block)
        lines += self._stream.readline(LONGEST_LINE_BYTES).count(b"\n")
        taken = self._range(self._stream.tell(), lines)
        return taken, lines, self._start >= self._size

    def take_lines(self, lines: int) -> ByteRange:
        """Take a number of lines."""
        left = lines
        while block := self._stream.read(_BLOCK_BYTES):
            found = block.count(b"\n")
            if found >= left:
                ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n"))
                rest = len(block) - int(ends[left - 1]) - 1 if left else len(block)
                return self._range(self._stream.seek(-rest, os.SEEK_CUR), lines)
            left -= found
        return self._range(self._stream.tell(), lines)

    def take_rest(self) -> ByteRange:
        """Take all lines that are left."""
        return self._range(self._size, 0)

    def _range(self, stop: int, lines: int) -> ByteRange:
        taken = ByteRange(self._path, self._start, stop, self._line, self._options)
        self._start, self._line = stop, self._line + lines
        return taken
