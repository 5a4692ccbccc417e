"""What an inspection makes of an array, in words."""

from xent.inspection.inspection import Seen
from xent.inspection.kind import Kind
from xent.inspection.tally import IGNORED


def looks_like(seen: Seen) -> str:
    """What the array looks like, and what tells it."""
    match seen.kind:
        case Kind.PROBABILITIES:
            return "probabilities (rows sum to 1)"
        case Kind.LOG_PROBABILITIES:
            return "log-probabilities (the exponentials of rows sum to 1)"
        case Kind.CLASS_NUMBERS:
            return f"targets: {_class_numbers(seen)}"
        case Kind.NUMBERS if seen.role == "targets":
            return "no targets: neither class numbers nor rows that sum to 1"
        case Kind.NUMBERS:
            return "a list of numbers, such as weights, or one row of logits"
    return str(seen.kind)


def _class_numbers(seen: Seen) -> str:
    tally = seen.tally
    if tally.ignored == tally.finite:
        return f"{IGNORED} alone, which is ignored"
    numbers = f"class numbers {tally.least_class:.0f}..{tally.histogram.high:.0f}"
    return f"{numbers}, {tally.ignored} ignored ({IGNORED})" if tally.ignored else numbers
