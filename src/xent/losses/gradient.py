"""The gradient of the cross-entropy with respect to its input."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xent.inputs.batch import array_batches, optional_doubles, real_array
from xent.losses.exact_sum import ExactSum
from xent.losses.layout import Layout, from_rows
from xent.losses.row_losses import RowLosses
from xent.losses.softmax import ShiftedExponentials
from xent.report.stages import Rows
from xent.settings import InputKind, LossSettings, Reduction, Unit


def cross_entropy_grad(
    logits: ArrayLike,
    targets: ArrayLike,
    *,
    weight: ArrayLike | None = None,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
    label_smoothing: float = 0.0,
    input_kind: InputKind = "logits",
    temperature: float = 1.0,
    sample_weight: ArrayLike | None = None,
    class_axis: int | None = None,
    unit: Unit = "nats",
) -> NDArray[np.float64]:
    """The gradient of `cross_entropy` with respect to its first argument.

    With a_c the share of class c in a row's loss, l = Σ_c a_c·(-ln p_c), and A = Σ_c a_c, it is

        ∂l/∂z_c = (A·p_c - a_c) / T    for logits z, p = softmax(z / T),
        ∂l/∂x_c = -a_c                 for log-probabilities x,
        ∂l/∂p_c = -a_c / p_c           for probabilities p,

    over the mean's denominator. Without options A is 1 and a the one-hot target: softmax(z) -
    onehot(t), over N. Where A·p_c and a_c nearly cancel, in a confident row, 1 - p_c is
    calculated from the other classes, so that no digits are lost.

    Args:
        logits: As `cross_entropy` takes them.
        targets: As `cross_entropy` takes them.
        weight: (C,) a factor for each class.
        ignore_index: Rows with this target have a gradient of 0.
        reduction: `"mean"`, or `"sum"`; `"none"` gives each row's own gradient, which is the sum's.
        label_smoothing: ε in [0, 1].
        input_kind: `"logits"`, `"log-probs"` or `"probs"`.
        temperature: T > 0, for logits.
        sample_weight: In the shape of class numbers, a factor for each row.
        class_axis: The axis of the classes, if not PyTorch's.
        unit: The unit of the loss, `"nats"` or `"bits"`.

    Returns:
        An array of the logits' shape.

    Raises:
        InputError: As `cross_entropy`.

    References:
        https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html

    >>> cross_entropy_grad([[0, 0], [0, 0]], [0, 1]).tolist()
    [[-0.25, 0.25], [0.25, -0.25]]
    """
    settings = LossSettings(
        weight=optional_doubles("weight", weight),
        ignore_index=ignore_index,
        reduction=reduction,
        label_smoothing=label_smoothing,
        input_kind=input_kind,
        temperature=temperature,
        unit=unit,
    )
    scores = real_array("logits", logits)
    layout = Layout.of(scores.shape, class_axis)
    gradient = np.zeros(layout.shape)
    counted = np.zeros(layout.targets_shape, dtype=np.bool_)
    weights = ExactSum()
    labels = real_array("targets", targets)
    with np.errstate(all="ignore"):
        for some, batch in array_batches(scores, labels, sample_weight, layout):
            losses = RowLosses.of(batch, settings)
            weights += ExactSum.of(losses.weights)
            whole = Rows.of(batch, losses, slice(None))
            rows = row_gradients(whole, settings)
            gradient[some] = from_rows(rows, gradient[some].shape, layout.class_axis)
            counted[some] = losses.counted.reshape(counted[some].shape)
        scale = settings.nats_per_unit * (float(weights) if reduction == "mean" else 1.0)
        # An ignored row has no part in the loss, be there anything to divide by or not.
        return np.where(np.expand_dims(counted, layout.class_axis), gradient / scale, 0.0)


def row_gradients(rows: Rows, settings: LossSettings) -> NDArray[np.float64]:
    """(n, C) the gradient of each row's own loss, in nats.

    Args:
        rows: The rows; of one that is ignored the result means nothing.
        settings: The options of the loss.
    """
    shares = class_shares(rows, settings)
    match settings.input_kind:
        case "log-probs":
            return -shares
        case "probs":
            return np.where(shares == 0, 0.0, -shares / rows.scores)
    shifted = ShiftedExponentials.of(rows.scores, settings.temperature)
    each, normalizers = np.arange(len(rows.scores)), (1 + shifted.others)[:, None]
    probabilities = shifted.exponentials / normalizers
    complements = 1 - probabilities
    complements[each, shifted.top] = shifted.others / normalizers[:, 0]
    probabilities[each, shifted.top] += 1 / normalizers[:, 0]
    # A·p_c - a_c = (A - a_c)·p_c - a_c·(1 - p_c), and for a one-hot target A - a_t is exactly 0.
    others = shares.sum(axis=1, keepdims=True) - shares
    gradients: NDArray[np.float64] = others * probabilities - shares * complements
    return gradients / settings.temperature


def class_shares(rows: Rows, settings: LossSettings) -> NDArray[np.float64]:
    """(n, C) the share a of each class in a row's loss, which is Σ_c a_c·(-ln p_c)."""
    count, classes = rows.scores.shape
    smooth = settings.label_smoothing
    weight = np.ones(classes) if settings.weight is None else settings.weight
    if rows.shares is not None:
        shares = (1 - smooth) * rows.shares * weight
    else:
        targets = np.maximum(rows.targets, 0)
        shares = np.zeros((count, classes))
        shares[np.arange(count), targets] = (1 - smooth) * weight[targets]
    if smooth:
        shares += smooth / classes * weight
    if rows.sample_weight is not None:
        shares *= rows.sample_weight[:, None]
    return shares
