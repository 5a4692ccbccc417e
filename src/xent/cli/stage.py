"""One stage of the calculation as a whole matrix, which `xent compute --stage` writes."""

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from xent.errors import Code, InputError
from xent.losses.cross_entropy import row_gradients
from xent.report.stages import Rows, stages

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from xent.inputs.batch import Batch
    from xent.losses.row_losses import RowLosses
    from xent.settings import LossSettings

# What the stages are called where something else than logits is given.
_GIVEN = {
    "logits": {},
    "log-probs": {"log_softmax": "log_probs"},
    "probs": {"softmax": "probs", "log_softmax": "log_probs"},
}


class StageWriter:
    """A collector that writes the rows of one stage.

    Args:
        write: Takes the values of each batch.
        stage: The name of the stage.
        settings: The options of the loss.
        denominator: What the gradient of each row is divided by.
    """

    def __init__(
        self,
        write: Callable[["NDArray[np.float64]"], object],
        stage: StrEnum,
        settings: "LossSettings",
        denominator: float,
    ) -> None:
        self._write, self._stage = write, stage.value
        self._settings, self._denominator = settings, denominator

    def update(self, batch: "Batch", losses: "RowLosses") -> None:
        """Write the rows of one batch."""
        with np.errstate(all="ignore"):
            rows = Rows.of(batch, losses, slice(None))
            values = self._gradients(rows) if self._stage == "gradient" else self._values(rows)
        self._write(values)

    def _values(self, rows: Rows) -> "NDArray[np.float64]":
        kind = self._settings.input_kind
        name = _GIVEN[kind].get(self._stage, self._stage)
        found: dict[str, Any] = {each.name: each.values for each in stages(rows, self._settings)}
        if name not in found:
            raise InputError(Code.BAD_SETTING, f"there is no stage {name} with --input-kind {kind}")
        values: NDArray[np.float64] = found[name]
        return values

    def _gradients(self, rows: Rows) -> "NDArray[np.float64]":
        counted = rows.losses.counted
        gradients = row_gradients(
            rows.inputs,
            np.where(counted, rows.losses.targets, 0),
            self._settings,
            target_probs=rows.target_probs,
            sample_weight=rows.sample_weight,
        )
        scale = self._settings.nats_per_unit * self._denominator
        # An ignored row has no part in the loss.
        return np.where(counted[:, None], gradients / scale, 0.0)
