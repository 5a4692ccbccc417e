"""Parquet and Arrow: tables, in which the logits are a column of lists or a column for each class.

Both are read by pyarrow, batch by batch, the columns that are called for alone.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from xent.batch import ArrayOrigin, Block, ragged_row
from xent.errors import Code, Diagnostic, InputError, Location
from xent.readers.array import MOST_AXES, Array
from xent.readers.array_names import named
from xent.readers.damage import damage_named
from xent.readers.optional import library
from xent.sources.keys import Keys
from xent.sources.source import Source

# Read at a time, and numbers in a block.
_BATCH_BYTES = 1 << 20
_ELEMENTS = 1 << 18
# Of a file, for each column.
_BUFFER_BYTES = 1 << 16
_STREAM_END = b"\xff\xff\xff\xff\0\0\0\0"
_NAMES = {
    "logits": ("logits",),
    "targets": ("targets", "target", "labels", "label", "y", "y_true", "class"),
}


def read_parquet(source: Source) -> dict[str, Array]:
    """Read a Parquet file."""
    parquet = library("pyarrow.parquet", "parquet", source)

    def opened(file: BinaryIO) -> Any:  # noqa: ANN401  a ParquetFile
        return parquet.ParquetFile(
            file,
            # Without both, a column is held from one end of its row group to the other.
            pre_buffer=False,
            buffer_size=_BUFFER_BYTES,
            page_checksum_verification=True,
        )

    def batches(table: Any, columns: list[str]) -> Iterator[Any]:  # noqa: ANN401  as above
        # How long a row is, a row says: the columns' metadata abort the process where they lie.
        row = next(table.iter_batches(batch_size=1, columns=columns), None)
        rows = max(1, _BATCH_BYTES // max(1, row.nbytes)) if row else 1
        yield from table.iter_batches(batch_size=rows, columns=columns)

    return _arrays(_Table(source, opened, lambda table: table.schema_arrow, batches))


def read_arrow(source: Source) -> dict[str, Array]:
    """Read an Arrow file, which is Feather as well."""
    arrow = library("pyarrow", "parquet", source)

    def batches(table: Any, _: list[str]) -> Iterator[Any]:  # noqa: ANN401  a RecordBatchFileReader
        yield from map(table.get_batch, range(table.num_record_batches))

    return _arrays(_Table(source, arrow.ipc.open_file, lambda table: table.schema, batches))


def read_arrow_stream(source: Source) -> dict[str, Array]:
    """Read an Arrow stream, as which data sets of Hugging Face are stored."""
    arrow = library("pyarrow", "parquet", source)

    def opened(file: BinaryIO) -> Any:  # noqa: ANN401  a RecordBatchStreamReader
        # Without its end a stream reads like a shorter one.
        file.seek(-len(_STREAM_END), 2)
        if file.read() != _STREAM_END:
            raise InputError(
                Code.TRUNCATED_ARRAY,
                f"{source.name} ends too early: an Arrow stream has a mark at its end",
                hint="was it copied or downloaded whole?",
            )
        file.seek(0)
        return arrow.ipc.open_stream(file)

    return _arrays(_Table(source, opened, lambda table: table.schema, lambda table, _: table))


class _Table:
    """A source of named columns.

    Attributes:
        source: What it is called, and what is sought in it.
        columns: The type of each column, but for those that pandas says are its index.
    """

    def __init__(
        self,
        source: Source,
        opened: Callable[[BinaryIO], Any],
        schema: Callable[[Any], Any],
        batches: Callable[[Any, list[str]], Iterator[Any]],
    ) -> None:
        self.source = source
        self._opened, self._batches = opened, batches
        self._reopen = source.seekable()
        with self._open() as table:
            self.columns = _columns(source, schema(table))

    def batches(self, columns: list[str]) -> Iterator[Any]:
        """Some of the columns, some rows at a time."""
        with self._open() as table:
            for batch in self._batches(table, columns):
                batch.validate(full=True)
                yield batch

    @contextmanager
    def _open(self) -> Iterator[Any]:
        with damage_named(self.source.name), self._reopen() as file:
            yield self._opened(file)


def _arrays(table: _Table) -> dict[str, Array]:
    source = table.source
    columns, by_key = [*table.columns], {}
    if (keys := source.reading.keys) and keys.column in columns:
        columns.remove(keys.column)
        by_key = {"keys": _keys(table, keys)}
    names = named(columns, source.sought, Location(source.name), _NAMES)
    target = names.get("targets")
    [role, *further] = source.sought
    if role != "logits":
        chosen = [target] if role == "targets" and target else columns
        return {role: _array(table, chosen, _notes(source, chosen, columns)), **by_key}
    chosen = [names["logits"]] if "logits" in names else [x for x in columns if x != target]
    if not chosen:
        raise InputError(Code.MISSING_ARRAY, f"{source.name} holds {target}, but no logits")
    if target is None or further:
        logits = _array(table, chosen)
    else:
        note = f"{source.name} holds targets too, in its column {target}: they are not used"
        logits = _array(table, chosen, (Diagnostic(Code.TARGETS_UNUSED, note),))
    if target is None or not further:
        return {"logits": logits, **by_key}
    return {"logits": logits, "targets": _array(table, [target], _notes(source, [target], columns))}


def _notes(source: Source, chosen: list[str], columns: list[str]) -> tuple[Diagnostic, ...]:
    """That a column was taken for the targets, where nobody named it and there are others."""
    if source.sought.get("targets") or len(chosen) > 1 or len(columns) == 1:
        return ()
    note = f"the targets are the column {chosen[0]} of {source.name}; --targets-key names another"
    return (Diagnostic(Code.TARGET_COLUMN_CHOSEN, note),)


def _columns(source: Source, schema: Any) -> dict[str, Any]:  # noqa: ANN401  a Schema
    counts = Counter(schema.names)
    for name, count in counts.items():
        if count > 1:
            message = f"{source.name} has {count} columns called {name!r}"
            raise InputError(Code.INVALID_ARRAY, message)
    index = (schema.pandas_metadata or {}).get("index_columns", ())
    key = source.reading.keys and source.reading.keys.column
    return {name: schema.field(name).type for name in counts if name not in index or name == key}


def _keys(table: _Table, keys: Keys) -> Array:
    """The column by which rows are joined, as the numbers of its keys."""
    title, kind = f"{table.source.name}:{keys.column}", table.columns[keys.column]
    types = import_module("pyarrow.types")
    leaf = kind.value_type if types.is_dictionary(kind) else kind
    if not (types.is_integer(leaf) or types.is_string(leaf) or types.is_large_string(leaf)):
        raise InputError(
            Code.UNSUPPORTED_DTYPE, f"{title} holds {kind}, where keys are strings or integers"
        )

    def blocks() -> Iterator[Block]:
        row = 0
        for batch in table.batches([keys.column]):
            names = batch.column(keys.column).cast(leaf).cast("string").to_pylist()
            if None in names:
                place = Location(title, index=(row + names.index(None),))
                raise InputError(Code.NOT_A_NUMBER, "there is no key here, but null", place)
            numbers = np.array([keys.number(name) for name in names], dtype=np.intp)
            yield Block(numbers[:, np.newaxis], ArrayOrigin(title), row)
            row += len(names)

    return Array.of_rows(title, blocks())


def _array(table: _Table, columns: list[str], notes: tuple[Diagnostic, ...] = ()) -> Array:
    """One column as it is, several as one array with a number of each in every row."""
    source = table.source.name
    for name in columns:
        _require_numbers(source, name, table.columns[name], lists=len(columns) == 1)
    title = f"{source}:{columns[0]}" if len(columns) == 1 else source

    def blocks() -> Iterator[Block]:
        row = 0
        for batch in table.batches(columns):
            parts = [_values(batch.column(name), f"{source}:{name}", row) for name in columns]
            values = parts[0] if len(parts) == 1 else np.stack(parts, axis=1)
            block = Block(values, ArrayOrigin(title), row)
            step = max(1, _ELEMENTS * len(values) // max(1, values.size))
            for start in range(0, len(values), step):
                yield block.part(start, start + step)
            row += len(values)

    return replace(Array.of_rows(title, blocks()), notes=notes)


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


def _is_list(kind: Any) -> bool:  # noqa: ANN401  as above
    types = import_module("pyarrow.types")
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def _values(column: Any, title: str, row: int) -> NDArray[Any]:  # noqa: ANN401  an Array of Arrow's
    """A column of numbers as (n,), one of lists of numbers as (n, C), and so on."""
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
        column = column.flatten()


def _place(title: str, row: int, at: int, shape: Sequence[int]) -> Location:
    first, *rest = map(int, np.unravel_index(at, shape))
    return Location(title, index=(row + first, *rest))
