"""The mean cross-entropy of logits and targets in JSON or JSON Lines, by json and NumPy.

python json_loss.py FILE
"""

import json
import sys
from pathlib import Path

import numpy as np
from csv_loss import Doubles, numpy_loss  # type: ignore[import-not-found]  # beside the script
from numpy.typing import NDArray


def with_json(path: Path) -> tuple[Doubles, NDArray[np.int64]]:
    with path.open() as file:
        found = json.load(file)
    return np.array(found["logits"], dtype=np.float64), np.array(found["targets"])


def with_json_lines(path: Path) -> tuple[Doubles, NDArray[np.int64]]:
    with path.open() as file:
        records = [json.loads(line) for line in file]
    logits = np.array([record["logits"] for record in records], dtype=np.float64)
    return logits, np.array([record["target"] for record in records])


if __name__ == "__main__":
    source = Path(sys.argv[1])
    read = with_json if source.suffix == ".json" else with_json_lines
    sys.stdout.write(f"{numpy_loss(*read(source))!r}\n")
