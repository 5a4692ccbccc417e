"""Colour for a terminal that has it; without it, text stays as it is."""

from xent.render.view import ColourSystem

BOLD = "bold"
DIM = "dim"
# Grounds on which white reads well, and which stay blue where there are 256 colours only.
_INK = "rgb(255,255,255)"
_FAINT = (95, 125, 165)
_STRONG = (0, 92, 215)


def paint(text: str, style: str, colour: ColourSystem | None) -> str:
    """Write `text` in one of rich's styles."""
    if colour is None or not text:
        return text
    from rich.color import ColorSystem
    from rich.style import Style

    systems = {
        "standard": ColorSystem.STANDARD,
        "256": ColorSystem.EIGHT_BIT,
        "truecolor": ColorSystem.TRUECOLOR,
        "windows": ColorSystem.WINDOWS,
    }
    return Style.parse(style).render(text, color_system=systems[colour])


def shaded(text: str, shade: float, colour: ColourSystem | None, *, bold: bool = False) -> str:
    """Lay a ground under `text`, the stronger the nearer `shade` is to 1.

    The ground and the letters on it are both set, so that it reads the same on a dark terminal
    and on a light one. Sixteen colours have no shades: there, the mark alone must do.
    """
    weight = f"{BOLD} " if bold else ""
    if colour in ("standard", "windows") or not shade >= 0.05:
        return paint(text, weight.strip(), colour) if bold else text
    ground = ",".join(
        str(round(faint + (strong - faint) * min(shade, 1.0)))
        for faint, strong in zip(_FAINT, _STRONG, strict=True)
    )
    return paint(text, f"{weight}{_INK} on rgb({ground})", colour)
