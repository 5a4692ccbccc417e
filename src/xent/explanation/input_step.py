"""The first steps of a row: the input, and the logarithm where the input is probabilities."""

from collections.abc import Iterator

from xent.explanation.derivation import Check, Step
from xent.explanation.equation import ClassNumber, Equation, Sentence
from xent.explanation.expression import exp, ln
from xent.explanation.row import WorkedRow
from xent.explanation.symbols import TWO, in_nats, in_unit, indexed, list_classes, log_name

WHY_LOG = (
    "Probabilities of independent rows multiply, and their logarithms add. The logarithm is 0 for "
    "a certain class, and the more negative the less probable the class is."
)
# By input kind: the stage's name, the symbol, what is given and what it is.
_INPUTS = {
    "logits": (
        "logits",
        "z",
        "The model gives each class a score.",
        "These are logits: any real numbers; only their differences matter.",
    ),
    "log-probs": (
        "log_probs",
        "log p",
        "The input holds log-probabilities: softmax and the logarithm are already applied.",
        "They are used as they are, as by nll_loss.",
    ),
    "probs": (
        "probs",
        "p",
        "The input holds probabilities: softmax is already applied.",
        "They are used as they are, and never clipped.",
    ),
}


def input_step(row: WorkedRow) -> Step:
    """Show the input of the row."""
    name, letter, what, why = _INPUTS[row.settings.input_kind]
    return Step(
        name,
        Sentence(what),
        why,
        equations=tuple(_input(row, letter, each) for each in row.shown),
        remarks=tuple(_remarks(row)),
        stage=name,
    )


def _input(row: WorkedRow, letter: str, each: int) -> Equation:
    value = float(row.inputs[each])
    if row.settings.input_kind == "log-probs" and row.settings.unit == "bits":
        given = indexed(letter, each), value
        return row.equation(log_name(row.settings), each, lambda x: x / ln(TWO), given)
    return Equation(indexed(letter, each), None, None, value)


def _remarks(row: WorkedRow) -> Iterator[Sentence]:
    if row.named:
        listed = list_classes(len(row.shown))
        yield Sentence(f"The indices stand for {listed}.", (*map(ClassNumber, row.shown),))
    if hidden := row.classes - len(row.shown):
        more = "classes are" if hidden > 1 else "class is"
        yield Sentence(f"{{}} more {more} not written out.", (hidden,))
    if row.settings.binary:
        yield Sentence(
            "One logit z stands for two classes, no and yes, with the logits 0 and z: sigmoid(z) "
            "is the softmax of this row at class 1."
        )
    if not row.counted:
        yield Sentence(
            f"The target is {row.target}, which is ignored: this row counts neither in the sum nor "
            "in its divisor."
        )
    elif row.prediction < 0:
        yield Sentence("One of them is nan or infinite, so all that follows is nan.")
    elif row.target_probs is None:
        yield Sentence("The target is class {}.", (ClassNumber(row.target),))
    else:
        yield Sentence("The target is one probability per class.")


def log_of_probs(row: WorkedRow) -> Step:
    """Take the logarithm of probabilities that were given."""
    settings, log, at = row.settings, log_name(row.settings), row.prediction
    formula, equations = row.worked(log, lambda p: in_unit(ln(p), settings), "p")
    claim = Sentence("exponentiated, class {} has its probability again", (ClassNumber(at),))
    back = row.equation("p", at, lambda log_p: exp(in_nats(log_p, settings)), log)
    return Step(
        "log_probs",
        Sentence("Take the logarithm."),
        WHY_LOG,
        formula,
        equations,
        (Check(claim, back),),
        stage="log_probs",
    )
