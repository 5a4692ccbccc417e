"""The result of a calculation: all that is shown of it, in whatever format."""

from dataclasses import dataclass
from math import log

from xent.errors import Diagnostic
from xent.losses.loss_sum import LossSum
from xent.settings import LossSettings
from xent.trace import Trace


@dataclass(frozen=True, slots=True)
class Report:
    """A loss and what led to it.

    Attributes:
        settings: What the user decided.
        classes: C.
        loss_sum: The exact sums over all rows.
        trace: The rows to show.
        diagnostics: Warnings and notes about the input.
    """

    settings: LossSettings
    classes: int
    loss_sum: LossSum
    trace: Trace
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def loss(self) -> float:
        """The mean loss over the rows counted, in nats."""
        return self.loss_sum.mean

    @property
    def chance(self) -> float:
        """Ln C: the loss of giving every class the same probability, in nats."""
        return log(self.classes)

    @property
    def signature(self) -> str:
        """All that is needed to repeat the result."""
        return self.settings.signature(self.loss_sum.rows, self.classes)
