"""The one place where reading meets arithmetic: inputs go in, a report comes out."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Protocol

import numpy as np

from xent.errors import InputError
from xent.inputs.batch import Batch
from xent.inputs.chunk import Chunk
from xent.inputs.pairing import Inputs
from xent.inputs.read_options import Keys
from xent.losses.group_sums import merge_groups, sums_by_group
from xent.losses.loss_sum import LossSum
from xent.losses.row_losses import RowLosses, sum_up
from xent.parallel.threads import map_in_order, map_in_threads, usable_cores
from xent.report.anomalies import Anomalies
from xent.report.report import Report
from xent.report.target_sums import TargetSums
from xent.report.trace import Trace
from xent.settings import LossSettings

if TYPE_CHECKING:
    from concurrent.futures import Executor

# Bytes of logits in a chunk: enough that opening the files takes a twentieth of the work, little
# enough that no worker waits long for the last of the others.
CHUNK_BYTES = 1 << 22


class Collector(Protocol):
    """An observer of all batches and their losses, in the order of the rows."""

    def update(self, batch: Batch, losses: RowLosses) -> None:
        """Take in one batch."""


class ChunkFailed(Exception):  # noqa: N818  no error yet: one pass over the rows says what is wrong
    """A chunk could not be evaluated by itself."""


# Takes the sums of the rows so far, and how many bytes of files have been read for them.
OnProgress = Callable[[LossSum, int], None]


def evaluate(
    inputs: Inputs,
    settings: LossSettings,
    collectors: Sequence[Collector] = (),
    *,
    head: int = 0,
    tail: int = 0,
    threads: int | None = None,
    on_progress: OnProgress | None = None,
) -> Report:
    """Calculate the loss of all rows, in one pass.

    Memory is bounded by a few batches per thread, and the rows of the trace.

    Args:
        inputs: The batches, and what is known of them.
        settings: The options of the loss.
        collectors: What else looks at each batch.
        head: How many of the first rows the report shows.
        tail: How many of the last rows it shows.
        threads: How many batches are worked on at once; None for the cores that there are.
        on_progress: Is called with the sums of the rows so far, and the bytes of files read.

    Raises:
        InputError: The input cannot be what the user means.
        ValueError: There is no batch.
    """
    # Nothing here keeps the generator of the batches beyond its end, and with it open files.
    work = partial(_evaluate_batch, settings, inputs.labels)
    loss_sum, anomalies, trace, targets = LossSum(), Anomalies(), None, None
    groups: dict[str, LossSum] | None = None if inputs.groups is None else {}
    results = map_in_threads(work, inputs.batches, threads or usable_cores())
    for batch, losses, loss_sum_of_batch, anomalies_of_batch, targets_of_batch in results:
        with np.errstate(all="ignore"):
            loss_sum = loss_sum.merge(loss_sum_of_batch)
            anomalies = anomalies.merge(anomalies_of_batch)
            targets = targets.merge(targets_of_batch) if targets else targets_of_batch
            if groups is not None and inputs.groups is not None:
                groups = merge_groups(groups, _groups(batch, losses, settings, inputs.groups))
            ends = Trace.of(batch, losses, head=head, tail=tail)
            trace = trace.merge(ends) if trace else ends
            for collector in collectors:
                collector.update(batch, losses)
            if on_progress:
                on_progress(loss_sum, inputs.position)
    if trace is None:
        raise ValueError("there is no batch to report on")
    classes = trace.rows.inputs.shape[1]
    notes, names = tuple(inputs.notes), inputs.class_names
    return Report(settings, classes, loss_sum, trace, anomalies, notes, names, targets, groups)


def evaluate_in_parallel(
    inputs: Inputs,
    shards: Sequence[Chunk],
    settings: LossSettings,
    executor: "Callable[[], AbstractContextManager[Executor]]",
    *,
    head: int,
    tail: int,
    ahead: int,
    on_progress: OnProgress | None = None,
) -> Report | None:
    """Calculate the loss of all rows from chunks of the input, each evaluated elsewhere.

    The sums are exact, so the report has the same bits as that of one pass over all rows.

    Args:
        inputs: The first of the shards, opened.
        shards: The input, in one piece or several, all of them files.
        settings: The options of the loss.
        executor: Opens the executor that evaluates the chunks.
        head: How many of the first rows the report shows.
        tail: How many of the last rows it shows.
        ahead: How many chunks are given away before the first result is waited for.
        on_progress: As in `evaluate`.

    Returns:
        The report; None where there is only one chunk, or where one cannot be evaluated by
        itself: then one pass over all rows says best what is wrong, and where.
    """
    from concurrent.futures import BrokenExecutor

    work = partial(_evaluate_chunk, settings=settings, head=head, tail=tail)
    merged: Report | None = None
    position = 0
    try:
        chunks = _chunks(inputs, shards, settings)
        first = [*islice(chunks, 2)]
        if len(first) < 2:
            return None
        with executor() as opened:
            for report, size in map_in_order(opened, work, chain(first, chunks), ahead):
                if merged and report.kind != merged.kind:
                    return None
                merged = merged.merge(report) if merged else report
                position += size
                if on_progress:
                    on_progress(merged.loss_sum, position)
    except (ChunkFailed, BrokenExecutor):
        return None
    return merged and replace(merged, notes=tuple(inputs.notes))


def _chunks(inputs: Inputs, shards: Sequence[Chunk], settings: LossSettings) -> Iterator[Chunk]:
    opened = inputs if len(shards) == 1 else None
    try:
        for shard in shards:
            # By whole paths, for an executor that runs in another directory.
            yield from (chunk.absolute() for chunk in shard.cut(settings, CHUNK_BYTES, opened))
    except (InputError, OSError):
        raise ChunkFailed from None


def _evaluate_chunk(
    chunk: Chunk, settings: LossSettings, head: int, tail: int
) -> tuple[Report, int]:
    """Return the report on a chunk, and the bytes of its files."""
    try:
        inputs = chunk.inputs(settings)
        if inputs.settings_for(settings) is not settings:
            raise ChunkFailed
        return evaluate(inputs, settings, head=head, tail=tail, threads=1), chunk.size
    except (InputError, MemoryError, OSError):
        raise ChunkFailed from None


def _groups(
    batch: Batch, losses: RowLosses, settings: LossSettings, names: Keys
) -> dict[str, LossSum]:
    """Return the sums of the groups of one batch, by their names."""
    if batch.groups is None:
        return {}
    sums = sums_by_group(batch.groups, losses, even=batch.weighs_evenly(settings))
    known = names.names
    return {known[number]: each for number, each in sums.items()}


def _evaluate_batch(
    settings: LossSettings, labels: int, batch: Batch
) -> tuple[Batch, RowLosses, LossSum, Anomalies, TargetSums]:
    """Return what depends on one batch alone, and on no order."""
    # What is not finite is said of the result; it needs no warning here.
    with np.errstate(all="ignore"):
        losses = batch.losses(settings)
        loss_sum = sum_up(losses, even=batch.weighs_evenly(settings))
        targets = TargetSums.of(batch, losses, settings, labels)
        return batch, losses, loss_sum, Anomalies.of(batch, losses, settings), targets
