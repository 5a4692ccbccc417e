"""Colour for a terminal that has it; without it, text stays as it is."""

from typing import Literal

from xent.render.view import ColourSystem

Weight = Literal["bold", "dim"]


def paint(
    text: str,
    colour: ColourSystem | None,
    weight: Weight | None = None,
    *,
    ink: str | None = None,
) -> str:
    """Write `text` in a style, as far as the screen has the colours for it.

    Rich is loaded where there are colours alone, for a note may be all that is written.
    """
    if colour is None or not text:
        return text
    from rich.color import ColorSystem
    from rich.style import Style

    systems = {
        "standard": ColorSystem.STANDARD,
        "256": ColorSystem.EIGHT_BIT,
        "truecolor": ColorSystem.TRUECOLOR,
    }
    # `or None`: False would write the codes that switch a weight off.
    bold, dim = weight == "bold" or None, weight == "dim" or None
    style = Style(bold=bold, dim=dim, color=ink)
    return style.render(text, color_system=systems[colour])
