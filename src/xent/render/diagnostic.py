"""A diagnostic as text: what is wrong, where, with the place underlined, and what to do."""

from collections.abc import Iterator

from xent.errors import Diagnostic, Location, Severity
from xent.render.paint import paint
from xent.render.view import ColourSystem

INKS = {
    Severity.ERROR: "red",
    Severity.WARNING: "yellow",
    Severity.NOTE: "cyan",
    Severity.INFO: "cyan",
}
# How much of a long line is shown around the place that is meant.
_BEFORE, _AFTER = 30, 30


def diagnostic_text(
    diagnostic: Diagnostic,
    *,
    severity: Severity | None = None,
    colour: ColourSystem | None = None,
    command: str = "",
) -> str:
    """Write a diagnostic for a person.

    Args:
        diagnostic: What to write.
        severity: What it counts as here, where that is not its own: `--strict` makes warnings
            errors.
        colour: The colours that the screen knows.
        command: The command that does what the hint says, if there is one.
    """
    counts_as = severity or diagnostic.severity
    label = paint(f"{counts_as}[{diagnostic.code}]", colour, "bold", ink=INKS[counts_as])
    lines = [f"{label}: {visible(diagnostic.message)}"]
    if diagnostic.location:
        lines += _place(diagnostic.location)
    if diagnostic.hint:
        lines.append(f"  hint: {visible(diagnostic.hint)}")
    if command:
        lines.append(f"  command: {visible(command)}")
    return "".join(f"{line}\n" for line in lines)


def visible(text: str) -> str:
    """Show text from outside as it is, and what a terminal would obey or hide as an escape."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def _place(location: Location) -> Iterator[str]:
    yield f"  --> {visible(str(location))}"
    if location.text is None or location.line is None or location.column is None:
        return
    start = max(0, location.column - 1 - _BEFORE)
    meant = location.literal[: _BEFORE + _AFTER]
    end = location.column - 1 + len(meant) + _AFTER
    # A TAB is shown as a blank: it keeps the words apart and the caret in its place.
    before = visible(location.text[start : location.column - 1].replace("\t", " "))
    after = visible(location.text[location.column - 1 + len(meant) : end].replace("\t", " "))
    shown = visible(meant)
    left = "…" if start > 0 else ""
    right = "…" if end < len(location.text) else ""
    margin = " " * len(str(location.line))
    yield f"{margin} |"
    yield f"{location.line} | {left}{before}{shown}{after}{right}"
    yield f"{margin} | {' ' * len(left + before)}{'^' * max(1, len(shown))}"
