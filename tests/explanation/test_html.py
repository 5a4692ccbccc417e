"""The explanation as a page: every number on it, its form, and what it keeps out."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from itertools import product
from math import inf, nan
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import xent
from conftest import Call, derivation_of
from reader import DIGITS, agrees, evaluated, questions
from xent.errors import Code, Diagnostic, Location
from xent.explanation.derivation import Derivation
from xent.explanation.equation import Equation
from xent.explanation.expression import (
    Call as Function,
)
from xent.explanation.expression import (
    Elided,
    Expression,
    Negative,
    Number,
    NumberList,
    Product,
    Ratio,
    Sum,
    Summation,
    Symbol,
    value_of,
)
from xent.explanation.render.html import render
from xent.explanation.render.mathml import MathMl
from xent.numbers import format_short
from xent.render.grid import Gap
from xent.render.stage_grids import stage_grids
from xent.render.view import View

IDENTITY = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
WORKED = derivation_of(IDENTITY, [0, 1, 2])
RANDOM = np.random.default_rng(0)
MANY_CLASSES = derivation_of(RANDOM.normal(size=(40, 1000)) * 2, np.arange(40) * 25)
SOFT = derivation_of(
    RANDOM.normal(size=(4, 5)),
    RANDOM.dirichlet(np.ones(5), size=4),
    weight=np.array([1, 0.5, 2, 1, 1]),
    unit="bits",
    label_smoothing=0.1,
)
ODD = derivation_of([[3.0, -inf, 1.0], [1, 2, nan]], [1, 0])
IGNORED = derivation_of([[0.7, 0.3], [0.5, 0.5]], [-100, 0], row=0, input_kind="probs")
EVERY = {
    "worked": WORKED, "many classes": MANY_CLASSES, "soft": SOFT, "odd": ODD, "ignored": IGNORED,
    "12 rows": derivation_of(RANDOM.normal(size=(12, 4)).round(1), RANDOM.integers(4, size=12)),
    "tiny": derivation_of([[40, 0]], [0]),
    "none": derivation_of(IDENTITY, [0, 1, 1], reduction="none"),
}  # fmt: skip
STYLE = (Path(xent.__file__).parent / "explanation/render/html.css").read_text("utf-8")


def page_of(derivation: Derivation, view: View | None = None) -> str:
    return "".join(render(derivation, view or View(digits=DIGITS)))


def body_of(page: str) -> ET.Element:
    """The page's body, which is written as XML would be."""
    return ET.fromstring(page[page.index("<body>") : page.index("</html>")])  # noqa: S314  our own


def visible_text(element: ET.Element) -> str:
    """What is read, in the characters of a keyboard."""
    text = " ".join("".join(element.itertext()).replace("\u2061", "").split())
    typed = text.translate(str.maketrans("−’′", "-''")).replace("∞", "inf")
    return re.sub(r" × 10(-?\d+)", lambda power: f"e{int(power[1]):+03d}", typed)


def typed(element: ET.Element) -> str:
    """What a reader of a formula types into a calculator: groups are what is seen as one."""
    signs = {"−": "-", "×": "*", "⋅": "*", "∞": "inf", "\u2061": "", "…": ""}
    parts = [typed(child) for child in element]
    match element.tag:
        case "mn" | "mi" | "mo":
            found = signs.get(element.text or "", element.text or "")
        case "mtext" | "mspace":
            found = ""
        case "mfrac":
            found = f"(({parts[0]})/({parts[1]}))"
        case "msup":
            found = f"({parts[0]})**({parts[1]})"
        case "math" | "mrow" | "mtable" | "mtr" | "mtd":
            found = "".join(parts)
        case other:
            raise AssertionError(f"a number has no {other}")
    return found


def read(markup: str) -> str:
    return typed(ET.fromstring(markup))  # noqa: S314  our own


def parsed_number(text: str) -> str:
    """A number that was typed as a product with a power of ten, in one piece."""
    return re.sub(r"\*\(10\)\*\*\((-?\d+)\)", r"e\1", text)


def equations_in_order(derivation: Derivation) -> Iterator[Equation]:
    gradient = [derivation.gradient] if derivation.gradient else []
    for step in derivation.steps:
        yield from (*step.equations, *(check.equation for check in step.checks))
    for reason in derivation.reasons:
        yield from reason.equations
    for step in gradient:
        yield from (*step.equations, *(check.equation for check in step.checks))


def wrong_formulas(derivation: Derivation) -> list[str]:
    """The equations of the page that a reader finds wrong."""
    wrong = []
    shown = body_of(page_of(derivation)).iterfind(".//p[@class='equation']")
    for equation, line in zip(equations_in_order(derivation), shown, strict=True):
        sides = (equation.left, equation.symbolic, equation.substituted)
        *_, before, last = formulas = [*line.iter("math")]
        assert len(formulas) == sum(side is not None for side in sides) + 1
        value = parsed_number(typed(last).removeprefix("="))
        same = str(float(value)) == str(float(format_short(equation.value, DIGITS)))
        # Numbers near the end of the doubles have not as many digits as are shown.
        calculable = equation.substituted is not None and not 0 < abs(equation.value) < 1e-290
        if not same or (calculable and not agrees(evaluated(typed(before).lstrip("=")), value)):
            wrong.append(visible_text(line))
    return wrong


def missing_sentences(derivation: Derivation) -> list[str]:
    """What the derivation says and the page does not."""
    text = visible_text(body_of(page_of(derivation)))
    steps = [*derivation.steps, *([derivation.gradient] if derivation.gradient else [])]
    said = [
        derivation.question.text(DIGITS),
        *(sentence.text(DIGITS) for sentence in derivation.brief),
        *(f"{step.what.text(DIGITS)} {step.why}" for step in steps),
        *(sentence.text(DIGITS) for step in steps for sentence in step.remarks),
        *(f"{check.claim.text(DIGITS)}:" for step in steps for check in step.checks),
        *(reason.sentence.text(DIGITS) for reason in derivation.reasons),
        *(f"×{factor:g}{format_short(loss, DIGITS)}" for factor, loss in derivation.scaled),
        derivation.report.signature,
    ]
    return [sentence for sentence in said if sentence not in text]


@given(questions())
@settings(max_examples=25)
def test_every_number_on_the_page_comes_out_as_written(
    question: tuple[Any, Any, dict[str, Any], int],
) -> None:
    scores, targets, options, row = question
    derivation = derivation_of(scores, targets, row=row, **options)
    assert not wrong_formulas(derivation)
    assert not missing_sentences(derivation)


@pytest.mark.parametrize("derivation", EVERY.values(), ids=EVERY)
def test_the_examples_come_out_too(derivation: Derivation) -> None:
    assert not wrong_formulas(derivation)
    assert not missing_sentences(derivation)


def test_a_reader_finds_a_wrong_formula() -> None:
    """The test is no rubber stamp."""
    fraction = read("<mfrac><mn>1</mn><mrow><mn>2</mn><mo>+</mo><mn>3</mn></mrow></mfrac>")
    assert agrees(evaluated(fraction), "0.2")
    assert not agrees(evaluated(fraction), "3.5")
    assert parsed_number(read(MathMl(repr).write(Number(-4.25e-18)))) == "-4.25e-18"


NUMBERS = st.integers(-9, 9).map(float) | st.sampled_from([2.5e-7, -1.25e-05, 1e12, 0.03125])
TREES = st.recursive(
    NUMBERS.map(Number) | st.builds(Elided, st.integers(1, 2000), NUMBERS),
    lambda trees: st.one_of(
        trees.map(Negative),
        st.lists(trees, min_size=2, max_size=9).map(lambda parts: Sum(tuple(parts))),
        st.lists(trees, min_size=2, max_size=3).map(lambda parts: Product(tuple(parts))),
        st.builds(Ratio, trees, trees),
        trees.filter(lambda tree: abs(float(value_of(tree, repr))) < 50).map(
            lambda part: Function("exp", part)
        ),
        st.lists(trees, min_size=1, max_size=3).map(
            lambda parts: Function("max", NumberList(tuple(parts)))
        ),
    ),
    max_leaves=12,
)


ONE, TWO = Number(1.0), Number(2.0)
GAP = Sum((ONE, Negative(TWO)))


@given(TREES)
@example(Negative(GAP))
@example(Negative(Negative(TWO)))
@example(Sum((ONE, Negative(GAP), Negative(Number(-3.0)))))
@example(Product((GAP, GAP, Negative(TWO))))
@example(Ratio(GAP, Product((TWO, GAP))))
@settings(max_examples=100)
def test_whatever_is_calculated_can_be_read_back(tree: Expression) -> None:
    """No parentheses are missing, and no sign."""
    value = float(value_of(tree, repr))
    assume(0 < abs(value) < 1e100 or value == 0)
    try:
        found = evaluated(read(MathMl(repr).write(tree)))
    except ZeroDivisionError:
        assume(False)  # noqa: FBT003  hypothesis' own way
    assert float(found) == pytest.approx(value, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (Symbol("z"), "<mi>z</mi>"),
        (Symbol("z", "12"), "<msub><mi>z</mi><mn>12</mn></msub>"),
        (Symbol("l'"), "<msup><mi>l</mi><mo>′</mo></msup>"),
        (Symbol("q'", "c"), "<msubsup><mi>q</mi><mi>c</mi><mo>′</mo></msubsup>"),
        (Symbol("lead"), "<mi>lead</mi>"),
        (
            Symbol("log2 p", "t"),
            (
                "<mrow><msub><mi>log</mi><mn>2</mn></msub><mo>\u2061</mo>"
                '<mspace width="0.17em"></mspace><msub><mi>p</mi><mi>t</mi></msub></mrow>'
            ),
        ),
        (
            Symbol("∂l/∂z", "0"),
            (
                "<mfrac><mrow><mi>∂</mi><mi>l</mi></mrow>"
                "<mrow><mi>∂</mi><msub><mi>z</mi><mn>0</mn></msub></mrow></mfrac>"
            ),
        ),
        (
            Symbol("[j = t]"),
            (
                '<mrow><mo stretchy="false">[</mo><mrow><mi>j</mi><mo>=</mo><mi>t</mi></mrow>'
                '<mo stretchy="false">]</mo></mrow>'
            ),
        ),
        (
            Summation("c", Symbol("e", "c")),
            "<mrow><munder><mo>∑</mo><mi>c</mi></munder><msub><mi>e</mi><mi>c</mi></msub></mrow>",
        ),
        (
            Elided(1994, 0.03),
            (
                '<mrow><mo stretchy="false">(</mo><mtext>…\u00a01,994 more, together\u00a0</mtext>'
                '<mn>0.03</mn><mo stretchy="false">)</mo></mrow>'
            ),
        ),
        (Number(-2.0), "<mrow><mo>−</mo><mn>2</mn></mrow>"),
        (
            Number(2.5e-18),
            (
                "<mrow><mn>2.5</mn><mo>×</mo><msup><mn>10</mn><mrow><mo>−</mo><mn>18</mn></mrow></msup>"
                "</mrow>"
            ),
        ),
        (Number(-inf), "<mrow><mo>−</mo><mi>∞</mi></mrow>"),
        (Number(nan), "<mi>nan</mi>"),
        (Symbol("a<b"), "<mi>a&lt;b</mi>"),
    ],
)
def test_formulas_in_mathml(part: Expression, text: str) -> None:
    assert MathMl(lambda value: format_short(value, 4)).write(part) == text


def test_a_power_of_ten_among_factors_is_in_parentheses() -> None:
    power = Product((Number(2.5e-7), TWO))
    assert read(MathMl(repr).write(power)) == "(2.5*(10)**(-7))*2.0"


def test_a_long_sum_is_set_in_lines_and_a_short_one_is_not() -> None:
    terms = tuple(Number(float(number)) for number in range(1, 60))
    assert MathMl(repr).write(Sum(terms[:9])).count("<mtr>") == 0
    lines = MathMl(repr).write(Sum(terms))
    assert lines.count("<mtr>") > 2
    # Else a browser takes the first sign of a line for that of a number.
    assert lines.count("<mtd><mrow></mrow><mo>+</mo>") == lines.count("<mtr>") - 1


def test_the_order_of_the_page() -> None:
    body = body_of(page_of(WORKED))
    outline = [
        f"{element.tag} {visible_text(element)}"
        for element in body.iter()
        if element.tag in ("h1", "h2", "h3", "caption", "footer")
    ]
    assert outline == [
        "h1 Why is the loss 0.5514, and not 0?",
        "h2 Row 0, step by step",
        "h3 1 logits",
        "caption logits z",
        "h3 2 shift",
        "h3 3 exponentials",
        "h3 4 sum",
        "h3 5 softmax",
        "caption softmax p = exp(z) / Σ exp(z)",
        "h3 6 log softmax",
        "caption log softmax log p = z - ln Σ exp(z)",
        "h3 7 nll",
        "h3 8 mean",
        "caption nll l = -log p[target]",
        "h2 Why is it not zero?",
        "caption The same row with its logits multiplied",
        "h2 Gradient",
        (
            "footer mean loss 0.5514 xent|n:3|C:3|in:logits|red:mean|w:none|ignore:-100|ls:0|T:1"
            f"|unit:nats|v:{xent.__version__}"
        ),
    ]


def test_an_equation_in_full() -> None:
    page = page_of(WORKED)
    assert (
        '<p class="equation">'
        '<span><math displaystyle="true"><msub><mi>p</mi><mn>0</mn></msub></math></span> '
        '<span><math displaystyle="true"><mrow><mo>=</mo><mfrac><mrow><mi>exp</mi><mo>\u2061</mo>'
        '<mrow><mo stretchy="false">(</mo><msub><mi>z</mi><mn>0</mn></msub>'
        '<mo stretchy="false">)</mo></mrow></mrow><mi>S</mi></mfrac></mrow></math></span> '
        '<span><math displaystyle="true"><mrow><mo>=</mo><mfrac><mrow><mi>exp</mi><mo>\u2061</mo>'
        '<mrow><mo stretchy="false">(</mo><mn>1</mn><mo stretchy="false">)</mo></mrow></mrow>'
        "<mn>4.7183</mn></mfrac></mrow></math></span> "
        '<span><math displaystyle="true"><mrow><mo>=</mo><mn>0.5761</mn></mrow></math></span></p>'
    ) in page


@pytest.mark.parametrize("derivation", EVERY.values(), ids=EVERY)
def test_each_table_holds_its_stage(derivation: Derivation) -> None:
    tables = {
        table.findtext("caption/b"): table
        for table in body_of(page_of(derivation)).iterfind(".//table[@class='matrix']")
    }
    grids = {
        grid.title.replace("_", " "): grid
        for grid in stage_grids(derivation.report, View(), derivation.classes)
        if any(step.stage == grid.title for step in derivation.steps)
    }
    assert tables.keys() == grids.keys()
    for name, grid in grids.items():
        shown = [*tables[name].iterfind("tbody/tr")]
        if footnote := grid.footnote:
            assert visible_text(shown.pop()) == footnote
        for row, line in zip(grid.rows, shown, strict=True):
            if isinstance(row, Gap):
                assert visible_text(line) == str(row)
                continue
            # A column without a name or a cell is left out.
            kept = row[: len(line)]
            assert not any(cell.text for cell in row[len(line) :])
            assert [visible_text(cell) for cell in line] == [cell.text for cell in kept]
            assert [cell.get("class") == "target" for cell in line] == [
                cell.tone == "target" for cell in kept
            ]
            for cell, element in zip(kept, line, strict=True):
                shade = float(element.get("style", "--shade:0").removeprefix("--shade:"))
                assert shade == pytest.approx(np.nan_to_num(cell.shade), abs=6e-4)


def test_the_row_that_is_worked_is_marked() -> None:
    body = body_of(page_of(MANY_CLASSES))
    marked = body.findall(".//tr[@class='worked']")
    assert len(marked) == 4
    assert {visible_text(row[0]) for row in marked} == {str(MANY_CLASSES.row)}


def test_the_bars_are_as_long_as_their_losses() -> None:
    scaled = ((1.0, 4.0), (2.0, 1.0), (5.0, inf), (10.0, nan), (20.0, 0.0))
    body = body_of(page_of(replace(WORKED, scaled=scaled)))
    rows = body.findall(".//table[@class='bars']/tbody/tr")
    assert [visible_text(row) for row in rows] == ["×14", "×21", "×5inf", "×10nan", "×200"]
    bars = [row.find("td[@class='bar']/span") for row in rows]
    styles = [None if bar is None else bar.get("style") for bar in bars]
    assert styles == ["--share:1.0000", "--share:0.2500", "--share:1.0000", None, None]
    assert len(body.findall(".//td[@class='bar'][@aria-hidden='true']")) == len(rows)


@pytest.mark.parametrize("derivation", EVERY.values(), ids=EVERY)
def test_html5(derivation: Derivation) -> None:
    html5lib = pytest.importorskip("html5lib")
    html5lib.HTMLParser(strict=True).parse(page_of(derivation))


@pytest.mark.parametrize("derivation", EVERY.values(), ids=EVERY)
def test_it_can_be_read_without_seeing_it(derivation: Derivation) -> None:
    page = page_of(derivation)
    body = body_of(page)
    assert '<html lang="en">' in page
    ids = [str(element.get("id")) for element in body.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for element in body.iter():
        for reference in (element.get("aria-labelledby"), element.get("href")):
            assert reference is None or reference.removeprefix("#") in ids
        if element.get("tabindex"):
            assert element.get("role")
            assert element.get("aria-label") or element.get("aria-labelledby")
    for table in body.iter("table"):
        assert table.find("caption") is not None
        assert all(header.get("scope") in ("row", "col") for header in table.iter("th"))
        assert all(visible_text(header) for header in table.iter("th"))
        assert all(row.find("th") is not None or len(row) == 1 for row in table.iter("tr"))


@pytest.mark.parametrize("derivation", EVERY.values(), ids=EVERY)
def test_nothing_is_loaded_and_nothing_runs(derivation: Derivation) -> None:
    page = page_of(derivation).lower()
    for loader in (
        "<script", "<link", "<img", "<iframe", "<object", "src=", "http:", "https:", "//", "url(",
        "@import", "javascript:",
    ):  # fmt: skip
        assert loader not in page
    assert not re.search(r"<[^>]*\son\w+=", page)


def test_what_users_write_stays_text() -> None:
    hostile = "<script>alert('&amp;')</script>\x1b[31m\x00\ud800"
    diagnostic = Diagnostic(Code.MASKED_LOGITS, hostile, Location(f"{hostile}.csv", 1, 2), hostile)
    report = replace(WORKED.report, notes=(diagnostic,))
    page = page_of(replace(WORKED, report=report))
    page.encode()  # a half of a surrogate pair cannot be written
    assert "<script" not in page
    [notes] = body_of(page).iterfind(".//aside")
    seen = "<script>alert('&amp;')</script>\\x1b[31m\\x00\\ud800"
    assert visible_text(notes) == f"info[XN302] {seen} {seen}.csv:1:2 {seen}".replace(
        "info", str(diagnostic.severity)
    )


def test_a_page_has_no_notes_where_nothing_is_remarkable() -> None:
    assert "<aside" not in page_of(WORKED)
    assert "<aside" in page_of(ODD)


def test_the_terminal_s_width_is_not_the_page_s() -> None:
    assert page_of(MANY_CLASSES, View(width=40)) == page_of(MANY_CLASSES, View())


def test_in_ascii_it_is_the_same_page() -> None:
    plain = page_of(SOFT, View(unicode=False))
    assert plain.isascii()
    assert unescape(plain) == unescape(page_of(SOFT))
    assert STYLE.isascii()  # a reference means nothing there


def _colours(scheme: str) -> dict[str, tuple[float, ...]]:
    """The scheme's colours, and the heat's greatest strength."""
    light, dark = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    found: dict[str, tuple[float, ...]] = {}
    for block in [light] if scheme == "light" else [light, dark]:
        for name, value in re.findall(r"--(\w+): (#\w{6}|[\d. ]+);", block):
            numbers = value[1:] if value.startswith("#") else ""
            found[name] = (
                tuple(int(numbers[place : place + 2], 16) for place in (0, 2, 4))
                if numbers
                else tuple(map(float, value.split()))
            )
    return found


def _luminance(colour: tuple[float, ...]) -> float:
    """Of sRGB, as in WCAG 2.2."""
    parts = (value / 255 for value in colour)
    linear = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return sum(share * value for share, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    dim, bright = sorted(map(_luminance, (one, other)))
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_is_readable(scheme: str) -> None:
    """WCAG asks for 4.5; the letters of a table are small."""
    colours = _colours(scheme)
    for ink, paper in product(("ink", "faint", "accent"), ("paper", "panel")):
        assert _contrast(colours[ink], colours[paper]) > 4.7, (ink, paper)
    [strength] = colours["strength"]
    for shade in np.linspace(0, 1, 11) * strength:
        ground = tuple(
            shade * heat + (1 - shade) * bare
            for heat, bare in zip(colours["heat"], colours["paper"], strict=True)
        )
        assert _contrast(colours["ink"], ground) > 5.5
    assert _contrast(colours["heat"], colours["paper"]) > 3


def test_the_command_writes_it(call: Call, tmp_path: Path) -> None:
    page = page_of(WORKED)
    assert call("explain", "--format", "html").out == page
    assert call("explain", "-o", tmp_path / "why.html").status == 0
    assert (tmp_path / "why.html").read_text("utf-8") == page
