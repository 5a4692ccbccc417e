"""The cells of a verification, which tables of all dialects show."""

from collections.abc import Iterator

import numpy as np

from xent.verification.verification import Calculation, Verification

# The rules of numbers that differ by rounding alone.
_AGREEING = ("same", "last place", "cancellation", "float32")
HEADER = ("library", "call", "loss", "difference")


def rows(verification: Verification) -> Iterator[tuple[str, str, str, str]]:
    """Yield the cells of xent's own row, then those of each library."""
    yield "xent", "", repr(verification.problem.loss), ""
    for each in verification.calculations:
        yield library(each), each.program.body.call, loss(each), difference(each)


def library(calculation: Calculation) -> str:
    """Return the name of a library with the first two parts of its version."""
    version = ".".join(calculation.version.split(".")[:2])
    name, comma, rest = calculation.program.title.partition(", ")
    if comma:
        return f" … {rest}"
    return f"{name} {version}" if version else name


def loss(calculation: Calculation) -> str:
    """Return a loss in the shortest form that reads back as the same number."""
    if calculation.missing:
        return "not installed"
    if calculation.loss is None:
        return ""
    single = np.float32(calculation.loss)
    if calculation.program.precision == "single" and single == calculation.loss:
        return str(single)
    return repr(calculation.loss)


def difference(calculation: Calculation) -> str:
    """Return the reason of a difference, or why there is no number."""
    if calculation.missing:
        return f"pip install {' '.join(calculation.missing)}"
    if calculation.difference is None:
        refused = calculation.program.body.refusal
        return f"refused: {refused}" if refused else f"failed: {calculation.problem}"
    return calculation.difference.reason


def notes(verification: Verification) -> list[str]:
    """Return the options that libraries lack, and what stands for them."""
    told: dict[str, list[str]] = {}
    for each in verification.calculations:
        if each.loss is not None:
            for note in filter(None, each.program.body.note.split("; ")):
                told.setdefault(note, []).append(each.program.title)
    return [f"{', '.join(titles)}: {note}" for note, titles in told.items()]


def extent(verification: Verification) -> list[str]:
    """Return which rows were verified, where they are not all."""
    some = verification.problem.extent
    return [f"{some}; --all verifies all rows"] if some else []


def verdict(verification: Verification) -> str:
    """Return the result in one line."""
    calculated = [each for each in verification.calculations if each.difference]
    agreeing = sum(
        not {*_AGREEING}.isdisjoint(each.difference.rules) and len(each.difference.rules) == 1
        for each in calculated
        if each.difference
    )
    unexplained = [library(each) for each in verification.calculations if not each.is_explained]
    told = f"{agreeing} of {len(calculated)} programs agree with xent up to rounding"
    if len(calculated) - agreeing - sum(1 for each in calculated if not each.is_explained):
        told += ", and every difference is explained" if not unexplained else ""
    if unexplained:
        told += f"; unexplained: {', '.join(unexplained)}"
    return told
