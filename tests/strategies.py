"""What the laws are tried on: rows of logits, their targets, and factors for them."""

from math import inf, nan

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Classes = NDArray[np.int64]
Labelled = tuple[Matrix, Classes]

# Logits as models give them, and wilder ones, up to what no weight can bring to overflow.
ORDINARY = st.floats(-50, 50)
WILD = ORDINARY | st.floats(-1e300, 1e300) | st.sampled_from([inf, -inf, nan])

# A law that compares many losses is tried on half as many cases, whatever the profile says.
HALF = settings(max_examples=settings().max_examples // 2)


def matrices(
    elements: st.SearchStrategy[float] = ORDINARY,
) -> st.SearchStrategy[Matrix]:
    """(N, C) logits."""
    shapes = array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=4)
    return arrays(np.float64, shapes, elements=elements)


@st.composite
def labelled(
    draw: st.DrawFn,
    elements: st.SearchStrategy[float] = ORDINARY,
    *,
    ignored: bool = True,
) -> Labelled:
    """Logits and the class of each row, -100 among them where rows may be ignored."""
    logits = draw(matrices(elements))
    numbers = st.integers(0, logits.shape[1] - 1)
    if ignored:
        numbers |= st.just(-100)
    return logits, draw(arrays(np.int64, len(logits), elements=numbers))


@st.composite
def likely(draw: st.DrawFn, elements: st.SearchStrategy[float] = ORDINARY) -> tuple[Matrix, Matrix]:
    """Logits and the probabilities that their softmax should have been."""
    logits = draw(matrices(elements))
    raw = draw(arrays(np.float64, logits.shape, elements=st.floats(0.125, 1) | st.just(0.0)))
    raw[:, 0] += raw.sum(axis=1) == 0
    return logits, raw / raw.sum(axis=1, keepdims=True)


def factors(count: int) -> st.SearchStrategy[Matrix]:
    """A positive factor for each of `count` classes or rows."""
    return arrays(np.float64, count, elements=st.floats(0.125, 8))


def smoothing() -> st.SearchStrategy[float]:
    """A label smoothing ε, its ends included."""
    return st.sampled_from([0.0, 0.1, 0.5, 1.0]) | st.floats(1e-6, 1)


def one_hot(targets: Classes, classes: int) -> Matrix:
    """Probabilities that are certain of their class."""
    return np.eye(classes)[targets]


def same(found: object, expected: object) -> bool:
    """Whether numbers or arrays are equal to the last bit, nan being nan, and -0.0 being 0.0."""
    one, other = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    return np.array_equal(one, other, equal_nan=True)
