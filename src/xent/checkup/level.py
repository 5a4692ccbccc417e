"""Rules about how high the loss stands, and what holds it there."""

from collections.abc import Iterator

import numpy as np

from xent.checkup.rows import LabelledRows
from xent.checkup.rule import CAUSES, Finding, rule
from xent.checkup.search import bisection
from xent.checkup.survey import Survey
from xent.errors import Code, Severity

_FEW_ROWS = 30
# Shares of a level within which a loss is said to stand at it.
_AT_LEVEL = 0.01
# The loss, in nats, of what has a probability that no model means.
_ABSURD = 30.0


@rule("XC401", Severity.WARNING, unless=CAUSES)
def at_chance(survey: Survey) -> Iterator[Finding]:
    """The loss is that of a uniform guess.

    It is ln C: the model knows nothing about these rows, or all its logits are equal.

    Example: a network before training, or one that has collapsed.

    Fix: check the learning rate, the input, and whether logits and targets belong together.
    """
    yield from _against_chance(survey, Code.AT_CHANCE)


@rule("XC402", Severity.WARNING, unless=(*CAUSES, "few-rows-dominate"))
def worse_than_chance(survey: Survey) -> Iterator[Finding]:
    """A uniform guess would have a lower loss.

    The loss is above ln C: the model is confidently wrong, or these are not its targets.

    Example: a model that is overconfident on data unlike its training data.

    Fix: look at the other findings first, then at the worst rows.
    """
    yield from _against_chance(survey, Code.WORSE_THAN_CHANCE)


def _against_chance(survey: Survey, code: Code) -> Iterator[Finding]:
    """Compare the mean over all rows with chance, whether all are in the sample or not."""
    report = survey.report
    evidence = {
        "chance": report.chance,
        "accuracy": report.loss_sum.accuracy,
        "loss": report.loss_sum.mean / survey.settings.nats_per_unit,
    }
    yield from (Finding.of(warning, evidence) for warning in survey.warnings(code))


@rule("XC403", Severity.WARNING, unless=CAUSES)
def predicts_the_prior(survey: Survey) -> Iterator[Finding]:
    """The model predicts the class frequencies for every row.

    The loss is the entropy of the class frequencies, and the probabilities hardly differ
    between rows: the output does not depend on the input.

    Example: a network whose inputs are all zero.

    Fix: check that the input reaches the model.
    """
    rows = survey.rows
    if len(rows) < _FEW_ROWS or rows.has_probabilities:
        return
    counts = np.bincount(rows.targets, minlength=rows.classes)
    shares = counts[counts > 0] / counts.sum()
    entropy = float(-(shares * np.log(shares)).sum())
    uniform = not abs(entropy - rows.chance) >= _AT_LEVEL * rows.chance
    if uniform or entropy == 0 or not abs(rows.loss - entropy) <= 2 * _AT_LEVEL * entropy:
        return
    if not np.exp(rows.log_probs).std(axis=0).max() <= 0.05:
        return
    yield Finding(
        f"the loss is {entropy:.4f}, the entropy of the class frequencies",
        "every row has the same probabilities: check that the input reaches the model",
        survey.evidence(None, entropy=entropy),
    )


@rule("XC405", Severity.INFO, unless=CAUSES)
def correct_but_not_zero(survey: Survey) -> Iterator[Finding]:
    """Nearly all predictions are right, but the loss is not small.

    The loss measures by how much the target's logit leads, not whether it leads. The leads are
    small.

    Example: logits [1, 0, 0] for target 0: right, and a loss of 0.5514.

    Fix: none is needed early in training; larger logits, or a temperature below 1, give a
    smaller loss.
    """
    rows = survey.rows
    if survey.settings.input_kind != "logits" or rows.accuracy < 0.95:
        return
    if not rows.loss >= 0.3 * rows.chance or not np.isfinite(rows.logits).all():
        return
    each = np.arange(len(rows))
    others = rows.logits.copy()
    others[each, rows.targets] = -np.inf
    leads = rows.logits[each, rows.targets] - others.max(axis=1)
    scale = _scale_for(rows, 0.01)
    facts = {"accuracy": rows.accuracy, "median_lead": float(np.median(leads))}
    yield Finding(
        f"{rows.accuracy:.1%} of the predictions are right, with a median lead of "
        f"{facts['median_lead']:.4g}"
        + (f"; multiplied by {scale:.3g} the logits have a loss of 0.01" if scale else ""),
        "the loss measures by how much the target leads; xent explain shows how",
        survey.evidence(None, **facts, **({"scale": scale} if scale else {})),
    )


def _scale_for(rows: LabelledRows, goal: float) -> float | None:
    """Return the factor of the logits for a loss of `goal`; None where no factor leads there."""
    own, largest = rows.settings.temperature, 1e4

    def is_reached(scale: float) -> bool:
        return rows.nll_at(own / scale) <= goal

    if rows.accuracy < 1 or not is_reached(largest):
        return None
    return bisection(is_reached, 1.0, largest)


@rule("XC406", Severity.INFO, unless=CAUSES)
def few_rows_dominate(survey: Survey) -> Iterator[Finding]:
    """A few rows carry most of the loss.

    At most one row in a hundred makes up more than half of the sum, each with several times the
    loss of any other row: the model is confidently wrong there, or these rows are damaged. The
    mean says little about the other rows.

    Example: one mislabelled row with a loss of 20 among a hundred with 0.1.

    Fix: look at the worst rows, which are listed with their lines.
    """
    few = survey.rows.dominating
    if not few:
        return
    losses = np.sort(survey.rows.losses)[::-1]
    share = float(losses[:few].sum() / losses.sum())
    beyond_belief = losses[few - 1] > _ABSURD
    yield Finding(
        f"{few} of {len(losses)} rows {'carries' if few == 1 else 'carry'} {share:.0%} of the loss",
        "check the labels of these rows",
        survey.evidence(None, rows=few, share=share),
        severity=Severity.WARNING if beyond_belief else None,
    )


@rule("XC407", Severity.INFO)
def mean_of_means(survey: Survey) -> Iterator[Finding]:
    """The mean of the batches' means is not the mean over the rows.

    A shorter last batch, or batches with different numbers of ignored rows, count as much as
    the others, so the average of the losses that a training loop prints is off. --batch-size or
    --groups names the batches.

    Example: 1000 rows in batches of 512; documents of different lengths.

    Fix: weight every batch by its counted rows, or sum first and divide once.
    """
    means = survey.batch_means.means() if survey.batch_means else np.zeros(0)
    if not len(means):
        return
    unit = survey.settings.nats_per_unit
    loss, mean = survey.report.loss_sum.mean / unit, float(means.mean()) / unit
    if not abs(mean - loss) > 1e-9 * abs(loss):
        return
    evidence = {"batches": len(means), "mean_of_means": mean, "gap": mean - loss, "loss": loss}
    yield Finding(
        f"the mean of {len(means)} batches' means is {mean:.6g}, {mean - loss:+.3g} off",
        "weight every batch by its counted rows",
        evidence,
    )
