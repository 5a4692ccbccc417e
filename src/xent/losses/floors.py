"""The lowest losses that targets allow."""

from math import log


def smoothing_floor(label_smoothing: float, classes: int) -> float:
    """Return the entropy of a smoothed class, in nats: no model has a lower loss.

    Smoothing asks for b = ε/C at each other class and a = 1 - ε + b at the target:
    -a·ln a - (C - 1)·b·ln b.

    Args:
        label_smoothing: ε, above 0 and below 1.
        classes: C.
    """
    other = label_smoothing / classes
    own = 1 - label_smoothing + other
    return -(own * log(own) + (classes - 1) * other * log(other))
