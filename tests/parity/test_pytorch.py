"""The whole product of options and shapes against PyTorch itself, forward and backward.

PyTorch runs in float64. It rounds a few times more than this program does, so that the two may
differ by its own rounding, and by no more.
"""

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import xent

torch = pytest.importorskip("torch")
functional = torch.nn.functional

# PyTorch's rounding in float64: some tens of ulp for sums over hundreds of terms.
NEAR: dict[str, Any] = {"rel": 1e-13, "abs": 1e-15}

# (N, C), (C,), (N, C, d1), (N, C, d1, d2), many rows, many classes, one class.
SHAPES = [(5, 4), (4,), (3, 4, 2), (2, 3, 2, 2), (64, 3), (3, 200), (4, 1)]
WEIGHTS = ["none", "positive", "negative", "zero"]
IGNORED = [-100, 1, 7]
SMOOTHING = [0.0, 0.1, 1.0]
REDUCTIONS = ["mean", "sum", "none"]


def weights_for(kind: str, classes: int) -> NDArray[np.float64] | None:
    factors = np.random.default_rng(classes).uniform(0.2, 3, classes)
    match kind:
        case "none":
            return None
        case "negative":
            factors[0] = -0.7
        case "zero":
            factors[0] = 0.0
    return factors


def targets_for(shape: tuple[int, ...], kind: str, ignore_index: int) -> NDArray[Any]:
    rng = np.random.default_rng(len(shape))
    axis = min(1, len(shape) - 1)
    if kind == "probabilities":
        raw = rng.uniform(size=shape)
        return np.asarray(raw / raw.sum(axis=axis, keepdims=True))
    if kind == "one-hot":
        raw = rng.uniform(size=shape)
        return np.asarray((raw == raw.max(axis=axis, keepdims=True)).astype(float))
    rows = shape[:axis] + shape[axis + 1 :]
    targets = np.asarray(rng.integers(shape[axis], size=rows))
    if targets.ndim:
        flat = targets.reshape(-1)
        flat[::3] = ignore_index
    return targets


CASES = [
    case
    for case in itertools.product(
        SHAPES, ["classes", "probabilities", "one-hot"], WEIGHTS, IGNORED, SMOOTHING, REDUCTIONS
    )
    if case[1] == "classes" or case[3] < 0
]


def as_torch(array: NDArray[Any] | None) -> Any:
    return None if array is None else torch.from_numpy(np.array(array))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_loss_and_its_gradient(case: tuple[Any, ...]) -> None:
    shape, kind, weighting, ignore_index, label_smoothing, reduction = case
    logits = np.random.default_rng([*shape]).normal(size=shape) * 4
    targets = targets_for(shape, kind, ignore_index)
    weight = weights_for(weighting, shape[min(1, len(shape) - 1)])
    options = {
        "ignore_index": ignore_index,
        "label_smoothing": label_smoothing,
        "reduction": reduction,
    }
    scores = as_torch(logits).requires_grad_()
    theirs = functional.cross_entropy(scores, as_torch(targets), weight=as_torch(weight), **options)
    ours = xent.cross_entropy(logits, targets, weight=weight, **options)
    assert np.shape(ours) == tuple(theirs.shape)
    expected = theirs.detach().numpy()
    if np.isnan(expected).any() or np.isinf(expected).any():
        assert np.array_equal(ours, expected, equal_nan=True)
        return
    assert np.asarray(ours) == pytest.approx(expected, **NEAR)
    theirs.sum().backward()
    gradient = xent.cross_entropy_grad(logits, targets, weight=weight, **options)
    assert gradient == pytest.approx(scores.grad.numpy(), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize(
    ("shape", "weighting", "ignore_index", "reduction"),
    [*itertools.product([(5, 4), (3, 4, 2), (4,)], WEIGHTS, IGNORED, REDUCTIONS)],
)
def test_nll_loss(
    shape: tuple[int, ...], weighting: str, ignore_index: int, reduction: Any
) -> None:
    axis = min(1, len(shape) - 1)
    scores = np.random.default_rng(1).normal(size=shape)
    targets = targets_for(shape, "classes", ignore_index)
    weight = weights_for(weighting, shape[axis])
    theirs = functional.nll_loss(
        as_torch(scores), as_torch(targets), weight=as_torch(weight),
        ignore_index=ignore_index, reduction=reduction,
    )  # fmt: skip
    ours = xent.nll_loss(
        scores, targets, weight=weight, ignore_index=ignore_index, reduction=reduction
    )
    assert np.asarray(ours) == pytest.approx(theirs.numpy(), nan_ok=True, **NEAR)


INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("logits", "targets", "options"),
    [
        ([[1.0, -INF]], [0], {}),
        ([[1.0, -INF]], [1], {}),
        ([[1.0, INF]], [0], {}),
        ([[-INF, -INF]], [0], {}),
        ([[NAN, 1.0], [0.0, 1.0]], [-100, 1], {}),
        ([[NAN, 1.0], [0.0, 1.0]], [-100, 1], {"label_smoothing": 0.1}),
        ([[0.0, 1.0]], [-100], {}),
        ([[0.0, 1.0]], [-100], {"label_smoothing": 0.1}),
        ([[0.0, 1.0]], [1], {"weight": [1.0, 0.0]}),
        ([[0.0, 1.0]], [1], {"weight": [1.0, 0.0], "label_smoothing": 0.1}),
        ([[1.0, -INF]], [0], {"label_smoothing": 0.1}),
        ([[0.0, 1.0], [0.0, 1.0]], [0, 1], {"weight": [1.0, -1.0]}),
        ([[1e308, -1e308]], [1], {}),
        ([[1e4, -1e4]], [1], {}),
        ([[0.0, 1.0]], [[NAN, 1.0]], {}),
        ([[0.0, 1.0]], [[-0.5, 1.5]], {}),
        ([[0.0, 1.0]], [[0.2, 0.2]], {"label_smoothing": 0.5}),
    ],
)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_the_edges(logits: Any, targets: Any, options: dict[str, Any], reduction: Any) -> None:
    weight = options.get("weight")
    theirs = functional.cross_entropy(
        torch.tensor(logits, dtype=torch.float64), as_torch(np.asarray(targets)),
        reduction=reduction, label_smoothing=options.get("label_smoothing", 0.0),
        weight=None if weight is None else torch.tensor(weight, dtype=torch.float64),
    )  # fmt: skip
    ours = xent.cross_entropy(logits, targets, reduction=reduction, **options)
    assert np.asarray(ours) == pytest.approx(theirs.numpy(), rel=1e-14, nan_ok=True)


def test_where_it_differs_on_purpose() -> None:
    """0·∞ is 0 in a sum over classes: a masked class that nobody expects costs nothing."""
    logits, targets = [[1.0, -INF]], [[1.0, 0.0]]
    theirs = functional.cross_entropy(
        torch.tensor(logits, dtype=torch.float64), torch.tensor(targets, dtype=torch.float64)
    )
    assert torch.isnan(theirs)
    assert xent.cross_entropy(logits, targets) == 0.0


@pytest.mark.parametrize(
    ("shape", "targets", "options"),
    [
        ((2, 3), [0, 3], {}),
        ((2, 3), [0, -1], {}),
        ((2, 3), [0], {}),
        ((2, 3), [0, 1, 2], {}),
        ((2, 3), [[0, 1, 2], [0, 1, 2]], {}),
        ((2, 3), [0, 1], {"weight": [1.0, 2.0]}),
        ((2, 3), [0, 1], {"weight": [[1.0, 2.0, 3.0]]}),
        ((2, 3), [0, 1], {"label_smoothing": 1.1}),
        ((2, 3), [0, 1], {"reduction": "average"}),
        ((2, 3), [[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]], {"ignore_index": 0}),
        ((2, 3, 4), [[0, 1, 2], [0, 1, 2]], {}),
        ((), 0, {}),
    ],
)
def test_what_pytorch_refuses_is_refused(
    shape: tuple[int, ...], targets: Any, options: dict[str, Any]
) -> None:
    logits = np.zeros(shape)
    tensors = {
        name: torch.tensor(value, dtype=torch.float64) if name == "weight" else value
        for name, value in options.items()
    }
    with pytest.raises((RuntimeError, IndexError, ValueError)):
        functional.cross_entropy(as_torch(logits), torch.tensor(targets), **tensors)
    with pytest.raises(xent.InputError):
        xent.cross_entropy(logits, targets, **options)


@pytest.mark.parametrize(
    ("shape", "weighted", "positive", "reduction"),
    [*itertools.product([(6,), (5, 3), ()], [False, True], [False, True], REDUCTIONS)],
)
def test_binary_cross_entropy(
    shape: tuple[int, ...],
    weighted: bool,
    positive: bool,
    reduction: Any,
) -> None:
    rng = np.random.default_rng(8)
    logits, targets = rng.normal(size=shape) * 5, rng.uniform(size=shape).round(1)
    weight = rng.uniform(size=shape) if weighted else None
    pos_weight = rng.uniform(1, 9, size=shape[-1:]) if positive else None
    theirs = functional.binary_cross_entropy_with_logits(
        as_torch(np.asarray(logits)), as_torch(np.asarray(targets)), as_torch(weight),
        pos_weight=as_torch(pos_weight), reduction=reduction,
    )  # fmt: skip
    ours = xent.binary_cross_entropy_with_logits(logits, targets, weight, pos_weight, reduction)
    assert np.asarray(ours) == pytest.approx(theirs.numpy(), rel=1e-14)
