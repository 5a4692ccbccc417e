"""Compare models chunk by chunk, each evaluated elsewhere."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING

from xent.comparison.comparison import Comparison
from xent.comparison.evaluate import Compared, compare, notes_of
from xent.errors import InputError
from xent.inputs.chunk import Chunk
from xent.losses.loss_sum import LossSum
from xent.parallel.threads import map_in_order
from xent.pipeline import CHUNK_BYTES, ChunkFailed
from xent.settings import LossSettings

if TYPE_CHECKING:
    from concurrent.futures import Executor


def compare_in_parallel(
    compared: Sequence[Compared],
    models: Sequence[Chunk],
    settings: LossSettings,
    executor: "Callable[[], AbstractContextManager[Executor]]",
    *,
    movers: int,
    ahead: int,
    on_progress: Callable[[LossSum, int], None] | None = None,
) -> Comparison | None:
    """Compare models as `compare` does, from chunks of the lines of their files.

    Args:
        compared: The models, opened.
        models: The same models, with the same targets.
        settings: The options of the loss, as the user gives them.
        executor: Opens the executor that evaluates the chunks.
        movers: How many of the rows are kept whose losses differ most.
        ahead: How many chunks are given away before the first result is waited for.
        on_progress: Is called with the sums of the first model so far, and the bytes read.

    Returns:
        The comparison, with the same bits; None where one pass over all rows has to be made.
    """
    from concurrent.futures import BrokenExecutor

    # What a worker needs to know of a model beside its rows.
    bare = [(each.name, each.settings, each.least_log_prob, each.has_targets) for each in compared]
    work = partial(_compare_chunk, bare, settings, movers)
    merged: Comparison | None = None
    position = 0
    try:
        chunks = _chunks(compared, models, settings)
        first = [*islice(chunks, 2)]
        if len(first) < 2:
            return None
        with executor() as opened:
            for part, size in map_in_order(opened, work, chain(first, chunks), ahead):
                merged = merged.merge(part) if merged else part
                position += size
                if on_progress:
                    on_progress(merged.models[0].loss_sum, position)
    except (ChunkFailed, BrokenExecutor):
        return None
    return merged and replace(merged, **notes_of(compared))


def _chunks(
    compared: Sequence[Compared], models: Sequence[Chunk], settings: LossSettings
) -> Iterator[Chunk]:
    whole = replace(models[0], rivals=tuple(model.logits for model in models[1:]))
    rivals = [each.inputs.files[0] for each in compared[1:]]
    try:
        for chunk in whole.cut(settings, CHUNK_BYTES, compared[0].inputs, rivals):
            yield chunk.absolute()
    except (InputError, OSError):
        raise ChunkFailed from None


def _compare_chunk(
    bare: Sequence[tuple[str, LossSettings, float, bool]],
    settings: LossSettings,
    movers: int,
    chunk: Chunk,
) -> tuple[Comparison, int]:
    """The comparison of a chunk, and the bytes of its files."""
    try:
        compared = [
            Compared(name, model.inputs(settings), own, least, has_targets)
            for model, (name, own, least, has_targets) in zip(chunk.models(), bare, strict=True)
        ]
        return compare(compared, movers=movers, by_order=False, threads=1), chunk.size
    except (InputError, MemoryError, OSError):
        raise ChunkFailed from None
