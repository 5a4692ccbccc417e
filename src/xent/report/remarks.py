"""What is said of the oddities of all rows: the rules that need no second look, in a sentence.

Each warning bears the code of the rule that `xent rule` explains.
"""

from collections.abc import Iterator
from math import log

from xent.errors import Code, Diagnostic
from xent.losses.loss_sum import LossSum
from xent.report.oddities import Likeness, Oddities
from xent.settings import LossSettings

# Fewer rows do not tell where the mean stands.
_FEW_ROWS = 30
# The share of a level within which a loss is said to stand at it.
_AT_LEVEL = 0.01
_NOUNS = {
    "logits": ("logit", "logits"),
    "log-probs": ("log-probability", "log-probabilities"),
    "probs": ("probability", "probabilities"),
}


def remarks(
    oddities: Oddities, loss_sum: LossSum, settings: LossSettings, classes: int
) -> Iterator[Diagnostic]:
    """Say what was remarkable, now that all rows are in.

    Args:
        oddities: What was noticed of them.
        loss_sum: Their losses.
        settings: What the user decided about the loss.
        classes: C.
    """
    yield from _of_weights(loss_sum, settings)
    yield from _of_values(oddities, loss_sum, settings)
    yield from _of_sums(oddities, settings)
    yield from _of_level(loss_sum, settings, classes)


def _of_weights(loss_sum: LossSum, settings: LossSettings) -> Iterator[Diagnostic]:
    if not loss_sum.counted:
        yield Diagnostic(
            Code.ROWS_IGNORED,
            f"no row counts, {loss_sum.ignored} are ignored: the mean of no rows is nan",
            hint="rows whose target is the --ignore-index are left out",
        )
    elif loss_sum.weight.scaled <= 0 and settings.reduction != "sum":
        weight = float(loss_sum.weight)
        yield Diagnostic(
            Code.WEIGHTS_CANCEL,
            f"the weights of the rows counted add up to {weight:g}: "
            + ("the mean has the wrong sign" if weight else "there is no mean"),
            hint="give weights above 0; --reduction sum divides by nothing",
        )


def _of_values(
    oddities: Oddities, loss_sum: LossSum, settings: LossSettings
) -> Iterator[Diagnostic]:
    one, many = _NOUNS[settings.input_kind]
    if oddities.nonfinite_rows:
        yield Diagnostic(
            Code.NONFINITE_LOGITS,
            f"{_count(oddities.nonfinite, f'{one} is', f'{many} are')} nan or inf, in "
            f"{oddities.nonfinite_rows}: the loss is {float(loss_sum.total)}",
            hint="look at how they were made: a division by 0, or an overflow in half precision?",
        )
    if oddities.undefined_targets:
        yield Diagnostic(
            Code.UNDEFINED_TARGETS, f"the targets hold nan in {oddities.undefined_targets}"
        )
    if oddities.masked_targets and settings.input_kind == "probs":
        yield Diagnostic(
            Code.MASKED_TARGET,
            f"what came true had probability 0 in {oddities.masked_targets}: the loss is inf",
            hint="a probability underflowed, or was rounded to 0: from logits or log-probs "
            "the loss would be finite",
        )
    elif oddities.masked_targets:
        yield Diagnostic(
            Code.MASKED_TARGET,
            f"the {one} of what came true is -inf in {oddities.masked_targets}: the loss is inf",
            hint="the mask excludes the target, or smoothing gives the masked classes a share"
            if settings.label_smoothing
            else "the mask excludes the target itself: is it one position off?",
        )
    if oddities.overflowing_rows:
        yield Diagnostic(
            Code.LOSS_OVERFLOW,
            f"the loss is beyond the largest double in {oddities.overflowing_rows}",
            hint="no model gives logits that far apart: are they in the right unit?",
        )
    if oddities.masked:
        yield Diagnostic(
            Code.MASKED_LOGITS,
            f"{_count(oddities.masked, f'{one} is', f'{many} are')} -inf, away from the target: "
            "taken as masked, with probability 0",
        )


def _of_sums(oddities: Oddities, settings: LossSettings) -> Iterator[Diagnostic]:
    if oddities.unnormalised_targets:
        yield Diagnostic(
            Code.TARGETS_NOT_NORMALISED,
            f"the targets are probabilities, but do not sum to 1 in "
            f"{oddities.unnormalised_targets}",
            hint="they are taken as they are, as in PyTorch; class numbers stand in one "
            "column, a row each",
        )
    if oddities.unnormalised_inputs:
        what = "probabilities" if settings.input_kind == "probs" else "exponentials"
        yield Diagnostic(
            Code.INPUTS_NOT_NORMALISED,
            f"the {what} do not sum to 1 in {oddities.unnormalised_inputs}",
            hint="they are taken as they are; if these are logits, leave out --input-kind",
        )
    # Rows of nothing but 0 and 1 are typed by a learner; no softmax gives them.
    if oddities.likeness is Likeness.SHARES:
        yield Diagnostic(
            Code.PROBABILITIES_AS_LOGITS,
            "all logits lie between 0 and 1, and each row sums to 1: are they probabilities, "
            "put through softmax once more?",
            hint="--input-kind probs takes them as they are",
        )


def _of_level(loss_sum: LossSum, settings: LossSettings, classes: int) -> Iterator[Diagnostic]:
    """Where the mean stands against an even guess, if there is enough to tell."""
    uneven = settings.weight is not None or settings.pos_weight is not None
    if uneven or classes < 2 or loss_sum.counted < _FEW_ROWS:
        return
    nats, chance = loss_sum.mean, log(classes)
    guess = f"{'ln' if settings.unit == 'nats' else 'log2'} {classes}"
    guess += f" = {chance / settings.nats_per_unit:.4f}"
    if abs(nats - chance) < _AT_LEVEL * chance:
        yield Diagnostic(
            Code.AT_CHANCE,
            f"the mean loss stands at {guess}, an even guess",
            hint="the model tells nothing about these rows",
        )
    elif nats > (1 + 2 * _AT_LEVEL) * chance:
        yield Diagnostic(
            Code.WORSE_THAN_CHANCE,
            f"the mean loss of {nats / settings.nats_per_unit:.4f} is above {guess}: guessing "
            "evenly would do better",
            hint="the model is sure of what is wrong, or these are not its targets; xent check "
            "looks for the mistake",
        )


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
