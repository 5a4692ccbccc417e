"""One whole matrix, row by row at full precision, as CSV, TSV, JSON Lines or JSON."""

import csv as csv_module
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from io import StringIO
from typing import Any

from xent.formats import Format
from xent.render.diagnostic import visible
from xent.render.inert import inert_text
from xent.render.json import strict_json


@dataclass(frozen=True, slots=True)
class MatrixFormat(Format):
    """A way to write a matrix; its function takes the first row's number, rows, and names.

    Attributes:
        end: What stands behind the last row.
    """

    end: str = ""


def csv(
    first_row: int, rows: Sequence[Any], names: Sequence[str], delimiter: str = ","
) -> Iterator[str]:
    """Write a line per row, below a header if the classes have names."""
    if first_row == 0 and names:
        yield _header(names, delimiter)
    for row in rows:
        yield delimiter.join(map(repr, _values(row))) + "\n"


def _header(names: Sequence[str], delimiter: str) -> str:
    """Return the names as a line, in quotes where a name alone might be taken for a command."""
    shown, line = [*map(visible, names)], StringIO()
    are_inert = all(inert_text(name) == name for name in shown)
    writer = csv_module.writer(
        line,
        delimiter=delimiter,
        lineterminator="\n",
        quoting=csv_module.QUOTE_MINIMAL if are_inert else csv_module.QUOTE_ALL,
    )
    writer.writerow(shown)
    return line.getvalue()


tsv = partial(csv, delimiter="\t")


def jsonl(_: int, rows: Sequence[Any], __: Sequence[str]) -> Iterator[str]:
    """Write a list per row, or a number."""
    yield from (f"{strict_json(row)}\n" for row in rows)


def json(first_row: int, rows: Sequence[Any], _: Sequence[str]) -> Iterator[str]:
    """Write one list with a line per row."""
    for number, row in enumerate(rows, first_row):
        yield f"{',' if number else '['}\n{strict_json(row)}"


def _values(row: Any) -> list[float]:  # noqa: ANN401  a list, or a number
    return row if isinstance(row, list) else [row]


FORMATS = {
    "csv": MatrixFormat("xent.render.matrix:csv", (".csv",)),
    "tsv": MatrixFormat("xent.render.matrix:tsv", (".tsv",)),
    "jsonl": MatrixFormat("xent.render.matrix:jsonl", (".jsonl", ".ndjson")),
    "json": MatrixFormat("xent.render.matrix:json", (".json",), end="\n]\n"),
}
