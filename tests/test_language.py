"""No text of the program uses the phrases that were once nobody's English."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import xent

SOURCE = Path(xent.__file__).parent
DOCUMENTS = [SOURCE.parents[1] / name for name in ("README.md", "examples/README.md")]
PHRASES = (
    r"(?<![Tt]here )\b(?:is|are) no (?!longer|more|less)[a-z]",  # "is not a", or "has no"
    r"\bnumbers in place\b|\bor in place\b",  # inline
    r"\beven guess|\bguessing evenly",  # a uniform guess, chance
    r"\bturn(?:ed)? the sign|\bsign turned",  # negate
    r"\bcame true\b",  # the target class
    r"\bhonest\b",
    r"\bbit for bit\b",  # exactly
    r"\bno partner\b",  # unmatched
    r"\bsurer\b|\bless sure\b",  # overconfident, underconfident
    r"\boverrules?\b",  # overrides
    r"\btaken for\b",  # read as
    r"\b[Ww]eigh the\b",  # weight
    r"\bon the way\b",  # intermediate
    r"\bfound out\b",  # detected
)


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield every string of a module, docstrings included, with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, " ".join(node.value.split())


@pytest.mark.parametrize("phrase", PHRASES)
def test_no_text_uses_the_phrase(phrase: str) -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{line}: {text}"
        for path in SOURCE.rglob("*.py")
        for line, text in texts(path)
        if re.search(phrase, text)
    ]
    assert found == []
    for document in DOCUMENTS:
        assert not re.search(phrase, document.read_text(encoding="utf-8"))


def test_a_docstring_names_what_it_is_about() -> None:
    vague = re.compile(r"(?:It|That|Those|These|The same)\b")
    found = [
        f"{path.relative_to(SOURCE)}: {documented}"
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module)
        and vague.match(documented := ast.get_docstring(node) or "")
    ]
    assert found == []
