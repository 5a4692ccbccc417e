"""The few characters beyond ASCII that are written here, for screens that have none."""

_SPELLED = str.maketrans(
    {
        "…": "...", "Σ": "sum", "ε": "eps", "·": "*", "∂": "d", "×": "x", "█": "#", "•": "-",
        "→": "->", "−": "-", "∈": "in", "μ": "mu", "σ": "sigma",
        "▸": ">", "⋮": ":", "─": "-", "│": "|", **dict.fromkeys("╭╮╰╯├┤", "+"),
        **dict(zip("▁▂▃▄▅▆▇", ".:-=+*%", strict=True)),
        **{digit: f"[{number}]" for number, digit in enumerate("₀₁₂₃₄₅₆₇₈₉")},
    }
)  # fmt: skip


def ascii_text(text: str) -> str:
    """Return a text in ASCII: what has a spelling is spelled, the rest escaped as in JSON."""
    spelled = text.translate(_SPELLED)
    if spelled.isascii():
        return spelled
    import json

    return "".join(char if char.isascii() else json.dumps(char)[1:-1] for char in spelled)
