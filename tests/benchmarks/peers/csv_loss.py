"""The mean cross-entropy of two CSV files without headers, with a library for each half.

    python csv_loss.py polars|pandas|pyarrow|duckdb numpy|torch LOGITS TARGETS

The readers are told that every column holds doubles, which each of them is faster for.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


def columns_of(path: str) -> int:
    with Path(path).open() as file:
        return file.readline().count(",") + 1


def with_polars(path: str) -> Doubles:
    import polars as pl

    types = [pl.Float64] * columns_of(path)
    frame = pl.read_csv(path, has_header=False, infer_schema=False, schema_overrides=types)
    return np.asarray(frame.to_numpy())


def with_pandas(path: str) -> Doubles:
    import pandas as pd

    values = np.asarray(pd.read_csv(path, header=None, dtype=np.float64).to_numpy())
    # A view of the frame, which is not used again.
    values.flags.writeable = True
    return values


def with_pyarrow(path: str) -> Doubles:
    from pyarrow import csv

    # Its blocks of 1 MB are slow where they hold two rows.
    options = csv.ReadOptions(autogenerate_column_names=True, block_size=1 << 24)
    table = csv.read_csv(path, read_options=options)
    return np.column_stack([column.to_numpy() for column in table.columns])


def with_duckdb(path: str) -> Doubles:
    import duckdb

    # Looking for the types of a thousand columns takes it five times as long as reading them.
    types = {f"c{column}": "DOUBLE" for column in range(columns_of(path))}
    table = duckdb.read_csv(path, header=False, sep=",", auto_detect=False, columns=types)
    return np.column_stack([*table.fetchnumpy().values()])


def numpy_loss(logits: Doubles, targets: NDArray[np.int64]) -> float:
    logits -= logits.max(axis=1, keepdims=True)
    at_targets = logits[np.arange(len(logits)), targets]
    np.exp(logits, out=logits)
    return float((np.log(logits.sum(axis=1)) - at_targets).mean())


def torch_loss(logits: Doubles, targets: NDArray[np.int64]) -> float:
    import torch

    with torch.inference_mode():
        tensors = torch.from_numpy(logits), torch.from_numpy(targets)
        return float(torch.nn.functional.cross_entropy(*tensors))


READERS: dict[str, Callable[[str], Doubles]] = {
    "polars": with_polars,
    "pandas": with_pandas,
    "pyarrow": with_pyarrow,
    "duckdb": with_duckdb,
}
LOSSES = {"numpy": numpy_loss, "torch": torch_loss}

if __name__ == "__main__":
    read, loss = READERS[sys.argv[1]], LOSSES[sys.argv[2]]
    targets = read(sys.argv[4])[:, 0].astype(np.int64)
    sys.stdout.write(f"{loss(read(sys.argv[3]), targets)!r}\n")
