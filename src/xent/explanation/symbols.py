"""The letters of the field, and how they stand in formulas."""

from xent.explanation.expression import Expression, Number, Ratio, Symbol, ln
from xent.settings import LossSettings

# Any class, one of several that are added, any row.
J, C, I = "j", "c", "i"  # noqa: E741  the formulas' own letters

LOSS, SUM, LARGEST, TEMPERATURE = Symbol("l"), Symbol("S"), Symbol("m"), Symbol("T")
SMOOTHING, CLASSES, ROWS, OTHERS = Symbol("ε"), Symbol("C"), Symbol("N"), Symbol("R")
ONE, TWO = Number(1), Number(2)


def indexed(name: str, number: int) -> Symbol:
    """Return the symbol of a quantity of one class or one row."""
    return Symbol(name, str(number))


def log_name(settings: LossSettings) -> str:
    """Return how the logarithm of a probability is written, in the unit of the loss."""
    return "log p" if settings.unit == "nats" else "log2 p"


def log_function(settings: LossSettings) -> str:
    """Return the name of the logarithm, in the unit of the loss."""
    return "ln" if settings.unit == "nats" else "log2"


def in_unit(nats: Expression, settings: LossSettings) -> Expression:
    """Convert a quantity from nats to the unit of the loss: a bit is ln 2 nats."""
    return nats if settings.unit == "nats" else Ratio(nats, ln(TWO))


def in_nats(amount: Expression, settings: LossSettings) -> Expression:
    """Convert a quantity from the unit of the loss to nats."""
    return amount if settings.unit == "nats" else amount * ln(TWO)


def list_classes(count: int) -> str:
    """Return a template for some classes: class {}, or classes {}, {} and {}."""
    *most, last = ["{}"] * count
    return f"classes {', '.join(most)} and {last}" if most else f"class {last}"
