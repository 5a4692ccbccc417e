"""Plain numbers are read by orjson with the bits that loadtxt gives, or left to loadtxt."""

import ast
import io
import json
from math import nextafter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from xent.inputs.columns import Columns
from xent.inputs.formats.cells import NUMBER
from xent.inputs.formats.dialect import Dialect
from xent.inputs.formats.json_text import parsed
from xent.inputs.formats.plain_numbers import packed, read_grid, read_values
from xent.inputs.formats.text import TextBlock
from xent.inputs.named_arrays import NamedArrays

TESTS = Path(__file__).parents[1]
MARKS = {",": ",", "\t": "\t", ";": ";", None: " "}


def dialect(delimiter: str | None, columns: int, passed_over: tuple[int, ...] = ()) -> Dialect:
    rest = tuple(x for x in range(columns) if x not in passed_over)
    return Dialect(delimiter, columns=Columns(columns, (), {"": rest}, (), passed_over))


def loadtxt(text: str, delimiter: str | None) -> NDArray[np.float64]:
    return np.loadtxt(io.StringIO(text), delimiter=delimiter, comments=None, ndmin=2)


def same_bits(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    return one.shape == other.shape and one.tobytes() == other.tobytes()


def literals() -> list[str]:
    """Every number that a test of this directory has in a string, and as itself."""
    found: set[str] = set()
    for path in TESTS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float):
                found.update(NUMBER.findall(str(node.value)[:10_000]))
    return sorted(found)


def halfway(value: float) -> str:
    """The decimal number in the middle between a double and the next one, with all its digits."""
    one, other = value.as_integer_ratio(), nextafter(value, np.inf).as_integer_ratio()
    numerator = one[0] * other[1] + other[0] * one[1]
    denominator = 2 * one[1] * other[1]
    digits = denominator.bit_length()  # as many decimals as the power of two that it is
    whole = str(abs(numerator) * 10**digits // denominator).rjust(digits + 1, "0")
    return f"{'-' if numerator < 0 else ''}{whole[:-digits]}.{whole[-digits:]}"


doubles = st.floats(allow_nan=False, allow_infinity=False)
spellings = st.one_of(
    doubles.map(repr),
    st.builds(lambda value, form: form % value, doubles, st.sampled_from(["%.18e", "%.9g", "%G"])),
    st.floats(-1e30, 1e30).map(halfway),
    st.floats(1e-300, 1e-290).map(halfway),
    st.integers(-(10**40), 10**40).map(str),
    st.integers(-3, 3).map(str),
    st.from_regex(r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
    st.sampled_from(
        ["-0", "-0.0", "-0e0", "0e999999", "1e-999", "4.9e-324", "2.4703282292062327e-324"]
    ),
)


@given(st.lists(st.lists(spellings, min_size=3, max_size=3), min_size=1), st.sampled_from([*MARKS]))
@example([["9007199254740993", "9007199254740993.0", "18446744073709551616"]], ",")
@example([["0.1", "-0", "1"]], ";")
def test_every_spelling_has_the_bits_of_loadtxt(
    rows: list[list[str]], delimiter: str | None
) -> None:
    text = "".join(f"{MARKS[delimiter].join(row)}\n" for row in rows)
    found = read_grid(text, dialect(delimiter, 3))
    if found is not None:
        assert same_bits(found, loadtxt(text, delimiter))
    else:
        cells = [cell for row in rows for cell in row]
        assert any(
            cell == "-0" or len(cell) > 255 or not np.isfinite(float(cell)) for cell in cells
        )


def test_more_digits_than_orjson_counts_are_left_alone() -> None:
    """It takes the zeros behind a number halfway between two doubles for more than nothing."""
    for value in (1.7625057065418015e-291, 7.087699559300605e-285, 2.0749139528992095e-298):
        literal = f"{halfway(value)}{'0' * 300}"
        assert read_grid(f"{literal}\n", dialect(",", 1)) is None
        assert read_values(f"[{literal}]", [f"[{literal}]"]) is None


def test_every_literal_of_the_tests_is_read_alike_or_left_alone() -> None:
    read = 0
    for literal in literals():
        found = read_grid(f"{literal}\n", dialect(",", 1))
        if found is not None:
            read += 1
            assert same_bits(found, loadtxt(literal, ",")), literal
    assert read > 500


@given(st.text(st.sampled_from('0123456789+-.eE ,;\t\n\r"_xnaif'), max_size=40))
@example("1,2\n3\n4,5,6\n")
@example("1,2\n\n3,4\n")
@example("1 2,3\n")
@example("[1],2\n")
def test_no_text_is_read_that_loadtxt_refuses(text: str) -> None:
    for delimiter in MARKS:
        for columns in (1, 2, 3):
            found = read_grid(text, dialect(delimiter, columns))
            if found is not None:
                assert same_bits(found, loadtxt(text, delimiter))


@pytest.mark.parametrize(
    "text",
    [
        "1,2\n3\n",
        "1,2,3\n4\n",
        "1,,2\n",
        "1,2,\n",
        "\n1,2\n",
        "1,true\n",
        '1,"2"\n',
        "1,null\n",
        "+1,2\n",
        ".5,2\n",
        "5.,2\n",
        "007,2\n",
        "nan,2\n",
        "1e999,2\n",
        "1,[2]\n",
        "1,\u00a02\n",
        "-0,1\n",
    ],
)
def test_whatever_is_not_plain_is_left_alone(text: str) -> None:
    assert read_grid(text, dialect(",", 2)) is None


@pytest.mark.parametrize("text", ["1 , 2\n", "1,2", " -1.5e3,-0.0\n", "18446744073709551615,1\n"])
def test_whatever_is_plain_is_not(text: str) -> None:
    found = read_grid(text, dialect(",", 2))
    assert found is not None
    assert same_bits(found, loadtxt(text, ","))


@pytest.mark.parametrize("text", ["  1  2\n 3 4 \n", "1\t2\n", "1 \t 2\n3\t4"])
def test_runs_of_spaces_are_one_separator(text: str) -> None:
    found = read_grid(text, dialect(None, 2))
    assert found is not None
    assert same_bits(found, loadtxt(text, None))


# Three of them, of four bytes a letter, are shorter than what may be a long number.
words = st.text(
    st.characters(exclude_characters=',\n\r"', exclude_categories=["Cs", "Cc"]), max_size=12
)


@given(st.lists(st.tuples(words, doubles, words, doubles, words), min_size=1), st.data())
def test_columns_that_are_passed_over_may_hold_anything(
    rows: list[tuple[str, float, str, float, str]], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(5)))
    text = "".join(",".join(str(row[x]) for x in order) + "\n" for row in rows)
    passed_over = tuple(place for place, x in enumerate(order) if x % 2 == 0)
    found = read_grid(text, dialect(",", 5, passed_over))
    assert found is not None
    for place, x in enumerate(order):
        if x % 2:
            assert found[:, place].tolist() == [row[x] for row in rows]


def test_cells_as_long_as_a_long_number_are_left_to_the_slow_reader(tmp_path: Path) -> None:
    lines = f"{'0' * 600},1.5,2\n" * 3
    assert read_grid(lines, dialect(",", 3, (0,))) is None
    (tmp_path / "z.csv").write_text(f"id,cat,dog\n{lines}")
    arrays = NamedArrays.of(str(tmp_path / "z.csv"), ["logits"]).arrays
    assert arrays[""].whole().values.tolist() == [[1.5, 2.0]] * 3


def test_a_line_of_another_length_is_left_alone_beside_a_column_of_words() -> None:
    assert read_grid("a,1,2\nb,3\n", dialect(",", 3, (0,))) is None
    assert read_grid("a,1,2\nb,3,4,5\n", dialect(",", 3, (0,))) is None
    assert read_grid("a,1\nb,2,3,4\n", dialect(",", 3, (0,))) is None


def test_names_become_numbers(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("id,cat,dog,target\nrow_1,0.5,1.5,dog\nrow_2,2,-0,cat\n\u00e9,1,3,-100\n")
    arrays = NamedArrays.of(str(path), ["logits", "targets"])
    assert arrays.array("targets").whole().values.ravel().tolist() == [1, 0, -100]
    logits = arrays.array("logits").whole().values
    assert logits.tolist() == [[0.5, 1.5], [2, 0], [1, 3]]
    assert np.signbit(logits[1, 1])  # loadtxt keeps the sign


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**25), 10**25) | doubles | st.text(max_size=5),
        lambda inside: (
            st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=4), inside, max_size=4)
        ),
        max_leaves=20,
    )
)
def test_json_is_what_python_reads(value: object) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        try:
            found = read_values(text, [text])
        except UnicodeEncodeError:
            continue
        if found is not None:
            assert json.dumps(found[0]) == json.dumps(json.loads(text, parse_int=_as_read))


def _as_read(literal: str) -> float:
    number = int(literal)
    return number if -(2**63) <= number < 2**64 else float(literal)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 2}',
        '[{"a": 1}, {"b": 1, "b": 1}]',
        '{"a": {"b": 1, "b": [2]}, "c": 3}',
        '[[[{"a": 1, "a": 1}]]]',
        "NaN",
        "[Infinity]",
        "1e999",
        '"\\ud800"',
        "[1,]",
        "01",
        "",
    ],
)
def test_json_that_orjson_cannot_judge_is_left_alone(text: str) -> None:
    assert read_values(text, [text]) is None


@pytest.mark.parametrize(
    "text", ['{"a": {"b": [{"c": 1}]}}', '[{"a": 1}, 2, [{"b": 3}]]', "[1, 2]"]
)
def test_nested_keys_are_all_found(text: str) -> None:
    assert read_values(text, [text]) == [json.loads(text)]


def test_integers_of_any_length_are_kept_unless_doubles_will_do() -> None:
    text = TextBlock("x", "123456789012345678901234567890")
    assert parsed(text) == 123456789012345678901234567890
    assert parsed(text, as_doubles=True) == 1.2345678901234568e29


def test_more_numbers_than_are_packed_at_once() -> None:
    numbers = [*range(200_000)]
    assert packed(numbers).tolist() == numbers
    with pytest.raises(OverflowError):
        packed([1, 10**400])
