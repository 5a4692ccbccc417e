"""The binary cross-entropy of logits, one for each independent yes or no."""

from typing import Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xent.errors import Code, InputError, Location
from xent.inputs.batch import real_array
from xent.losses.exact_sum import ExactSum
from xent.settings import Reduction


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
    """The binary cross-entropy loss of logits with the labels they should have predicted.

    For a logit z, p = 1 / (1 + exp(-z)), and a label y, the loss is

        l = w·(v·y·(-ln p) + (1 - y)·(-ln(1 - p))),

    with -ln p = ln(1 + exp(-z)) calculated as max(-z, 0) + log1p(exp(-|z|)), neither part of
    which is negative: it cancels nowhere, and keeps the digits of a confident logit.

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
    z = np.asarray(real_array("logits", logits), dtype=np.float64)
    y = np.asarray(real_array("targets", targets), dtype=np.float64)
    if y.shape != z.shape:
        raise InputError(
            Code.WRONG_SHAPE, f"targets of shape {y.shape} do not fit logits of shape {z.shape}"
        )
    for index in np.argwhere((y < 0) | (y > 1))[:1]:
        place = Location("targets", index=tuple(map(int, index)))
        raise InputError(
            Code.NOT_A_PROBABILITY, f"{y[place.index]} is no label of a yes or no", place
        )
    factor = _factor("weight", weight, z.shape)
    positive = _factor("pos_weight", pos_weight, z.shape)
    with np.errstate(all="ignore"):
        rest = np.log1p(np.exp(-np.abs(z)))
        surprise_of_yes, surprise_of_no = np.maximum(-z, 0) + rest, np.maximum(z, 0) + rest
        losses = factor * (positive * y * surprise_of_yes + (1 - y) * surprise_of_no)
    match reduction:
        case "none":
            return np.asarray(losses)
        case "sum":
            return float(ExactSum.of(losses))
        case "mean":
            return ExactSum.of(losses) / ExactSum.of_ones(losses.size)
    raise InputError(Code.BAD_SETTING, f"reduction is one of mean, sum, none, not {reduction!r}")


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
