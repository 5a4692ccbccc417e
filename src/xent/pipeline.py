"""The one place where reading meets arithmetic: batches go in, a report comes out."""

from collections.abc import Iterator
from functools import partial
from typing import Protocol

import numpy as np

from xent.inputs.batch import Batch
from xent.inputs.pairing import Inputs
from xent.inputs.part import Part
from xent.losses.loss_sum import LossSum
from xent.losses.row_losses import RowLosses
from xent.parallel.threads import in_order, usable_cores
from xent.report.anomalies import Anomalies
from xent.report.report import Report
from xent.report.trace import Trace
from xent.settings import LossSettings


class Observer(Protocol):
    """What sees all batches and their losses go by."""

    def update(self, batch: Batch, losses: RowLosses) -> None:
        """Take in one batch."""


class Evaluation:
    """One pass over a stream of batches.

    Iterate over it for the losses of each batch as they come; call `report` for the result of
    all of them, which first runs through whatever is left. Memory is a few batches for each of
    the `threads`, as many as the process may use cores without a number, and the trace.

    Attributes:
        settings: What the user decided about the loss.
    """

    def __init__(
        self,
        inputs: Inputs,
        settings: LossSettings,
        *,
        head: int,
        tail: int,
        observers: tuple[Observer, ...] = (),
        threads: int | None = None,
    ) -> None:
        self.settings = settings
        self._inputs = inputs
        # No method of its own: the stream would keep the evaluation, and so itself and its files.
        work = partial(_calculated, settings)
        self._pieces = in_order(work, inputs.batches, threads or usable_cores())
        self._ends = {"head": head, "tail": tail}
        self._loss_sum = LossSum()
        self._trace: Trace | None = None
        self._anomalies = Anomalies()
        self._observers = observers

    def __iter__(self) -> Iterator[tuple[int, RowLosses]]:
        """Yield the number of each batch's first row, and the batch's losses."""
        for batch, losses, piece, anomalies in self._pieces:
            self._take_in(batch, losses, piece, anomalies)
            yield batch.first_row, losses

    def report(self) -> Report:
        """The result over all batches."""
        for _ in self:
            pass
        if self._trace is None:
            raise ValueError("there is no batch to report on")
        return Report(
            self.settings,
            self._trace.rows.scores.shape[1],
            self._loss_sum,
            self._trace,
            self._anomalies,
            tuple(self._inputs.notes),
            self._inputs.class_names,
        )

    @property
    def begun(self) -> bool:
        """Whether the first batch has been taken."""
        return self._trace is not None

    def _take_in(
        self, batch: Batch, losses: RowLosses, piece: LossSum, anomalies: Anomalies
    ) -> None:
        with np.errstate(all="ignore"):
            self._loss_sum = self._loss_sum.merge(piece)
            self._anomalies = self._anomalies.merge(anomalies)
            trace = Trace.of(batch, losses, **self._ends)
            self._trace = self._trace.merge(trace) if self._trace else trace
            for observer in self._observers:
                observer.update(batch, losses)


def _calculated(
    settings: LossSettings, batch: Batch
) -> tuple[Batch, RowLosses, LossSum, Anomalies]:
    """What depends on one batch alone, and on no order."""
    # What is not finite is said of the result; it needs no warning on the way.
    with np.errstate(all="ignore"):
        losses = RowLosses.of(batch, settings)
        terms, weights = losses.terms
        piece = LossSum.of(
            terms,
            None if batch.weighs_evenly(settings) else weights,
            correct=int(np.count_nonzero(losses.correct)),
            ignored=len(losses.counted) - len(terms),
        )
        return batch, losses, piece, Anomalies.of(batch, losses, settings)


def report_on(part: Part, settings: LossSettings, *, head: int, tail: int) -> Report:
    """The report on some rows, by themselves: what runs here, there and in many places at once.

    Raises:
        InputError: The rows cannot be what the user means.
    """
    inputs = part.inputs(settings)
    return Evaluation(inputs, settings, head=head, tail=tail, threads=1).report()


class Finished(Evaluation):
    """What was evaluated before: a report, and no batch left to take."""

    def __init__(self, report: Report) -> None:
        super().__init__(Inputs(iter(())), report.settings, head=0, tail=0)
        self._finished = report

    def report(self) -> Report:
        """That report."""
        return self._finished
