"""What becomes of the sums over all rows: the one number that is the loss."""

from math import nan

from xent.losses.exact_sum import ExactSum
from xent.settings import LossSettings


def reduced(total: ExactSum, weight: ExactSum, settings: LossSettings) -> float:
    """The mean or the sum of the rows' losses, in the settings' unit.

    Args:
        total: Σ l, in nats.
        weight: Σ w, the mean's denominator.
        settings: The reduction and the unit. For "none" it is the mean that a summary shows.

    Returns:
        The loss. Where the weights add up to 0, what dividing gives: nan, or an infinity where
        weights of both signs cancel. With label smoothing it is nan: PyTorch divides the smooth
        part and the other each by the weights. One of the two is 0 / 0 but where weights of both
        signs cancel to the last digit; there PyTorch's result may be an infinity.
    """
    if settings.reduction == "sum":
        return float(total) / settings.nats_per_unit
    if settings.label_smoothing and not weight.scaled:
        return nan
    return total / weight / settings.nats_per_unit
