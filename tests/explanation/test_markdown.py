"""The explanation in Markdown: every number in it, and what a site makes of it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mpmath import mpf

from conftest import Call, derivation_of
from reader import agrees, equations, evaluated, questions
from xent.explanation.derivation import Derivation, Reason, Step
from xent.explanation.render.markdown import render
from xent.render.markdown import escaped
from xent.render.stage_grids import stage_grids
from xent.render.view import View

SNAPSHOTS = Path(__file__).parent / "snapshots"
IDENTITY = derivation_of([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 1, 2])
MARGINS = derivation_of([[1, 4, 1, 1], [5, 1, 2, 1], [1, 2, 5, 1]], [1, 0, 2])
NAN, INF = float("nan"), float("inf")


def markdown(derivation: Derivation) -> str:
    return "".join(render(derivation, View()))


def worked(text: str) -> mpf | None:
    """What a reader makes of one side of an equation; None where there are letters."""
    try:
        return evaluated(text)
    except (NameError, SyntaxError):
        return None


def written_equations(text: str) -> Iterator[list[str]]:
    """The sides of each equation, in a block of code or behind a check."""
    for block in re.findall(r"```text\n(.*?)\n *```", text, re.DOTALL):
        margin = min(len(line) - len(line.lstrip()) for line in block.splitlines())
        joined = re.sub(r"\n +", " ", "\n".join(line[margin:] for line in block.splitlines()))
        yield from (re.split(" += ", line) for line in joined.splitlines())
    for check in re.findall("^Check: .*: `(.*)`$", text, re.MULTILINE):
        yield check.split(" = ")


def wrong_equations(text: str) -> tuple[int, list[str]]:
    """How many equations can be worked, and those that do not come out as written."""
    count, wrong = 0, []
    for *_, before, shown in written_equations(text):
        found = worked(before)
        if found is None:
            continue
        count += 1
        # Numbers near the end of the doubles have not as many digits as are shown.
        if not 0 < abs(float(shown)) < 1e-290 and not agrees(found, shown):
            wrong.append(f"{before} = {shown}")
    return count, wrong


@given(questions())
@settings(max_examples=30)
def test_every_equation_comes_out_as_written(
    question: tuple[Any, Any, dict[str, Any], int],
) -> None:
    scores, targets, options, row = question
    derivation = derivation_of(scores, targets, row=row, **options)
    count, wrong = wrong_equations(markdown(derivation))
    assert not wrong
    assert count == sum(equation.substituted is not None for equation in equations(derivation))


@pytest.mark.parametrize(
    ("logits", "target"),
    [
        ([40, 0], 0), ([1000, 1], 1), ([5, 5, 5], 1), ([3.0, -INF, 1.0], 1), ([NAN, 0.0], 1),
        ([7.0], 0), ([12.345678901, 2.3], 1), ([*range(-6, 6)], 3),
    ],
)  # fmt: skip
def test_rows_at_the_edge_come_out_too(logits: list[float], target: int) -> None:
    count, wrong = wrong_equations(markdown(derivation_of([logits], [target])))
    assert not wrong
    assert count or np.isnan(logits).any()


def test_the_reader_finds_what_is_wrong() -> None:
    """The test is no rubber stamp."""
    assert wrong_equations("```text\nx = 1 + 1 +\n    1 = 4\n```") == (1, ["1 + 1 + 1 = 4"])
    assert wrong_equations("Check: it is so: `x = 1 + 1 = 3`") == (1, ["1 + 1 = 3"])
    assert wrong_equations("```text\nx = z₀ - m = 2\n```") == (0, [])


def parsed(text: str) -> list[Any]:
    """The tokens that a site sees, whatever HTML or table is in them."""
    markdown_it = pytest.importorskip("markdown_it")
    parser = markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens: list[Any] = parser.parse(text)
    return tokens


def spans(text: str) -> Iterator[Any]:
    """What is within the paragraphs, headings and cells."""
    for token in parsed(text):
        yield from token.children or ()


@given(questions())
@settings(max_examples=30)
def test_a_site_sees_tables_and_code_and_no_stray_markup(
    question: tuple[Any, Any, dict[str, Any], int],
) -> None:
    scores, targets, options, row = question
    derivation = derivation_of(scores, targets, row=row, **options)
    text = markdown(derivation)
    blocks = [token.type for token in parsed(text)]
    assert {*blocks} <= {
        *("heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "fence"),
        *("bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"),
        *(f"{part}_{end}" for part in ("table", "thead", "tbody", "tr", "th", "td")
          for end in ("open", "close")),
    }  # fmt: skip
    steps = [*derivation.steps, *([derivation.gradient] if derivation.gradient else [])]
    tables = sum(step.stage is not None for step in steps) + bool(derivation.scaled)
    assert blocks.count("table_open") == tables
    assert blocks.count("bullet_list_open") == bool(derivation.reasons)
    groups: list[Step | Reason] = [*steps, *derivation.reasons]
    assert blocks.count("fence") == sum(bool(group.equations) for group in groups)
    assert {span.type for span in spans(text)} <= {
        "text", "code_inline", "strong_open", "strong_close", "text_special",
    }  # fmt: skip
    assert not any(
        re.search(r"\*\*|`|\|", span.content) for span in spans(text) if span.type == "text"
    )


def shown_paragraphs(text: str) -> list[str]:
    """The words that a reader sees, paragraph by paragraph."""
    inline = (token for token in parsed(text) if token.type == "inline")
    return ["".join(span.content for span in token.children) for token in inline]


@pytest.mark.parametrize("derivation", [IDENTITY, MARGINS], ids=["identity", "margins"])
def test_a_reader_sees_the_sentences_as_they_are(derivation: Derivation) -> None:
    shown = shown_paragraphs(markdown(derivation))
    sentences = [
        derivation.question,
        *derivation.brief,
        *(sentence for step in derivation.steps for sentence in step.remarks),
        *(reason.sentence for reason in derivation.reasons),
    ]
    assert {sentence.text(4) for sentence in sentences} <= {*shown}
    assert shown[0] == derivation.question.text(4)
    assert shown[-1] == f"mean loss {derivation.report.loss:.4f}"
    assert f"signature {derivation.report.signature}" in shown


def test_a_reader_sees_the_matrices() -> None:
    cells = shown_paragraphs(markdown(MARGINS))
    for grid in stage_grids(MARGINS.report, View()):
        start = cells.index(f"{grid.title} {grid.remark}") + 1
        shown = cells[start : start + len(grid.header) * (1 + len(grid.rows))]
        assert shown == [*grid.header, *(cell.text for row in grid.cells() for cell in row)]
        # In the cells of a paragraph, so that what is bold is the target's.
        bold = [cell.text for row in grid.cells() for cell in row if cell.tone == "target"]
        table = markdown(MARGINS).partition(f"**{grid.title}** `{grid.remark}`")[2]
        assert re.findall(r"\*\*(.*?)\*\*", table.split("\n\n")[1]) == bold


@example("_a_ *b* `c` [d](e) <f> **g** ~~h~~ &amp; \\* ![i](j) __k__ <http://l> a*b*c")
@given(st.text(st.sampled_from("ab1 _*`[]()<>|~$#&\\!-+=.:'\"^{}%"), min_size=1))
def test_escaped_text_is_read_as_it_was(text: str) -> None:
    text = f"x {text} x"
    assert shown_paragraphs(escaped(text)) == [text]


def test_what_only_some_sites_read_is_escaped_too() -> None:
    assert escaped("$a$ ~~b~~ a|b #1") == r"\$a\$ \~\~b\~\~ a\|b \#1"
    assert escaped("take --input-kind probs, or not") == "take `--input-kind` probs, or not"


def test_a_paragraph_is_one_line() -> None:
    """GitHub's comments break a line where the source does."""
    assert not any(span.type == "softbreak" for span in spans(markdown(IDENTITY)))


@pytest.mark.parametrize(
    ("name", "derivation"), [("why-not-zero", IDENTITY), ("margins", MARGINS)], ids=lambda x: x
)
def test_snapshot(name: str, derivation: Derivation) -> None:
    assert markdown(derivation) == (SNAPSHOTS / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", ["md", "markdown"])
def test_a_file_s_name_says_markdown(call: Call, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"loss.{suffix}"
    assert call("explain", "-o", path).status == 0
    assert path.read_text(encoding="utf-8") == markdown(IDENTITY)
