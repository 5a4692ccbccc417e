"""The parts of a derivation."""

from dataclasses import dataclass, field

from xent.explanation.equation import Equation, Sentence
from xent.explanation.expression import Expression
from xent.report.report import Report

Checks = tuple[tuple[Sentence, Equation], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way, worked for one row.

    Attributes:
        name: Its stable name; of a stage, the stage's.
        what: What is done.
        why: What for.
        formula: What is calculated, and how, for any class or row.
        equations: The same in this row's numbers.
        checks: What a reader can verify, each with the equation that shows it.
        remarks: What else is to be said of it.
        stage: The name of the stage whose matrix, of all rows, belongs beside it.
    """

    name: str
    what: Sentence
    why: str
    formula: tuple[Expression, Expression] | None = None
    equations: tuple[Equation, ...] = ()
    checks: Checks = ()
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
        report: The loss itself, the matrices and whatever was remarkable.
        row: The number of the row that is worked in full, from 0.
        heading: What the reasons answer.
        classes: The classes of that row that are written out.
        question: What is answered.
        brief: The answer in short.
        steps: The way from the input to the loss of all rows.
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
    scaled: tuple[tuple[float, float], ...] = field(default=())
    gradient: Step | None = None
