"""Equations in plain characters, one below the other, their equals signs aligned."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap

from xent.explanation.equation import Equation
from xent.explanation.math.text import TextMath
from xent.numbers import format_short


def equation_parts(equation: Equation, digits: int) -> list[str]:
    """What stands between the equals signs: left, symbolic, substituted and value.

    The substituted numbers have as many digits as give the value in the digits shown.
    """
    operand_digits = equation.operand_digits(digits)
    writer = TextMath(lambda value: format_short(value, operand_digits))
    sides = (equation.left, equation.symbolic, equation.substituted)
    parts = [writer.write(side) for side in sides if side is not None]
    return [*parts, equation.result(digits)]


def equation_lines(equations: Sequence[Equation], digits: int, width: int) -> Iterator[str]:
    """Align equations of the same shape; break one that is too wide at its equals signs."""
    rows = [equation_parts(equation, digits) for equation in equations]
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    if sum(widths) + 3 * (len(widths) - 1) <= width and len({*map(len, rows)}) == 1:
        for row in rows:
            cells = (part.ljust(size) for part, size in zip(row, widths, strict=True))
            yield " = ".join(cells).rstrip()
        return
    for left, *parts in rows:
        line = " = ".join([left, *parts])
        if len(line) <= width:
            yield line
        else:
            yield from _broken(left, parts, width)


def _broken(left: str, parts: list[str], width: int) -> Iterator[str]:
    """Each part on lines of its own, long sums broken between their terms."""
    margin = " " * len(left)
    for number, part in enumerate(parts):
        start = f"{left} = " if number == 0 else f"{margin} = "
        lines = wrap(
            part, max(width - len(start), 20), break_long_words=False, break_on_hyphens=False
        )
        yield start + lines[0]
        yield from (" " * len(start) + line for line in lines[1:])
