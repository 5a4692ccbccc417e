"""What the user calls the classes, in every format of an explanation, whatever the names hold."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from conftest import Call, derivation_of
from reader import equations, questions
from xent.explanation import FORMATS
from xent.explanation.derivation import Derivation
from xent.render.class_title import titled
from xent.render.rich_table import wrapped
from xent.render.view import View

ANIMALS = ("cat", "dog", "bird")
LOGITS = [[2.5, 0.25, -1.0], [0.5, 1.75, 0.0], [1.5, 0.75, -0.25]]
TARGETS = [0, 1, 1]
NAMED = derivation_of(LOGITS, TARGETS, class_names=ANIMALS)
NASTY = (
    "<b>x</b>&amp;", "a|b **c** `d`", "\x1b[31mred\x1b[0m", "[bold]x[/bold]", "{0} {} {x",
    r"%_&#{}\^~$", "\u202egnitirw", "--weight", "-1e5", "inf", r"\input{x}", "it's - so",
)  # fmt: skip
CJK = ("猫", "イヌとその仲間たち", "새", "cafe\u0301")  # the accent is a letter of its own

LETTERS = st.sampled_from("ab1 _*`[]()<>|~$#&\\!-+=.:'\"^{}%/\n\x1b\u202eéש猫…")
NAMES = st.lists(
    st.text(LETTERS, min_size=1, max_size=20).filter(lambda name: name == name.strip()),
    min_size=3,
    max_size=3,
).map(tuple)


def written(derivation: Derivation, name: str, **options: Any) -> str:
    return "".join(FORMATS[name].load()(derivation, View(**options)))


def nasty(names: tuple[str, ...] = NASTY, count: int = 3) -> Derivation:
    logits = np.random.default_rng(0).normal(size=(count, len(names))) * 2
    return derivation_of(logits, np.arange(count) % len(names), row=0, class_names=names)


def target_sentence(titles: list[str]) -> str:
    title = titles[1]
    return f"The target is class {title if title == '1' else f'1 ({title})'}."


def in_one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("name", ["text", "markdown", "html", "json"])
def test_whoever_reads_a_sentence_reads_the_name(name: str) -> None:
    text = in_one_line(re.sub("</?bdi>", "", written(NAMED, name))).replace("’", "'")
    for said in (
        "the logit of the target, class 1 (dog), is 0.75 below that of class 0 (cat): with 3",
        "The indices stand for classes 0 (cat), 1 (dog) and 2 (bird).",
        "The target is class 1 (dog).",
        "class 1 (dog), and negate it.",
        "Class 1 (dog) has 0.2870.",
        "below that of class 0 (cat): the prediction is wrong",
        "raises the logit of class 1 (dog), and lowers that of classes 0 (cat) and 2 (bird).",
    ):
        assert said in text


@pytest.mark.parametrize("name", ["text", "markdown", "html", "json"])
def test_the_claims_of_checks_name_the_class_too(name: str) -> None:
    cooled = derivation_of(LOGITS, TARGETS, class_names=ANIMALS, temperature=2)
    given_probs = derivation_of([[0.7, 0.3]], [0], class_names=("cat", "dog"), input_kind="probs")
    strip = re.compile("</?bdi>")
    assert "class 0 (cat) has its logit again" in strip.sub("", written(cooled, name))
    assert "class 0 (cat) has its probability again" in strip.sub("", written(given_probs, name))


@given(questions())
@settings(max_examples=25)
def test_names_change_no_equation_and_no_number(
    question: tuple[Any, Any, dict[str, Any], int],
) -> None:
    scores, targets, options, row = question
    names = tuple(f"class of kind {number}" for number in range(scores.shape[1]))
    named = derivation_of(scores, targets, row=row, class_names=names, **options)
    plain = derivation_of(scores, targets, row=row, **options)
    # By what is written: a nan is not what it is.
    assert [*map(repr, equations(named))] == [*map(repr, equations(plain))]


def test_classes_that_are_called_by_their_numbers_are_not_named_twice() -> None:
    numbered = derivation_of(LOGITS, TARGETS, class_names=("0", "1", "2"))
    assert "The target is class 1.\n" in written(numbered, "text")


def test_a_long_name_is_cut_as_in_the_tables() -> None:
    long = nasty(("a name of some length", "b" * 16, "c" * 17))
    text = in_one_line(written(long, "text"))
    assert f"classes 0 (a name of some …), 1 ({'b' * 16}) and 2 ({'c' * 15}…)." in text


@pytest.mark.parametrize("colour", [None, "standard", "truecolor"])
def test_a_terminal_obeys_no_name(colour: Any) -> None:
    text = written(nasty(), "text", colour=colour)
    ours = re.sub(r" *\n", "\n", re.sub(r"\x1b\[[\d;]*m", "", text))
    assert ours == written(nasty(), "text")
    assert all(char.isprintable() or char == "\n" for char in ours)
    assert r"class 0 (<b>x</b>&amp;)" in in_one_line(ours)
    for name in (r"\x1b[31mred\x1b…", "[bold]x[/bold]", "{0} {} {x", r"\u202egnitirw"):
        assert f" {name} " in ours


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("names", [ANIMALS, CJK, CJK * 8], ids=["ascii", "cjk", "many"])
def test_each_line_fits_the_cells_of_the_screen(names: tuple[str, ...], width: int) -> None:
    for name in ("logits", "softmax"):
        text = written(nasty(names, 12), "text", width=width)
        matrix = text.partition(f"\n   {name}  ")[2].partition("\n\n")[0].splitlines()[1:]
        rows = [line for line in matrix if "…" not in line or "more" not in line]
        # Brackets and blanks end a cell, so that all rows have the same number of them.
        assert len({cell_len(line.rstrip(" ]")) for line in rows}) == 1
        assert max(map(cell_len, matrix)) <= width
    prose = text.partition("\n\n")[2].partition("\n\n")[0].splitlines()
    assert max(map(cell_len, prose)) <= width


@given(st.text("aé猫イ새…Σ。！e\u0301 ", max_size=30), st.integers(4, 20))
def test_wrapped_lines_fit_and_lose_nothing(text: str, room: int) -> None:
    assert max(len(titled(text)), cell_len(titled(text))) <= 16
    lines = wrapped(text, room)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(cell_len(line) <= room for line in lines)


@given(NAMES)
@example(("<script>", "&amp;", "</td>"))
@settings(max_examples=50)
def test_a_browser_shows_the_names(names: tuple[str, ...]) -> None:
    html5lib = pytest.importorskip("html5lib")
    page = written(derivation_of(LOGITS, TARGETS, class_names=names), "html")
    parsed = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    titles = [*map(titled, names)]
    for table in parsed.iterfind(".//table[@class='matrix']"):
        header = ["".join(cell.itertext()) for cell in table.iterfind("thead/tr/th")]
        targets = ["".join(row[1].itertext()) for row in table.iterfind("tbody/tr")]
        assert header[:2] == ["row", "target"]
        assert header[2:] == titles or "nll" in "".join(table.find("caption").itertext())
        assert targets == [titles[target] for target in TARGETS]
    paragraphs = ["".join(each.itertext()) for each in parsed.iterfind(".//p")]
    assert (
        "The target is class 1." if titles[1] == "1" else f"The target is class 1 ({titles[1]})."
    ) in (paragraphs)


@given(NAMES)
@example(("a|b", "\\", "**c**"))
@example(("\\|", "`|`", "|"))
@settings(max_examples=50)
def test_a_site_shows_the_names(names: tuple[str, ...]) -> None:
    markdown_it = pytest.importorskip("markdown_it")
    parser = markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens = parser.parse(written(derivation_of(LOGITS, TARGETS, class_names=names), "markdown"))
    shown = [
        "".join(span.content for span in token.children)
        for token in tokens
        if token.type == "inline"
    ]
    titles = [*map(titled, names)]
    start = shown.index("logits z") + 1
    assert shown[start : start + 7] == ["row", "target", *titles, "0", titles[0]]
    assert (
        "The target is class 1." if titles[1] == "1" else f"The target is class 1 ({titles[1]})."
    ) in (shown)


def test_json_has_the_names_as_they_are() -> None:
    found = json.loads(written(nasty(), "json"))
    assert found["class_names"] == [*NASTY]
    target = found["steps"][0]["remarks"][-1]
    assert target == {"text": "The target is class 0 (<b>x</b>&amp;).", "values": []}
    assert "class_names" not in json.loads(written(derivation_of(LOGITS, TARGETS), "json"))


def test_json_in_ascii_is_the_same_json(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xent.cli import screen

    (tmp_path / "l.csv").write_text("猫,\N{DOG FACE}\n1,2\n", encoding="utf-8")
    monkeypatch.setattr(screen, "unicode", lambda _: False)
    done = call("explain", tmp_path / "l.csv", "0", "--header", "yes", "--format", "json")
    assert done.out.isascii()
    assert json.loads(done.out)["class_names"] == ["猫", "\N{DOG FACE}"]
