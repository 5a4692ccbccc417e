"""A derivation as data: its steps, its reasons, its numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from xent.explanation.equation import Equation, Sentence
from xent.explanation.expression import Expression
from xent.render.class_title import class_mention
from xent.report.report import Report

# How a format makes words of a sentence.
Say = Callable[[Sentence], str]


@dataclass(frozen=True, slots=True)
class Check:
    """What a reader can verify, with the equation that shows it."""

    claim: Sentence
    equation: Equation


@dataclass(frozen=True, slots=True)
class Step:
    """One step from the input to the loss, worked for one row.

    Attributes:
        name: Its stable name; of a stage, the stage's.
        what: What is done.
        why: What for.
        formula: What is calculated, and how, for any class or row.
        equations: The formula in this row's numbers.
        checks: What a reader can verify.
        remarks: What else is to be said of it.
        stage: The name of the stage whose matrix, of all rows, belongs beside it.
    """

    name: str
    what: Sentence
    why: str
    formula: tuple[Expression, Expression] | None = None
    equations: tuple[Equation, ...] = ()
    checks: tuple[Check, ...] = ()
    remarks: tuple[Sentence, ...] = ()
    stage: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of the answer to why the loss is not zero. It is there only where it is true.

    Attributes:
        name: Its stable name.
        sentence: The reason.
        equations: Where its numbers come from.
    """

    name: str
    sentence: Sentence
    equations: tuple[Equation, ...] = ()


@dataclass(frozen=True, slots=True)
class Derivation:
    """A loss, derived step by step.

    Attributes:
        report: The loss itself, the matrices and the diagnostics.
        row: The number of the row that is worked in full, from 0.
        heading: What the reasons answer.
        classes: The classes of that row that are written out.
        question: What is answered.
        brief: The answer in short.
        steps: The steps from the input to the loss of all rows.
        reasons: Why it is not zero.
        scaled: The row's loss with its logits multiplied: pairs of factor and loss.
        gradient: Which way each logit is pushed; None where there is none to speak of.
    """

    report: Report
    row: int
    heading: str
    classes: tuple[int, ...]
    question: Sentence
    brief: tuple[Sentence, ...]
    steps: tuple[Step, ...]
    reasons: tuple[Reason, ...] = ()
    scaled: tuple[tuple[float, float], ...] = ()
    gradient: Step | None = None

    def speech(self, digits: int) -> Say:
        """Return what makes words of this derivation's sentences, with their numbers and names."""
        called = partial(class_mention, self.report)
        return lambda sentence: sentence.text(digits, called)
