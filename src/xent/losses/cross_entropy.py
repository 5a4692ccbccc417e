"""The cross-entropy of logits with the classes they should have predicted."""

from typing import Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xent.errors import Code, InputError
from xent.inputs.batch import Batch, array_batches, optional_doubles, real_array
from xent.losses.exact_sum import ExactSum
from xent.losses.layout import Layout
from xent.losses.reduction import reduced
from xent.losses.row_losses import RowLosses
from xent.parallel.threads import in_order, usable_cores
from xent.settings import InputKind, LossSettings, Reduction, Unit


@overload
def cross_entropy(
    logits: ArrayLike,
    targets: ArrayLike,
    *,
    weight: ArrayLike | None = ...,
    ignore_index: int = ...,
    reduction: Literal["mean", "sum"] = ...,
    label_smoothing: float = ...,
    input_kind: InputKind = ...,
    temperature: float = ...,
    sample_weight: ArrayLike | None = ...,
    class_axis: int | None = ...,
    unit: Unit = ...,
) -> float: ...
@overload
def cross_entropy(
    logits: ArrayLike,
    targets: ArrayLike,
    *,
    weight: ArrayLike | None = ...,
    ignore_index: int = ...,
    reduction: Literal["none"],
    label_smoothing: float = ...,
    input_kind: InputKind = ...,
    temperature: float = ...,
    sample_weight: ArrayLike | None = ...,
    class_axis: int | None = ...,
    unit: Unit = ...,
) -> NDArray[np.float64]: ...
def cross_entropy(
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
) -> float | NDArray[np.float64]:
    """The cross-entropy loss of logits with the classes they should have predicted.

    For a row with logits z, and p = softmax(z / T), the loss is

        l = w_t·s·(1 - ε)·(-ln p_t) + s·(ε/C)·Σ_c w_c·(-ln p_c)    for a class t,
        l = s·Σ_c w_c·((1 - ε)·q_c + ε/C)·(-ln p_c)                for probabilities q.

    The mean is Σ l / Σ w_t·s over the rows counted for classes, and Σ l / Σ s for probabilities.
    All is calculated without cancellation or overflow; the sums are exact, the mean is rounded
    once. Without `temperature`, `sample_weight`, `input_kind`, `class_axis` and `unit` it is
    PyTorch's function, its edge cases included, with one exception: a class with q_c = 0 or w_c =
    0 adds 0 to a sum over classes even where its ln p_c is -inf, where PyTorch's sum is nan.

    Args:
        logits: (N, C), (N, C, d1, …) or (C,) unnormalised log-probabilities z. Any real dtype;
            the arithmetic is in float64.
        targets: Without the logits' axis of classes, (N,), (N, d1, …) or (): the number t of
            each row's class, 0 to C - 1, as integers or floats that are whole. In the logits'
            own shape, as floats: the probabilities q.
        weight: (C,) a factor w for each class; negative ones are allowed.
        ignore_index: Rows with this target are left out of sum and mean.
        reduction: `"mean"` over the rows counted, their `"sum"`, or `"none"`.
        label_smoothing: ε in [0, 1].
        input_kind: What `logits` holds: `"logits"`; `"log-probs"`, whose negative is taken as
            it is; or `"probs"`, whose -ln is taken and never clipped.
        temperature: T > 0, for logits.
        sample_weight: In the shape of class numbers, a factor s for each row.
        class_axis: The axis of the classes, if not PyTorch's.
        unit: `"nats"` or `"bits"`; a bit is ln 2 nats.

    Returns:
        The loss in `unit`: a float for mean and sum; for none an array in the shape of class
        numbers, 0 where a row is ignored. The mean of no rows is nan.

    Raises:
        InputError: The shapes do not fit, a target names no class, a probability is none, or an
            option is outside its range. A `ValueError` whose `diagnostic` says where.

    References:
        https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html

    >>> cross_entropy([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 1, 2])
    0.5514447139320511
    >>> cross_entropy([[40, 0]], [0])
    4.248354255291589e-18
    >>> cross_entropy([[0, 0]], [[0.25, 0.75]], unit="bits")
    1.0
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
    return _reduced(logits, targets, sample_weight, class_axis, settings)


@overload
def nll_loss(
    log_probs: ArrayLike,
    targets: ArrayLike,
    *,
    weight: ArrayLike | None = ...,
    ignore_index: int = ...,
    reduction: Literal["mean", "sum"] = ...,
    class_axis: int | None = ...,
) -> float: ...
@overload
def nll_loss(
    log_probs: ArrayLike,
    targets: ArrayLike,
    *,
    weight: ArrayLike | None = ...,
    ignore_index: int = ...,
    reduction: Literal["none"],
    class_axis: int | None = ...,
) -> NDArray[np.float64]: ...
def nll_loss(
    log_probs: ArrayLike,
    targets: ArrayLike,
    *,
    weight: ArrayLike | None = None,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
    class_axis: int | None = None,
) -> float | NDArray[np.float64]:
    """The negative log-likelihood of classes under given log-probabilities.

    l = -w_t·log_probs[…, t]: the last of the three steps softmax, log, NLL.
    `nll_loss(log_softmax(z), t)` is `cross_entropy(z, t)`, up to the rounding of the
    log-probabilities.

    Args:
        log_probs: (N, C), (N, C, d1, …) or (C,) natural logarithms of probabilities. Taken as
            they are: whether a row is normalised is not looked at.
        targets: (N,), (N, d1, …) or () the number t of each row's class, 0 to C - 1.
        weight: (C,) a factor w for each class.
        ignore_index: Rows with this target are left out of sum and mean.
        reduction: `"mean"`, Σ l / Σ w_t over the rows counted, their `"sum"`, or `"none"`.
        class_axis: The axis of the classes, if not PyTorch's.

    Returns:
        The loss in nats: a float for mean and sum; for none an array in the targets' shape, 0
        where a row is ignored. The mean of no rows is nan.

    Raises:
        InputError: The shapes do not fit, or a target names no class.

    References:
        https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.nll_loss.html

    >>> nll_loss([[-0.25, -1.5]], [0])
    0.25
    """
    # Targets in the shape of the inputs would be probabilities, which nll_loss does not take.
    if np.shape(targets) == np.shape(log_probs) != ():
        raise InputError(
            Code.WRONG_SHAPE, f"targets are class numbers here, not of shape {np.shape(targets)}"
        )
    settings = LossSettings(
        weight=optional_doubles("weight", weight),
        ignore_index=ignore_index,
        reduction=reduction,
        input_kind="log-probs",
    )
    return _reduced(log_probs, targets, None, class_axis, settings)


def _reduced(
    inputs: ArrayLike,
    targets: ArrayLike,
    sample_weight: ArrayLike | None,
    class_axis: int | None,
    settings: LossSettings,
) -> float | NDArray[np.float64]:
    """What the settings' reduction makes of the rows' losses."""
    scores, labels = real_array("logits", inputs), real_array("targets", targets)
    layout = Layout.of(scores.shape, class_axis)
    batches = (batch for _, batch in array_batches(scores, labels, sample_weight, layout))
    if settings.reduction == "none":
        rows = in_order(lambda batch: _losses(batch, settings), batches, usable_cores())
        return np.concatenate([*rows]).reshape(layout.targets_shape) / settings.nats_per_unit
    total, weight = ExactSum(), ExactSum()
    sums = in_order(lambda batch: _sums(batch, settings), batches, usable_cores())
    for total_of_batch, weight_of_batch in sums:
        total += total_of_batch
        weight += weight_of_batch
    return reduced(total, weight, settings)


def _losses(batch: Batch, settings: LossSettings) -> NDArray[np.float64]:
    """Each row's loss, 0 where it is ignored."""
    rows = RowLosses.of(batch, settings)
    return np.where(rows.counted, rows.nll, 0.0)


def _sums(batch: Batch, settings: LossSettings) -> tuple[ExactSum, ExactSum]:
    """Σ l and Σ w."""
    losses, weights = RowLosses.of(batch, settings).terms
    even = batch.weighs_evenly(settings)
    return ExactSum.of(losses), ExactSum.of_ones(len(losses)) if even else ExactSum.of(weights)
