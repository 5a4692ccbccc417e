"""The first steps of a row: what was given, and the logarithm where that is probabilities."""

from collections.abc import Iterator

from xent.explanation.derivation import Step
from xent.explanation.equation import ClassNumber, Equation, Sentence
from xent.explanation.expression import Symbol, exp, ln
from xent.explanation.row import WorkedRow, indexed
from xent.explanation.symbols import TWO, J, classes_listed, in_nats, in_unit, log_name

WHY_LOG = (
    "Probabilities of many rows multiply, their logarithms add; 0 is certain, and the more "
    "negative, the less likely."
)
_GIVEN = {
    "logits": (
        "logits",
        "The model gives a score to each class.",
        "These are logits: any real numbers, of which only the differences matter.",
    ),
    "log-probs": (
        "log_probs",
        "The log-probabilities are given: softmax and its logarithm are behind them.",
        "They are taken as they are, as nll_loss takes them.",
    ),
    "probs": (
        "probs",
        "The probabilities are given: softmax is behind them.",
        "They are taken as they are, and never clipped.",
    ),
}


def given(row: WorkedRow) -> Step:
    """What the row starts from."""
    name, what, why = _GIVEN[row.settings.input_kind]
    return Step(
        name,
        Sentence(what),
        why,
        equations=tuple(_given_value(row, each) for each in row.shown),
        remarks=tuple(_remarks_on_given(row)),
        stage=name,
    )


def _given_value(row: WorkedRow, each: int) -> Equation:
    value = float(row.scores[each])
    match row.settings.input_kind, row.settings.unit:
        case "log-probs", "bits":
            given = indexed("log p", each)
            left = indexed(log_name(row.settings), each)
            return Equation.of(left, lambda x: x / ln(TWO), [(given, value)], row.log_probs[each])
        case "log-probs", _:
            return Equation(indexed("log p", each), None, None, value)
        case "probs", _:
            return Equation(indexed("p", each), None, None, value)
    return Equation(indexed("z", each), None, None, value)


def _remarks_on_given(row: WorkedRow) -> Iterator[Sentence]:
    if row.named:
        listed = classes_listed(len(row.shown))
        yield Sentence(f"The indices stand for {listed}.", (*map(ClassNumber, row.shown),))
    if hidden := row.classes - len(row.shown):
        more = "classes are" if hidden > 1 else "class is"
        yield Sentence(f"{{}} more {more} not written out.", (hidden,))
    if row.settings.binary:
        yield Sentence(
            "One logit z stands for the two classes no and yes with the logits 0 and z: the "
            "sigmoid of z is the softmax of this row at class 1."
        )
    if not row.counted:
        yield Sentence(
            f"The target is {row.target}, which is ignored: this row adds nothing to the sum, "
            "and nothing to what it is divided by."
        )
    elif row.prediction < 0:
        yield Sentence("One of them is nan, or infinite: whatever follows is nan.")
    elif row.shares is None:
        yield Sentence("The target is class {}.", (ClassNumber(row.target),))
    else:
        yield Sentence("The target is a probability for each class.")


def log_of_probs(row: WorkedRow) -> Step:
    """The logarithm of probabilities that were given."""
    at = row.prediction
    back = Equation.of(
        indexed("p", at),
        lambda log: exp(in_nats(log, row.settings)),
        [(indexed(log_name(row.settings), at), row.log_probs[at])],
        float(row.scores[at]),
    )
    return Step(
        "log_probs",
        Sentence("Take the logarithm."),
        WHY_LOG,
        (Symbol(log_name(row.settings), J), in_unit(ln(Symbol("p", J)), row.settings)),
        tuple(
            Equation.of(
                indexed(log_name(row.settings), each),
                lambda p: in_unit(ln(p), row.settings),
                [(indexed("p", each), row.scores[each])],
                float(row.log_probs[each]),
            )
            for each in row.shown
        ),
        ((Sentence("turned back, class {} has its probability again", (ClassNumber(at),)), back),),
        stage="log_probs",
    )
