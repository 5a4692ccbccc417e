"""The one walk over a derivation: blocks in reading order, each of which every format can write."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite, isnan

from xent.explanation.derivation import Check, Derivation, Reason, Step
from xent.explanation.equation import Equation, Sentence
from xent.explanation.expression import Expression
from xent.render.grid import Grid
from xent.render.stage_grids import stage_grids
from xent.render.summary import headline
from xent.render.view import View

SCALED = "The same row with its logits multiplied"


@dataclass(frozen=True, slots=True)
class Title:
    """The question, and its answer in short."""

    question: Sentence
    brief: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a part that is no step.

    Attributes:
        name: Its stable name.
        text: What it says.
    """

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class StepHeading:
    """The heading of a step.

    Attributes:
        name: The step's stable name.
        number: Its number, from 1; None for the gradient, which is no step towards the loss.
        formula: What is calculated, and how.
    """

    name: str
    number: int | None
    formula: tuple[Expression, Expression] | None


@dataclass(frozen=True, slots=True)
class Equations:
    """Equations one below the other."""

    equations: tuple[Equation, ...]


@dataclass(frozen=True, slots=True)
class ScaledLosses:
    """The loss of the row with its logits multiplied: pairs of factor and loss."""

    losses: tuple[tuple[float, float], ...]

    def bars(self) -> list[float]:
        """Return the length of a bar for each loss, as a fraction of the largest finite one."""
        largest = max((loss for _, loss in self.losses if isfinite(loss)), default=0.0)
        return [
            0.0 if largest <= 0 or isnan(loss) else min(max(loss / largest, 0.0), 1.0)
            for _, loss in self.losses
        ]


@dataclass(frozen=True, slots=True)
class Result:
    """The loss, which one it is, and all that is needed to repeat it."""

    name: str
    loss: str
    signature: str


# A sentence is a paragraph, a reason an item of a list, a grid the matrix of a stage.
Block = (
    Title | Heading | StepHeading | Sentence | Equations | Check | Reason | Grid | ScaledLosses
    | Result
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the derivation that is read at once.

    Attributes:
        hint: What is asked, so that a reader can try it first.
        answer: How it comes out.
    """

    hint: tuple[Block, ...]
    answer: tuple[Block, ...] = ()

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Yield all blocks in reading order."""
        return (*self.hint, *self.answer)


def in_words(name: str) -> str:
    """Return a stable name as it is read: log softmax."""
    return name.replace("_", " ")


def matrices(derivation: Derivation, view: View) -> dict[str, Grid]:
    """Return the table of each stage, by the stage's name."""
    grids = stage_grids(derivation.report, view, derivation.classes)
    return {grid.title: grid for grid in grids}


def sections(derivation: Derivation, grids: Mapping[str, Grid], digits: int) -> Iterator[Section]:
    """Walk over a derivation: the title, the steps, the reasons, the gradient, the result.

    Args:
        derivation: What to show.
        grids: The table of each stage, by the stage's name, as the format shows it.
        digits: Digits after the decimal point.
    """
    yield Section((Title(derivation.question, derivation.brief),))
    yield Section((Heading("steps", f"Row {derivation.row}, step by step"),))
    for number, step in enumerate(derivation.steps, 1):
        yield _step(step, number, grids)
    if derivation.reasons or derivation.scaled:
        scaled = (ScaledLosses(derivation.scaled),) if derivation.scaled else ()
        yield Section((Heading("reasons", derivation.heading),), (*derivation.reasons, *scaled))
    if derivation.gradient:
        yield _step(derivation.gradient, None, grids)
    name, loss = headline(derivation.report, digits)
    yield Section((Result(name, loss, derivation.report.signature),))


def _step(step: Step, number: int | None, grids: Mapping[str, Grid]) -> Section:
    what = Sentence(f"{step.what.template} {step.why}", step.what.values)
    return Section(
        (StepHeading(step.name, number, step.formula), what),
        (
            *((Equations(step.equations),) if step.equations else ()),
            *step.remarks,
            *step.checks,
            *((grids[step.stage],) if step.stage else ()),
        ),
    )
