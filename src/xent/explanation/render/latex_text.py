r"""Text for \text, in LaTeX and in MathJax."""

import re

from xent.explanation.math.latex import latex_number

# MathJax takes them in a formula only, and LaTeX some of them.
_IN_MATHS = {
    "\\": r"\backslash", "{": r"\{", "}": r"\}", "_": r"\_", "#": r"\#", "%": r"\%", "&": r"\&",
    "~": r"\sim", "^": r"\wedge", "|": "|", "<": "<", ">": ">",
    "Σ": r"\Sigma", "ε": r"\varepsilon", "∂": r"\partial", "·": r"\cdot", "×": r"\times",
    "…": r"\ldots",
    **{digit: f"_{number}" for number, digit in enumerate("₀₁₂₃₄₅₆₇₈₉")},
}  # fmt: skip
_OPTION = r"(?P<option>--[a-z][a-z-]*)"
_NUMBER = r"(?P<number>(?<![\w.])(?:-?\d+(?:\.\d+)?e[+-]?\d+|-\d+(?:\.\d+)?|-?inf\b))"
# Not the hyphen within a word.
_MINUS = r"(?P<minus>(?<!\w)-)"
_CHARACTER = f"(?P<character>[{re.escape(''.join(_IN_MATHS))}$])"
_SPECIAL = re.compile(f"{_OPTION}|{_NUMBER}|{_MINUS}|{_CHARACTER}")


def escaped(text: str) -> str:
    r"""Text for \text, as both LaTeX and MathJax read it: numbers below zero, too, are maths."""
    return _SPECIAL.sub(_special, text)


def _special(match: re.Match[str]) -> str:
    found = match.group()
    match match.lastgroup:
        case "option":
            return rf"$\texttt{{{found}}}$"
        case "number":
            return f"${latex_number(found)}$"
        case "minus":
            return "$-$"
    return r"\$" if found == "$" else f"${_IN_MATHS[found]}$"
