"""What scikit-learn, SciPy, optax, JAX's gradients and PyTorch's find, where all mean the same.

Each library is optional: its tests are skipped where it is not installed.
"""

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import xent

# A loss from given probabilities is one logarithm, right to an ulp or two in each library, and
# what weighs and adds up fifty of them rounds each step by 1.1e-16: some tens of ulp at the most.
NEAR: dict[str, Any] = {"rel": 1e-14}
# From logits, logsumexp(z) - z_t rounds at the size of the logits, here up to 20 or so, whatever
# the size of the loss: some ulp of 20, each of 3.6e-15. The same goes for sums of p - q.
CANCELLING: dict[str, Any] = {"rel": 1e-13, "abs": 3e-14}

ROWS, CLASSES = 50, 5
SHAPE = (ROWS, CLASSES)
REDUCTIONS = ["mean", "sum"]
Array = NDArray[np.float64]


def logits() -> Array:
    return np.random.default_rng(1).normal(size=SHAPE) * 4


def targets() -> NDArray[np.int64]:
    return np.random.default_rng(2).integers(CLASSES, size=ROWS)


def probabilities(seed: int) -> Array:
    """Rows that sum to 1, all of them well inside (0, 1), where nothing is clipped."""
    raw = np.random.default_rng(seed).uniform(0.05, 1, size=SHAPE)
    return np.asarray(raw / raw.sum(axis=1, keepdims=True))


def class_weight() -> Array:
    return np.random.default_rng(3).uniform(0.2, 3, size=CLASSES)


def sample_weight() -> Array:
    return np.random.default_rng(4).uniform(0, 3, size=ROWS)


@pytest.fixture
def log_loss() -> Any:
    return pytest.importorskip("sklearn.metrics").log_loss


@pytest.fixture
def special() -> Any:
    return pytest.importorskip("scipy.special")


@pytest.fixture
def entropy() -> Any:
    return pytest.importorskip("scipy.stats").entropy


@pytest.fixture
def jax() -> Any:
    module = pytest.importorskip("jax")
    module.config.update("jax_enable_x64", True)  # noqa: FBT003  the name says what it turns on
    return module


@pytest.fixture
def optax(jax: Any) -> Any:
    assert jax.config.jax_enable_x64
    return pytest.importorskip("optax")


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch")


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_log_loss_of_scikit_learn(weighted: bool, reduction: Any, log_loss: Any) -> None:
    given, labels = probabilities(5), targets()
    own = sample_weight() if weighted else None
    ours = xent.cross_entropy(
        given, labels, input_kind="probs", sample_weight=own, reduction=reduction
    )
    theirs = log_loss(
        labels, given, normalize=reduction == "mean", sample_weight=own, labels=range(CLASSES)
    )
    assert ours == pytest.approx(theirs, **NEAR)


@pytest.mark.parametrize("there", [[0, 1], [4], [0, 2, 4], [3, 1]])
def test_log_loss_where_some_classes_are_nobodys(there: list[int], log_loss: Any) -> None:
    given = probabilities(6)
    labels = np.random.default_rng(7).choice(there, size=ROWS)
    assert xent.cross_entropy(given, labels, input_kind="probs") == pytest.approx(
        log_loss(labels, given, labels=range(CLASSES)), **NEAR
    )


def test_log_loss_of_a_yes_or_no(log_loss: Any, special: Any) -> None:
    """Its one column is the probability of class 1; a logit says the same."""
    yes, labels = probabilities(8)[:, 0], targets() % 2
    theirs = log_loss(labels, yes)
    both = np.stack([1 - yes, yes], axis=1)
    assert xent.cross_entropy(both, labels, input_kind="probs") == pytest.approx(theirs, **NEAR)
    ours = xent.binary_cross_entropy_with_logits(special.logit(yes), labels)
    assert ours == pytest.approx(theirs, **NEAR)


def test_scikit_learn_clips_and_xent_does_not(log_loss: Any) -> None:
    """P = 0 costs -ln 2.2e-16 there, and infinitely much here; p = 1 costs 2.2e-16, and nothing."""
    epsilon = np.finfo(np.float64).eps
    given = [[1.0, 0.0]]
    assert log_loss([1], given, labels=[0, 1]) == pytest.approx(-np.log(epsilon))
    assert xent.cross_entropy(given, [1], input_kind="probs") == np.inf
    assert log_loss([0], given, labels=[0, 1]) == pytest.approx(epsilon)
    assert xent.cross_entropy(given, [0], input_kind="probs") == 0.0


@pytest.mark.parametrize("scale", [1, 30, 300])
def test_softmax_of_scipy(scale: float, special: Any) -> None:
    scores = np.random.default_rng(9).normal(size=SHAPE) * scale
    theirs = special.softmax(scores, axis=1)
    # SciPy's exponent is rounded at the size of z - max z, up to 1500: an ulp is 2.3e-13.
    assert xent.softmax(scores) == pytest.approx(theirs, rel=5e-13, abs=1e-300)
    assert xent.log_softmax(scores) == pytest.approx(special.log_softmax(scores, axis=1), **NEAR)
    assert xent.softmax(scores, temperature=3) == pytest.approx(
        special.softmax(scores / 3, axis=1), rel=5e-13, abs=1e-300
    )


def test_logsumexp_of_scipy_cancels(special: Any) -> None:
    scores, labels = logits(), targets()
    own = scores[np.arange(ROWS), labels]
    theirs = special.logsumexp(scores, axis=1) - own
    ours = xent.cross_entropy(scores, labels, reduction="none")
    assert ours == pytest.approx(theirs, **CANCELLING)
    assert special.logsumexp([40.0, 0.0]) - 40.0 == 0.0
    assert xent.cross_entropy([[40, 0]], [0]) == 4.248354255291589e-18


def test_two_classes_are_a_log1p_or_a_log_expit_of_scipy(special: Any) -> None:
    margins = np.linspace(-700, 700, 401)
    pairs = np.stack([margins, np.zeros(401)], axis=1)
    ours = xent.cross_entropy(pairs, np.zeros(401, dtype=int), reduction="none")
    assert ours == pytest.approx(-special.log_expit(margins), **NEAR)
    sure = margins[margins >= 0]
    assert ours[margins >= 0] == pytest.approx(special.log1p(np.exp(-sure)), **NEAR)
    for label in (0.0, 0.3, 1.0):
        losses = xent.binary_cross_entropy_with_logits(
            margins, np.full(401, label), reduction="none"
        )
        theirs = -label * special.log_expit(margins) - (1 - label) * special.log_expit(-margins)
        assert losses == pytest.approx(theirs, **NEAR)


@pytest.mark.parametrize(("unit", "base"), [("nats", None), ("bits", 2)])
def test_entropy_and_divergence_of_scipy(unit: Any, base: int | None, entropy: Any) -> None:
    """The cross-entropy H(q, p) is H(q) + KL(q ‖ p), and H(q) where p is q."""
    sought, given = probabilities(10), probabilities(11)
    ours = xent.cross_entropy(given, sought, input_kind="probs", unit=unit, reduction="none")
    theirs = entropy(sought, base=base, axis=1) + entropy(sought, given, base=base, axis=1)
    assert ours == pytest.approx(theirs, **NEAR)
    same = xent.cross_entropy(sought, sought, input_kind="probs", unit=unit, reduction="none")
    assert same == pytest.approx(entropy(sought, base=base, axis=1), **NEAR)
    from_logits = xent.cross_entropy(np.log(given), sought, unit=unit, reduction="none")
    assert from_logits == pytest.approx(theirs, **NEAR)


def test_a_probability_of_0_is_left_out_in_scipy_too(special: Any) -> None:
    sought, given = np.array([[0.0, 0.25, 0.75]]), np.array([[0.0, 0.5, 0.5]])
    theirs = special.entr(sought).sum() + special.rel_entr(sought, given).sum()
    assert xent.cross_entropy(given, sought, input_kind="probs") == pytest.approx(theirs, **NEAR)


@pytest.mark.parametrize("epsilon", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("kind", ["probabilities", "one-hot"])
def test_softmax_cross_entropy_of_optax(kind: str, epsilon: float, optax: Any) -> None:
    scores = logits()
    sought = probabilities(12) if kind == "probabilities" else np.eye(CLASSES)[targets()]
    smooth = np.asarray(optax.smooth_labels(sought, epsilon))
    theirs = np.asarray(optax.softmax_cross_entropy(scores, smooth))
    ours = xent.cross_entropy(scores, sought, label_smoothing=epsilon, reduction="none")
    assert ours == pytest.approx(theirs, **CANCELLING)
    assert xent.cross_entropy(scores, smooth, reduction="none") == pytest.approx(
        theirs, **CANCELLING
    )
    if kind == "one-hot":
        assert xent.cross_entropy(
            scores, targets(), label_smoothing=epsilon, reduction="none"
        ) == pytest.approx(theirs, **CANCELLING)


@pytest.mark.parametrize("shape", [(CLASSES,), SHAPE, (4, 3, CLASSES), (2, 3, 4, CLASSES)])
def test_integer_labels_of_optax(shape: tuple[int, ...], optax: Any) -> None:
    """Its classes stand along the last axis, whatever the shape."""
    rng = np.random.default_rng(13)
    scores, labels = rng.normal(size=shape) * 4, rng.integers(CLASSES, size=shape[:-1])
    theirs = np.asarray(optax.softmax_cross_entropy_with_integer_labels(scores, labels))
    ours = xent.cross_entropy(scores, labels, class_axis=-1, reduction="none")
    assert np.shape(ours) == theirs.shape
    assert ours == pytest.approx(theirs, **CANCELLING)


def test_sigmoid_binary_cross_entropy_of_optax(optax: Any) -> None:
    """It takes log-sigmoids, and so keeps the digits of a confident logit too."""
    rng = np.random.default_rng(14)
    scores = rng.normal(size=(20, 7)) * [1, 3, 10, 30, 100, 300, 700]
    for labels in (rng.uniform(size=(20, 7)), rng.integers(2, size=(20, 7)).astype(float)):
        theirs = np.asarray(optax.sigmoid_binary_cross_entropy(scores, labels))
        ours = xent.binary_cross_entropy_with_logits(scores, labels, reduction="none")
        assert ours == pytest.approx(theirs, **NEAR)


@pytest.mark.parametrize(
    ("soft", "epsilon", "temperature", "weighted"),
    [*itertools.product([False, True], [0.0, 0.1], [1.0, 2.5], [False, True])],
)
def test_gradients_of_jax(
    soft: bool, epsilon: float, temperature: float, weighted: bool, jax: Any, optax: Any
) -> None:
    scores, labels = logits(), targets()
    sought = probabilities(15) if soft else np.eye(CLASSES)[labels]
    own = sample_weight() if weighted else np.ones(ROWS)

    def loss(inputs: Any) -> Any:
        smooth = optax.smooth_labels(sought, epsilon)
        rows = optax.softmax_cross_entropy(inputs / temperature, smooth)
        return (own * rows).sum() / own.sum()

    value, gradient = jax.value_and_grad(loss)(scores)
    options: dict[str, Any] = {
        "label_smoothing": epsilon,
        "temperature": temperature,
        "sample_weight": own if weighted else None,
    }
    given = sought if soft else labels
    assert xent.cross_entropy(scores, given, **options) == pytest.approx(float(value), rel=1e-13)
    ours = xent.cross_entropy_grad(scores, given, **options)
    assert ours == pytest.approx(np.asarray(gradient), rel=1e-12, abs=1e-16)


def test_gradients_of_jax_by_class_weights(jax: Any) -> None:
    scores, labels, factors = logits(), targets(), class_weight()

    def loss(inputs: Any) -> Any:
        logs = jax.nn.log_softmax(inputs)
        rows = -factors[labels] * logs[np.arange(ROWS), labels]
        return rows.sum() / factors[labels].sum()

    ours = xent.cross_entropy_grad(scores, labels, weight=factors)
    assert ours == pytest.approx(np.asarray(jax.grad(loss)(scores)), rel=1e-12, abs=1e-16)


@pytest.mark.parametrize(
    ("kind", "soft", "weighting", "epsilon", "reduction"),
    [
        *itertools.product(
            ["logits", "log-probs", "probs"],
            [False, True],
            ["none", "classes", "rows", "both"],
            [0.0, 0.2],
            REDUCTIONS,
        )
    ],
)
def test_gradients_of_pytorch_by_each_kind_of_input(
    kind: Any, soft: bool, weighting: str, epsilon: float, reduction: Any, torch: Any
) -> None:
    """The definition, written out in tensors, for what PyTorch's own function has no option."""
    scores = {
        "logits": logits(),
        "probs": probabilities(16),
        "log-probs": np.log(probabilities(16)),
    }
    labels = targets()
    factors = class_weight() if weighting in ("classes", "both") else None
    own = sample_weight() if weighting in ("rows", "both") else None
    inputs = torch.from_numpy(scores[kind]).requires_grad_()
    logs = {
        "logits": lambda: torch.log_softmax(inputs, dim=1),
        "log-probs": lambda: inputs,
        "probs": inputs.log,
    }[kind]()
    by_class = torch.from_numpy(np.ones(CLASSES) if factors is None else factors)
    by_row = torch.from_numpy(np.ones(ROWS) if own is None else own)
    sought = torch.from_numpy(probabilities(17) if soft else np.eye(CLASSES)[labels])
    smooth = (1 - epsilon) * sought + epsilon / CLASSES
    total = -(by_row[:, None] * by_class * smooth * logs).sum()
    weights = by_row if soft else by_row * by_class[torch.from_numpy(labels)]
    loss = total / weights.sum() if reduction == "mean" else total
    loss.backward()
    options: dict[str, Any] = {
        "weight": factors,
        "sample_weight": own,
        "label_smoothing": epsilon,
        "input_kind": kind,
        "reduction": reduction,
    }
    given = probabilities(17) if soft else labels
    assert xent.cross_entropy(scores[kind], given, **options) == pytest.approx(
        loss.item(), rel=1e-13
    )
    ours = xent.cross_entropy_grad(scores[kind], given, **options)
    assert ours == pytest.approx(inputs.grad.numpy(), rel=1e-12, abs=1e-14)
