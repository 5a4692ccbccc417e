"""Text for programs: lines of name, TAB and value, the number alone, or a state."""

from collections.abc import Iterator

import numpy as np

from xent.losses.row_losses import RowLosses
from xent.render.view import View
from xent.report.report import Report
from xent.settings import LossSettings


def render(report: Report, _: View) -> Iterator[str]:
    """Write each number of the summary on a line, at full precision."""
    for name, value in report.numbers.items():
        yield f"{name}\t{value}\n"


def rows(_: int, losses: RowLosses, settings: LossSettings) -> Iterator[str]:
    """Write the loss of each row on a line, where losses are not reduced."""
    if settings.reduction == "none":
        yield from (f"loss\t{loss}\n" for loss in unreduced(losses, settings))


def bare(report: Report, _: View) -> Iterator[str]:
    """Write the loss alone, where it is one number."""
    if report.settings.reduction != "none":
        yield f"{report.loss!r}\n"


def bare_rows(_: int, losses: RowLosses, settings: LossSettings) -> Iterator[str]:
    """Write the loss of each row alone, where losses are not reduced."""
    if settings.reduction == "none":
        yield from (f"{loss!r}\n" for loss in unreduced(losses, settings))


def state(report: Report, _: View) -> Iterator[str]:
    """Write the report's sums, its settings and the rows shown, exactly, for `xent merge`."""
    from xent.report.state import state_line

    yield state_line(report)


def unreduced(losses: RowLosses, settings: LossSettings) -> list[float]:
    """Return the loss of each row, 0 for one that is ignored, as in PyTorch."""
    found: list[float] = np.where(losses.counted, losses.nll / settings.nats_per_unit, 0.0).tolist()
    return found
