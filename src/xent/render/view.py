"""How much of a result is shown, and with what means."""

from dataclasses import dataclass
from typing import Literal

ColourSystem = Literal["standard", "256", "truecolor"]

DEFAULT_ROWS = 10
# Columns of classes where no terminal sets a limit.
DEFAULT_COLUMNS = 12


@dataclass(frozen=True, slots=True)
class View:
    """What the reader wants to see, and what the screen can do.

    Attributes:
        digits: Digits after the decimal point.
        rows: How many rows of each matrix are shown; the first and the last of them.
        columns: How many columns of classes; None for as many as fit.
        width: Characters in a line; None where nothing sets a limit, as in a pipe.
        colour: The colours that the screen knows; None for none.
        unicode: Whether more than ASCII can be shown.
        signature: Whether tables show all that is needed to repeat the result.
    """

    digits: int = 4
    rows: int = DEFAULT_ROWS
    columns: int | None = None
    width: int | None = None
    colour: ColourSystem | None = None
    unicode: bool = True
    signature: bool = False

    @property
    def head(self) -> int:
        """Return how many of the first rows are shown."""
        return self.rows - self.tail

    @property
    def tail(self) -> int:
        """Return how many of the last rows are shown."""
        return self.rows // 2

    @property
    def column_limit(self) -> int | None:
        """Return how many columns to show at most; None where the width alone decides."""
        if self.columns is None and self.width is None:
            return DEFAULT_COLUMNS
        return self.columns
