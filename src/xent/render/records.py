"""Every row's result as a record, for the formats that write one line a row."""

from collections.abc import Iterator

from xent.pipeline import Evaluation

COLUMNS = ("row", "target", "prediction", "probability", "nll")

Record = tuple[int, int, int | None, float | None, float | None]


def records(evaluation: Evaluation) -> Iterator[Record]:
    """The records as the batches come. None stands for what an ignored or a nan row has not."""
    unit = evaluation.settings.nats_per_unit
    for first_row, losses in evaluation:
        rows = zip(
            range(first_row, first_row + len(losses.nll)),
            losses.targets.tolist(),
            losses.predictions.tolist(),
            losses.probabilities.tolist(),
            (losses.nll / unit).tolist(),
            losses.counted.tolist(),
            strict=True,
        )
        for row, target, prediction, probability, nll, counted in rows:
            yield (
                row,
                target,
                prediction if prediction >= 0 else None,
                probability if counted else None,
                nll if counted else None,
            )


def unreduced(evaluation: Evaluation) -> Iterator[float]:
    """The loss of each row as the batches come, 0 for one that is ignored, as in PyTorch."""
    for record in records(evaluation):
        nll = record[-1]
        yield 0.0 if nll is None else nll
