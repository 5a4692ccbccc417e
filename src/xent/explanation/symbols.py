"""The letters of the field, and how they stand in formulas."""

from xent.explanation.expression import Expression, Number, Ratio, Symbol, ln
from xent.settings import LossSettings

# Any class, one of several that are added, any row.
J, C, I = "j", "c", "i"  # noqa: E741  the formulas' own letters

LOSS, SUM, LARGEST, TEMPERATURE = Symbol("l"), Symbol("S"), Symbol("m"), Symbol("T")
SMOOTHING, CLASSES, ROWS = Symbol("ε"), Symbol("C"), Symbol("N")
ONE, TWO = Number(1), Number(2)


def log_name(settings: LossSettings) -> str:
    """The logarithm of a probability, in the unit of the loss."""
    return "log p" if settings.unit == "nats" else "log2 p"


def log_function(settings: LossSettings) -> str:
    """The logarithm by its own name."""
    return "ln" if settings.unit == "nats" else "log2"


def in_unit(nats: Expression, settings: LossSettings) -> Expression:
    """The same quantity in the unit of the loss: a bit is ln 2 nats."""
    return nats if settings.unit == "nats" else Ratio(nats, ln(TWO))


def in_nats(amount: Expression, settings: LossSettings) -> Expression:
    """The reverse of `in_unit`."""
    return amount if settings.unit == "nats" else amount * ln(TWO)


def classes_listed(count: int) -> str:
    """A place for each of some classes, as a person lists them: class {}, classes {}, {} and {}."""
    *most, last = ["{}"] * count
    return f"classes {', '.join(most)} and {last}" if most else f"class {last}"
