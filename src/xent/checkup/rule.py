"""What a rule and a finding are."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from inspect import getdoc
from math import isfinite
from typing import TYPE_CHECKING, Any

from xent.checkup.fix import Fix
from xent.errors import Diagnostic, Severity

if TYPE_CHECKING:
    from xent.checkup.survey import Survey


@dataclass(frozen=True, slots=True)
class Finding:
    """A mistake that the data show.

    Attributes:
        message: What is the matter, in the user's numbers.
        hint: What to do, in a sentence.
        fix: What mends it: options, or a line of Python.
        evidence: What was found, by name: rows, counts, `loss` and `loss_after_fix`.
        severity: Where it is not the rule's own.
        rule: The rule that found it; filled in by `check`.
    """

    message: str
    hint: str
    evidence: dict[str, Any]
    fix: Fix | str | None = None
    severity: Severity | None = None
    rule: "Rule | None" = None

    @classmethod
    def of(
        cls, warning: Diagnostic, evidence: dict[str, Any], fix: Fix | str | None = None
    ) -> "Finding":
        """Take the sentence and the hint with which `xent compute` warns."""
        return cls(warning.message, warning.hint or "", evidence, fix)

    def proved(self) -> "Finding":
        """Return the finding, without a fix that leads to inf or nan."""
        after = self.evidence.get("loss_after_fix")
        if after is None or isfinite(after):
            return self
        evidence = {name: self.evidence[name] for name in self.evidence if name != "loss_after_fix"}
        return replace(self, evidence=evidence, fix=None)

    @property
    def command(self) -> str | None:
        """The exact command or line of Python that fixes it."""
        return self.fix.command if isinstance(self.fix, Fix) else self.fix

    @property
    def code(self) -> str:
        """Return the code of the rule."""
        return self.rule.code if self.rule else ""

    @property
    def name(self) -> str:
        """Return the name of the rule."""
        return self.rule.name if self.rule else ""

    @property
    def gain(self) -> float:
        """By how much the fix lowers the loss; 0 where there is none to calculate."""
        before, after = self.evidence.get("loss"), self.evidence.get("loss_after_fix")
        if before is None or after is None:
            return 0.0
        return float(before - after) if before > after else 0.0


Find = Callable[["Survey"], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that can be wrong.

    Attributes:
        code: Its stable code.
        severity: How much it matters.
        find: Finds it in a survey. Its name is the rule's name, its docstring the rule's text.
        unless: The names of rules that explain the same better: where one of them finds
            something, this one has nothing to say.
    """

    code: str
    severity: Severity
    find: Find
    unless: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Return the stable name, such as labels-one-based."""
        return self.find.__name__.replace("_", "-")

    @property
    def text(self) -> str:
        """Return the explanation: what goes wrong, why it matters, an example, and the fix."""
        return getdoc(self.find) or ""

    @property
    def summary(self) -> str:
        """Return the first line of the text."""
        return self.text.splitlines()[0]

    def is_among(self, words: Collection[str]) -> bool:
        """Tell whether the rule is named there, by its code or its name."""
        return self.code in words or self.name in words


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun."""
    return f"{number} {one if number == 1 else many}"


# Where rows and columns are not what they seem to be, their numbers tell nothing.
MISREAD = (
    "columns-sorted",
    "counts-differ",
    "decimal-commas",
    "header-as-data",
    "ids-differ",
    "index-column",
    "labels-one-based",
    "labels-signed",
    "log-base-mismatch",
    "logits-transposed",
    "class-axis-wrong",
    "mixed-input-kinds",
    "multi-label-targets",
    "one-hot-predictions",
    "prediction-column",
    "sigmoid-as-logits",
    "softmax-over-wrong-axis",
    "target-leak",
)
# Where rows and classes are paired wrongly, calibration cannot be judged.
MISPAIRED = (
    "labels-permuted",
    "labels-shifted",
    "logits-negated",
    "rows-misaligned",
    "sequence-not-shifted",
)
# What else raises the loss by itself: how high it stands, and what calibration would make of it,
# follows from that.
CAUSES = (
    *MISREAD,
    *MISPAIRED,
    "class-ignored",
    "clipped-probabilities",
    "loss-overflow",
    "masked-target",
    "nonfinite-logits",
    "padding-not-ignored",
    "probabilities-as-log-probs",
    "probabilities-as-logits",
    "rows-unrelated",
    "targets-are-predictions",
    "targets-float",
    "labels-merged",
    "targets-out-of-range",
    "undefined-targets",
    "inputs-not-normalised",
    "targets-not-normalised",
)


def rule(code: str, severity: Severity, *, unless: Iterable[str] = ()) -> Callable[[Find], Rule]:
    """Make a function a rule."""
    return lambda find: Rule(code, severity, find, frozenset(unless))
