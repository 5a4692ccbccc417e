"""Is one of the classes padding?"""

import numpy as np
from numpy.typing import NDArray

# Sequences of fewer positions are not told from luck.
_LEAST_LENGTH = 4
_LEAST_ROWS = 8
_LEAST_RUNS = 3
_FEW_ROWS = 20
_MOST_REPEATED = 0.5
# No model that was trained without padding predicts it.
_MOST_PREDICTED = 0.02


def padding_class(targets: NDArray[np.int64], predictions: NDArray[np.int64]) -> int | None:
    """Return the class that fills one end of the sequences and is not predicted there.

    The runs of padding end where sequences end, or begin where they begin: at multiples of one
    number of rows.

    Args:
        targets: (n,) in the order of the rows.
        predictions: (n,) the most probable class of each row.

    Returns:
        The class; None where no class looks like padding.
    """
    same = targets[1:] == targets[:-1]
    if not same.any():
        return None
    candidate = int(np.bincount(targets[1:][same]).argmax())
    own = targets == candidate
    if own.sum() < _LEAST_ROWS or own.all():
        return None
    if not (predictions[own] == candidate).mean() <= _MOST_PREDICTED:
        return None
    # In sorted data every class is in runs.
    elsewhere = same[~(own[1:] | own[:-1])]
    if len(elsewhere) < _FEW_ROWS or elsewhere.mean() > _MOST_REPEATED:
        return None
    edges = np.diff(own.astype(np.int8), prepend=0, append=0)
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    several = ends - begins > 1
    for marks in (ends[several], begins[several]):
        length = int(np.gcd.reduce(marks))
        if len(marks) >= _LEAST_RUNS and length >= _LEAST_LENGTH:
            return candidate
    alone = len(begins) == 1 and (begins[0] == 0 or ends[0] == len(targets))
    return candidate if alone else None
