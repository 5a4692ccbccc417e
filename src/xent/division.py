"""An evaluation of which others do a part each."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import chain, islice
from typing import Protocol

from xent.errors import InputError
from xent.inputs.chunk import Chunk
from xent.inputs.shards import read_shards
from xent.losses.loss_sum import LossSum
from xent.losses.row_losses import RowLosses
from xent.pipeline import Evaluation, report_on
from xent.report.report import Report
from xent.settings import LossSettings

# Of logits, in a part: enough that opening the files takes a twentieth of the work, little enough
# that no worker waits long for the last of the others.
_PART_BYTES = 1 << 22
# Less than this is not worth it: 8 MB take 0.3 s, of which two cores would save 0.1 s.
LEAST_BYTES = 1 << 24


class PartFailed(Exception):  # noqa: N818  it is no error yet: the rows are to be read here
    """A part could not be evaluated where it was tried."""


class Crew(Protocol):
    """Whoever evaluates parts."""

    def reports(self, parts: Iterable[Chunk]) -> Iterator[tuple[Chunk, Report]]:
        """Each part with its report, in their order.

        Raises:
            PartFailed: One cannot be evaluated.
        """


class Progress(Protocol):
    """What is shown of the work; a `with` block lasts as long as that."""

    def __enter__(self) -> object:
        """Begin."""

    def __exit__(self, *_: object) -> None:
        """Show nothing any more."""

    def show(self, sums: LossSum, position: int) -> None:
        """Show how far it is.

        Args:
            sums: Those of the rows so far.
            position: How many bytes of files have been read for them.
        """


class Silence:
    """No progress is shown."""

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, *_: object) -> None:
        """End."""

    def show(self, sums: LossSum, position: int) -> None:
        """Show nothing."""


class DividedEvaluation(Evaluation):
    """An evaluation whose report is merged from those on its parts, where that is faster.

    The report has the same bits as that of one pass over all rows. If a part fails, for whatever
    reason, that one pass is made after all: it says best what is wrong, and where.
    """

    def __init__(
        self,
        shards: Sequence[Chunk],
        settings: LossSettings,
        crew: Callable[[], AbstractContextManager[Crew]] | None,
        *,
        head: int,
        tail: int,
        threads: int | None = None,
        part_bytes: int = _PART_BYTES,
        least_bytes: int = LEAST_BYTES,
        progress: Progress | None = None,
    ) -> None:
        """Open the shards.

        Args:
            shards: The input, in one piece or several.
            settings: What the user decided about the loss.
            crew: Calls those together who are to evaluate the parts; None for nobody.
            head: How many of the first rows to show.
            tail: How many of the last.
            threads: How many work here, where it is not divided; None for all cores.
            part_bytes: About how many bytes of text make a part.
            least_bytes: How many bytes are worth dividing.
            progress: Shows how far the work is.

        Raises:
            InputError: The first shard cannot be read.
        """
        inputs = read_shards(shards, settings)
        super().__init__(inputs, settings, head=head, tail=tail, threads=threads)
        self._shards, self._crew = shards, crew
        self._progress = progress or Silence()
        self._part_bytes, self._least_bytes = part_bytes, least_bytes
        self._merged: Report | None = None

    def __iter__(self) -> Iterator[tuple[int, RowLosses]]:
        """Yield the number of each batch's first row, and the batch's losses."""
        with self._progress:
            for found in super().__iter__():
                self._progress.show(self._loss_sum, self._inputs.position)
                yield found

    def report(self) -> Report:
        """The result over all batches."""
        if self._crew and self._merged is None and not self.begun and self._is_worth_dividing():
            self._merged = self._from_parts(self._crew)
        return self._merged or super().report()

    def _is_worth_dividing(self) -> bool:
        return (
            all(shard.files for shard in self._shards)
            and sum(shard.size for shard in self._shards) >= self._least_bytes
        )

    def _from_parts(self, crew: Callable[[], AbstractContextManager[Crew]]) -> Report | None:
        parts = self._parts()
        try:
            some = [*islice(parts, 2)]
            if len(some) < 2:
                return None
            with self._progress, crew() as called:
                return self._merged_from(called.reports(chain(some, parts)))
        except PartFailed:
            return None

    def _merged_from(self, reports: Iterable[tuple[Chunk, Report]]) -> Report | None:
        merged, position = None, 0
        for part, report in reports:
            if merged and report.kind != merged.kind:
                raise PartFailed
            merged = merged.merge(report) if merged else report
            position += part.size
            self._progress.show(merged.loss_sum, position)
        return merged and replace(merged, notes=tuple(self._inputs.notes))

    def _parts(self) -> Iterator[Chunk]:
        try:
            opened = self._inputs if len(self._shards) == 1 else None
            for shard in self._shards:
                yield from shard.cut(self.settings, self._part_bytes, opened)
        except (InputError, OSError):
            raise PartFailed from None


def attempted(part: Chunk, settings: LossSettings, head: int, tail: int) -> Report | None:
    """The report on a part; None where that cannot be, and one pass has to say why."""
    try:
        return report_on(part, settings, head=head, tail=tail)
    except (InputError, MemoryError, OSError):
        return None
