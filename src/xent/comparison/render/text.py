"""A comparison for people: at a terminal, in Markdown, and as annotations of GitHub's workflows."""

from collections.abc import Iterator
from math import isnan

from xent.comparison.comparison import Comparison, Pair
from xent.comparison.render.grids import comparison_grids, legend
from xent.numbers import format_short, rounded
from xent.render import markdown as markdown_table
from xent.render.github import Command, workflow_command
from xent.render.paint import paint
from xent.render.rich_table import grid_lines
from xent.render.view import View


def table(comparison: Comparison, view: View) -> Iterator[str]:
    """Write which file is which, the tables, what pairing gained, and the verdict."""
    yield from (f"{line}\n" for line in legend(comparison))
    yield "\n"
    for grid in comparison_grids(comparison, view):
        yield from grid_lines(grid, view)
        yield "\n"
    for line in _pairing(comparison, view):
        yield paint(line, view.colour, "dim") + "\n"
    if view.signature:
        yield from (f"{line}\n" for line in _signatures(comparison))
    for line in verdicts(comparison, view.digits):
        yield paint(line, view.colour, "bold") + "\n"


def markdown(comparison: Comparison, view: View) -> Iterator[str]:
    """Write the same as Markdown."""
    yield from (f"- {markdown_table.escaped(line)}\n" for line in legend(comparison))
    yield "\n"
    for grid in comparison_grids(comparison, view):
        yield from (f"{line}\n" for line in markdown_table.grid_lines(grid))
    yield from (f"{markdown_table.escaped(line)}\n\n" for line in _pairing(comparison, view))
    if view.signature:
        yield from (f"`{line}`\n\n" for line in _signatures(comparison))
    yield from (f"**{line}**\n" for line in verdicts(comparison, view.digits))


def github(comparison: Comparison, view: View) -> Iterator[str]:
    """Write a workflow command for each model beside the first."""
    named = [*legend(comparison)]
    for number, (pair, line) in enumerate(
        zip(comparison.pairs, verdicts(comparison, view.digits), strict=True), 1
    ):
        command: Command = "warning" if pair.verdict == "worse" else "notice"
        text = f"{line} ({named[0]}, {named[number]})"
        yield workflow_command(command, "xent compare", text)


def verdicts(comparison: Comparison, digits: int) -> Iterator[str]:
    """Say in one line of each model beside the first whether it is better."""
    unit = comparison.settings.nats_per_unit
    suffix = "" if unit == 1 else f" {comparison.settings.unit}"
    for number, pair in enumerate(comparison.pairs, 1):
        yield _verdict(comparison.letter(number), pair, unit, digits, suffix)


def _verdict(letter: str, pair: Pair, unit: float, digits: int, suffix: str) -> str:
    size = format_short(abs(pair.difference) / unit, digits) + suffix
    match pair.verdict:
        case "better":
            return f"{letter} is better than A by {size}, beyond the 95 % interval"
        case "worse":
            return f"{letter} is worse than A by {size}, beyond the 95 % interval"
        case "no difference":
            if not pair.standard_error and not pair.difference:
                return f"{letter} has exactly the mean loss of A"
            return f"{letter} and A differ by {size}, which is within the 95 % interval"
    return f"{letter} and A {_unknown(pair, size)}"


def _unknown(pair: Pair, size: str) -> str:
    """Say why two models cannot be told apart."""
    if isnan(pair.difference):
        return "cannot be compared: a mean loss is nan, or both are inf"
    why = "one row has" if pair.rows < 2 else "the difference has"
    return f"differ by {size}; {why} no standard error"


def _pairing(comparison: Comparison, view: View) -> Iterator[str]:
    """Say what the standard error would have been without pairs, and how alike the losses are."""
    unit = comparison.settings.nats_per_unit
    for number, pair in enumerate(comparison.pairs, 1):
        paired, unpaired = pair.standard_error / unit, pair.sums.unpaired_error / unit
        if isnan(paired) or isnan(unpaired):
            continue
        of = f"{comparison.letter(number)} - A: " if len(comparison.pairs) > 1 else ""
        if pair.clusters is not None:
            alone = rounded(pair.sums.difference.standard_error / unit, view.digits)
            yield f"{of}with each row for itself, the difference would be ± {alone}"
        yield f"{of}an unpaired test would give ± {rounded(unpaired, view.digits)}"
        if not isnan(pair.sums.correlation):
            yield f"{of}the correlation of the losses is {pair.sums.correlation:.4f}"


def _signatures(comparison: Comparison) -> Iterator[str]:
    for number, model in enumerate(comparison.models):
        yield f"signature {comparison.letter(number)}  {model.signature}"
