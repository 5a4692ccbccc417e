"""What is remarkable about the numbers themselves, noticed while they go by."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from xent.batch import Batch
from xent.errors import Code, Diagnostic
from xent.losses.loss_sum import LossSum
from xent.losses.row_losses import RowLosses
from xent.settings import LossSettings

# A message names this many rows before it says that there are more.
_ROWS_NAMED = 3
# Probabilities may sum to 1 but for this much: that of ten numbers written with four decimals.
_SUM_TOLERANCE = 5e-4
_NOUNS = {
    "logits": ("logit", "logits"),
    "log-probs": ("log-probability", "log-probabilities"),
    "probs": ("probability", "probabilities"),
}


class Oddities:
    """What is remarkable about the numbers of all rows: counts, and the first rows."""

    def __init__(self, settings: LossSettings) -> None:
        self._settings = settings
        self._nonfinite = 0
        self._masked = 0
        self._nonfinite_rows = _Rows()
        self._undefined_targets = _Rows()
        self._overflowing_rows = _Rows()
        self._impossible_rows = _Rows()
        self._unnormalised_inputs = _Rows()
        self._unnormalised_targets = _Rows()

    def look(self, batch: Batch, losses: RowLosses) -> None:
        """Take in one batch."""
        if not self._settings.binary:
            self._look_at_sums(batch, losses)
        values = batch.logits.values
        if np.isfinite(values).all() and np.isfinite(losses.nll[losses.counted]).all():
            return
        # A nan in an ignored row does no harm, and -inf is a mask wherever the loss is finite.
        harmed = losses.counted & ~np.isfinite(losses.nll)
        odd = ~np.isfinite(values)
        self._nonfinite += int(np.count_nonzero(odd[harmed]))
        self._masked += int(np.count_nonzero(np.isneginf(values[losses.counted & ~harmed])))
        odd_rows = harmed & odd.any(axis=1)
        undefined = harmed & ~odd_rows & np.isnan(losses.nll)
        endless = harmed & ~odd_rows & ~undefined
        certain = self._settings.input_kind == "probs"
        self._nonfinite_rows.add(batch.first_row, odd_rows)
        self._undefined_targets.add(batch.first_row, undefined)
        self._impossible_rows.add(batch.first_row, endless & certain)
        self._overflowing_rows.add(batch.first_row, endless & (not certain))

    def _look_at_sums(self, batch: Batch, losses: RowLosses) -> None:
        if batch.has_probabilities:
            self._unnormalised_targets.add(batch.first_row, far_from_1(batch.targets.values))
        if self._settings.input_kind != "logits":
            values = batch.logits.values
            with np.errstate(over="ignore"):
                shares = values if self._settings.input_kind == "probs" else np.exp(values)
            far = far_from_1(shares) | np.isnan(shares).any(axis=1)
            self._unnormalised_inputs.add(batch.first_row, far & losses.counted)

    def diagnostics(self, loss_sum: LossSum) -> Iterator[Diagnostic]:
        """Say what was remarkable, now that all rows are in."""
        if not loss_sum.counted:
            yield Diagnostic(
                Code.NO_ROWS_COUNTED,
                f"no row counts, {loss_sum.ignored} are ignored: the mean of no rows is nan",
                hint="rows whose target is the --ignore-index are left out",
            )
        elif not loss_sum.weight.scaled and self._settings.reduction != "sum":
            yield Diagnostic(
                Code.ZERO_WEIGHT,
                "the weights of the rows counted add up to 0: there is no mean",
                hint="--reduction sum divides by nothing",
            )
        yield from self._of_values(loss_sum)
        yield from self._of_sums()

    def _of_values(self, loss_sum: LossSum) -> Iterator[Diagnostic]:
        one, many = _NOUNS[self._settings.input_kind]
        if self._nonfinite_rows:
            yield Diagnostic(
                Code.NONFINITE_LOGITS,
                f"{_count(self._nonfinite, f'{one} is', f'{many} are')} nan or inf, in "
                f"{self._nonfinite_rows}: the loss is {float(loss_sum.total)}",
                hint="look at how they were made: a division by 0, an overflow in half "
                "precision, or a mask on the target itself?",
            )
        if self._undefined_targets:
            yield Diagnostic(
                Code.UNDEFINED_TARGETS, f"the targets hold nan in {self._undefined_targets}"
            )
        if self._impossible_rows:
            yield Diagnostic(
                Code.LOSS_OVERFLOW,
                f"what came true had probability 0 in {self._impossible_rows}: the loss is inf",
                hint="a probability underflowed, or was rounded to 0: from logits or log-probs "
                "the loss would be finite",
            )
        if self._overflowing_rows:
            yield Diagnostic(
                Code.LOSS_OVERFLOW,
                f"the loss is beyond the largest double in {self._overflowing_rows}",
                hint="no model gives logits that far apart: are they in the right unit?",
            )
        if self._masked:
            yield Diagnostic(
                Code.MASKED_LOGITS,
                f"{_count(self._masked, f'{one} is', f'{many} are')} -inf, away from the target: "
                "taken as masked, with probability 0",
            )

    def _of_sums(self) -> Iterator[Diagnostic]:
        if self._unnormalised_targets:
            yield Diagnostic(
                Code.TARGETS_NOT_NORMALISED,
                f"the targets are probabilities, but do not sum to 1 in "
                f"{self._unnormalised_targets}",
                hint="they are taken as they are, as in PyTorch; class numbers stand in one "
                "column, a row each",
            )
        if self._unnormalised_inputs:
            what = "probabilities" if self._settings.input_kind == "probs" else "exponentials"
            yield Diagnostic(
                Code.INPUTS_NOT_NORMALISED,
                f"the {what} do not sum to 1 in {self._unnormalised_inputs}",
                hint="they are taken as they are; if these are logits, leave out --input-kind",
            )


class _Rows:
    """How many rows, and the first few of them by number."""

    def __init__(self) -> None:
        self._total = 0
        self._first: list[int] = []

    def add(self, first_row: int, chosen: NDArray[np.bool_]) -> None:
        rows = np.flatnonzero(chosen)
        self._total += len(rows)
        missing = _ROWS_NAMED - len(self._first)
        self._first += [first_row + int(row) for row in rows[:missing]]

    def __bool__(self) -> bool:
        return self._total > 0

    def __str__(self) -> str:
        named = ", ".join(map(str, self._first))
        more = self._total - len(self._first)
        plural = "s" if self._total > 1 else ""
        return f"row{plural} {named}" + (f" and {more} more" if more else "")


def far_from_1(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(n,) whether a row holds something negative, or does not sum to 1; not where it is nan."""
    sums = values.sum(axis=1, dtype=np.float64)
    negative = (values < 0).any(axis=1)
    far: NDArray[np.bool_] = (np.abs(sums - 1) > _SUM_TOLERANCE) | negative
    return far


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
