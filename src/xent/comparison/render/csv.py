"""The losses of all models on every row, as comma-separated values."""

from collections.abc import Iterator, Sequence

from xent.comparison.comparison import Comparison
from xent.losses.row_losses import RowLosses
from xent.render.view import View
from xent.settings import LossSettings


def rows(first_row: int, losses: Sequence[RowLosses], settings: LossSettings) -> Iterator[str]:
    """Write the row, its target, and the loss of each model; empty where a row is ignored."""
    if first_row == 0:
        names = [f"loss_{Comparison.letter(number)}" for number in range(len(losses))]
        yield ",".join(["row", "target", *names]) + "\n"
    first = losses[0]
    columns = [(each.nll / settings.nats_per_unit).tolist() for each in losses]
    numbers = range(first_row, first_row + len(first.nll))
    for row, target, counted, *values in zip(
        numbers, first.targets.tolist(), first.counted.tolist(), *columns, strict=True
    ):
        cells = [repr(value) if counted else "" for value in values]
        yield ",".join([str(row), str(target), *cells]) + "\n"


def render(_: Comparison, __: View) -> Iterator[str]:
    """Write nothing: the format holds rows alone."""
    yield from ()
