"""Scratch data for the benchmarks: normally distributed logits, and targets, always the same.

    python make_data.py ROWS CLASSES LOGITS TARGETS

The suffix says what is written: .csv with six digits after the point, or .npy with float32.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# Numbers made at a time.
_BLOCK = 1 << 20


def blocks(rows: int, classes: int) -> Iterator[NDArray[np.float32]]:
    """All rows, some at a time."""
    step = max(1, _BLOCK // classes)
    random = np.random.default_rng(1)
    for start in range(0, rows, step):
        count = min(step, rows - start)
        yield 3 * random.standard_normal((count, classes), dtype=np.float32)


def write_csv(rows: int, classes: int, logits: Path, targets: Path) -> None:
    """The text of the first block is used again and again: writing it takes the most time."""
    first = next(blocks(rows, classes))
    form = ",".join(["%.6f"] * classes) + "\n"
    texts = [form % tuple(row) for row in first.tolist()]
    with logits.open("w") as file:
        for start in range(0, rows, len(texts)):
            file.writelines(texts[: rows - start])
        flush(file.fileno())
    labels = np.random.default_rng(2).integers(classes, size=rows)
    targets.write_text("".join(f"{label}\n" for label in labels))


def write_npy(rows: int, classes: int, logits: Path, targets: Path) -> None:
    """Block by block, for the whole may not fit in memory."""
    header = {"descr": "<f4", "fortran_order": False, "shape": (rows, classes)}
    with logits.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks(rows, classes):
            file.write(block.data)
        flush(file.fileno())
    np.save(targets, np.random.default_rng(2).integers(classes, size=rows))


def flush(file: int) -> None:
    """Let the disk be done with it before anything is timed."""
    os.fsync(file)


if __name__ == "__main__":
    size = int(sys.argv[1]), int(sys.argv[2])
    files = Path(sys.argv[3]), Path(sys.argv[4])
    (write_csv if files[0].suffix == ".csv" else write_npy)(*size, *files)
