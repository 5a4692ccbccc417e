"""From a report to text: one module per format, one line per format here.

A renderer takes the `Report` and a `View`, and yields text. A format that writes something for
every row has a second function, `rows`, which takes each batch of losses as it comes. Neither asks
anything of the terminal: all that they may know of it is in the view.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xent.formats import Format

if TYPE_CHECKING:
    from xent.losses.row_losses import RowLosses
    from xent.settings import LossSettings

    RowText = Callable[[int, RowLosses, LossSettings], Iterator[str]]


@dataclass(frozen=True, slots=True)
class ResultFormat(Format):
    """A way to write a report.

    Attributes:
        rows: Where the function is that writes each row, as `module:name`. It takes the number of
            a batch's first row, the losses of the batch, and the settings.
        of_rows: Whether nothing but rows is written.
    """

    rows: str = ""
    of_rows: bool = False

    def load_rows(self) -> "RowText":
        """Import the function that writes each row."""
        from pkgutil import resolve_name

        function: RowText = resolve_name(self.rows)
        return function


FORMATS = {
    "table": ResultFormat("xent.render.table:render", (".txt",)),
    "plain": ResultFormat("xent.render.plain:render", rows="xent.render.plain:rows"),
    "json": ResultFormat("xent.render.json:render", (".json",), rows="xent.render.json:rows"),
    "jsonl": ResultFormat(
        "xent.render.records:render",
        (".jsonl", ".ndjson"),
        rows="xent.render.records:jsonl",
        of_rows=True,
    ),
    "csv": ResultFormat(
        "xent.render.records:render", (".csv",), rows="xent.render.records:csv", of_rows=True
    ),
    "tsv": ResultFormat(
        "xent.render.records:render", (".tsv",), rows="xent.render.records:tsv", of_rows=True
    ),
    "markdown": ResultFormat("xent.render.markdown:render", (".md", ".markdown")),
    "github": ResultFormat("xent.render.github:render", commands=True),
    "state": ResultFormat("xent.render.plain:state", (".state",)),
}
# Ways to write one whole matrix; a function is a context manager, as `xent.render.matrix` says.
MATRIX_FORMATS = {
    "csv": Format("xent.render.matrix:csv", (".csv",)),
    "tsv": Format("xent.render.matrix:tsv", (".tsv",)),
    "jsonl": Format("xent.render.matrix:jsonl", (".jsonl", ".ndjson")),
    "json": Format("xent.render.matrix:json", (".json",)),
    "npy": Format("xent.render.matrix:npy", (".npy",)),
    "parquet": Format("xent.render.matrix:parquet", (".parquet",)),
}
# What --quiet prints.
BARE = ResultFormat("xent.render.plain:bare", rows="xent.render.plain:bare_rows")
