"""Colour for a terminal that has it; without it, text stays as it is."""

from typing import Literal

from xent.render.view import ColourSystem

Weight = Literal["bold", "dim"]

# Grounds on which white reads well, and which stay blue where there are 256 colours only.
_INK = "rgb(255,255,255)"
_FAINT = (95, 125, 165)
_STRONG = (0, 92, 215)


def paint(
    text: str,
    colour: ColourSystem | None,
    weight: Weight | None = None,
    *,
    ink: str | None = None,
    ground: str | None = None,
) -> str:
    """Write `text` in a style, as far as the screen has the colours for it."""
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
    style = Style(bold=bold, dim=dim, color=ink, bgcolor=ground)
    return style.render(text, color_system=systems[colour])


def shaded(text: str, shade: float, colour: ColourSystem | None, weight: Weight | None) -> str:
    """Lay a ground under `text`, the stronger the nearer `shade` is to 1.

    The ground and the letters on it are both set, so that it reads the same on a dark terminal
    and on a light one. Sixteen colours have no shades: there, the mark alone must do.
    """
    if colour == "standard" or not shade >= 0.05:
        return paint(text, colour, weight) if weight else text
    ground = ",".join(
        str(round(faint + (strong - faint) * min(shade, 1.0)))
        for faint, strong in zip(_FAINT, _STRONG, strict=True)
    )
    return paint(text, colour, weight, ink=_INK, ground=f"rgb({ground})")
