"""Mistakes put into healthy outputs, and the table of what `xent check` names them."""

import shlex
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typer.testing import CliRunner

from healthy import Doubles, Integers, Output
from xent.checkup.checkup import Checkup, check
from xent.checkup.survey import Survey
from xent.cli.app import app
from xent.cli.loss_options import RequiredLossOptions
from xent.cli.rereading import RereadInput
from xent.errors import Severity
from xent.functional import cross_entropy, log_softmax, softmax

Pair = tuple[Doubles, NDArray[np.float64] | Integers]
Inject = Callable[[Output, np.random.Generator], Pair | None]


@dataclass(frozen=True)
class Mistake:
    """A way to spoil an output.

    Attributes:
        rule: The rule that must be named first.
        how: What is done, in a few words.
        inject: Does it; gives None where it does not apply.
        must_raise: Whether only a higher loss counts as spoilt. A temperature may also mend.
        is_undone: Whether the fix brings back the healthy loss, but for a few rows.
        least: The share of cases in which the rule must be named first. Few rows or a weak model
            do not always prove what is wrong.
        options: The options with which it is given, by their names.
    """

    rule: str
    how: str
    inject: Inject
    must_raise: bool = False
    is_undone: bool = True
    least: float = 0.95
    options: dict[str, Any] = field(default_factory=dict)


# The name in place of a rule's for two mistakes at once, which are judged by the loss at the end.
BOTH = "both"
MISTAKES: list[Mistake] = []


def mistake(
    rule: str,
    how: str,
    *,
    must_raise: bool = False,
    is_undone: bool = True,
    least: float = 0.95,
    options: dict[str, Any] | None = None,
) -> Callable[[Inject], Inject]:
    """Enter a function among the mistakes."""

    def entered(inject: Inject) -> Inject:
        MISTAKES.append(Mistake(rule, how, inject, must_raise, is_undone, least, options or {}))
        return inject

    return entered


@mistake("probabilities-as-logits", "softmax came before")
def _softmax_before(output: Output, _: np.random.Generator) -> Pair:
    return softmax(output.logits), output.targets


@mistake("softmax-over-wrong-axis", "softmax over the rows")
def _softmax_over_rows(output: Output, _: np.random.Generator) -> Pair:
    return softmax(output.logits.T).T, output.targets


@mistake("logits-negated", "every sign turned")
def _negated(output: Output, _: np.random.Generator) -> Pair:
    return -output.logits, output.targets


@mistake("overconfident", "logits × 10", must_raise=True, is_undone=False)
def _hotter(output: Output, _: np.random.Generator) -> Pair:
    return output.logits * 10, output.targets


@mistake("underconfident", "logits × 0.1", must_raise=True, is_undone=False)
def _colder(output: Output, _: np.random.Generator) -> Pair | None:
    # Where all rows are right no temperature is the best.
    right = (output.logits.argmax(axis=1) == output.targets).all()
    return None if right else (output.logits * 0.1, output.targets)


@mistake("counts-differ", "the first target lost")
def _first_target_lost(output: Output, _: np.random.Generator) -> Pair:
    return output.logits, output.targets[1:]


@mistake("counts-differ", "a row lost in the middle")
def _row_lost(output: Output, random: np.random.Generator) -> Pair:
    return np.delete(output.logits, random.integers(len(output.logits)), axis=0), output.targets


@mistake("index-column", "an index before the columns")
def _index_column(output: Output, _: np.random.Generator) -> Pair:
    return np.column_stack([np.arange(len(output.logits)), output.logits]), output.targets


@mistake("header-as-data", "a header in both")
def _header_in_both(output: Output, _: np.random.Generator) -> Pair:
    return _headed(output.logits), np.concatenate([[0], output.targets])


@mistake("header-as-data", "a header in the logits")
def _header_in_logits(output: Output, _: np.random.Generator) -> Pair:
    return _headed(output.logits), output.targets


def _headed(logits: Doubles) -> Doubles:
    return np.vstack([np.arange(logits.shape[1]), logits])


@mistake("target-leak", "the targets as last column")
def _leak_at_the_end(output: Output, _: np.random.Generator) -> Pair:
    return np.column_stack([output.logits, output.targets]), output.targets


@mistake("target-leak", "the targets as first column")
def _leak_at_the_start(output: Output, _: np.random.Generator) -> Pair:
    return np.column_stack([output.targets, output.logits]), output.targets


@mistake("logits-transposed", "rows for columns")
def _transposed(output: Output, _: np.random.Generator) -> Pair | None:
    square = len(output.logits) == output.classes
    return None if square else (output.logits.T, output.targets)


@mistake("labels-one-based", "targets from 1 to C")
def _one_based(output: Output, _: np.random.Generator) -> Pair | None:
    # Where the last class does not occur it is a shift like any other.
    last = output.targets.max() == output.classes - 1
    return (output.logits, output.targets + 1) if last else None


@mistake("labels-shifted", "targets + 1, counted round")
def _up(output: Output, _: np.random.Generator) -> Pair | None:
    return _shifted(output, 1)


@mistake("labels-shifted", "targets - 1, counted round")
def _down(output: Output, _: np.random.Generator) -> Pair | None:
    return _shifted(output, -1)


def _shifted(output: Output, step: int) -> Pair | None:
    # Two classes exchanged are the same numbers as every sign turned; that is its name there.
    if output.classes == 2:
        return None
    return output.logits, (output.targets + step) % output.classes


@mistake("padding-not-ignored", "a few targets -1", is_undone=False)
def _minus_one(output: Output, random: np.random.Generator) -> Pair:
    return output.logits, _some_replaced(output.targets, -1, random)


@mistake("padding-not-ignored", "a few targets 255", is_undone=False)
def _two_hundred_and_fifty_five(output: Output, random: np.random.Generator) -> Pair:
    return output.logits, _some_replaced(output.targets, 255, random)


def _some_replaced(targets: Integers, value: int, random: np.random.Generator) -> Integers:
    found = targets.copy()
    found[random.choice(len(found), max(2, len(found) // 20), replace=False)] = value
    return found


@mistake("targets-out-of-range", "some targets far outside")
def _far_outside(output: Output, random: np.random.Generator) -> Pair:
    found = output.targets.copy()
    chosen = random.choice(len(found), max(3, len(found) // 20), replace=False)
    found[chosen] = output.classes + 1 + np.arange(len(chosen)) % 7
    return output.logits, found


@mistake("targets-float", "fractions for targets")
def _fractions(output: Output, random: np.random.Generator) -> Pair:
    return output.logits, output.targets + random.uniform(0.05, 0.95, len(output.targets)).round(3)


@mistake("labels-permuted", "all classes exchanged")
def _permuted(output: Output, random: np.random.Generator) -> Pair | None:
    classes = output.classes
    if classes == 2:
        return None
    if classes == 3:  # the two others without a fixed point are shifts
        return output.logits, np.array([2, 1, 0])[output.targets]
    order = random.permutation(classes)
    while (
        len(set((order - np.arange(classes)) % classes)) == 1 or (order == np.arange(classes)).any()
    ):
        order = random.permutation(classes)
    return output.logits, order[output.targets]


@mistake("labels-permuted", "the two most frequent exchanged")
def _two_exchanged(output: Output, _: np.random.Generator) -> Pair | None:
    if output.classes == 2:
        return None
    one, other = np.bincount(output.targets, minlength=output.classes).argsort()[-2:]
    order = np.arange(output.classes)
    order[[one, other]] = other, one
    return output.logits, order[output.targets]


@mistake("rows-misaligned", "targets a row ahead")
def _a_row_ahead(output: Output, _: np.random.Generator) -> Pair:
    return output.logits, np.roll(output.targets, -1)


@mistake("rows-misaligned", "targets five rows behind")
def _five_rows_behind(output: Output, _: np.random.Generator) -> Pair:
    return output.logits, np.roll(output.targets, 5)


@mistake("sequence-not-shifted", "a text scored in place")
def _in_place(output: Output, _: np.random.Generator) -> Pair | None:
    return None if output.before is None else (output.logits, output.before)


@mistake("nonfinite-logits", "some logits nan", is_undone=False)
def _some_nan(output: Output, random: np.random.Generator) -> Pair:
    found = output.logits.copy()
    found[random.integers(len(found), size=3), random.integers(output.classes, size=3)] = np.nan
    return found, output.targets


@mistake("masked-target", "-inf at some targets", is_undone=False)
def _some_masked(output: Output, random: np.random.Generator) -> Pair:
    found = output.logits.copy()
    rows = random.integers(len(found), size=3)
    found[rows, output.targets[rows]] = -np.inf
    return found, output.targets


@mistake("probabilities-as-logits", "softmax outputs with two decimals", is_undone=False)
def _two_decimals(output: Output, _: np.random.Generator) -> Pair:
    return softmax(output.logits).round(2), output.targets


@mistake("probabilities-as-logits", "percentages with one decimal", is_undone=False)
def _percent(output: Output, _: np.random.Generator) -> Pair:
    return (softmax(output.logits) * 100).round(1), output.targets


@mistake("sigmoid-as-logits", "sigmoid before softmax")
def _sigmoid(output: Output, _: np.random.Generator) -> Pair | None:
    sigmoid = np.exp(log_sigmoid(output.logits))
    # Without both ends of the range nothing tells them from cosines; of two columns that differ in
    # their signs alone they are the softmax.
    ends = sigmoid.min() < 0.1 and 0.9 < sigmoid.max() < 1
    sums = np.allclose(sigmoid.sum(axis=1), 1, atol=0.01)
    return (sigmoid, output.targets) if ends and not sums else None


def log_sigmoid(logits: Doubles) -> Doubles:
    """Return the logarithm of the sigmoid."""
    return -np.logaddexp(0, -logits)


@mistake("log-base-mismatch", "logarithms to base 2")
def _base_two(output: Output, _: np.random.Generator) -> Pair:
    return log_softmax(output.logits) / np.log(2), output.targets


@mistake("log-base-mismatch", "logarithms to base 10")
def _base_ten(output: Output, _: np.random.Generator) -> Pair:
    return log_softmax(output.logits) / np.log(10), output.targets


@mistake("softmax-over-wrong-axis", "log_softmax over the rows")
def _log_softmax_over_rows(output: Output, _: np.random.Generator) -> Pair:
    return log_softmax(output.logits.T).T, output.targets


@mistake("mixed-input-kinds", "the first third are probabilities", least=0.85)
def _mixed(output: Output, _: np.random.Generator) -> Pair | None:
    if (output.logits <= 0).all():
        return None
    third = len(output.logits) // 3
    return np.vstack([softmax(output.logits[:third]), output.logits[third:]]), output.targets


@mistake("one-hot-predictions", "predictions instead of logits")
def _one_hot(output: Output, _: np.random.Generator) -> Pair | None:
    predictions = output.logits.argmax(axis=1)
    right = (predictions == output.targets).all()
    return None if right else (np.eye(output.classes)[predictions], output.targets)


@mistake("index-column", "shuffled ids before the columns")
def _shuffled_ids(output: Output, random: np.random.Generator) -> Pair:
    ids = 1000 + random.permutation(len(output.logits))
    return np.column_stack([ids, output.logits]), output.targets


@mistake("prediction-column", "the predictions as last column")
def _predictions(output: Output, _: np.random.Generator) -> Pair | None:
    predictions = output.logits.argmax(axis=1)
    right = (predictions == output.targets).all()
    return None if right else (np.column_stack([output.logits, predictions]), output.targets)


@mistake("columns-sorted", "values sorted in each row", least=0.85)
def _sorted(output: Output, _: np.random.Generator) -> Pair | None:
    return None if output.classes == 2 else (-np.sort(-output.logits), output.targets)


@mistake("rows-unrelated", "rows shuffled", least=0.85)
def _shuffled(output: Output, random: np.random.Generator) -> Pair:
    return output.logits, random.permutation(output.targets)


@mistake("rows-unrelated", "targets sorted by class", least=0.8)
def _sorted_targets(output: Output, _: np.random.Generator) -> Pair:
    return output.logits, np.sort(output.targets)


@mistake("rows-misaligned", "77 rows ahead")
def _far_ahead(output: Output, _: np.random.Generator) -> Pair | None:
    return (output.logits, np.roll(output.targets, -77)) if len(output.targets) > 150 else None


@mistake("rows-misaligned", "targets reversed", least=0.9)
def _reversed(output: Output, _: np.random.Generator) -> Pair:
    return output.logits, output.targets[::-1]


@mistake("rows-misaligned", "a target lost in the middle, the last repeated", least=0.7)
def _target_lost(output: Output, random: np.random.Generator) -> Pair:
    count = len(output.targets)
    lost = random.integers(count // 4, 3 * count // 4)
    return output.logits, np.append(np.delete(output.targets, lost), output.targets[-1])


@mistake("labels-permuted", "one-hot targets, classes exchanged")
def _one_hot_permuted(output: Output, random: np.random.Generator) -> Pair | None:
    permuted = _permuted(output, random)
    if permuted is None:
        return None
    return output.logits, np.eye(output.classes)[permuted[1].astype(int)]


@mistake("labels-permuted", "classes reversed")
def _reversed_classes(output: Output, _: np.random.Generator) -> Pair | None:
    if output.classes < 3:
        return None
    return output.logits, output.classes - 1 - output.targets


@mistake("labels-signed", "targets -1 and 1")
def _signed(output: Output, _: np.random.Generator) -> Pair | None:
    return None if output.classes > 2 else (output.logits, 2 * output.targets - 1)


@mistake("labels-merged", "two classes merged", is_undone=False)
def _merged(output: Output, _: np.random.Generator) -> Pair | None:
    if output.classes < 3:
        return None
    first, second = np.bincount(output.targets, minlength=output.classes).argsort()[-2:]
    return output.logits, np.where(output.targets == first, second, output.targets)


@mistake("targets-are-predictions", "the predictions as targets", is_undone=False, least=0.6)
def _argmax(output: Output, _: np.random.Generator) -> Pair:
    return output.logits, output.logits.argmax(axis=1)


@mistake("clipped-probabilities", "hopeless rows cut off at 1e-7", is_undone=False)
def _clipped(output: Output, random: np.random.Generator) -> Pair:
    found = log_softmax(output.logits)
    rows = random.choice(len(found), max(3, len(found) // 30), replace=False)
    found[rows, output.targets[rows]] = found[rows].min(axis=1) - 40
    return np.log(np.clip(softmax(found), 1e-7, 1)), output.targets


@mistake("clipped-probabilities", "hopeless rows cut off at 1e-3", is_undone=False, least=0.85)
def _clipped_early(output: Output, random: np.random.Generator) -> Pair:
    return _clipped_at(output, random, 1e-3)


@mistake("clipped-probabilities", "hopeless rows cut off at 1e-10", is_undone=False)
def _clipped_late(output: Output, random: np.random.Generator) -> Pair:
    return _clipped_at(output, random, 1e-10)


def _clipped_at(output: Output, random: np.random.Generator, eps: float) -> Pair:
    found = log_softmax(output.logits)
    rows = random.choice(len(found), max(4, len(found) // 30), replace=False)
    found[rows, output.targets[rows]] = found[rows].min(axis=1) - 40
    return np.log(np.clip(softmax(found), eps, 1)), output.targets


@mistake("labels-permuted", "classes sorted as text")
def _as_text(output: Output, _: np.random.Generator) -> Pair | None:
    if output.classes < 12:
        return None
    order = np.array(sorted(range(output.classes), key=str)).argsort()
    return output.logits, order[output.targets]


@mistake("rows-misaligned", "the second and the third quarter exchanged", least=0.7)
def _quarters(output: Output, _: np.random.Generator) -> Pair | None:
    if len(output.targets) < 200:
        return None
    parts = np.array_split(output.targets, 4)
    return output.logits, np.concatenate([parts[each] for each in (0, 2, 1, 3)])


@mistake("rows-misaligned", "twelve parts sorted as text", least=0.8)
def _parts_as_text(output: Output, _: np.random.Generator) -> Pair | None:
    if len(output.targets) < 700:
        return None
    parts = np.array_split(output.targets, 12)
    return output.logits, np.concatenate([parts[each] for each in sorted(range(12), key=str)])


@mistake(
    "rows-misaligned",
    "a row of logits lost in the middle, the last target cut",
    is_undone=False,
    least=0.7,
)
def _logits_lost(output: Output, random: np.random.Generator) -> Pair:
    count = len(output.targets)
    lost = random.integers(count // 4, 3 * count // 4)
    return np.delete(output.logits, lost, axis=0), output.targets[:-1]


@mistake("logits-transposed", "rows for columns of a square", is_undone=False, least=0.8)
def _square(output: Output, _: np.random.Generator) -> Pair | None:
    if not 24 <= output.classes <= len(output.targets):
        return None
    return output.logits[: output.classes].T, output.targets[: output.classes]


@mistake("probabilities-as-logits", "log_softmax of a softmax", is_undone=False, least=0.7)
def _log_softmax_of_softmax(output: Output, _: np.random.Generator) -> Pair:
    return log_softmax(softmax(output.logits)), output.targets


@mistake("probabilities-as-logits", "softmax twice", is_undone=False)
def _softmax_twice(output: Output, _: np.random.Generator) -> Pair:
    return softmax(softmax(output.logits)), output.targets


@mistake("few-rows-dominate", "one row far from all others", is_undone=False, least=0.9)
def _one_row(output: Output, _: np.random.Generator) -> Pair | None:
    if len(output.targets) < 100:
        return None
    found, row = output.logits.copy(), len(output.logits) // 3
    found[row] = 0
    found[row, (output.targets[row] + 1) % output.classes] = 40 * len(found) ** 0.7
    return found, output.targets


@mistake(
    "class-ignored", "a real class ignored", is_undone=False, options={"ignore_index": 1}, least=0.9
)
def _class_ignored(output: Output, _: np.random.Generator) -> Pair | None:
    own = output.targets == 1
    known = (output.logits[own].argmax(axis=1) == 1).mean() > 0.6 if own.sum() > 5 else False
    return (output.logits, output.targets) if known else None


@mistake(
    "inputs-not-normalised",
    "sigmoids that Keras rescales",
    is_undone=False,
    options={"input_kind": "probs"},
)
def _rescaled(output: Output, _: np.random.Generator) -> Pair | None:
    sigmoid = np.exp(log_sigmoid(output.logits))
    return None if np.allclose(sigmoid.sum(axis=1), 1, atol=0.01) else (sigmoid, output.targets)


@mistake(
    "probabilities-as-log-probs",
    "probabilities as log-probabilities",
    options={"input_kind": "log-probs"},
)
def _without_logarithm(output: Output, _: np.random.Generator) -> Pair:
    return softmax(output.logits), output.targets


@mistake(BOTH, "negated, and classes exchanged", least=0.7)
def _negated_and_permuted(output: Output, random: np.random.Generator) -> Pair | None:
    permuted = _permuted(output, random) if output.classes > 3 else None
    return None if permuted is None else (-output.logits, permuted[1])


@mistake(BOTH, "rows for columns, and targets from 1 to C", least=0.9)
def _transposed_and_one_based(output: Output, random: np.random.Generator) -> Pair | None:
    shifted = _one_based(output, random)
    return None if shifted is None else (output.logits.T, shifted[1])


@mistake(BOTH, "padding, and targets + 1", least=0.7)
def _padded_and_shifted(output: Output, random: np.random.Generator) -> Pair | None:
    shifted = _shifted(output, 1)
    if shifted is None:
        return None
    return output.logits, _some_replaced(shifted[1].astype(np.int64), -1, random)


@mistake(BOTH, "classes exchanged, and targets two rows behind", least=0.7)
def _permuted_and_misaligned(output: Output, random: np.random.Generator) -> Pair | None:
    permuted = _permuted(output, random) if output.classes > 3 else None
    return None if permuted is None else (output.logits, np.roll(permuted[1], 2))


@mistake(BOTH, "softmax came before, and targets from 1 to C", least=0.9)
def _softmax_and_one_based(output: Output, random: np.random.Generator) -> Pair | None:
    shifted = _one_based(output, random)
    return None if shifted is None else (softmax(output.logits), shifted[1])


@mistake(BOTH, "softmax came before, and classes exchanged", least=0.8)
def _softmax_and_permuted(output: Output, random: np.random.Generator) -> Pair | None:
    permuted = _permuted(output, random) if output.classes > 3 else None
    return None if permuted is None else (softmax(output.logits), permuted[1])


@mistake(BOTH, "an index before the columns, and targets from 1 to C", least=0.9)
def _index_and_one_based(output: Output, random: np.random.Generator) -> Pair | None:
    shifted = _one_based(output, random) if output.classes > 2 else None
    return None if shifted is None else (_index_column(output, random)[0], shifted[1])  # type: ignore[index]  # it always applies


def examined(
    logits: Doubles, targets: NDArray[np.generic], folder: Path, **options: Any
) -> Checkup:
    """What `xent check` finds in the two, written to files and read with some options."""
    np.save(folder / "logits.npy", logits)
    np.save(folder / "targets.npy", targets)
    names = (str(folder / "logits.npy"), str(folder / "targets.npy"))
    question = RequiredLossOptions(*names, **options)
    settings = question.settings()
    survey = Survey.of(
        question.inputs(settings),
        settings,
        rereader=RereadInput.of(question),
    )
    return check(survey)


def changes_the_loss(
    healthy: Output, spoilt: Pair, *, must_raise: bool, options: dict[str, Any]
) -> bool:
    """Whether the loss is another by more than 5 %, or cannot be calculated any more."""
    before = cross_entropy(healthy.logits, healthy.targets)
    try:
        after = cross_entropy(*spoilt, **options)
    except ValueError:
        return True
    if not np.isfinite(after):
        return True
    change = (after - before) / before
    return bool(change > 0.05 if must_raise else abs(change) > 0.05)


@dataclass
class Score:
    """What was named first for one mistake, or for none.

    Attributes:
        cases: How many outputs.
        named: What was named first, and how often; "nothing" where nothing was.
        misses: The outputs for which it was another than it must be.
    """

    cases: int = 0
    named: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)


@dataclass
class Confusion:
    """The table of mistakes against what was named first.

    Attributes:
        mistakes: A score for each mistake.
        healthy: The rules that found something in healthy outputs, and how often, by severity.
        outputs: How many healthy outputs.
        warned: How many of them with a warning.
        untrue: Those of them whose warning other rows do not confirm: output and rule.
        false_alarms: Errors found in healthy outputs: output and rule.
        broken: Fixes that do not give the loss that they claim.
        proofs: Losses claimed for the right cause.
        far: Those of them that are further than 1 % from the healthy loss.
        misleading: Cases in which another cause was named first, with an error or a warning.
    """

    mistakes: dict[str, tuple[Mistake, Score]]
    healthy: dict[Severity, Counter[str]]
    outputs: int = 0
    warned: int = 0
    untrue: list[tuple[str, str]] = field(default_factory=list)
    false_alarms: list[tuple[str, str]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    proofs: int = 0
    far: list[str] = field(default_factory=list)
    misleading: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, outputs: Iterable[Output], folder: Path) -> "Confusion":
        """Spoil every output in every way."""
        table = cls(
            {each.how: (each, Score()) for each in MISTAKES},
            {severity: Counter() for severity in Severity},
        )
        for number, output in enumerate(outputs):
            table._take_in_healthy(output, folder)
            for each, score in table.mistakes.values():
                random = np.random.default_rng(number)
                spoilt = each.inject(output, random)
                if spoilt and changes_the_loss(
                    output, spoilt, must_raise=each.must_raise, options=each.options
                ):
                    checkup = examined(*spoilt, folder, **each.options)
                    _count(score, each, output, checkup)
                    fixes = broken_fixes(checkup, folder, each.options)
                    table.broken += [f"{output.name}, {each.how}: {fix}" for fix in fixes]
                    table._compare(output, each, checkup)
        return table

    def _take_in_healthy(self, output: Output, folder: Path) -> None:
        self.outputs += 1
        findings = examined(output.logits, output.targets, folder).findings
        names = {
            (each.severity, each.rule.name) for each in findings if each.severity and each.rule
        }
        for severity, name in names:
            self.healthy[severity][name] += 1
            if severity is Severity.ERROR:
                self.false_alarms.append((output.name, name))
        warnings = [name for severity, name in names if severity is Severity.WARNING]
        self.warned += bool(warnings)
        self.untrue += [(output.name, name) for name in warnings if not _is_true(name, output)][:1]

    def _compare(self, output: Output, known: Mistake, checkup: Checkup) -> None:
        """Hold the loss after the fix against that of the healthy output."""
        first = next(iter(checkup.findings), None)
        if first is None:
            return
        if known.rule == BOTH:
            if _names_first(checkup, known, output) != BOTH and checkup.chain is None:
                self.misleading.append(f"{output.name}, {known.how}: {first.name}")
            return
        if first.name != known.rule:
            if first.severity is not Severity.INFO:
                self.misleading.append(f"{output.name}, {known.how}: {first.name}")
            return
        after = first.evidence.get("loss_after_fix")
        if after is not None and known.is_undone:
            self.proofs += 1
            healthy = cross_entropy(output.logits, output.targets)
            if not np.isclose(after, healthy, rtol=0.01):
                self.far.append(f"{output.name}, {known.how}: {after:.4g} for {healthy:.4g}")

    def first(self, how: str) -> float:
        """The share of cases in which a mistake was named first."""
        known, score = self.mistakes[how]
        return score.named[known.rule] / score.cases if score.cases else 1.0

    def markdown(self) -> str:
        """The table, to be read."""
        lines = [
            "| mistake | must be named | cases | named first | named instead |",
            "| :-- | :-- | --: | --: | :-- |",
        ]
        for how, (known, score) in self.mistakes.items():
            others = Counter({name: n for name, n in score.named.items() if name != known.rule})
            instead = ", ".join(f"{name} {n}" for name, n in others.most_common())
            lines.append(
                f"| {how} | {known.rule} | {score.cases} | {self.first(how):.1%} | {instead} |"
            )
        lines.append("")
        cases = sum(score.cases for _, score in self.mistakes.values())
        first = sum(score.named[known.rule] for known, score in self.mistakes.values())
        near = self.proofs - len(self.far)
        lines += [
            f"- {first / cases:.1%} of {cases} cases have the right cause first.",
            f"- {len(self.misleading) / cases:.1%} have another cause first.",
            (
                f"- {near / self.proofs:.1%} of {self.proofs} proofs are within 1 % of the healthy "
                "loss."
            ),
            f"- {len(self.broken)} printed fixes do not give their loss.",
            f"- {len(self.false_alarms)} errors in {self.outputs} healthy outputs.",
            (
                f"- {len(self.untrue) / self.outputs:.1%} of these have a warning that other rows "
                f"do not confirm; {self.warned / self.outputs:.1%} have one at all."
            ),
            "",
        ]
        for severity, counts in self.healthy.items():
            found = ", ".join(f"{name} {n}" for name, n in counts.most_common())
            lines.append(f"{severity.value}: {found or 'none'}.")
        return "\n".join(lines)


def broken_fixes(checkup: Checkup, folder: Path, options: dict[str, Any]) -> list[str]:
    """Run every fix that is printed; return those that do not give the loss that they claim."""
    fixes = [
        (each.name, each.command, each.evidence.get("loss_after_fix")) for each in checkup.findings
    ]
    if checkup.chain:
        fixes.append(("all fixes", checkup.chain.command, checkup.chain.loss))
    return [
        f"{name}: {command}"
        for name, command, claimed in fixes
        if command and claimed is not None and not _gives(command, claimed, folder, options)
    ]


def _gives(command: str, claimed: float, folder: Path, options: dict[str, Any]) -> bool:
    try:
        if command.startswith("xent compute -q "):
            found = _computed(command)
        else:
            names = {name: np.load(folder / f"{name}.npy") for name in ("logits", "targets")}
            with np.errstate(divide="ignore"):  # the logarithm of a probability of 0
                exec(command, {"numpy": np}, names)  # noqa: S102  our own line
            found = cross_entropy(names["logits"], names["targets"], **options)
    except ValueError:
        return False
    return bool(np.isclose(found, claimed, rtol=1e-9))


def _computed(command: str) -> float:
    """Return the loss that a command prints."""
    result = CliRunner().invoke(app, shlex.split(command)[1:])
    return float(result.stdout)


def _count(score: Score, known: Mistake, output: Output, checkup: Checkup) -> None:
    score.cases += 1
    rules = [finding.rule.name for finding in checkup.findings if finding.rule]
    first = _names_first(checkup, known, output)
    score.named[first] += 1
    if first != known.rule:
        score.misses.append(f"{output.name}: {', '.join(rules[:4]) or 'nothing'}")


def _names_first(checkup: Checkup, known: Mistake, output: Output) -> str:
    """Return what was named first; for two mistakes whether all fixes mend both, but for rows."""
    first = checkup.findings[0].name if checkup.findings else "nothing"
    if known.rule != BOTH or not checkup.chain:
        return first
    healthy = cross_entropy(output.logits, output.targets)
    return BOTH if np.isclose(checkup.chain.loss, healthy, rtol=0.05) else first


def _is_true(name: str, output: Output) -> bool:
    """Whether a warning about calibration holds for rows that it does not rest on.

    A temperature that suits every other row must lower the loss of the rows between.
    """
    if name not in ("overconfident", "underconfident"):
        return False
    logits, targets = output.logits, output.targets

    def loss(temperature: float, start: int) -> float:
        return cross_entropy(logits[start::2], targets[start::2], temperature=temperature)

    best = min(np.geomspace(0.05, 20, 60).tolist(), key=partial(loss, start=0))
    hotter = best > 1
    return loss(best, 1) < 0.98 * loss(1.0, 1) and hotter == (name == "overconfident")
