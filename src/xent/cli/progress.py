"""How far long work is, on a terminal, as long as it lasts."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Self

from xent.cli import screen

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from xent.cli.loss_options import LossOptions
    from xent.inputs.batch import Batch
    from xent.inputs.chunk import Chunk
    from xent.inputs.pairing import Inputs
    from xent.losses.loss_sum import LossSum
    from xent.settings import LossSettings

# Seconds after which the work counts as long.
_PATIENCE = 1.0


class Progress:
    """A line on standard error with rows, bytes, rate, time left, and the loss so far.

    It appears after a second, and is gone when the work is done.
    """

    def __init__(
        self, total: int | None, nats_per_unit: float, patience: float = _PATIENCE
    ) -> None:
        self._total, self._nats_per_unit, self._patience = total, nats_per_unit, patience
        self._start = monotonic()
        self._bar: Bar | None = None

    @classmethod
    def of(
        cls, shards: "Sequence[Chunk]", settings: "LossSettings", *, hidden: bool = False
    ) -> Self:
        """Measure the length of an input, which is not known of a pipe."""
        is_known = all(shard.files for shard in shards)
        total = sum(shard.size for shard in shards) if is_known else None
        return cls(
            total, settings.nats_per_unit, inf if hidden or not cls.is_wanted() else _PATIENCE
        )

    @staticmethod
    def is_wanted() -> bool:
        """Return whether a person watches the terminal."""
        watched = screen.is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb"
        return watched and not os.environ.get("CI")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()
            self._bar = None

    def show(self, sums: "LossSum", position: int) -> None:
        """Show how far it is, once it has lasted a while."""
        self._update(sums.rows, position, f"loss {sums.mean / self._nats_per_unit:.4f}")

    def over(self, inputs: "Inputs") -> "Inputs":
        """Return the inputs, and show how much of them has been read."""

        def batches() -> "Iterator[Batch]":
            rows = 0
            for batch in inputs.batches:
                yield batch
                rows += len(batch.logits)
                self._update(rows, inputs.position)

        return replace(inputs, batches=batches())

    def _update(self, rows: int, position: int, loss: str = "") -> None:
        if self._bar is None:
            if monotonic() - self._start < self._patience:
                return
            self._bar = _bar(self._total, position)
        [task] = self._bar.task_ids
        self._bar.update(task, completed=position, rows=f"{rows:,}", loss=loss)


@contextmanager
def watched(
    arguments: "LossOptions", *, no_progress: bool
) -> "Iterator[tuple[Inputs, LossSettings]]":
    """Yield the inputs that the arguments name, and show a progress bar meanwhile.

    Yields:
        The inputs, and the options of the loss with the kind that the name of an array tells.
    """
    from xent.inputs.shards import read_shards

    settings, shards = arguments.settings(), arguments.shards()
    with Progress.of(shards, settings, hidden=no_progress) as progress:
        inputs = progress.over(read_shards(shards, settings))
        yield inputs, inputs.settings_for(settings)


def _bar(total: int | None, position: int) -> "Bar":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    bar = Progress(
        TextColumn("{task.fields[rows]} rows"),
        *(
            (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
            if total
            else ()
        ),
        TextColumn("{task.fields[loss]}"),
        console=Console(file=sys.stderr),
        transient=True,
    )
    # The rate is that of what follows: nobody looked at how long the beginning took.
    bar.add_task("", total=total, completed=position, rows="0", loss="")
    bar.start()
    return bar
