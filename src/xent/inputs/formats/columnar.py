"""Parquet and Arrow: tables whose logits are a column of lists, or one column per class.

pyarrow reads both, batch by batch, and only the columns that are asked for.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from math import prod
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from xent.errors import Code, InputError, Location
from xent.inputs.batch import MOST_ROWS, ArrayOrigin, Block, ragged_row
from xent.inputs.columns import decide_columns
from xent.inputs.formats.array import MOST_AXES, Array, require_columns
from xent.inputs.formats.arrow_messages import batch_sizes
from xent.inputs.formats.cells import class_number, listed, quoted
from xent.inputs.formats.libraries import reading_errors, require
from xent.inputs.formats.parquet_footer import column_chunks
from xent.inputs.formats.unpacked import require_room
from xent.inputs.read_options import Keys
from xent.inputs.sources.source import Source

# Read at a time.
_BATCH_BYTES = 1 << 20
# Numbers shrink to a tenth where most are alike. A page of Parquet that repeats one row a thousand
# times shrinks to less than a thousandth, and its rows are read one by one.
_BATCH_RATIO = 16
_PAGE_RATIO = 1 << 14
# Rows whose cells tell an index.
_ROWS_LOOKED_AT = 100
# Of a file, for each column.
_BUFFER_BYTES = 1 << 16
_STREAM_END = b"\xff\xff\xff\xff\0\0\0\0"
# The name that pandas gives to an index without a name; other libraries keep it as a column.
_PANDAS_INDEX = "__index_level_"
# Reads the named columns of an open file, in batches.
Batches = Callable[[BinaryIO, list[str]], Iterator[Any]]


def read_parquet(source: Source) -> dict[str, Array]:
    """Read a Parquet file."""
    parquet = require("pyarrow.parquet", "parquet", f"read {source.name}")

    def opened(file: BinaryIO) -> Any:  # noqa: ANN401  a ParquetFile
        return parquet.ParquetFile(
            file,
            # Without both, a column is held from one end of its row group to the other.
            pre_buffer=False,
            buffer_size=_BUFFER_BYTES,
            page_checksum_verification=True,
        )

    def batches(file: BinaryIO, columns: list[str]) -> Iterator[Any]:
        table = opened(file)
        kinds = [table.schema_arrow.field(name).type for name in columns]
        widest = 1 if _are_flat_numbers(kinds) else _widest_row(source.name, file, columns)
        # The first row tells the size of a row as well: the metadata may lie.
        row = next(table.iter_batches(batch_size=1, columns=columns), None)
        rows = max(1, _BATCH_BYTES // max(1, row.nbytes, widest)) if row else 1
        yield from table.iter_batches(batch_size=rows, columns=columns)

    return _arrays(_Table(source, lambda file: opened(file).schema_arrow, batches))


def read_arrow(source: Source) -> dict[str, Array]:
    """Read an Arrow file, also called Feather."""
    arrow = require("pyarrow", "parquet", f"read {source.name}")

    def batches(file: BinaryIO, columns: list[str]) -> Iterator[Any]:
        table = arrow.ipc.open_file(file, options=_selection(arrow.ipc.open_file(file), columns))
        yield from map(table.get_batch, range(table.num_record_batches))

    return _arrays(
        _Table(source, lambda file: arrow.ipc.open_file(file).schema, _bounded(source, batches))
    )


def read_arrow_stream(source: Source) -> dict[str, Array]:
    """Read an Arrow stream, the format of Hugging Face's data sets."""
    arrow = require("pyarrow", "parquet", f"read {source.name}")

    def opened(file: BinaryIO, options: Any = None) -> Any:  # noqa: ANN401  a RecordBatchStreamReader
        # A stream without its end reads like a shorter one.
        file.seek(-len(_STREAM_END), 2)
        if file.read() != _STREAM_END:
            raise InputError(
                Code.TRUNCATED_ARRAY,
                f"{source.name} ends too early: an Arrow stream has a mark at its end",
                hint="the file may be truncated: copy or download it again",
            )
        file.seek(0)
        return arrow.ipc.open_stream(file, options=options)

    def batches(file: BinaryIO, columns: list[str]) -> Iterator[Any]:
        yield from opened(file, _selection(opened(file), columns))

    return _arrays(_Table(source, lambda file: opened(file).schema, _bounded(source, batches)))


def _selection(table: Any, columns: list[str]) -> Any:  # noqa: ANN401  a reader of Arrow's
    """Return the options that read some of the columns."""
    options = import_module("pyarrow.ipc").IpcReadOptions
    return options(included_fields=[table.schema.get_field_index(name) for name in columns])


def _bounded(source: Source, batches: Batches) -> Batches:
    """Return a function that yields the same batches, unless one unpacks to too much."""

    def checked(file: BinaryIO, columns: list[str]) -> Iterator[Any]:
        for unpacked, packed in batch_sizes(file):
            require_room(
                f"a batch of {source.name}",
                unpacked,
                packed,
                ratio=_BATCH_RATIO,
                hint="write smaller batches: write_table(table, max_chunksize=10_000)",
            )
        file.seek(0)
        yield from batches(file, columns)

    return checked


def _widest_row(source: str, file: BinaryIO, columns: list[str]) -> int:
    """Return the bytes of a row, as doubles, in the group of the longest rows.

    Raises:
        InputError: There are more numbers to a row than are read, or there may be in one of them.
    """
    widths: Counter[str] = Counter()
    for chunk in column_chunks(file):
        name = chunk.path[0]
        if name not in columns or not chunk.rows:
            continue
        mean = -(-chunk.values // chunk.rows)
        require_columns(f"{source}:{name}", mean, "numbers")
        widths[name] = max(widths[name], 8 * mean)
        # The rows of a matrix have one length. Others are refused, but not before they are read,
        # and one may have all numbers of the group but one for each other row.
        longest = 8 * (chunk.values - chunk.rows + 1)
        require_room(
            f"a row of {source}:{name}",
            max(longest, chunk.unpacked),
            chunk.packed,
            ratio=_PAGE_RATIO,
            hint="write smaller row groups: write_table(table, name, row_group_size=10_000)",
        )
    return widths.total()


def _are_flat_numbers(kinds: Iterable[Any]) -> bool:
    """Whether columns have one number per row, of which none is longer than another."""
    types = import_module("pyarrow.types")
    return all(types.is_primitive(kind) for kind in kinds)


class _Table:
    """A source of columns that have names.

    Attributes:
        source: The source.
        columns: The type of each column, but for those that pandas declares as its index.
    """

    def __init__(
        self,
        source: Source,
        schema: Callable[[BinaryIO], Any],
        batches: Batches,
    ) -> None:
        self.source = source
        self._batches = batches
        self._reopen = source.seekable()
        with self._open() as file:
            self.columns = _columns(source, schema(file))

    def batches(self, columns: list[str]) -> Iterator[Any]:
        """Yield some of the columns, some rows at a time."""
        with self._open() as file:
            for batch in self._batches(file, columns):
                batch.validate(full=True)
                step = _rows_at_once(batch)
                for start in range(0, len(batch), step):
                    yield batch.slice(start, step)

    def cells(self, column: int) -> list[str]:
        """Return the cells of a column in the first rows; none if not numbers or words."""
        name = [*self.columns][column]
        if name not in self._plain_columns or self._first_batch is None:
            return []
        cells = self._first_batch.column(name).slice(0, _ROWS_LOOKED_AT).to_pylist()
        return ["" if cell is None else str(_unboxed(cell)) for cell in cells]

    @cached_property
    def _plain_columns(self) -> list[str]:
        """Return the names of the columns of numbers and words."""
        return [name for name, kind in self.columns.items() if _is_plain(_leaf(kind))]

    @cached_property
    def _first_batch(self) -> Any:  # noqa: ANN401  a RecordBatch, or None where there is no row
        return next(self.batches(self._plain_columns), None)

    @contextmanager
    def _open(self) -> Iterator[BinaryIO]:
        with reading_errors(self.source.name), self._reopen() as file:
            yield file


def _rows_at_once(batch: Any) -> int:  # noqa: ANN401  a RecordBatch
    """Return how many rows of a batch become a block; none takes less than a byte."""
    row = max(1, int(batch.nbytes) // max(1, len(batch)))
    return max(1, min(_BATCH_BYTES // row, MOST_ROWS))


def _arrays(table: _Table) -> dict[str, Array]:
    source, names = table.source, [*table.columns]
    place = Location(source.name)
    columns = decide_columns(names, len(names), table.cells, source, place, lists=True)
    # A column of lists has no name for each class, nor has any other column that stands alone.
    classes = columns.classes if len(columns.classes) > 1 else ()
    arrays = {
        role or source.roles[0]: [names[column] for column in chosen]
        for role, chosen in columns.arrays.items()
    }
    keys = source.options.keys
    found = {
        role: _keys(table, chosen[0], keys)
        if role == "keys" and keys
        else _array(table, chosen, classes if role == "targets" else ())
        for role, chosen in arrays.items()
    }
    first = next(iter(found))
    found[first] = replace(found[first], notes=columns.notes, suspects=columns.suspects)
    if "logits" in found:
        found["logits"] = replace(found["logits"], class_names=classes)
    return found


def _columns(source: Source, schema: Any) -> dict[str, Any]:  # noqa: ANN401  a Schema
    counts = Counter(schema.names)
    for name, count in counts.items():
        if count > 1:
            message = f"{source.name} has {count} columns called {name!r}"
            raise InputError(Code.INVALID_ARRAY, message)
    index = (schema.pandas_metadata or {}).get("index_columns", ())
    key = source.options.keys and source.options.keys.column
    return {
        name: schema.field(name).type
        for name in counts
        if name == key or not (name in index or name.startswith(_PANDAS_INDEX))
    }


def _keys(table: _Table, name: str, keys: Keys) -> Array:
    """Return the column by which rows are joined, as the numbers of its keys."""
    title, kind = f"{table.source.name}:{name}", table.columns[name]
    if not (_is_text(_leaf(kind)) or import_module("pyarrow.types").is_integer(_leaf(kind))):
        raise InputError(
            Code.UNSUPPORTED_DTYPE, f"{title} holds {kind}, where keys are strings or integers"
        )

    def blocks() -> Iterator[Block]:
        row = 0
        for batch in table.batches([name]):
            found = _strings(batch.column(name), title, row)
            numbers = np.array([keys.number(key) for key in found], dtype=np.intp)
            yield Block(numbers[:, np.newaxis], ArrayOrigin(title), row)
            row += len(found)

    return Array.of_rows(title, blocks())


def _array(table: _Table, columns: list[str], classes: Sequence[str]) -> Array:
    """Return one column as it is, or several as one array with a number of each in every row."""
    source = table.source.name
    if not columns:
        return Array.of_rows(source, iter(()))
    codes = _codes(table.columns[columns[0]], classes) if len(columns) == 1 else {}
    for name in columns:
        if not codes:
            _require_numbers(source, name, table.columns[name], lists=len(columns) == 1)
    title = f"{source}:{columns[0]}" if len(columns) == 1 else source

    def values(column: Any, title: str, row: int) -> NDArray[Any]:  # noqa: ANN401  an Array of Arrow's
        return _numbered(column, codes, title, row) if codes else _values(column, title, row)

    def blocks() -> Iterator[Block]:
        row = 0
        for batch in table.batches(columns):
            parts = [values(batch.column(name), f"{source}:{name}", row) for name in columns]
            whole = parts[0] if len(parts) == 1 else np.stack(parts, axis=1)
            yield Block(whole, ArrayOrigin(title), row)
            row += len(whole)

    found = Array.of_rows(title, blocks())
    return replace(found, named=bool(codes), columns=tuple(columns))


def _codes(kind: Any, classes: Sequence[str]) -> dict[str, int]:  # noqa: ANN401  a type of Arrow's
    """Return the numbers of the classes, where a column names them by words or out of order."""
    types, leaf = import_module("pyarrow.types"), _leaf(kind)
    out_of_order = [*classes] != [*map(str, range(len(classes)))]
    by_number = out_of_order and all(name.isdecimal() for name in classes)
    if _is_text(leaf) or (by_number and types.is_integer(leaf)):
        return {name: number for number, name in enumerate(classes)}
    return {}


def _numbered(
    column: Any,  # noqa: ANN401  an Array of Arrow's
    codes: dict[str, int],
    title: str,
    row: int,
) -> NDArray[np.float64]:
    """Return the numbers of the classes that a column names."""
    numbers = []
    for at, name in enumerate(_strings(column, title, row)):
        try:
            numbers.append(class_number(name, codes))
        except ValueError:
            raise InputError(
                Code.TARGET_OUT_OF_RANGE,
                f"{quoted(name)} is none of the classes {listed([*codes])}",
                Location(title, index=(row + at,)),
                "the columns of the logits name the classes",
            ) from None
    return np.array(numbers, dtype=np.float64)


def _require_numbers(source: str, name: str, kind: Any, *, lists: bool) -> None:  # noqa: ANN401  a type of Arrow's
    types = import_module("pyarrow.types")
    leaf, axes = kind, 1
    while lists and _is_list(leaf) and axes < MOST_AXES:
        leaf, axes = leaf.value_type, axes + 1
    if types.is_integer(leaf) or types.is_floating(leaf) or types.is_boolean(leaf):
        return
    raise InputError(
        Code.UNSUPPORTED_DTYPE,
        f"the column {name!r} of {source} holds {kind}, not numbers",
        hint="leave it out, or say which columns are meant: --logits-key, --targets-key",
    )


def _leaf(kind: Any) -> Any:  # noqa: ANN401  as above
    """Return the type of a column, or of the dictionary that its values are numbers of."""
    return kind.value_type if import_module("pyarrow.types").is_dictionary(kind) else kind


def _is_text(kind: Any) -> bool:  # noqa: ANN401  as above
    return str(kind) in ("string", "large_string", "string_view")


def _is_plain(kind: Any) -> bool:  # noqa: ANN401  as above
    types = import_module("pyarrow.types")
    is_number = types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)
    return bool(is_number or _is_text(kind))


def _unboxed(cell: Any) -> Any:  # noqa: ANN401  a number or a string
    """Return a boolean as a number, and other cells as they are."""
    return int(cell) if isinstance(cell, bool) else cell


def _is_list(kind: Any) -> bool:  # noqa: ANN401  as above
    types = import_module("pyarrow.types")
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def _strings(column: Any, title: str, row: int) -> list[str]:  # noqa: ANN401  an Array of Arrow's
    """Return a column of strings or integers as strings."""
    cells = column.to_pylist()
    if None in cells:
        place = Location(title, index=(row + cells.index(None),))
        raise InputError(Code.NOT_A_NUMBER, "there is no value here, but null", place)
    return [*map(str, cells)]


def _values(column: Any, title: str, row: int) -> NDArray[Any]:  # noqa: ANN401  an Array of Arrow's
    """Return a column of numbers as (n,), one of lists of numbers as (n, C), and so on."""
    shape = [len(column)]
    while True:
        if column.null_count:
            at = int(column.is_null().to_numpy(zero_copy_only=False).argmax())
            raise InputError(
                Code.NOT_A_NUMBER, "there is no value here, but null", _place(title, row, at, shape)
            )
        if not _is_list(column.type):
            values: NDArray[Any] = column.to_numpy(zero_copy_only=False)
            return values.reshape(shape)
        lengths = import_module("pyarrow.compute").list_value_length(column).to_numpy()
        for at in np.flatnonzero(lengths != lengths[:1])[:1].tolist():
            place = _place(title, row, at, shape)
            raise ragged_row(int(lengths[at]), int(lengths[0]), place)
        shape.append(int(lengths[0]) if len(lengths) else 0)
        require_columns(title, prod(shape[1:]), "numbers")
        column = column.flatten()


def _place(title: str, row: int, at: int, shape: Sequence[int]) -> Location:
    first, *rest = map(int, np.unravel_index(at, shape))
    return Location(title, index=(row + first, *rest))
