"""Whether the rows prove that other logits or other targets were meant, or luck explains it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xent.checkup.search import golden_section
from xent.losses.softmax import log_softmax

# A fix that lowers the loss by less than this share is not worth an accusation.
LEAST_SHARE = 0.05
# In standard errors: by luck 4 is exceeded once in 30,000 times. Then the order of the rows, which
# knows no calibration, has to agree.
_SIGNIFICANT = 4.0
_AGREES = 3.0
# The variance of fewer rows is not known well enough to count in.
_FEW_ROWS = 10
_MOST_LAGS = 64
# So many rows tell the temperature that suits them all.
_ENOUGH_ROWS = 20_000
# Between these temperatures the best one is searched.
_COLDEST, _HOTTEST = 0.01, 100.0
# The log-probability of what cannot be, as small as a double can be.
_LEAST_LOG_PROB = -745.0


@dataclass(frozen=True, slots=True)
class Pairing:
    """One way to pair rows with classes.

    Attributes:
        log_probs: (n, C).
        targets: (n,).
    """

    log_probs: NDArray[np.float64]
    targets: NDArray[np.int64]

    def nll(self) -> NDArray[np.float64]:
        """Return -ln p of the targets, (n,)."""
        return np.asarray(-self.log_probs[np.arange(len(self.targets)), self.targets])

    def rank_scores(self) -> NDArray[np.float64]:
        """Return by how much each row ranks better in its target's column than in all, (n,).

        A row's rank in a column is the share of rows below it there. From the rank in the column
        of its target is taken the mean of its ranks in the columns of all targets: where logits
        tell nothing about targets the mean is 0, and rows of a frequent class, which rank by
        chance, do not drown those of a rare one. No temperature changes the order within two
        classes, and hardly any that of more.
        """
        counts = np.bincount(self.targets, minlength=self.log_probs.shape[1])
        present = np.flatnonzero(counts)
        shares = counts[present] / len(self.targets)
        own, mean = np.empty(len(self.targets)), np.zeros(len(self.targets))
        for target, share in zip(present.tolist(), shares.tolist(), strict=True):
            ranks = mean_ranks(self.log_probs[:, target]) / max(1, len(self.targets) - 1)
            mine = self.targets == target
            own[mine] = ranks[mine]
            mean += share * ranks
        return np.asarray(own - mean)


def mean_ranks(column: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rank the values of (n,) from 0; equal values share their mean rank."""
    ranks = np.empty(len(column))
    order = column.argsort()
    ordered = column[order]
    begins = np.append(True, ordered[1:] != ordered[:-1])
    starts = np.append(np.flatnonzero(begins), len(column))
    middles = (starts[:-1] + starts[1:] - 1) / 2
    ranks[order] = middles[begins.cumsum() - 1]
    return ranks


def is_significant(before: Pairing, after: Pairing, least: float = _SIGNIFICANT) -> bool:
    """Tell whether the second pairing is right and the first is not.

    Both are compared row by row: the mean loss must fall by more than the variance of the rows
    explains, and the rows must rank better, so that calibration is not the reason. The rows must
    also rank better than by chance, and have skill: next to the worst, everything is an
    improvement. Rows whose loss is infinite have no say in this.

    Args:
        before: The rows as they were given.
        after: The rows as they may be meant.
        least: By how many standard errors the loss must fall; more, where many ways are tried.
    """
    with np.errstate(invalid="ignore"):
        old, new = before.nll(), after.nll()
    finite = np.isfinite(old) & np.isfinite(new)
    old, new = old[finite], new[finite]
    if len(old) < _FEW_ROWS or not new.mean() <= (1 - LEAST_SHARE) * old.mean():
        return False
    if not new.mean() <= float(np.log(after.log_probs.shape[1])):
        return False  # a fix that leaves the loss above chance is none
    falls = _standard_errors(old - new) >= least
    return falls and ranks_better(before, after) and has_skill(after)


def ranks_better(before: Pairing, after: Pairing) -> bool:
    """Tell whether the rows rank better in the second pairing, and better than by chance."""
    scores = after.rank_scores()
    better = _standard_errors(scores - before.rank_scores())
    return min(better, _standard_errors(scores)) >= _AGREES


def has_skill(pairing: Pairing) -> bool:
    """Tell whether the rows say more about their targets than the frequencies of the classes do.

    They do where, at the temperature that suits them best, their loss is below the entropy of the
    frequencies by a share worth an accusation.
    """
    counts = np.bincount(pairing.targets)
    shares = counts[counts > 0] / len(pairing.targets)
    every = slice(None, None, max(1, len(pairing.targets) // _ENOUGH_ROWS))
    some = Pairing(pairing.log_probs[every], pairing.targets[every])
    return lowest_loss(some) < (1 - LEAST_SHARE) * -float((shares * np.log(shares)).sum())


def lowest_loss(pairing: Pairing) -> float:
    """Return the mean loss of the rows at the temperature that suits them best, in nats."""
    logits = np.clip(np.nan_to_num(pairing.log_probs, nan=_LEAST_LOG_PROB), _LEAST_LOG_PROB, None)

    def loss(log_factor: float) -> float:
        softened = log_softmax(logits, temperature=float(np.exp(log_factor)))
        return float(Pairing(softened, pairing.targets).nll().mean())

    return loss(golden_section(loss, float(np.log(_COLDEST)), float(np.log(_HOTTEST)), 0.02))


def _standard_errors(differences: NDArray[np.float64]) -> float:
    """Return how many standard errors the mean of (n,) differences is above 0.

    Neighbouring rows may be alike, as in a film or in sorted data: then they are worth fewer. The
    variance of the mean has their covariances in it, over up to √n rows, with Bartlett's weights.

    References:
        W. Newey and K. West, "A simple, positive semi-definite, heteroskedasticity and
        autocorrelation consistent covariance matrix", Econometrica 55 (1987).
    """
    count, mean = len(differences), float(differences.mean())
    centred = differences - mean
    independent = float(centred @ centred)
    most = min(_MOST_LAGS, int(count**0.5))
    correlated = independent + 2 * sum(
        (1 - lag / (most + 1)) * float(centred[lag:] @ centred[:-lag]) for lag in range(1, most + 1)
    )
    variance = max(independent, correlated, 1e-24) / (count * (count - 1))
    return mean / float(np.sqrt(variance))
