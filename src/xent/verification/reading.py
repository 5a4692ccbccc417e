"""Lines of Python that read the user's files, with NumPy and the usual library of each format.

They are run once before they are printed: where they do not read the rows that xent has read, a
program holds the rows itself.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xent.inputs.named_arrays import NamedArrays
from xent.inputs.pairing import Inputs
from xent.verification.problem import Problem
from xent.verification.program import Data, arrays_of, inline_data, inputs_name, vectors_data

_ROLES = ("logits", "targets", "sample_weight")
# Names of classes that a program spells out.
_MOST_NAMES = 50
_MARKS = {"csv": ",", "tsv": "\t", "semicolon": ";", "blank": None}


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
        """The name of the file as a literal."""
        return repr(self.file.name)

    @property
    def is_readable(self) -> bool:
        """Whether it is a file that programs can read as it is."""
        source = self.file.source
        return Path(self.file.name).is_file() and not (source.compression or source.recoded)

    @property
    def every(self) -> str:
        """The index of the rows that are read."""
        return f"[::{self.stride}]" if self.stride > 1 else ""

    @property
    def key(self) -> str | None:
        """The name of the array in its file; None where it has none."""
        name = self.file.array(self.role).name
        prefix = f"{self.file.name}:"
        return name.removeprefix(prefix) if name.startswith(prefix) else None


def data_of(problem: Problem, inputs: Inputs, *, has_shards: bool, lists: bool) -> Data:
    """Return the lines that define the arrays of a problem.

    Args:
        problem: The rows.
        inputs: The sources of the rows.
        has_shards: Whether the input is several files of logits.
        lists: Whether the arrays must be lists, for a program that does not need NumPy.
    """
    if not problem.is_small and not has_shards:
        ways = (True, False) if lists else (False,)
        for plainly in ways:
            data = _from_files(problem, inputs.files, lists=lists, plainly=plainly)
            if data is not None and _reads(data, problem):
                return data
    return inline_data(problem)


def _from_files(
    problem: Problem, files: Sequence[NamedArrays], *, lists: bool, plainly: bool
) -> Data | None:
    """Return the lines that read files; None where one of them cannot be read so.

    Args:
        problem: The rows.
        files: Their sources.
        lists: Whether the arrays must be lists.
        plainly: Whether text is to be read without NumPy.
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
        writers = _PLAIN_WRITERS if plainly else _WRITERS
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
    """Whether lines define the very arrays of a problem."""
    scope: dict[str, Any] = {}
    try:
        exec("\n".join([*data.imports, *data.lines]), scope)  # noqa: S102  written above, from names that are literals
        return all(
            np.array_equal(np.asarray(scope[name], dtype=np.float64), values, equal_nan=True)
            for name, values in arrays_of(problem).items()
            if values is not None
        )
    except Exception:  # noqa: BLE001  whatever the libraries raise: the file is not so simple
        return False


def _npy(wanted: _Wanted) -> Data:
    return Data((f'np.load({wanted.path}, mmap_mode="r"){wanted.every}',))


def _npz(wanted: _Wanted) -> Data:
    return Data((f"np.load({wanted.path})[{wanted.key!r}]{wanted.every}",))


def _safetensors(wanted: _Wanted) -> Data:
    line = f"load_file({wanted.path})[{wanted.key!r}]{wanted.every}"
    return Data((line,), ("from safetensors.numpy import load_file",), ("safetensors",))


def _hdf5(wanted: _Wanted) -> Data:
    every = wanted.every or "[:]"
    line = f"h5py.File({wanted.path})[{wanted.key!r}]{every}"
    return Data((line,), ("import h5py",), ("h5py",))


def _text(wanted: _Wanted) -> Data | None:
    """Text tables, by `numpy.loadtxt`."""
    dialect = wanted.file.dialect
    if dialect is None or dialect.decimal_comma or wanted.file.source.options.comment:
        return None
    columns = dialect.columns.arrays.get(wanted.role, dialect.columns.arrays.get("", ()))
    all_columns = len(columns) == dialect.columns.count
    lines = f"open({wanted.path}, encoding={dialect.encoding!r})"
    if dialect.encoding == "utf-8":
        lines = f'open({wanted.path}, encoding="utf-8-sig")'
    imports: tuple[str, ...] = ()
    options = [*([f"delimiter={dialect.delimiter!r}"] if dialect.delimiter else [])]
    if wanted.stride > 1:
        lines = f"islice({lines}, {dialect.heading}, None, {wanted.stride})"
        imports = ("from itertools import islice",)
    elif dialect.heading:
        options.append(f"skiprows={dialect.heading}")
    if not all_columns:
        options.append(f"usecols={_columns(columns)}")
    options.append('quotechar=\'"\', comments=None, ndmin=2')
    if wanted.role == "targets" and dialect.codes and dialect.columns.target in columns:
        if len(dialect.codes) > _MOST_NAMES:
            return None
        names = sorted(dialect.codes, key=lambda name: dialect.codes[name])
        text = f"np.loadtxt({lines}, {', '.join(options)}, dtype=str)"
        return Data(
            (
                f"names = {names!r}",
                f"[names.index(name) for name in {text}.ravel().tolist()]",
            ),
            (*imports, "import numpy as np"),
            ("numpy",),
        )
    return Data((f"np.loadtxt({lines}, {', '.join(options)})",), imports)


def _plain_text(wanted: _Wanted) -> Data | None:
    """Text tables of numbers, by the `csv` module."""
    dialect = wanted.file.dialect
    if dialect is None or dialect.decimal_comma or dialect.codes:
        return None
    columns = dialect.columns.arrays.get(wanted.role, dialect.columns.arrays.get("", ()))
    imports = ["import csv"]
    lines = f'open({wanted.path}, encoding="utf-8-sig", newline="")'
    mark = "" if dialect.delimiter == "," else f", delimiter={dialect.delimiter!r}"
    rows = f"csv.reader({lines}{mark})"
    if dialect.delimiter is None:
        rows, imports = f"map(str.split, {lines})", []
    if dialect.heading or wanted.stride > 1:
        step = f", {wanted.stride}" if wanted.stride > 1 else ""
        rows = f"islice({rows}, {dialect.heading}, None{step})"
        imports.append("from itertools import islice")
    cells = "row"
    if len(columns) != dialect.columns.count:
        is_run = columns == tuple(range(columns[0], columns[-1] + 1))
        some = f"row[{columns[0]}:{columns[-1] + 1}]"
        cells = some if is_run else f"[row[c] for c in {columns}]"
    if wanted.role == "logits":
        return Data((f"[[float(x) for x in {cells}] for row in {rows}]",), (*imports,))
    number = "int(x)" if wanted.role == "targets" else "float(x)"
    return Data((f"[{number} for row in {rows} for x in {cells}]",), (*imports,))


def _columns(columns: tuple[int, ...]) -> str:
    is_run = columns == tuple(range(columns[0], columns[0] + len(columns)))
    if is_run and len(columns) > 3:
        return f"range({columns[0]}, {columns[-1] + 1})"
    return repr(columns)


def _json(wanted: _Wanted) -> Data | None:
    """JSON: a matrix, an object of arrays, or records."""
    document = json.loads(wanted.file.source.whole())
    opened = f'json.load(open({wanted.path}, encoding="utf-8"))'
    imports = ("import json",)
    if isinstance(document, dict):
        key = _key_of(wanted, [*document])
        return Data((f"np.asarray({opened}[{key!r}]){wanted.every}",), imports)
    if document and isinstance(document[0], dict):
        key = _key_of(wanted, [*document[0]])
        records = f"{opened}{wanted.every}"
        return Data((f"np.asarray([record[{key!r}] for record in {records}])",), imports)
    return Data((f"np.asarray({opened}){wanted.every}",), imports)


def _json_lines(wanted: _Wanted) -> Data | None:
    first = json.loads(wanted.file.source.head.decode().splitlines()[0])
    lines = f'open({wanted.path}, encoding="utf-8")'
    imports = ["import json"]
    if wanted.stride > 1:
        lines = f"islice({lines}, 0, None, {wanted.stride})"
        imports.append("from itertools import islice")
    field = f"[{_key_of(wanted, [*first])!r}]" if isinstance(first, dict) else ""
    return Data((f"np.asarray([json.loads(line){field} for line in {lines}])",), (*imports,))


def _key_of(wanted: _Wanted, there: list[str]) -> str:
    """Return the name of an array among the keys of an object."""
    options = wanted.file.source.options
    given = options.key(wanted.role)
    usual = ("logits",) if wanted.role == "logits" else ("targets", "target", "labels", "label")
    return given or next(name for name in usual if name in there)


def _columnar(module: str, read: str) -> Callable[[_Wanted], Data | None]:
    def written(wanted: _Wanted) -> Data | None:
        name = wanted.file.array(wanted.role).name
        table, column = read.format(path=wanted.path), name.removeprefix(f"{wanted.file.name}:")
        if column != name:
            line = f"np.asarray({table}.column({column!r}).to_pylist()){wanted.every}"
            return Data((line,), (module,), ("pyarrow",))
        names = wanted.file.class_names
        if wanted.role != "logits" or not names or len(names) > _MOST_NAMES:
            return None
        columns = f"[table.column(name).to_numpy() for name in {[*names]!r}]"
        lines = (f"table = {table}", f"np.stack({columns}, axis=1){wanted.every}")
        return Data(lines, (module,), ("pyarrow",))

    return written


_WRITERS: dict[str, Callable[[_Wanted], Data | None]] = {
    "npy": _npy,
    "npz": _npz,
    "safetensors": _safetensors,
    "hdf5": _hdf5,
    "json": _json,
    "jsonl": _json_lines,
    **dict.fromkeys(_MARKS, _text),
    "parquet": _columnar("import pyarrow.parquet as pq", "pq.read_table({path})"),
    "arrow": _columnar("import pyarrow as pa", "pa.ipc.open_file({path}).read_all()"),
    "arrow-stream": _columnar("import pyarrow as pa", "pa.ipc.open_stream({path}).read_all()"),
}
# Text without NumPy, for programs of lists.
_PLAIN_WRITERS: dict[str, Callable[[_Wanted], Data | None]] = dict.fromkeys(_MARKS, _plain_text)
