"""From a report and the row in focus to the whole derivation."""

from collections.abc import Iterator
from dataclasses import replace
from math import isfinite

import numpy as np

from xent.errors import Code, InputError
from xent.explanation.derivation import Derivation
from xent.explanation.equation import ClassNumber, Sentence, Value
from xent.explanation.gradient_step import gradient_step
from xent.explanation.mean_step import mean_step
from xent.explanation.nll_steps import steps_to_loss
from xent.explanation.reasons import lead_needed, margin, reasons, scaled_losses
from xent.explanation.row import Focus, WorkedRow
from xent.explanation.softmax_steps import steps_to_log_probs
from xent.explanation.symbols import log_function
from xent.inputs.pairing import Inputs
from xent.pipeline import evaluate
from xent.report.report import Report
from xent.report.stages import Rows
from xent.settings import LossSettings

# Where not all rows are shown, so many of the first and of the last, beside the row in focus.
_FEW_ROWS = 2
# The loss that the short answer names a lead for.
_GOAL = 0.01


def derive(
    inputs: Inputs,
    settings: LossSettings,
    *,
    row: int | None = None,
    digits: int = 4,
    shown_rows: int = 10,
) -> Derivation:
    """Explain the loss of an input, in one pass.

    Args:
        inputs: Logits and targets.
        settings: What the user decided about the loss.
        row: The row to work in full; None for the one with the largest loss.
        digits: How many digits will be shown.
        shown_rows: With more rows than this, only a few are shown beside the one in full.

    Raises:
        InputError: There is no such row.
    """
    focus, tail = Focus(row), shown_rows // 2
    report = evaluate(inputs, settings, (focus,), head=shown_rows - tail, tail=tail)
    if focus.row is None:
        last = report.rows - 1
        raise InputError(
            Code.BAD_SETTING, f"there is no row {row}", hint=f"rows go from 0 to {last}"
        )
    with np.errstate(all="ignore"):
        return _derivation(report, focus, focus.row, digits)


def _derivation(report: Report, focus: Focus, focused: Rows, digits: int) -> Derivation:
    row = WorkedRow(focused, report.settings, bool(report.class_names))
    trace = report.trace
    if trace.seen > len(trace.numbers):
        trace = trace.ends(_FEW_ROWS, _FEW_ROWS).including(focus.number, focused)
    return Derivation(
        replace(report, trace=trace),
        focus.number,
        "Why is it zero?" if row.loss == 0 else "Why is it not zero?",
        tuple(row.shown) if row.prediction >= 0 else (),
        _question(report),
        (*_accuracy(report), *_in_short(row, focus.number)),
        (*steps_to_log_probs(row, digits), *steps_to_loss(row), mean_step(report)),
        tuple(reasons(report, row, focus)),
        scaled_losses(row),
        gradient_step(row, digits),
    )


def _question(report: Report) -> Sentence:
    if report.settings.reduction == "none":
        return Sentence("Why do the losses have these values?")
    if report.loss == 0:
        return Sentence("Why is the loss 0?")
    return Sentence("Why is the loss {}, and not 0?", (report.loss,))


def _accuracy(report: Report) -> Iterator[Sentence]:
    correct, counted = report.loss_sum.correct, report.loss_sum.counted
    if not counted:
        return
    rule = _rule(report)
    but = f"but the loss does not ask which class has the largest logit. It {rule}"
    if correct == counted == 1:
        yield Sentence(f"The prediction is right, {but}")
    elif correct == counted:
        yield Sentence(f"All {{}} predictions are right, {but}", (counted,))
    elif counted == 1:
        yield Sentence(f"The prediction is wrong. The loss {rule}")
    else:
        verb = "is" if correct == 1 else "are"
        yield Sentence(
            f"{{}} of {{}} predictions {verb} right, but the loss asks for more than that. It "
            f"{rule}",
            (correct, counted),
        )


def _rule(report: Report) -> str:
    """Return what the loss asks, with the options in use."""
    if report.settings.label_smoothing:
        return (
            "asks how close the probabilities are to a target that label smoothing makes "
            "uncertain, and is never 0."
        )
    if report.trace.rows.target_probs is not None:
        return (
            "asks how close the probabilities are to those of the target, and is 0 only if both "
            "are certain."
        )
    return "asks how probable the right class is, and is 0 only if its probability is 1."


def _in_short(row: WorkedRow, number: int) -> Iterator[Sentence]:
    """Say what happens to the row in focus."""
    odd = not row.counted or not isfinite(row.loss) or row.loss == 0 or row.classes < 2
    if odd or row.settings.input_kind != "logits" or row.target_probs is not None:
        return
    lead, runner_up = margin(row)
    gap: tuple[Value, ...]
    ahead, gap = "leads the next one by {}", (abs(lead),)
    if lead < 0:
        ahead, gap = "is {} below that of class {}", (-lead, ClassNumber(runner_up))
    log = log_function(row.settings)
    probability, has = float(row.probabilities[row.target]), "of {}"
    if probability == 1 and row.nll > 0:  # in doubles, that is
        probability, has = row.nll, "that is {} below 1"
    yield Sentence(
        f"In row {number} the logit of the target, class {{}}, {ahead}: with "
        f"{row.classes} classes, softmax turns this into a probability {has}, and -{log} of it is "
        "{}.",
        (ClassNumber(row.target), *gap, probability, row.nll),
    )
    if lead > 0 and row.nll > _GOAL and not row.settings.label_smoothing:
        yield Sentence("A loss of {} would take a lead of {}.", (_GOAL, lead_needed(_GOAL, row)))
