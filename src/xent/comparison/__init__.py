"""`xent compare`: two models or more on the same rows, paired."""

from xent.comparison.comparison import Comparison, Model, Pair
from xent.comparison.evaluate import compare

__all__ = ["Comparison", "Model", "Pair", "compare"]
