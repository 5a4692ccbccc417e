"""What programs of all libraries have in common: names, and how matrices are printed."""

from collections.abc import Iterator

from xent.render.view import DEFAULT_ROWS
from xent.verification.problem import Problem


def name_of_log(problem: Problem) -> str:
    """Return the name of the log-probabilities, which is that of their stage."""
    return "log_softmax" if problem.settings.input_kind == "logits" else "log_probs"


def shown_rows(name: str, rows: int) -> Iterator[str]:
    """Print the rows of a list, one per line; the first of many."""
    if rows > DEFAULT_ROWS:
        yield f'print("{name}", *{name}[:{DEFAULT_ROWS}], "…", sep="\\n")'
    else:
        yield f'print("{name}", *{name}, sep="\\n")'


def shown(name: str) -> str:
    """Print an array, whose library leaves out what is too much."""
    return f'print("{name}", {name}, sep="\\n")'
