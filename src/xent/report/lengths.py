"""The lengths of rows in bytes or characters, so that a loss can be told per byte."""

import os.path

import numpy as np

from xent.errors import Code, InputError
from xent.inputs.batch import Batch
from xent.inputs.named_arrays import read_vector
from xent.losses.row_losses import RowLosses


class LengthSum:
    """A collector of the lengths of counted rows.

    Args:
        argument: The length of all rows together, or a file or list with one length per row.

    Raises:
        InputError: A length is not a whole number, or is negative.
    """

    def __init__(self, argument: str) -> None:
        self._argument, self._lengths, self._total = argument, None, 0
        if argument.strip().isdecimal() and not os.path.exists(argument):  # noqa: PTH110  any text
            self._total = int(argument)
            return
        lengths = read_vector(argument, "length")
        for row in np.flatnonzero(~((lengths >= 0) & (lengths == np.floor(lengths))))[:1].tolist():
            raise InputError(
                Code.BAD_SETTING,
                f"the length of row {row} in {argument} is {lengths[row]:g}, not a whole number",
            )
        self._lengths = lengths

    @property
    def is_per_row(self) -> bool:
        """Whether there is one length per row, so that rows are to be looked at."""
        return self._lengths is not None

    def update(self, batch: Batch, losses: RowLosses) -> None:
        """Add up the lengths of one batch."""
        if self._lengths is None:
            return
        lengths = self._lengths[batch.first_row :][: len(losses.counted)]
        if len(lengths) == len(losses.counted):  # else `total` tells of it
            self._total += int(lengths[losses.counted].sum())

    def total(self, rows: int) -> int:
        """Return the length of all counted rows.

        Args:
            rows: How many rows there are, ignored ones included.

        Raises:
            InputError: There are more or fewer lengths than rows, or they add up to 0.
        """
        if self._lengths is not None and len(self._lengths) != rows:
            raise InputError(
                Code.COUNT_MISMATCH,
                f"{rows} rows, but {len(self._lengths)} lengths in {self._argument}",
                hint="--per needs one length per row, or the length of all rows together",
            )
        if not self._total:
            raise InputError(Code.BAD_SETTING, f"the lengths of --per {self._argument} add up to 0")
        return self._total
