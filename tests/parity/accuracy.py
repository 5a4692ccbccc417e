"""How many digits of each row's loss are right, here, in PyTorch and in SciPy.

Prints a Markdown table of the worst errors against mpmath's 60 digits, in units in the last place:

    python tests/parity/accuracy.py

It needs torch, scipy and mpmath beside xent, and about a minute.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

import xent
from adversarial_rows import KINDS, Rows, rows_of
from oracle import most_ulps

Losses = Callable[[Rows], NDArray[np.float64]]

# How many rows for how many classes. mpmath takes a second for a row of 100000.
FEW_CLASSES = {2: 2000, 3: 2000, 10: 1000, 1000: 100}
MANY_CLASSES = {100_000: 5}
KINDS_OF_MANY = ("ordinary", "confident", "crumbs", "crowd")


def losses_of_xent(rows: Rows) -> NDArray[np.float64]:
    return xent.cross_entropy(rows.logits, rows.targets, reduction="none")


def losses_of_pytorch(rows: Rows) -> NDArray[np.float64]:
    torch = import_module("torch")
    found = torch.nn.functional.cross_entropy(
        torch.from_numpy(rows.logits), torch.from_numpy(rows.targets), reduction="none"
    )
    return np.asarray(found)


def losses_of_scipy(rows: Rows) -> NDArray[np.float64]:
    logs = import_module("scipy.special").log_softmax(rows.logits, axis=1)
    return np.asarray(-logs[np.arange(len(logs)), rows.targets])


CALCULATIONS: dict[str, Losses] = {
    "xent": losses_of_xent,
    "PyTorch": losses_of_pytorch,
    "SciPy": losses_of_scipy,
}


def errors(samples: Sequence[Rows]) -> Iterator[float]:
    """The worst error of each calculation, in ulp."""
    true = [exact for rows in samples for exact in rows.true_losses()]
    for calculate in CALCULATIONS.values():
        yield most_ulps([loss for rows in samples for loss in calculate(rows).tolist()], true)


def shown(error: float) -> str:
    return f"{error:.1f}" if error < 1000 else f"{error:.0e}".replace("e+", "e").replace("e0", "e")


def line(kind: str, counts: dict[int, int]) -> str:
    found = errors([rows_of(kind, classes, count) for classes, count in counts.items()])
    cells = [kind, ", ".join(map(str, counts)), str(sum(counts.values())), *map(shown, found)]
    return f"| {' | '.join(cells)} |\n"


def main() -> None:
    sys.stdout.write(f"| rows of kind | classes | rows | {' | '.join(CALCULATIONS)} |\n")
    sys.stdout.write("| :-- | :-- | --: | --: | --: | --: |\n")
    for kind in KINDS:
        sys.stdout.write(line(kind, FEW_CLASSES))
        sys.stdout.flush()
    for kind in KINDS_OF_MANY:
        sys.stdout.write(line(kind, MANY_CLASSES))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
