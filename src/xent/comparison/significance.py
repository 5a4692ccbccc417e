"""Significance tests of a difference, by SciPy: asked for by name, never shown by themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.comparison.comparison import Pair
from xent.inputs.formats.libraries import require
from xent.losses.row_losses import RowLosses

_RESAMPLES = 9999
# Differences that are drawn at once.
_BATCH = 1 << 22
# Draws are repeated exactly from run to run.
_SEED = 0


@dataclass(frozen=True, slots=True)
class PValue:
    """The result of a test.

    Attributes:
        name: The name of the test.
        value: The probability of a difference at least as large between equal models; nan where
            the test does not apply.
        remark: What was tested.
    """

    name: str
    value: float
    remark: str


class DifferenceCollector:
    """A collector of the differences of each model to the first, in memory."""

    def __init__(self) -> None:
        self._parts: list[list[NDArray[np.float64]]] = []

    def update(self, _: int, losses: Sequence[RowLosses]) -> None:
        """Take in the losses of each model on the same rows."""
        first, counted = losses[0].nll, losses[0].counted
        with np.errstate(invalid="ignore"):
            self._parts.append([(each.nll - first)[counted] for each in losses[1:]])

    def differences(self, number: int) -> NDArray[np.float64]:
        """Return the differences of a model to the first, by its number among the others."""
        return np.concatenate([part[number] for part in self._parts])


def significance(pair: Pair, differences: NDArray[np.float64]) -> tuple[PValue, ...]:
    """Test whether two models are equal.

    Args:
        pair: The two models.
        differences: (n,) the difference of each counted row.

    Raises:
        InputError: SciPy is not installed.
    """
    stats = require("scipy.stats", "stats", "test a difference")
    units = differences if pair.clusters is None else pair.clusters.differences
    noun = "rows" if pair.clusters is None else "clusters"
    found = [_t_test(pair, stats), _permutation(units, noun, stats)]
    if pair.divergence is not None:
        found.append(_mcnemar(pair, stats))
    return tuple(found)


def _t_test(pair: Pair, stats: Any) -> PValue:  # noqa: ANN401  a module
    remark = f"t with {pair.freedom} degrees of freedom"
    error = pair.standard_error
    if not (isfinite(error) and error > 0):
        return PValue("paired t", nan, remark)
    statistic = pair.difference / error
    p = 2 * float(stats.t.sf(abs(statistic), pair.freedom))
    return PValue("paired t", p, f"t = {statistic:.4f} with {pair.freedom} degrees of freedom")


def _permutation(units: NDArray[np.float64], noun: str, stats: Any) -> PValue:  # noqa: ANN401  as above
    remark = f"{_RESAMPLES} random signs of {len(units)} {noun}"
    if len(units) < 2 or not np.isfinite(units).all():
        return PValue("permutation", nan, remark)
    found = stats.permutation_test(
        (units,),
        np.mean,
        permutation_type="samples",
        vectorized=True,
        n_resamples=_RESAMPLES,
        batch=max(1, _BATCH // len(units)),
        rng=np.random.default_rng(_SEED),
    )
    return PValue("permutation", float(found.pvalue), remark)


def _mcnemar(pair: Pair, stats: Any) -> PValue:  # noqa: ANN401  as above
    """Test the accuracies by the rows that one model alone has right, exactly."""
    one, two = pair.first_alone, pair.second_alone
    remark = f"accuracy: right alone in {one} and {two} rows"
    p = float(stats.binomtest(min(one, two), one + two).pvalue) if one + two else 1.0
    return PValue("McNemar", p, remark)
