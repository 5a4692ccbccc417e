"""Every row's result as a record: CSV, TSV and JSON Lines."""

from collections.abc import Iterator
from functools import partial

from xent.losses.row_losses import RowLosses
from xent.render.json import strict_json
from xent.render.view import View
from xent.report.report import Report
from xent.settings import LossSettings

COLUMNS = ("row", "target", "prediction", "probability", "nll")

Record = tuple[int, int, int | None, float | None, float | None]


def records(first_row: int, losses: RowLosses, settings: LossSettings) -> Iterator[Record]:
    """Yield the record of each row; None stands for what an ignored or a nan row does not have."""
    rows = zip(
        range(first_row, first_row + len(losses.nll)),
        losses.targets.tolist(),
        losses.predictions.tolist(),
        losses.probabilities.tolist(),
        (losses.nll / settings.nats_per_unit).tolist(),
        losses.counted.tolist(),
        strict=True,
    )
    has_classes = not settings.is_per_target
    for row, target, prediction, probability, nll, counted in rows:
        yield (
            row,
            target,
            prediction if has_classes and prediction >= 0 else None,
            probability if counted else None,
            nll if counted else None,
        )


def csv(
    first_row: int, losses: RowLosses, settings: LossSettings, delimiter: str = ","
) -> Iterator[str]:
    """Write a header, then each record at full precision; empty where there is no value."""
    if first_row == 0:
        yield delimiter.join(COLUMNS) + "\n"
    for record in records(first_row, losses, settings):
        yield delimiter.join("" if value is None else repr(value) for value in record) + "\n"


tsv = partial(csv, delimiter="\t")


def jsonl(first_row: int, losses: RowLosses, settings: LossSettings) -> Iterator[str]:
    """Write each record at full precision as an object; null where there is no value."""
    for record in records(first_row, losses, settings):
        yield strict_json(dict(zip(COLUMNS, record, strict=True))) + "\n"


def render(_: Report, __: View) -> Iterator[str]:
    """Write nothing: these formats hold rows alone."""
    yield from ()
