"""What a rule is: a function with a code, whose name and text are its own."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from inspect import getdoc
from typing import TYPE_CHECKING, Any

from xent.errors import Severity

if TYPE_CHECKING:
    from xent.checkup.survey import Survey


@dataclass(frozen=True, slots=True)
class Finding:
    """A mistake that the data show.

    Attributes:
        message: What is the matter, in the user's numbers.
        hint: What to do, in a sentence.
        command: The exact command or line of code that fixes it.
        evidence: What was found, by name: rows, counts, `loss` and `loss_after_fix`.
        severity: Where it is not the rule's own.
        rule: Which rule found it; filled in by the rule.
    """

    message: str
    hint: str
    evidence: dict[str, Any]
    command: str | None = None
    severity: Severity | None = None
    rule: "Rule | None" = None

    @property
    def gain(self) -> float:
        """By how much the fix lowers the loss; 0 where there is none to calculate."""
        before, after = self.evidence.get("loss"), self.evidence.get("loss_after_fix")
        if before is None or after is None:
            return 0.0
        return float(before - after) if before > after else 0.0


Look = Callable[["Survey"], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that can be wrong.

    Attributes:
        code: Its stable code.
        severity: How much it matters.
        look: Finds it in a survey. Its docstring is the rule's text.
        unless: The names of rules that explain the same better: where one of them finds
            something, this one has nothing to say.
    """

    code: str
    severity: Severity
    look: Look
    unless: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Its stable name, such as labels-one-based."""
        return self.look.__name__.replace("_", "-")

    @property
    def text(self) -> str:
        """What it does, why it matters, an example, and the fix."""
        return getdoc(self.look) or ""

    @property
    def summary(self) -> str:
        """The first line of the text."""
        return self.text.splitlines()[0]


def counted(number: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{number} {one if number == 1 else many}"


# Where rows and columns are not what they are taken for, nothing is known of what they say.
MISREAD = (
    "counts-differ",
    "header-as-data",
    "ids-differ",
    "index-column",
    "labels-one-based",
    "logits-transposed",
    "softmax-over-wrong-axis",
    "target-leak",
)
# Where rows and classes are paired wrongly, nothing is known of how sure the model is.
MISPAIRED = (
    "labels-permuted",
    "labels-shifted",
    "logits-negated",
    "rows-misaligned",
    "sequence-not-shifted",
)


def rule(code: str, severity: Severity, *, unless: Iterable[str] = ()) -> Callable[[Look], Rule]:
    """Make a function a rule."""
    return lambda look: Rule(code, severity, look, frozenset(unless))
