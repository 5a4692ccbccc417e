"""Renderers of a comparison: one module per format, one line per format here.

A renderer takes a `Comparison` and a `View`, and yields text. The format that writes something for
every row has a second function, which takes the losses of each batch as they come.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xent.formats import Format

if TYPE_CHECKING:
    from xent.losses.row_losses import RowLosses
    from xent.settings import LossSettings

    RowText = Callable[[int, Sequence[RowLosses], LossSettings], Iterator[str]]


@dataclass(frozen=True, slots=True)
class ComparisonFormat(Format):
    """A way to write a comparison.

    Attributes:
        rows: Where the function is that writes each row, as `module:name`.
    """

    rows: str = ""

    def load_rows(self) -> "RowText":
        """Import the function that writes each row."""
        from pkgutil import resolve_name

        function: RowText = resolve_name(self.rows)
        return function


FORMATS = {
    "table": ComparisonFormat("xent.comparison.render.text:table", (".txt",)),
    "json": ComparisonFormat("xent.comparison.render.json:render", (".json",)),
    "csv": ComparisonFormat(
        "xent.comparison.render.csv:render", (".csv",), rows="xent.comparison.render.csv:rows"
    ),
    "markdown": ComparisonFormat("xent.comparison.render.text:markdown", (".md", ".markdown")),
    "github": ComparisonFormat("xent.comparison.render.text:github", commands=True),
}
