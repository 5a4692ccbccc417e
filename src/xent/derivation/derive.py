"""From a report and the row in focus to the whole derivation."""

from collections.abc import Iterator
from math import isfinite

from xent.derivation.equation import Sentence
from xent.derivation.focus import Focus
from xent.derivation.letters import log_name
from xent.derivation.loss_of_row import steps_to_loss
from xent.derivation.mean import last_step
from xent.derivation.push import push
from xent.derivation.reasons import lead_needed, margin, reasons, scaled_losses
from xent.derivation.row import WorkedRow
from xent.derivation.steps import Derivation
from xent.derivation.walk import steps_to_log_probs
from xent.report import Report

# The loss that the short answer names a lead for.
_GOAL = 0.01


def derive(report: Report, focus: Focus, digits: int) -> Derivation:
    """Explain a loss.

    Args:
        report: The loss of all rows.
        focus: The row to work in full.
        digits: How many digits will be shown.
    """
    if focus.row is None:
        raise ValueError("no row is in focus")
    row = WorkedRow(focus.row, report.settings)
    return Derivation(
        report,
        focus.number,
        _question(report),
        (*_accuracy(report), *_in_short(row, focus.number)),
        (*steps_to_log_probs(row, digits), *steps_to_loss(row), last_step(report)),
        tuple(reasons(report, row, focus)),
        scaled_losses(row),
        push(row, digits),
    )


def _question(report: Report) -> Sentence:
    if report.settings.reduction == "none":
        return Sentence("Why are the losses what they are?")
    if report.loss == 0:
        return Sentence("Why is the loss 0?")
    return Sentence("Why is the loss {}, and not 0?", (report.loss,))


def _accuracy(report: Report) -> Iterator[Sentence]:
    correct, counted = report.loss_sum.correct, report.loss_sum.counted
    if not counted:
        return
    rule = (
        "but the loss does not ask which class comes first. It asks how probable the right one "
        "is, and is 0 only for a probability of 1."
    )
    if correct < counted:
        yield Sentence(f"{{}} of {{}} predictions are right, {rule}", (correct, counted))
    elif counted == 1:
        yield Sentence(f"The prediction is right, {rule}")
    else:
        yield Sentence(f"All {{}} predictions are right, {rule}", (counted,))


def _in_short(row: WorkedRow, number: int) -> Iterator[Sentence]:
    """What happens to the row in focus."""
    odd = not row.counted or not isfinite(row.loss) or row.classes < 2
    if odd or row.settings.input_kind != "logits" or row.shares is not None:
        return
    lead, runner_up = margin(row)
    ahead = "leads the next one by {}" if lead >= 0 else f"is {{}} behind that of class {runner_up}"
    log = log_name(row.settings).removesuffix(" p")
    yield Sentence(
        f"In row {number} the logit of the target, class {row.target}, {ahead}: with "
        f"{row.classes} classes softmax makes a probability of {{}} of that, and -{log} of that "
        "is {}.",
        (abs(lead), float(row.probabilities[row.target]), row.surprise),
    )
    if lead > 0 and row.surprise > _GOAL:
        yield Sentence(
            "For a loss of {} it would take a lead of {}.", (_GOAL, lead_needed(_GOAL, row))
        )
