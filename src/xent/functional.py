"""The losses as functions of arrays: PyTorch's names, meanings and defaults."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Self, TypedDict, Unpack, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xent.errors import Code, InputError, Location
from xent.inputs.arrays import array_batches, like_shape, optional_doubles, real_array
from xent.inputs.batch import Batch
from xent.losses import softmax as rows
from xent.losses.cross_entropy import reduce_losses, row_gradients, row_losses
from xent.losses.exact_sum import ExactSum
from xent.losses.layout import Layout, from_rows
from xent.parallel.threads import map_in_threads, usable_cores
from xent.settings import ClassInputKind, LossSettings, Reduction, Unit


class SharedKeywords(TypedDict, total=False):
    """The keyword arguments of `cross_entropy`, which describes them, but for the reduction."""

    weight: ArrayLike | None
    ignore_index: int
    label_smoothing: float
    input_kind: ClassInputKind
    temperature: float
    sample_weight: ArrayLike | None
    class_axis: int | None
    unit: Unit


class ReducedKeywords(SharedKeywords, total=False):
    """The keyword arguments of a loss that is one number."""

    reduction: Literal["mean", "sum"]


class UnreducedKeywords(SharedKeywords):
    """The keyword arguments of a loss for each row."""

    reduction: Literal["none"]


class LossKeywords(SharedKeywords, total=False):
    """The keyword arguments of a cross-entropy loss."""

    reduction: Reduction


@dataclass(frozen=True, slots=True)
class LossCall:
    """The arguments of a call, checked: which loss, of which arrays.

    Attributes:
        settings: The options of the loss.
        layout: Where classes and rows stand in the logits.
        logits: The logits, of `layout.shape`.
        targets: The targets.
        sample_weight: A factor for each row; None for 1 throughout.
    """

    settings: LossSettings
    layout: Layout
    logits: NDArray[Any]
    targets: NDArray[Any]
    sample_weight: ArrayLike | None

    @classmethod
    def of(cls, logits: ArrayLike, targets: ArrayLike, options: LossKeywords) -> Self:
        """Check the arguments of a call.

        Raises:
            InputError: An array does not hold real numbers, or an option is outside its range.
            TypeError: There is no such option.
        """
        unknown = options.keys() - LossKeywords.__annotations__.keys()
        if unknown:
            raise TypeError(f"unexpected keyword argument {min(unknown)!r}")
        names = LossSettings.__dataclass_fields__.keys() & options.keys() - {"class_axis"}
        given: dict[str, Any] = {name: options[name] for name in names}  # type: ignore[literal-required]  # its own keys
        if "weight" in given:
            given["weight"] = optional_doubles("weight", given["weight"])
        settings = LossSettings(**given)
        if settings.is_per_target:
            raise InputError(
                Code.BAD_SETTING,
                f"{settings.input_kind} are one number per row, and have no classes",
                hint="their mean is LossSum.of(losses).mean",
            )
        arrays = real_array("logits", logits), real_array("targets", targets)
        layout = Layout.of(arrays[0].shape, options.get("class_axis"))
        return cls(settings, layout, *arrays, options.get("sample_weight"))

    def batches(self) -> Iterator[tuple[Any, Batch]]:
        """Yield the index that takes a batch's part from the arrays, and the batch.

        Raises:
            InputError: The shapes do not fit.
        """
        return array_batches(self.logits, self.targets, self.sample_weight, self.layout)


@overload
def cross_entropy(
    logits: ArrayLike, targets: ArrayLike, **options: Unpack[ReducedKeywords]
) -> float: ...
@overload
def cross_entropy(
    logits: ArrayLike, targets: ArrayLike, **options: Unpack[UnreducedKeywords]
) -> NDArray[np.float64]: ...
def cross_entropy(
    logits: ArrayLike, targets: ArrayLike, **options: Unpack[LossKeywords]
) -> float | NDArray[np.float64]:
    """Calculate the cross-entropy loss of logits with the classes they should have predicted.

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
        **options: The keyword arguments below, each optional.
        weight: (C,) a factor w for each class; negative ones are allowed.
        ignore_index: Rows with this target are left out of sum and mean; -100 by default.
        reduction: `"mean"` over the rows counted, the default, their `"sum"`, or `"none"`.
        label_smoothing: ε in [0, 1]; 0 by default.
        input_kind: What `logits` holds: `"logits"`, the default; `"log-probs"`, whose negative
            is taken as it is; or `"probs"`, whose -ln is taken and never clipped.
        temperature: T > 0, for logits; 1 by default.
        sample_weight: In the shape of class numbers, a factor s for each row.
        class_axis: The axis of the classes, if not PyTorch's.
        unit: `"nats"`, the default, or `"bits"`; a bit is ln 2 nats.

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
    return _reduced(LossCall.of(logits, targets, options))


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
    """Calculate the negative log-likelihood of classes under given log-probabilities.

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
    options = LossKeywords(
        weight=weight,
        ignore_index=ignore_index,
        reduction=reduction,
        class_axis=class_axis,
        input_kind="log-probs",
    )
    call = LossCall.of(log_probs, targets, options)
    # Targets in the shape of the inputs would be probabilities, which nll_loss does not take.
    if call.targets.shape == call.logits.shape != ():
        raise InputError(
            Code.WRONG_SHAPE, f"targets must be class numbers here, got shape {call.targets.shape}"
        )
    return _reduced(call)


def cross_entropy_grad(
    logits: ArrayLike, targets: ArrayLike, **options: Unpack[LossKeywords]
) -> NDArray[np.float64]:
    """Calculate the gradient of `cross_entropy` with respect to its first argument.

    With a_c the weight of class c in a row's loss, l = Σ_c a_c·(-ln p_c), and A = Σ_c a_c, it is

        ∂l/∂z_c = (A·p_c - a_c) / T    for logits z, p = softmax(z / T),
        ∂l/∂x_c = -a_c                 for log-probabilities x,
        ∂l/∂p_c = -a_c / p_c           for probabilities p,

    over the mean's denominator. Without options A is 1 and a the one-hot target: softmax(z) -
    onehot(t), over N.

    Args:
        logits: As in `cross_entropy`.
        targets: As in `cross_entropy`.
        **options: As in `cross_entropy`. With the reduction `"none"` each row has its own
            gradient, which is also that of the sum.

    Returns:
        An array of the logits' shape, 0 where a row is ignored.

    Raises:
        InputError: As in `cross_entropy`.

    References:
        https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html

    >>> cross_entropy_grad([[0, 0], [0, 0]], [0, 1]).tolist()
    [[-0.25, 0.25], [0.25, -0.25]]
    """
    call = LossCall.of(logits, targets, options)
    settings, axis = call.settings, call.layout.class_axis
    gradient = np.zeros(call.layout.shape)
    counted = np.zeros(call.layout.targets_shape, dtype=np.bool_)
    weights = ExactSum()
    with np.errstate(all="ignore"):
        for some, batch in call.batches():
            losses = batch.losses(settings)
            weights += ExactSum.of(losses.weights)
            soft = batch.has_probabilities
            own = row_gradients(
                np.asarray(batch.logits.values, dtype=np.float64, order="C"),
                np.where(losses.counted, losses.targets, 0),
                settings,
                target_probs=np.asarray(batch.targets.values, np.float64) if soft else None,
                sample_weight=batch.sample_weight,
            )
            gradient[some] = from_rows(own, gradient[some].shape, axis)
            counted[some] = losses.counted.reshape(counted[some].shape)
        scale = settings.nats_per_unit
        if settings.reduction == "mean":
            scale *= float(weights)
        # An ignored row has no part in the loss, be there anything to divide by or not.
        return np.where(np.expand_dims(counted, axis), gradient / scale, 0.0)


@overload
def binary_cross_entropy_with_logits(
    logits: ArrayLike,
    targets: ArrayLike,
    weight: ArrayLike | None = ...,
    pos_weight: ArrayLike | None = ...,
    reduction: Literal["mean", "sum"] = ...,
) -> float: ...
@overload
def binary_cross_entropy_with_logits(
    logits: ArrayLike,
    targets: ArrayLike,
    weight: ArrayLike | None = ...,
    pos_weight: ArrayLike | None = ...,
    *,
    reduction: Literal["none"],
) -> NDArray[np.float64]: ...
def binary_cross_entropy_with_logits(
    logits: ArrayLike,
    targets: ArrayLike,
    weight: ArrayLike | None = None,
    pos_weight: ArrayLike | None = None,
    reduction: Reduction = "mean",
) -> float | NDArray[np.float64]:
    """Calculate the binary cross-entropy loss of logits with the labels they should have predicted.

    For a logit z, p = 1 / (1 + exp(-z)), and a label y, the loss is

        l = w·(v·y·(-ln p) + (1 - y)·(-ln(1 - p))).

    The sigmoid of z is the softmax of the row 0, z at its second class. So the loss is the
    cross-entropy of that row with the weights w·(1 - y) and w·v·y, and is calculated as exactly.

    Args:
        logits: Any shape; a logit z for each label.
        targets: The logits' shape; labels y, 0 or 1 or anything between.
        weight: A factor w for each element; any shape that broadcasts to the logits'.
        pos_weight: A factor v for the positive part, that balances rare labels; any shape that
            broadcasts to the logits', such as (K,) for K labels in the last axis.
        reduction: `"mean"` over all elements, not over the weights, as in PyTorch; their
            `"sum"`; or `"none"`.

    Returns:
        The loss in nats: a float for mean and sum, an array of the logits' shape for none. The
        mean of nothing is nan.

    Raises:
        InputError: The shapes do not fit, a label is outside [0, 1], or `reduction` is unknown.

    References:
        https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy_with_logits.html

    >>> binary_cross_entropy_with_logits([40.0], [1.0])
    4.248354255291589e-18
    """
    settings = LossSettings(reduction=reduction)
    z = np.asarray(real_array("logits", logits), dtype=np.float64)
    y = np.asarray(real_array("targets", targets), dtype=np.float64)
    y = like_shape(y, z.shape)
    if y.shape != z.shape:
        raise InputError(
            Code.WRONG_SHAPE, f"targets of shape {y.shape} do not fit logits of shape {z.shape}"
        )
    for index in np.argwhere((y < 0) | (y > 1))[:1]:
        place = Location("targets", index=tuple(map(int, index)))
        raise InputError(
            Code.NOT_A_PROBABILITY, f"{y[place.index]} is not a label between 0 and 1", place
        )
    factor = _factor("weight", weight, z.shape)
    positive = _factor("pos_weight", pos_weight, z.shape)
    with np.errstate(all="ignore"):
        # As 0, z but for a shift, so that an infinite logit is a mask.
        found = row_losses(
            np.stack([-np.maximum(z, 0).ravel(), np.minimum(z, 0).ravel()], axis=1),
            np.zeros(z.size, dtype=np.int64),
            np.ones(z.size, dtype=np.bool_),
            settings,
            target_probs=np.stack([(1 - y).ravel(), (positive * y).ravel()], axis=1),
        )
        # 0·inf is nan here, as in PyTorch.
        nll = np.where(np.isinf(z) & (y == (z > 0)), np.nan, found.nll.reshape(z.shape))
        losses = factor * nll
    if reduction == "none":
        return np.asarray(losses)
    return reduce_losses(ExactSum.of(losses), ExactSum.of_ones(z.size), settings)


def softmax(logits: ArrayLike, *, temperature: float = 1.0) -> NDArray[np.float64]:
    """Turn each row of logits into probabilities.

    softmax(z)_j = exp(z_j) / Σ_c exp(z_c), calculated from z - max(z), so that it does not
    overflow.

    Args:
        logits: (N, C) unnormalised log-probabilities z: a row for each example, a column for
            each class. Any real dtype; the arithmetic is in float64.
        temperature: T > 0, by which the logits are divided first.

    Returns:
        (N, C) probabilities. Each row sums to 1.

    Raises:
        InputError: `logits` is not an (N, C) array of real numbers with C >= 1, or `temperature`
            is not above 0.

    References:
        https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html

    >>> softmax([[1, 0, 0]]).round(4).tolist()
    [[0.5761, 0.2119, 0.2119]]
    """
    return rows.softmax(*_matrix(logits, temperature))


def log_softmax(logits: ArrayLike, *, temperature: float = 1.0) -> NDArray[np.float64]:
    """Turn each row of logits into log-probabilities.

    log_softmax(z)_j = z_j - ln Σ_c exp(z_c), calculated so that nothing cancels: the result is
    finite wherever the logits are, and never -inf because a probability underflowed.

    Args:
        logits: (N, C) unnormalised log-probabilities z. Any real dtype.
        temperature: T > 0, by which the logits are divided first.

    Returns:
        (N, C) natural logarithms of the probabilities, in nats.

    Raises:
        InputError: `logits` is not an (N, C) array of real numbers with C >= 1, or `temperature`
            is not above 0.

    References:
        https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html

    >>> log_softmax([[1000, 1]]).tolist()
    [[0.0, -999.0]]
    """
    return rows.log_softmax(*_matrix(logits, temperature))


def _reduced(call: LossCall) -> float | NDArray[np.float64]:
    """Return what the call's reduction makes of the rows' losses."""
    settings, batches = call.settings, (batch for _, batch in call.batches())
    if settings.reduction == "none":
        losses = map_in_threads(lambda batch: _losses(batch, settings), batches, usable_cores())
        shape = call.layout.targets_shape
        return np.concatenate([*losses]).reshape(shape) / settings.nats_per_unit
    total, weight = ExactSum(), ExactSum()
    sums = map_in_threads(lambda batch: _sums(batch, settings), batches, usable_cores())
    for total_of_batch, weight_of_batch in sums:
        total += total_of_batch
        weight += weight_of_batch
    return reduce_losses(total, weight, settings)


def _losses(batch: Batch, settings: LossSettings) -> NDArray[np.float64]:
    """Each row's loss, 0 where it is ignored."""
    losses = batch.losses(settings)
    return np.where(losses.counted, losses.nll, 0.0)


def _sums(batch: Batch, settings: LossSettings) -> tuple[ExactSum, ExactSum]:
    """Σ l and Σ w."""
    losses, weights = batch.losses(settings).counted_losses
    even = batch.weighs_evenly(settings)
    return ExactSum.of(losses), ExactSum.of_ones(len(losses)) if even else ExactSum.of(weights)


def _matrix(logits: ArrayLike, temperature: float) -> tuple[NDArray[np.float64], float]:
    array = real_array("logits", logits)
    if array.ndim != 2 or array.shape[1] == 0:
        raise InputError(
            Code.WRONG_SHAPE, f"logits must have shape (N, C) with C >= 1, got {array.shape}"
        )
    settings = LossSettings(temperature=temperature)  # refuses what is outside its range
    return np.ascontiguousarray(array, dtype=np.float64), settings.temperature


def _factor(name: str, values: ArrayLike | None, shape: tuple[int, ...]) -> NDArray[np.float64]:
    if values is None:
        return np.ones(())
    array = np.asarray(real_array(name, values), dtype=np.float64)
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise InputError(
            Code.WRONG_SHAPE, f"{name} of shape {array.shape} does not fit logits of shape {shape}"
        ) from None
