"""One whole matrix, written batch by batch at full precision.

A format is a context manager: it takes a binary file and the names of the classes, and yields a
function that writes the values of a batch, (n, C) or (n,).
"""

import csv as csv_module
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from io import StringIO
from typing import IO, TYPE_CHECKING, Any

from xent.render.diagnostic import visible
from xent.render.inert import inert_text
from xent.render.json import strict_json

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Write = Callable[[NDArray[Any]], object]


@contextmanager
def csv(file: IO[bytes], names: Sequence[str], delimiter: str = ",") -> Iterator["Write"]:
    """Write a line per row, below a header if the classes have names."""
    if names:
        file.write(_header(names, delimiter).encode())

    def write(values: "NDArray[Any]") -> None:
        rows = values.reshape(len(values), -1).tolist()
        file.writelines(f"{delimiter.join(map(repr, row))}\n".encode() for row in rows)

    yield write


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


@contextmanager
def jsonl(file: IO[bytes], _: Sequence[str]) -> Iterator["Write"]:
    """Write a list per row, or a number."""

    def write(values: "NDArray[Any]") -> None:
        file.writelines(f"{strict_json(row)}\n".encode() for row in values.tolist())

    yield write


@contextmanager
def json(file: IO[bytes], _: Sequence[str]) -> Iterator["Write"]:
    """Write one list with a line per row."""
    start = "["

    def write(values: "NDArray[Any]") -> None:
        nonlocal start
        for row in values.tolist():
            file.write(f"{start}\n{strict_json(row)}".encode())
            start = ","

    yield write
    file.write(b"[]\n" if start == "[" else b"\n]\n")


@contextmanager
def npy(file: IO[bytes], _: Sequence[str]) -> Iterator["Write"]:
    """Write an array of doubles; the header is written again once the number of rows is known."""
    from numpy.lib.format import write_array_header_1_0

    rows, others = 0, ()

    def write_header() -> None:
        shape = {"descr": "<f8", "fortran_order": False, "shape": (rows, *others)}
        file.seek(0)
        write_array_header_1_0(file, shape)

    def write(values: "NDArray[Any]") -> None:
        nonlocal rows, others
        if not rows:
            others = values.shape[1:]
            write_header()
        file.write(values.astype("<f8").tobytes())
        rows += len(values)

    yield write
    # NumPy pads headers for a first axis of any length, so that this one fits.
    write_header()


@contextmanager
def parquet(file: IO[bytes], names: Sequence[str]) -> Iterator["Write"]:
    """Write a column of doubles per class, by its name or its number."""
    from xent.inputs.formats.libraries import require

    arrow = require("pyarrow", "parquet", "write Parquet")
    library = require("pyarrow.parquet", "parquet", "write Parquet")
    writer: Any = None

    def write(values: "NDArray[Any]") -> None:
        nonlocal writer
        columns = values.reshape(len(values), -1).T
        table = arrow.table(dict(zip(names or map(str, range(len(columns))), columns, strict=True)))
        writer = writer or library.ParquetWriter(file, table.schema)
        writer.write_table(table)

    yield write
    if writer is not None:
        writer.close()
