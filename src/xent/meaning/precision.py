"""Were numbers computed or stored in 16 bits?"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def is_float16(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which numbers half precision holds exactly."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(values.astype(np.float16) == values)


def is_bfloat16(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which numbers bfloat16 holds exactly: float32 with nothing in the lower half."""
    with np.errstate(over="ignore", invalid="ignore"):
        single = np.ascontiguousarray(values, dtype=np.float32)
        lower = single.view(np.uint32) & 0xFFFF
        return np.asarray((single == values) & (lower == 0))
