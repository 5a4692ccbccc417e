"""Whether the rows prove that other logits or other targets were meant, or luck explains it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# A fix that lowers the loss by less than this share is not worth an accusation.
LEAST_SHARE = 0.05
# In standard errors: by luck 4 is exceeded once in 30,000 times. Then the order of the rows, which
# knows no calibration, has to agree.
_SURE = 4.0
_AGREES = 3.0
# The spread of fewer rows is not known well enough to count in.
_FEW_ROWS = 10
_MOST_LAGS = 64


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to pair rows with classes.

    Attributes:
        log_probs: (n, C).
        targets: (n,).
    """

    log_probs: NDArray[np.float64]
    targets: NDArray[np.int64]

    def surprises(self) -> NDArray[np.float64]:
        """(n,) -ln p of the targets."""
        return np.asarray(-self.log_probs[np.arange(len(self.targets)), self.targets])

    def standings(self) -> NDArray[np.float64]:
        """(n,) the share of rows that seem less like the row's target than it does itself.

        Where logits tell nothing about targets it is 1/2 in the mean, whatever the frequencies of
        the classes; it is the area under the ROC curve, with the row's own class among the others.
        No temperature changes the order within two classes, and hardly any that of more.
        """
        found = np.empty(len(self.targets))
        for target in np.unique(self.targets):
            column, own = self.log_probs[:, target], self.targets == target
            ordered = np.sort(column)
            below = np.searchsorted(ordered, column[own], "left")
            above = np.searchsorted(ordered, column[own], "right")
            found[own] = (below + above) / (2 * len(column))
        return found


def proves(before: Reading, after: Reading, sure: float = _SURE) -> bool:
    """Whether the second reading is right and the first is not.

    Row by row both are compared: the mean loss must fall by more than the rows' spread explains,
    and the rows must stand better among each other, so that it is no matter of calibration. They
    must also stand better than by chance: next to the worst, everything is an improvement. Rows
    whose loss is infinite say nothing about that.

    Args:
        before: The rows as they were given.
        after: The rows as they may be meant.
        sure: By how many standard errors the loss must fall; more, where many ways are tried.
    """
    with np.errstate(invalid="ignore"):
        old, new = before.surprises(), after.surprises()
    finite = np.isfinite(old) & np.isfinite(new)
    old, new = old[finite], new[finite]
    if len(old) < _FEW_ROWS or new.mean() > (1 - LEAST_SHARE) * old.mean():
        return False
    if _standard_errors(old - new) < sure:
        return False
    return stands_better(before, after)


def stands_better(before: Reading, after: Reading) -> bool:
    """Whether the rows stand better among each other, and better than without any skill."""
    standings = after.standings()
    better = _standard_errors(standings - before.standings())
    return min(better, _standard_errors(standings - 0.5)) >= _AGREES


def _standard_errors(differences: NDArray[np.float64]) -> float:
    """How many standard errors the mean is above 0.

    Neighbouring rows may be alike, as in a film or in sorted data: then they are worth fewer. The
    variance of the mean has their covariances in it, over up to √n rows, with Bartlett's weights.

    References:
        W. Newey and K. West, "A simple, positive semi-definite, heteroskedasticity and
        autocorrelation consistent covariance matrix", Econometrica 55 (1987).
    """
    count, mean = len(differences), float(differences.mean())
    apart = differences - mean
    alone = float(apart @ apart)
    most = min(_MOST_LAGS, int(count**0.5))
    together = alone + 2 * sum(
        (1 - lag / (most + 1)) * float(apart[lag:] @ apart[:-lag]) for lag in range(1, most + 1)
    )
    variance = max(alone, together, 1e-24) / (count * (count - 1))
    return mean / float(np.sqrt(variance))
