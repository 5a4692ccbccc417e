"""The explanation in LaTeX: every number in it, and what LaTeX and MathJax make of it."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from mpmath import mp, mpf

from conftest import Call, derivation_of
from reader import agrees, equations, questions
from xent.explanation.render.latex import render
from xent.explanation.render.latex_text import escaped
from xent.explanation.derivation import Derivation
from xent.render.view import View

SNAPSHOTS = Path(__file__).parent / "snapshots"
IDENTITY = derivation_of([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 1, 2])
MARGINS = derivation_of([[1, 4, 1, 1], [5, 1, 2, 1], [1, 2, 5, 1]], [1, 0, 2])
NAN, INF = float("nan"), float("inf")

_TOKEN = re.compile(r"\d+(?:\.\d+)?|\\[a-zA-Z]+|\S")
_FUNCTIONS = {
    r"\exp": mp.exp,
    r"\ln": mp.log,
    r"\max": lambda *numbers: max(numbers),
    "log1p": mp.log1p,
}


class _NoNumberError(Exception):
    """It has letters."""


class _Reader:
    """Works what is written in numbers."""

    def __init__(self, text: str) -> None:
        text = re.sub(r"_\{\\text\{[\d,]+ more\}\}", "", text).replace("{}", "")
        text = re.sub(r"\\\\|\\(?:begin|end)\{gathered\}|\\left|\\right", "", text)
        self._tokens: list[str] = [*_TOKEN.findall(text), "end"]

    def value(self) -> mpf:
        found = self._sum()
        if self._next() != "end":
            raise _NoNumberError
        return found

    def _sum(self) -> mpf:
        sign = -1 if self._skip("-") else 1
        found = sign * self._product()
        while self._tokens[0] in "+-":
            found += (1 if self._next() == "+" else -1) * self._product()
        return found

    def _product(self) -> mpf:
        found = self._factor()
        while self._skip(r"\cdot") or self._skip(r"\times"):
            found *= self._factor()
        return found

    def _factor(self) -> mpf:
        token = self._next()
        match token:
            case r"\infty":
                found = mp.inf
            case r"\mathrm" if self._word() == "nan":
                found = mp.nan
            case r"\frac":
                found = self._braced() / self._braced()
            case r"\underbrace":
                found = self._braced()
            case r"\operatorname":
                found = self._called(self._word())
            case "(":
                [found] = self._listed()
            case number if number[0].isdigit():
                found = mpf(number) ** int(self._braced()) if self._skip("^") else mpf(number)
            case name:
                found = self._called(name)
        return found

    def _word(self) -> str:
        end = self._tokens.index("}")
        word, self._tokens = self._tokens[1:end], self._tokens[end + 1 :]
        return "".join(word)

    def _called(self, name: str) -> mpf:
        if name not in _FUNCTIONS or not self._skip("("):
            raise _NoNumberError
        return _FUNCTIONS[name](*self._listed())

    def _listed(self) -> list[mpf]:
        found = [self._sum()]
        while self._skip(","):
            found.append(self._sum())
        if not self._skip(")"):
            raise _NoNumberError
        return found

    def _braced(self) -> mpf:
        if not self._skip("{"):
            raise _NoNumberError
        found = self._sum()
        if not self._skip("}"):
            raise _NoNumberError
        return found

    def _next(self) -> str:
        return self._tokens.pop(0)

    def _skip(self, token: str) -> bool:
        found = self._tokens[0] == token
        if found:
            self._next()
        return found


def worked(text: str) -> mpf | None:
    """What a reader makes of one side of an equation; None where there are letters."""
    try:
        return _Reader(text).value()
    except _NoNumberError:
        return None


def plain(text: str) -> str:
    """A number as a computer writes it."""
    return (
        re.sub(r" \\times 10\^\{(-?\d+)\}", r"e\1", text)
        .replace(r"\infty", "inf")
        .replace(r"\mathrm{nan}", "nan")
    )


def latex(derivation: Derivation, **options: Any) -> str:
    return "".join(render(derivation, View(**options)))


def written_equations(text: str) -> Iterator[list[str]]:
    """The sides of each equation, however many lines it is on."""
    for block in re.findall(r"\\begin{aligned}\n(.*?)\n\\end{aligned}", text, re.DOTALL):
        found: list[str] = []
        for row in block.split(" \\\\\n"):
            start, _, rest = row.partition("&")
            if start or not (rest.startswith(("=", r"\qquad"))):
                found.append(start + rest)
            else:
                found[-1] += " " + rest.removeprefix(r"\qquad")
        for equation in found:
            yield [side.strip() for side in re.split(r" = |(?<= )= |^= ", equation)]


def wrong_equations(text: str) -> tuple[int, list[str]]:
    """How many equations can be worked, and those that do not come out as written."""
    count, wrong = 0, []
    for *_, before, last in written_equations(text):
        shown, found = plain(last), worked(before)
        if found is None:
            continue
        count += 1
        # Numbers near the end of the doubles have not as many digits as are shown.
        if not 0 < abs(float(shown)) < 1e-290 and not agrees(found, shown):
            wrong.append(f"{before} = {last}")
    return count, wrong


@given(questions())
@settings(max_examples=30)
def test_every_equation_comes_out_as_written(
    question: tuple[Any, Any, dict[str, Any], int],
) -> None:
    scores, targets, options, row = question
    derivation = derivation_of(scores, targets, row=row, **options)
    count, wrong = wrong_equations(latex(derivation))
    assert not wrong
    assert count == sum(equation.substituted is not None for equation in equations(derivation))


@pytest.mark.parametrize(
    ("logits", "target"),
    [
        ([40, 0], 0), ([1000, 1], 1), ([5, 5, 5], 1), ([1e8, 1e8 + 1, 0], 1),
        ([3.0, -INF, 1.0], 1), ([NAN, 0.0], 1), ([7.0], 0), ([1e-9, 0.0], 0),
        ([12.345678901, 2.3], 1), ([*range(-6, 6)], 3),
    ],
)  # fmt: skip
def test_rows_at_the_edge_come_out_too(logits: list[float], target: int) -> None:
    count, wrong = wrong_equations(latex(derivation_of([logits], [target])))
    assert not wrong
    assert count or np.isnan(logits).any()


def test_the_reader_finds_what_is_wrong() -> None:
    """The test is no rubber stamp."""
    assert worked(r"\frac{0.25 + 0.5 + 0.75}{3}") == 0.5
    block = r"\begin{gathered} \exp(-2) \\ {}+ 3 \cdot (2 \times 10^{-3}) \end{gathered}"
    assert worked(rf"-\ln\left({block}\right)") == -mp.log(mp.exp(-2) + 3 * (2 * mpf(10) ** -3))
    assert worked(r"1 - \underbrace{(-0.25)}_{\text{1,995 more}}") == mpf("1.25")
    assert worked(r"\max(1, -\infty, 2) - \operatorname{log1p}(0)") == 2
    assert worked(r"z_0 - m") is None
    assert worked(r"\frac{\exp(z_0)}{S}") is None
    assert worked(r"\log p_0") is None
    assert wrong_equations("\\begin{aligned}\nx &= 1 + 1 = 3\n\\end{aligned}") == (1, ["1 + 1 = 3"])


def matrices(text: str) -> dict[str, list[list[str]]]:
    """The cells of each matrix, by the letter before it."""
    found = re.findall(r"&\\quad (.+?) = \\begin{pmatrix}\n(.*?)\n\\end", text, re.DOTALL)
    return {
        name: [row.split(" & ") for row in rows.split(" \\\\\n")]
        for name, rows in found
    }  # fmt: skip


def test_the_matrices_are_those_of_all_rows_with_the_target_in_a_box() -> None:
    logits = [[1, 4, 1, 1], [5, 1, 2, 1], [1, 2, 5, 1]]
    found = matrices(latex(MARGINS))
    assert [*found] == ["z", "p", r"\log p"]
    for row, target in enumerate([1, 0, 2]):
        total = mp.fsum(mp.exp(z) for z in logits[row])
        for column, logit in enumerate(logits[row]):
            p = mp.exp(logit) / total
            for name, value in (("z", mpf(logit)), ("p", p), (r"\log p", mp.log(p))):
                cell = found[name][row][column]
                assert cell.startswith(r"\boxed{") == (column == target)
                number = plain(cell.removeprefix(r"\boxed{").removesuffix("}"))
                assert agrees(value, number)


def test_what_is_left_out_of_a_matrix_is_dots_and_is_said() -> None:
    logits = np.random.default_rng(0).normal(size=(40, 1000))
    text = latex(derivation_of(logits, np.arange(40) * 25, rows=4, row=0))
    assert r"{\text{Rows 0 to 1 and 38 to 39, classes 0, 1 and each row's target," in text
    assert [r"\vdots", r"\vdots", r"\ddots", r"\vdots"] in matrices(text)["p"]
    assert r" & \cdots & \boxed{" in text


def test_more_columns_than_a_matrix_has_are_an_array() -> None:
    derivation = derivation_of(np.eye(3, 12), [0, 1, 2])
    text = latex(derivation, columns=12)
    assert r"z = \left(\begin{array}{rrrrrrrrrrrr}" in text
    assert "pmatrix" not in text


COMMANDS = {
    "aligned", "gathered", "pmatrix", "array", "align*",
    "backslash", "begin", "boxed", "cdot", "cdots", "ddots", "end", "exp", "frac", "hline",
    "hspace", "infty", "ldots", "left", "ell", "ln", "log", "mathrm", "max", "operatorname",
    "partial", "qquad", "quad", "right", "rlap", "rule", "Sigma", "sum", "text", "textbf", "texttt",
    "times", "underbrace", "usepackage", "varepsilon", "vdots",
}  # fmt: skip


@given(questions())
@settings(max_examples=30)
def test_there_is_nothing_but_maths_that_mathjax_knows(
    question: tuple[Any, Any, dict[str, Any], int],
) -> None:
    """As a notebook's Markdown has it: all in displays, no blank lines, no command but these."""
    scores, targets, options, row = question
    text = latex(derivation_of(scores, targets, row=row, **options))
    assert re.sub(r"\\begin{align\*}.*?\\end{align\*}\n", "", text, flags=re.DOTALL) == ""
    assert "\n\n" not in text
    assert text.isascii()
    assert {*re.findall(r"\\([a-zA-Z]+)", text)} <= COMMANDS
    assert {*re.findall(r"\\begin{(.*?)}", text)} <= COMMANDS
    # Plain MathJax shows a backslash in \text as it is, but for that of a dollar sign.
    for words in re.findall(r"\\text(?:bf)?{((?:[^{}]|{[^{}]*})*)}", text):
        assert "\\" not in re.sub(r"\$[^$]*\$", "", words)


def test_it_says_what_it_needs_and_ends_with_the_loss() -> None:
    lines = latex(IDENTITY).splitlines()
    assert lines[0] == r"\begin{align*} % Needs \usepackage{amsmath}, and nothing else."
    assert lines[-2:] == [r"&\textbf{mean loss} = 0.5514", r"\end{align*}"]
    bits = latex(derivation_of([[40, 0]], [0], unit="bits")).splitlines()
    assert bits[-2] == r"&\textbf{mean loss} = 6.1291 \times 10^{-18}\text{ bits}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a_b #1 50% R&D {x}", r"a$\_$b $\#$1 50$\%$ R$\&$D $\{$x$\}$"),
        (r"~ ^ \ $ | < >", r"$\sim$ $\wedge$ $\backslash$ \$ $|$ $<$ $>$"),
        ("Σ w·l, ε, 2×3, 2.718…", r"$\Sigma$ w$\cdot$l, $\varepsilon$, 2$\times$3, 2.718$\ldots$"),
        ("∂l/∂z₀", r"$\partial$l/$\partial$z$_0$"),
        ("is -0.5, or 4.2484e-18.", r"is $-0.5$, or $4.2484 \times 10^{-18}$."),
        ("gives -inf, or nan", r"gives $-\infty$, or nan"),
        ("softmax - onehot, -ln of it", "softmax $-$ onehot, $-$ln of it"),
        ("log-probs in row 3, 1,000 rows, infinite", "log-probs in row 3, 1,000 rows, infinite"),
        ("try --input-kind probs", r"try $\texttt{--input-kind}$ probs"),
        ("ignore:-100|T:1", r"ignore:$-100$$|$T:1"),
    ],
)  # fmt: skip
def test_text_is_escaped(text: str, expected: str) -> None:
    assert escaped(text) == expected


@pytest.mark.parametrize(
    ("name", "derivation"), [("why-not-zero", IDENTITY), ("margins", MARGINS)], ids=lambda x: x
)
def test_snapshot(name: str, derivation: Derivation) -> None:
    assert latex(derivation) == (SNAPSHOTS / f"{name}.tex").read_text(encoding="utf-8")


def test_a_file_s_name_says_latex(call: Call, tmp_path: Path) -> None:
    assert call("explain", "-o", tmp_path / "loss.tex").status == 0
    assert (tmp_path / "loss.tex").read_text(encoding="utf-8") == latex(IDENTITY)


RNG = np.random.default_rng(0)
DOCUMENTS: dict[str, tuple[Derivation, dict[str, Any]]] = {
    "why not zero": (IDENTITY, {}),
    "margins": (MARGINS, {}),
    "many digits": (derivation_of([[0.1, 0.7, 0.3]], [1], digits=12), {"digits": 12}),
    "all options": (
        derivation_of(
            RNG.normal(size=(9, 6)) * 3,
            RNG.dirichlet(np.ones(6), size=9).round(3),
            weight=np.arange(1, 7) / 4,
            sample_weight=np.arange(9) / 7,
            label_smoothing=0.1,
            temperature=2.0,
            unit="bits",
        ),
        {},
    ),
    "weights": (
        derivation_of(
            RNG.normal(size=(4, 6)) * 300,
            [1, 2, -100, 5],
            weight=np.arange(1, 7) / 4,
            label_smoothing=0.1,
            unit="bits",
        ),
        {},
    ),
    "1000 classes": (derivation_of(RNG.normal(size=(40, 1000)) * 2, np.arange(40) * 25), {}),
    "nan": (derivation_of([[NAN, 0.0], [1.0, 2.0]], [1, 0]), {}),
    "infinite": (derivation_of([[3.0, -INF, 1.0], [0.0, 0.0, 1.0]], [1, 0]), {}),
    "tiny": (derivation_of([[40.0, 0.0], [1e300, 0.0]], [0, 0], row=0), {}),
    "given probabilities": (derivation_of([[0.7, 0.2, 0.1]], [1], input_kind="probs"), {}),
}
pdflatex = pytest.mark.skipif(not shutil.which("pdflatex"), reason="there is no pdflatex")


def compiled(fragment: str, folder: Path) -> str:
    """What pdflatex has to say of a document with the plainest preamble."""
    preamble = "\\documentclass{article}\n\\usepackage{amsmath}\n\\begin{document}\n"
    (folder / "loss.tex").write_text(f"{preamble}{fragment}\\end{{document}}\n", encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "loss.tex"],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    log = done.stdout.decode(errors="replace")
    assert done.returncode == 0, log[-2000:]
    return log


@pdflatex
@pytest.mark.parametrize("name", DOCUMENTS)
def test_it_compiles_and_stays_on_the_page(name: str, tmp_path: Path) -> None:
    derivation, options = DOCUMENTS[name]
    log = compiled(latex(derivation, **options), tmp_path)
    assert "Overfull" not in log
    assert "Missing character" not in log


@pdflatex
def test_twelve_columns_compile_where_they_are_asked_for(tmp_path: Path) -> None:
    derivation = derivation_of(np.eye(3, 12), [0, 1, 2])
    compiled(latex(derivation, columns=12), tmp_path)


@pdflatex
def test_escaped_text_compiles(tmp_path: Path) -> None:
    ascii_characters = "".join(map(chr, range(32, 127)))
    for text in (ascii_characters, "Σε∂·×…₀₁₂₃₄₅₆₇₈₉", "--one-based -1e-5 -inf"):
        log = compiled(f"\\begin{{align*}}&\\text{{{escaped(text)}}}\\end{{align*}}\n", tmp_path)
        assert "Missing character" not in log
