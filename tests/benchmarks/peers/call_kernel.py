"""One library's cross-entropy of arrays in memory, once for each line on standard input.

    python call_kernel.py xent|exp|torch|scipy|sklearn|optax DTYPE ROWS CLASSES THREADS

Each call answers with its seconds, the process's peak memory in bytes, and the loss. What comes
before the first call, as the library's import and its own form of the arrays, is not timed.
"""

import os
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

Logits = NDArray[Any]
Targets = NDArray[np.int64]
Call = Callable[[], float]


def with_xent(logits: Logits, targets: Targets, _threads: int) -> Call:
    import xent

    return lambda: xent.cross_entropy(logits, targets)


def with_exp(logits: Logits, _targets: Targets, threads: int) -> Call:
    """Take np.exp alone of the same numbers, which answers with no loss."""
    found, step = np.empty_like(logits), max(1, _EXP_BLOCK // logits.shape[1])
    parts = [slice(at, at + step) for at in range(0, len(logits), step)]

    def work(some: slice) -> None:
        np.exp(logits[some], out=found[some])

    pool = ThreadPoolExecutor(threads)

    def call() -> float:
        for _ in map(work, parts) if threads == 1 else pool.map(work, parts):
            pass
        return float("nan")

    return call


def with_torch(logits: Logits, targets: Targets, threads: int) -> Call:
    import torch

    torch.set_num_threads(threads)
    tensors = torch.from_numpy(logits), torch.from_numpy(targets)

    def call() -> float:
        with torch.inference_mode():
            return float(torch.nn.functional.cross_entropy(*tensors))

    return call


def with_scipy(logits: Logits, targets: Targets, _threads: int) -> Call:
    from scipy.special import log_softmax

    rows = np.arange(len(logits))
    return lambda: -float(log_softmax(logits, axis=1)[rows, targets].mean())


def with_sklearn(logits: Logits, targets: Targets, _threads: int) -> Call:
    from scipy.special import softmax
    from sklearn.metrics import log_loss

    labels = np.arange(logits.shape[1])
    # It takes probabilities.
    return lambda: float(log_loss(targets, softmax(logits, axis=1), labels=labels))


def with_optax(logits: Logits, targets: Targets, _threads: int) -> Call:
    os.environ["JAX_ENABLE_X64"] = "1" if logits.dtype == np.float64 else "0"
    import jax
    import optax

    losses = optax.softmax_cross_entropy_with_integer_labels
    mean = jax.jit(lambda logits, targets: losses(logits, targets).mean())
    arrays = jax.numpy.asarray(logits), jax.numpy.asarray(targets)
    return lambda: float(mean(*arrays))


# Numbers in one call of np.exp.
_EXP_BLOCK = 1 << 17

LIBRARIES: dict[str, Callable[[Logits, Targets, int], Call]] = {
    "xent": with_xent,
    "exp": with_exp,
    "torch": with_torch,
    "scipy": with_scipy,
    "sklearn": with_sklearn,
    "optax": with_optax,
}


def main(name: str, dtype: str, rows: int, classes: int, threads: int) -> None:
    random = np.random.default_rng(1)
    # Of a moderate size: scikit-learn clips probabilities below 1e-7 in float32.
    logits = random.standard_normal((rows, classes), dtype=np.dtype(dtype))
    call = LIBRARIES[name](logits, random.integers(classes, size=rows), threads)
    for _ in sys.stdin:
        start = time.perf_counter()
        loss = call()
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        sys.stdout.write(f"{seconds!r} {peak} {loss!r}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    library, kind, *numbers = sys.argv[1:]
    main(library, kind, *map(int, numbers))
