"""Where large files are worked on: in this process, in several, or on a cluster."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from xent.inputs.chunk import Chunk

# Less than this is not worth other processes: 8 MB take 0.3 s, of which two cores would save 0.1 s.
_LEAST_BYTES = 1 << 24


def is_worth_dividing(shards: "Sequence[Chunk]", number: int, dask: str | None = None) -> bool:
    """Tell whether an input is to be divided among processes, or workers of Dask."""
    if not all(shard.files for shard in shards):
        return False
    return dask is not None or (number > 1 and sum(shard.size for shard in shards) >= _LEAST_BYTES)


def open_executor(dask: str | None, number: int) -> "AbstractContextManager[Executor]":
    """Open what evaluates the chunks: the workers of Dask, or so many processes."""
    if dask is not None:
        from xent.parallel.cluster import dask_executor

        return dask_executor(dask, number)
    from xent.parallel.processes import process_pool

    return process_pool(number)
