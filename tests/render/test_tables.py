"""What people read: in a pipe, in a terminal, with and without colour, narrow and wide."""

import re

import numpy as np
import pytest
from numpy.typing import ArrayLike
from rich.color import ColorSystem
from rich.color_triplet import ColorTriplet
from rich.style import Style

from conftest import batch_of, evaluated
from xent.inputs.pairing import Inputs
from xent.numbers import rounded
from xent.render.columns import AT_TARGET, GAP, shown_columns
from xent.render.rich_table import shade_style
from xent.render.view import ColourSystem, View
from xent.settings import LossSettings


def shown(logits: ArrayLike, targets: ArrayLike, view: View, name: str = "table") -> str:
    return evaluated(name, view, LossSettings(), Inputs(iter([batch_of(logits, targets)])))


WIDE = np.random.default_rng(0).normal(size=(40, 1000)) * 2
WIDE_TARGETS = np.arange(40) * 25


def bare(line: str) -> list[str]:
    """The cells of a line of a table, without frame and marks."""
    return line.strip("│").replace("▸", " ").split()


def test_a_small_table() -> None:
    assert shown([[2.5, -1.25]], [0], View(signature=True)) == (
        "logits  z\n"
        "╭───────────────────────────────╮\n"
        "│ row  target        0        1 │\n"
        "├───────────────────────────────┤\n"
        "│   0       0    ▸2.50    -1.25 │\n"
        "╰───────────────────────────────╯\n"
        "\n"
        "softmax  p = exp(z) / Σ exp(z)\n"
        "╭───────────────────────────────╮\n"
        "│ row  target        0        1 │\n"
        "├───────────────────────────────┤\n"
        "│   0       0  ▸0.9770   0.0230 │\n"
        "╰───────────────────────────────╯\n"
        "\n"
        "log_softmax  log p = z - ln Σ exp(z)\n"
        "╭───────────────────────────────╮\n"
        "│ row  target        0        1 │\n"
        "├───────────────────────────────┤\n"
        "│   0       0 ▸-0.0232  -3.7732 │\n"
        "╰───────────────────────────────╯\n"
        "\n"
        "nll  l = -log p[target]\n"
        "╭──────────────────────────────────────────────╮\n"
        "│ row  target  prediction  probability     nll │\n"
        "├──────────────────────────────────────────────┤\n"
        "│   0       0           0       0.9770  0.0232 │\n"
        "╰──────────────────────────────────────────────╯\n"
        "\n"
        "rows            1           1 counted, 0 ignored\n"
        "classes         2\n"
        "mean            0.0232 / 1  Σ nll / rows counted\n"
        "perplexity      1.0235      exp(mean)\n"
        "bits            0.0335      mean / ln 2\n"
        "accuracy        1.0000      1 of 1\n"
        "chance level    0.6931      ln 2, a uniform guess; the mean is 0.0232\n"
        "signature       xent|n:1|C:2|in:logits|red:mean|w:none|ignore:-100|ls:0|T:1|unit:nats"
        "|v:0.2.0\n"
        "────────────────────────────────────────────────────────────\n"
        "mean loss       0.0232\n"
    )


def test_a_markdown_table() -> None:
    text = shown(
        [[2.5, -1.25], [0.0, 1.0], [0.0, 0.0]],
        [0, 0, -100],
        View(rows=2, signature=True),
        "markdown",
    )
    assert text.startswith(
        "**logits** `z`\n"
        "\n"
        "| row | target | 0 | 1 |\n"
        "| --: | --: | --: | --: |\n"
        "| 0 | 0 | **2.50** | -1.25 |\n"
        "| … 1 more row |  |  |  |\n"
        "| 2 | -100 | 0.00 | 0.00 |\n"
        "\n"
    )
    assert "| signature | xent\\|n:3\\|C:2\\|" in text
    assert text.endswith("\n**mean loss** 0.6683\n")


def test_each_line_of_a_narrow_terminal_fits() -> None:
    for width in (40, 60, 80, 120, 200):
        for logits, targets in ((WIDE, WIDE_TARGETS), (WIDE[:, :10], WIDE_TARGETS % 10)):
            matrices = shown(logits, targets, View(width=width)).split("nll  ")[0]
            longest = max(map(len, matrices.splitlines()))
            assert width - 24 < longest <= width or width == 200


def test_a_pipe_shows_every_target_s_column_whole() -> None:
    text = shown(WIDE, WIDE_TARGETS, View())
    softmax = text.split("\n\n")[1].splitlines()
    header = bare(softmax[2])
    for row in [*range(5), *range(35, 40)]:
        assert str(WIDE_TARGETS[row]) in header
    assert sum("▸" in line for line in softmax[4:]) == 10
    assert {*bare(softmax[9])} == {"⋮"}
    assert softmax[-1] == "  … 30 more rows, 988 more columns"
    assert re.search(r"\d… |\.…", text) is None


def test_a_pipe_shows_a_matrix_of_twelve_columns_to_the_last_digit() -> None:
    logits = np.random.default_rng(1).normal(size=(3, 12)) * 30
    lines = shown(logits, [0, 5, 11], View()).splitlines()
    for line, row in zip(lines[4:7], logits, strict=True):
        cells = bare(line)[2:]
        assert cells == [f"{value:.4f}" if abs(value) >= 1e-3 else f"{value:.4e}" for value in row]


def test_a_terminal_too_narrow_for_the_targets_shows_each_row_s_own() -> None:
    text = shown(WIDE, WIDE_TARGETS, View(width=60))
    softmax = text.split("\n\n")[1].splitlines()
    assert softmax[2].endswith("at target │")
    assert all("▸" in line for line in softmax[4:9])
    assert re.match("  … 30 more rows, 99. more columns", softmax[-1])


def test_everything_is_shown_when_that_is_asked_for() -> None:
    import sys

    text = shown(WIDE, WIDE_TARGETS, View(rows=sys.maxsize, columns=sys.maxsize))
    assert "…" not in text
    assert len(bare(text.split("\n\n")[0].splitlines()[2])) == 1002


def test_a_long_table_is_the_same_however_its_rows_are_laid_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logits = np.random.default_rng(2).normal(size=(60, 4)) * 9
    view = View(rows=50)
    whole = shown(logits, np.arange(60) % 4, view)
    monkeypatch.setattr("xent.render.rich_table._ROWS_AT_ONCE", 7)
    assert shown(logits, np.arange(60) % 4, view) == whole


def test_a_column_limit_is_kept_but_for_the_targets() -> None:
    header = shown(WIDE, WIDE_TARGETS, View(rows=2, columns=3)).splitlines()[2]
    assert bare(header) == ["row", "target", "0", "1", "…", "975", "…"]


SCREENS: dict[ColourSystem, list[list[float]]] = {
    # Rich's styles remember the codes of the first screen they meet: each has its own shades.
    "truecolor": [[3, 1, 0]],
    "256": [[3, 1.5, 0]],
    "standard": [[3, 1.25, 0]],
}


def luminance(triplet: ColorTriplet) -> float:
    """As WCAG 2 defines it."""
    channels = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in triplet.normalized
    ]
    return float(np.dot([0.2126, 0.7152, 0.0722], channels))


@pytest.mark.parametrize(
    "system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT, ColorSystem.STANDARD]
)
@pytest.mark.parametrize("shade", np.linspace(0.05, 1, 20))
def test_letters_on_a_shade_have_enough_contrast(system: ColorSystem, shade: float) -> None:
    """At least 4.5 : 1, as WCAG 2 asks for text, whatever the colours of the terminal."""
    names = {ColorSystem.STANDARD: "standard", ColorSystem.EIGHT_BIT: "256"}
    style = Style.parse(shade_style(shade, names.get(system, "truecolor")))
    if style.color is None or style.bgcolor is None:
        assert system is ColorSystem.STANDARD
        return
    ink, ground = (
        luminance(color.downgrade(system).get_truecolor()) for color in (style.color, style.bgcolor)
    )
    assert (ink + 0.05) / (ground + 0.05) >= 4.5


@pytest.mark.parametrize(
    ("system", "code"), [("truecolor", "48;2;"), ("256", "48;5;"), ("standard", "97;44")]
)
def test_colour_shades_by_probability_and_marks_without_it_too(
    system: ColourSystem, code: str
) -> None:
    plain = shown(SCREENS[system], [0], View())
    painted = shown(SCREENS[system], [0], View(colour=system))
    assert "\x1b" not in plain
    assert code in painted
    unpainted = re.sub(r"\x1b\[[\d;]*m", "", painted)
    assert [line.rstrip() for line in unpainted.splitlines()] == plain.splitlines()


def test_wrong_ignored_and_undefined_rows_are_said_to_be_so() -> None:
    logits = [[0.0, 1.0], [0.0, 1.0], [float("nan"), 1.0]]
    rows = shown(logits, [0, -100, 0], View()).split("\n\n")[3].splitlines()[4:]
    assert bare(rows[0]) == ["0", "0", "1", "0.2689", "1.3133", "wrong"]
    assert bare(rows[1]) == ["1", "-100", "1", "ignored"]
    assert bare(rows[2]) == ["2", "0", "nan", "nan", "wrong"]


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.57611688, 4, "0.5761"),
        (9.0796e-05, 4, "9.0796e-05"),
        (4.248354255291589e-18, 4, "4.2484e-18"),
        (0.0, 4, "0.0000"),
        (-0.0, 4, "0.0000"),
        (999.0, 4, "999.0000"),
        (1e300, 2, "1.00e+300"),
        (float("nan"), 4, "nan"),
        (float("-inf"), 4, "-inf"),
        (0.00123, 4, "0.0012"),
        (0.000999, 4, "9.9900e-04"),
        (0.05, 1, "5.0e-02"),
        (0.5, 1, "0.5"),
        (1 / 3, 17, "0.33333333333333331"),
    ],
)
def test_rounded_numbers(value: float, digits: int, text: str) -> None:
    assert rounded(value, digits) == text


def columns(classes: int, targets: set[int], limit: int | None, room: int | None) -> list[int]:
    return shown_columns(classes, targets, limit=limit, room=room, width_of=lambda _: 6)


def test_which_columns_are_shown() -> None:
    assert columns(4, {1}, None, None) == [0, 1, 2, 3]
    assert columns(100, {50}, 3, None) == [0, 1, GAP, 50, GAP]
    assert columns(100, {0}, 2, None) == [0, 1, GAP]
    assert columns(100, set(), 2, None) == [0, 1, GAP]
    assert columns(100, {7, 8, 99}, 1, None) == [GAP, 7, 8, GAP, 99]
    assert columns(100, {99}, None, 8 * 3 + 3) == [0, 1, GAP, 99]
    assert columns(100, {10, 20, 30}, None, 8 * 3) == [0, GAP, AT_TARGET]
    assert columns(100, {10, 20, 30}, None, 8) == [AT_TARGET]
