"""Scratch data for the benchmarks: normally distributed logits, and targets, always the same.

    python make_data.py ROWS CLASSES LOGITS TARGETS [FORM]

The suffix says what is written: .csv with numbers of a form, %.6f without one; .npy with float32;
.json with one object; .jsonl with one object per row. JSON holds both, and TARGETS is left out.
"""

import json
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


def write_csv(rows: int, classes: int, logits: Path, targets: Path, form: str = "%.6f") -> None:
    """The text of the first block is used again and again: writing it takes the most time."""
    # As doubles, of which a form may show all digits.
    first = next(blocks(rows, classes)).astype(np.float64) * np.pi
    form = ",".join([form] * classes) + "\n"
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


def write_json(rows: int, classes: int, logits: Path, _targets: Path) -> None:
    """One object: {"logits": [[…], …], "targets": […]}."""
    scores = np.concatenate([*blocks(rows, classes)]).astype(np.float64)
    labels = np.random.default_rng(2).integers(classes, size=rows)
    logits.write_text(json.dumps({"logits": scores.tolist(), "targets": labels.tolist()}))


def write_jsonl(rows: int, classes: int, logits: Path, _targets: Path) -> None:
    """One object per row: {"logits": […], "target": 0}."""
    labels = iter(np.random.default_rng(2).integers(classes, size=rows).tolist())
    with logits.open("w") as file:
        for block in blocks(rows, classes):
            for row in block.astype(np.float64).tolist():
                file.write(f"{json.dumps({'logits': row, 'target': next(labels)})}\n")


def flush(file: int) -> None:
    """Let the disk be done with it before anything is timed."""
    os.fsync(file)


WRITERS = {".csv": write_csv, ".npy": write_npy, ".json": write_json, ".jsonl": write_jsonl}

if __name__ == "__main__":
    size = int(sys.argv[1]), int(sys.argv[2])
    files = Path(sys.argv[3]), Path(sys.argv[4])
    WRITERS[files[0].suffix](*size, *files, *sys.argv[5:])
