"""Lines of Python that read the user's files, with NumPy and the usual library of each format.

They are run once before they are printed: where they do not read the rows that xent has read, a
program holds the rows itself.
"""

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from xent.inputs.named_arrays import NamedArrays
from xent.inputs.pairing import Inputs
from xent.verification.problem import Problem
from xent.verification.program import (
    Data,
    arrays_of,
    inline_data,
    inputs_name,
    quoted,
    vectors_data,
)

_ROLES = ("logits", "targets", "sample_weight")
# Names of classes that a program spells out.
_MOST_NAMES = 50
_TABLES = ("csv", "tsv", "semicolon", "blank")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One array of a file.

    Attributes:
        role: Its role.
        file: The file.
        stride: Every how many rows are read.
    """

    role: str
    file: NamedArrays
    stride: int

    @property
    def path(self) -> str:
        """Return the name of the file as a literal."""
        return quoted(self.file.name)

    @property
    def is_readable(self) -> bool:
        """Return whether programs can read the file as it is."""
        source = self.file.source
        return Path(self.file.name).is_file() and not (source.compression or source.recoded)

    @property
    def every(self) -> str:
        """Return the index of the rows that are read."""
        return f"[::{self.stride}]" if self.stride > 1 else ""

    @property
    def quoted_key(self) -> str:
        """Return the name of the array in its file as a literal."""
        return quoted(self.file.array(self.role).name.removeprefix(f"{self.file.name}:"))


_Writers = Mapping[str, Callable[[_Wanted], Data | None]]


def data_of(problem: Problem, inputs: Inputs, *, has_shards: bool, lists: bool) -> Data:
    """Return the lines that define the arrays of a problem.

    Args:
        problem: The rows.
        inputs: The sources of the rows.
        has_shards: Whether the input is several files of logits.
        lists: Whether the arrays must be lists, for a program that does not need NumPy.
    """
    if not problem.is_small and not has_shards:
        ways = (_CSV, _SIMPLY, _CAREFULLY) if lists else (_SIMPLY, _CAREFULLY)
        for writers in ways:
            data = _from_files(problem, inputs.files, writers, lists=lists)
            if data is not None and _reads(data, problem):
                return data
    return inline_data(problem)


def _from_files(
    problem: Problem, files: Sequence[NamedArrays], writers: _Writers, *, lists: bool
) -> Data | None:
    """Return the lines that read files; None where one of them cannot be read so.

    Args:
        problem: The rows.
        files: Their sources.
        writers: How each format is read.
        lists: Whether the arrays must be lists.
    """
    literals = inline_data(problem)
    found: list[Data] = []
    for role in _ROLES if problem.sample_weight is not None else _ROLES[:2]:
        file = _file_of(role, files)
        name = inputs_name(problem) if role == "logits" else role
        if file.source.inline:
            found.append(Data((literals.definition(name),), literals.imports))
            continue
        wanted = _Wanted(role, file, problem.stride)
        if not wanted.is_readable or file.format not in writers:
            return None
        data = writers[file.format](wanted)
        if data is None:
            return None
        *before, expression = data.lines
        if not expression.startswith("["):
            expression = _shaped(expression, role, problem)
            expression = f"{expression}.tolist()" if lists else expression
            data = Data((), (*data.imports, "import numpy as np"), (*data.needs, "numpy"))
        found.append(Data((*before, f"{name} = {expression}"), data.imports, data.needs))
    found.append(vectors_data(problem))
    return Data(
        tuple(line for data in found for line in data.lines),
        (*dict.fromkeys(each for data in found for each in data.imports),),
        (*dict.fromkeys(each for data in found for each in data.needs),),
    )


def _file_of(role: str, files: Sequence[NamedArrays]) -> NamedArrays:
    """Return the file that holds an array: the first holds the logits, a lone one all."""
    if role == "logits":
        return files[0]
    if role == "sample_weight":
        return files[-1]
    return files[0] if len(files) == 1 or files[1].arrays.keys() == {"sample_weight"} else files[1]


def _shaped(expression: str, role: str, problem: Problem) -> str:
    """Bring an array into rows, with its classes from 0."""
    settings = problem.settings
    if settings.binary or role == "sample_weight":
        return f"{expression}.ravel()"
    if role == "logits" or problem.target_probs is not None:
        if problem.class_axis == 1 and not problem.is_deep:
            return expression
        moved = f"np.moveaxis({expression}, {problem.class_axis}, -1)"
        return f"{moved}.reshape(-1, {problem.classes})"
    flat = f"{expression}.ravel().astype(np.int64)"
    return f"{flat} - 1" if settings.one_based else flat


def _reads(data: Data, problem: Problem) -> bool:
    """Return whether lines define the very arrays of a problem."""
    code, scope = "\n".join([*data.imports, *data.lines]), dict[str, Any]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # a short program closes no file
        try:
            exec(code, scope)  # noqa: S102  written above, from names that are literals
            return all(
                np.array_equal(np.asarray(scope[name], dtype=np.float64), values, equal_nan=True)
                for name, values in arrays_of(problem).items()
                if values is not None
            )
        except Exception:  # noqa: BLE001  whatever the libraries raise: the file is not so simple
            return False


def _npy(wanted: _Wanted) -> Data:
    mapped = ', mmap_mode="r"' if wanted.stride > 1 else ""
    return Data((f"np.load({wanted.path}{mapped}){wanted.every}",))


def _npz(wanted: _Wanted) -> Data:
    return Data((f"np.load({wanted.path})[{wanted.quoted_key}]{wanted.every}",))


def _safetensors(wanted: _Wanted) -> Data:
    line = f"load_file({wanted.path})[{wanted.quoted_key}]{wanted.every}"
    return Data((line,), ("from safetensors.numpy import load_file",), ("safetensors",))


def _hdf5(wanted: _Wanted) -> Data:
    every = wanted.every or "[:]"
    line = f"h5py.File({wanted.path})[{wanted.quoted_key}]{every}"
    return Data((line,), ("import h5py",), ("h5py",))


def _text(wanted: _Wanted, *, is_careful: bool) -> Data | None:
    """Text tables, by `numpy.loadtxt`."""
    table = _Table.of(wanted)
    if table is None:
        return None
    lines, options, imports = wanted.path, [], ["import numpy as np"]
    if is_careful:
        lines = f"open({wanted.path}, encoding={quoted(table.encoding)})"
    if wanted.stride > 1:
        opened = lines if is_careful else f"open({lines})"
        lines = f"islice({opened}, {table.heading}, None, {wanted.stride})"
        imports.append("from itertools import islice")
    if table.delimiter:
        options.append(f"delimiter={quoted(table.delimiter)}")
    if table.heading and wanted.stride == 1:
        options.append(f"skiprows={table.heading}")
    if not table.has_all_columns:
        options.append(f"usecols={table.columns_text}")
    if is_careful:
        options.append("quotechar='\"', comments=None, ndmin=2")
    if table.names:
        text = f"np.loadtxt({', '.join([lines, *options, 'dtype=str'])})"
        if len(table.names) > _MOST_NAMES:
            return None
        named = f"[names.index(name) for name in {text}.ravel().tolist()]"
        return Data(
            (f"names = [{', '.join(map(quoted, table.names))}]", named), (*imports,), ("numpy",)
        )
    return Data((f"np.loadtxt({', '.join([lines, *options])})",), (*imports,))


def _csv(wanted: _Wanted) -> Data | None:
    """Text tables of numbers, by the `csv` module."""
    table = _Table.of(wanted)
    if table is None or table.names:
        return None
    imports, mark = ["import csv"], ""
    if table.delimiter != ",":
        mark = f", delimiter={quoted(table.delimiter or ' ')}"
    rows = f"csv.reader(open({wanted.path}){mark})"
    if table.delimiter is None:
        rows, imports = f"map(str.split, open({wanted.path}))", []
    if table.heading or wanted.stride > 1:
        step = f", {wanted.stride}" if wanted.stride > 1 else ""
        rows = f"islice({rows}, {table.heading}, None{step})"
        imports.append("from itertools import islice")
    cells = table.cells_text
    if wanted.role == "logits":
        return Data((f"[[float(x) for x in {cells}] for row in {rows}]",), (*imports,))
    number = "int(x)" if wanted.role == "targets" else "float(x)"
    return Data((f"[{number} for row in {rows} for x in {cells}]",), (*imports,))


@dataclass(frozen=True, slots=True)
class _Table:
    """What must be said of a text table to read one of its arrays.

    Attributes:
        delimiter: The character between cells; None for spaces.
        heading: The lines before the first row.
        columns: The columns of the array.
        has_all_columns: Whether there are no other columns.
        names: The names of the classes, where the array holds names.
        encoding: The encoding of the text.
    """

    delimiter: str | None
    heading: int
    columns: tuple[int, ...]
    has_all_columns: bool
    names: tuple[str, ...]
    encoding: str

    @classmethod
    def of(cls, wanted: _Wanted) -> "_Table | None":
        """Describe the table; None where its cells are not written as Python writes numbers."""
        dialect, comment = wanted.file.dialect, wanted.file.source.options.comment
        if dialect is None or dialect.decimal_comma or comment:
            return None
        arrays = dialect.columns.arrays
        columns = arrays.get(wanted.role, arrays.get("", ()))
        codes = dialect.codes if dialect.columns.target in columns else {}
        return cls(
            dialect.delimiter,
            dialect.heading,
            columns,
            len(columns) == dialect.columns.count,
            tuple(sorted(codes, key=lambda name: codes[name])),
            "utf-8-sig" if dialect.encoding == "utf-8" else dialect.encoding,
        )

    @property
    def _is_run(self) -> bool:
        first, count = self.columns[0], len(self.columns)
        return self.columns == tuple(range(first, first + count))

    @property
    def columns_text(self) -> str:
        """Return the numbers of the columns as Python."""
        if self._is_run and len(self.columns) > 3:
            return f"range({self.columns[0]}, {self.columns[-1] + 1})"
        return repr(self.columns[0] if len(self.columns) == 1 else self.columns)

    @property
    def cells_text(self) -> str:
        """Return the cells of a row as Python."""
        if self.has_all_columns:
            return "row"
        if self._is_run:
            return f"row[{self.columns[0]}:{self.columns[-1] + 1}]"
        return f"[row[c] for c in {self.columns}]"


def _json(wanted: _Wanted) -> Data | None:
    """JSON: a matrix, an object of arrays, or records."""
    document = json.loads(wanted.file.source.whole())
    opened = f"json.load(open({wanted.path}))"
    imports = ("import json",)
    if isinstance(document, dict):
        key = _key_of(wanted, [*document])
        return Data((f"np.asarray({opened}[{quoted(key)}]){wanted.every}",), imports)
    if document and isinstance(document[0], dict):
        key = _key_of(wanted, [*document[0]])
        records = f"{opened}{wanted.every}"
        return Data((f"np.asarray([record[{quoted(key)}] for record in {records}])",), imports)
    return Data((f"np.asarray({opened}){wanted.every}",), imports)


def _json_lines(wanted: _Wanted) -> Data | None:
    first = json.loads(wanted.file.source.head.decode().splitlines()[0])
    lines = f"open({wanted.path})"
    imports = ["import json"]
    if wanted.stride > 1:
        lines = f"islice({lines}, 0, None, {wanted.stride})"
        imports.append("from itertools import islice")
    field = f"[{quoted(_key_of(wanted, [*first]))}]" if isinstance(first, dict) else ""
    return Data((f"np.asarray([json.loads(line){field} for line in {lines}])",), (*imports,))


def _key_of(wanted: _Wanted, there: list[str]) -> str:
    """Return the name of an array among the keys of an object."""
    options = wanted.file.source.options
    given = options.key(wanted.role)
    usual = ("logits",) if wanted.role == "logits" else ("targets", "target", "labels", "label")
    return given or next(name for name in usual if name in there)


def _columnar(module: str, read: str) -> Callable[[_Wanted], Data | None]:
    def written(wanted: _Wanted) -> Data | None:
        table, names = read.format(path=wanted.path), wanted.file.array(wanted.role).columns
        if len(names) == 1:
            line = f"np.asarray({table}.column({quoted(names[0])}).to_pylist()){wanted.every}"
            return Data((line,), (module,), ("pyarrow",))
        if not 1 < len(names) <= _MOST_NAMES:
            return None
        listed = ", ".join(map(quoted, names))
        columns = f"[table.column(name).to_numpy() for name in [{listed}]]"
        lines = (f"table = {table}", f"np.stack({columns}, axis=1){wanted.every}")
        return Data(lines, (module,), ("pyarrow",))

    return written


# How each format is read, text as simply as most files allow.
_SIMPLY: _Writers = {
    "npy": _npy,
    "npz": _npz,
    "safetensors": _safetensors,
    "hdf5": _hdf5,
    "json": _json,
    "jsonl": _json_lines,
    **dict.fromkeys(_TABLES, partial(_text, is_careful=False)),
    "parquet": _columnar("import pyarrow.parquet as pq", "pq.read_table({path})"),
    "arrow": _columnar("import pyarrow as pa", "pa.ipc.open_file({path}).read_all()"),
    "arrow-stream": _columnar("import pyarrow as pa", "pa.ipc.open_stream({path}).read_all()"),
}
# Text with quotes, with a mark at its beginning, of one row, or in another encoding.
_CAREFULLY: _Writers = {**_SIMPLY, **dict.fromkeys(_TABLES, partial(_text, is_careful=True))}
# Text without NumPy, for programs of lists.
_CSV: _Writers = dict.fromkeys(_TABLES, _csv)
