"""Tables as pandas, polars, R, Excel and Kaggle write them: names, indexes, targets, logits."""

import csv
import io
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from test_division import in_parts, written
from xent.errors import Code, Diagnostic, InputError, Location
from xent.inputs.chunk import Chunk
from xent.inputs.formats import text
from xent.inputs.read_options import ReadOptions
from xent.settings import LossSettings


class Read(NamedTuple):
    """What was read, to compare."""

    logits: list[list[float]]
    targets: list[float]
    names: tuple[str, ...]
    codes: list[Code]


def read(folder: Path, logits: str, targets: str | None = None, **reading: Any) -> Read:
    """Read both from files."""
    inputs = Chunk(
        written(folder, "logits", logits),
        None if targets is None else written(folder, "targets", targets),
        options=ReadOptions(**reading),
    ).inputs(LossSettings())
    batches = [*inputs.batches]
    return Read(
        np.concatenate([batch.logits.values for batch in batches]).tolist(),
        np.concatenate([batch.targets.values for batch in batches]).tolist(),
        inputs.class_names,
        [note.code for note in inputs.notes],
    )


def refused(folder: Path, logits: str, targets: str | None = None, **reading: Any) -> Diagnostic:
    """What is said instead."""
    try:
        found = read(folder, logits, targets, **reading)
    except InputError as error:
        return error.diagnostic
    pytest.fail(f"this was read: {found}")


LOGITS, TARGETS, NAMES = [[1.5, 0.0], [0.25, 2.0], [-1.0, 1.0]], [0, 1, 1], ("cat", "big, dog")
INDEX, COLUMN, NUMBERS = Code.INDEX_LEFT_OUT, Code.TARGET_COLUMN_CHOSEN, Code.CLASSES_BY_NUMBER

# What is written, by whom, and what is noted. The same numbers, classes and targets throughout.
TABLES: dict[str, tuple[str, str | None, list[Code]]] = {
    "pandas": (
        ',cat,"big, dog"\n0,1.5,0.0\n1,0.25,2.0\n2,-1.0,1.0\n',
        ',label\n0,cat\n1,"big, dog"\n2,"big, dog"\n',
        [INDEX, INDEX],
    ),
    "pandas, a series without a name": (
        ',cat,"big, dog"\n0,1.5,0.0\n1,0.25,2.0\n2,-1.0,1.0\n',
        ',0\n0,cat\n1,"big, dog"\n2,"big, dog"\n',
        [INDEX, INDEX],
    ),
    "pandas, without its index": (
        'cat,"big, dog"\n1.5,0.0\n0.25,2.0\n-1.0,1.0\n',
        '0\ncat\n"big, dog"\n"big, dog"\n',
        [],
    ),
    "pandas, both in one": (
        ',cat,"big, dog",label\na,1.5,0.0,cat\nb,0.25,2.0,"big, dog"\nc,-1.0,1.0,"big, dog"\n',
        None,
        [INDEX, COLUMN],
    ),
    "pandas, for a spreadsheet": (
        ";cat;big, dog;label\n0;1,5;0,0;cat\n1;0,25;2,0;big, dog\n2;-1,0;1,0;big, dog\n",
        None,
        [INDEX, COLUMN],
    ),
    "pandas, targets without a header": (
        'cat,"big, dog"\n1.5,0.0\n0.25,2.0\n-1.0,1.0\n',
        'cat\n"big, dog"\n"big, dog"\n',
        [],
    ),
    "polars": (
        'cat,"big, dog"\n1.5,0.0\n0.25,2.0\n-1.0,1.0\n',
        'label\ncat\n"big, dog"\n"big, dog"\n',
        [],
    ),
    "R, write.csv": (
        '"","cat","big, dog"\n"1",1.5,0\n"2",0.25,2\n"3",-1,1\n',
        '"","x"\n"1","cat"\n"2","big, dog"\n"3","big, dog"\n',
        [INDEX, INDEX],
    ),
    "R, write.csv without names of rows": (
        '"cat","big, dog"\n1.5,0\n0.25,2\n-1,1\n',
        '"x"\n"cat"\n"big, dog"\n"big, dog"\n',
        [],
    ),
    "R, write.csv2": (
        '"";"cat";"big, dog"\n"1";1,5;0\n"2";0,25;2\n"3";-1;1\n',
        '"";"x"\n"1";"cat"\n"2";"big, dog"\n"3";"big, dog"\n',
        [INDEX, INDEX],
    ),
    "R, write.table": (
        '"cat" "big, dog"\n"row 1" 1.5 0\n"row 2" 0.25 2\n"row 3" -1 1\n',
        '"x"\n"1" "cat"\n"2" "big, dog"\n"3" "big, dog"\n',
        [INDEX, INDEX],
    ),
    "numpy.savetxt": (
        '# cat,"big, dog"\n1.5e+00,0\n0.25,2\n-1,1\n',
        '# id,label\n7,cat\n8,"big, dog"\n9,"big, dog"\n',
        [INDEX],
    ),
    "Excel": (
        "\ufeffcat;big, dog;label\r\n1,5;0;cat\r\n0,25;2;big, dog\r\n-1;1;big, dog\r\n",
        None,
        [COLUMN],
    ),
    "Excel, told the separator": (
        "\ufeffsep=;\r\ncat;big, dog;y_true\r\n1,5;0;cat\r\n0,25;2;big, dog\r\n-1;1;big, dog",
        None,
        [COLUMN],
    ),
    "Kaggle": (
        'image_id,cat,"big, dog"\nx17,1.5,0\nx9,0.25,2\nx4,-1,1\n',
        'image_id,species\nx17,cat\nx9,"big, dog"\nx4,"big, dog"\n',
        [INDEX, INDEX],
    ),
    "Kaggle, with numbers": (
        'Id,cat,"big, dog"\n17,1.5,0\n9,0.25,2\n4,-1,1\n',
        "Id,Target\n17,0\n9,1\n4,1\n",
        [INDEX, INDEX, NUMBERS],
    ),
}


@pytest.fixture(params=[1, 40, 1 << 20])
def blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read so many bytes at a time."""
    monkeypatch.setattr(text, "BLOCK_BYTES", request.param)


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("name", TABLES)
def test_tables(name: str, tmp_path: Path) -> None:
    logits, targets, codes = TABLES[name]
    assert read(tmp_path, logits, targets) == (LOGITS, TARGETS, NAMES, codes)


@pytest.mark.parametrize("end", ["\r\n", "\r"])
@pytest.mark.parametrize("name", TABLES)
def test_the_ends_of_lines_do_not_matter(name: str, end: str, tmp_path: Path) -> None:
    logits, targets, codes = TABLES[name]
    unix = [table.replace("\r\n", "\n") for table in (logits, targets) if table is not None]
    tables = [table.replace("\n", end).removesuffix(end) for table in unix]
    assert read(tmp_path, *tables) == (LOGITS, TARGETS, NAMES, codes)


def longer(table: str, times: int = 20) -> str:
    """The same table with its last three lines, the rows, so many times."""
    lines = [
        line if line.endswith("\n") else f"{line}\n" for line in table.splitlines(keepends=True)
    ]
    return "".join([*lines[:-3], *lines[-3:] * times])


@pytest.mark.parametrize("name", TABLES)
def test_any_parts_give_the_same_report(name: str, tmp_path: Path) -> None:
    logits, targets, _ = TABLES[name]
    part = Chunk(
        written(tmp_path, "logits", longer(logits)),
        None if targets is None else written(tmp_path, "targets", longer(targets)),
    )
    for part_bytes in (60, 100, 300):
        whole, merged, parts = in_parts(part, LossSettings(), part_bytes)
        assert merged == whole
        assert isinstance(whole, str)
        # A header above one of two columns of lines: no part has its partners, one pass is made.
        assert len(parts) > 1 or name == "pandas, targets without a header"


# A header that counts is a row of numbers like any other, where nobody says that it is none.
COUNTED = "0,1\n1.5,0.0\n0.25,2.0\n-1.0,1.0\n"


def test_numbers_that_count_columns_of_decimals_are_a_header(tmp_path: Path) -> None:
    decimals = "0,1\n1.5,0.0\n0.25,2.0\n-1.0,1.0\n"
    found = read(tmp_path, decimals, "0\n1\n1\n")
    assert found == (LOGITS, TARGETS, ("0", "1"), [Code.HEADER_ASSUMED])
    assert read(tmp_path, decimals, "0\n1\n1\n", header=True).codes == []
    assert len(read(tmp_path, decimals, "0\n0\n1\n1\n", header=False).logits) == 4


def test_numbers_over_whole_numbers_are_data_unless_the_user_says_so(tmp_path: Path) -> None:
    whole = "0,1\n1,0\n0,2\n-1,1\n"
    assert len(read(tmp_path, whole, "0\n0\n1\n1\n").logits) == 4
    found = read(tmp_path, whole, "0\n1\n1\n", header=True)
    assert found.names == ("0", "1")


def test_names_that_are_numbers(tmp_path: Path) -> None:
    """Columns 2, 1 and targets 2, 1: they are names, not positions."""
    table = "2,1\n1.5,0\n0.25,2\n-1,1\n"
    found = read(tmp_path, table, "t\n2\n1\n1\n", header=True)
    assert found == (LOGITS, TARGETS, ("2", "1"), [])
    wrong = refused(tmp_path, table, "t\n2\n0\n1\n", header=True)
    assert wrong.message == "'0' is none of the classes 2, 1"
    table = '"1","2",label\n1.5,0,1\n0.25,2,2\n-1,1,2\n'
    assert read(tmp_path, table) == (LOGITS, TARGETS, ("1", "2"), [COLUMN])


def test_an_ignored_row_says_nothing_of_names(tmp_path: Path) -> None:
    table = "cat,dog,label\n1,2,-100\n3,4,{}\n"
    assert read(tmp_path, table.format("dog")).targets == [-100, 1]
    assert read(tmp_path, table.format("1")).targets == [-100, 1]


@pytest.mark.usefixtures("blocks")
def test_quotes_in_names_are_doubled_between_blanks_too(tmp_path: Path) -> None:
    logits = 'id cat "big ""dog"" 1"\n"a ""x"" y" 1.5 0\n"""" 0.25 2\nc"d -1 1\n'
    targets = 'id breed\n"a ""x"" y" cat\n"""" "big ""dog"" 1"\nc"d cat\n'
    found = read(tmp_path, logits, targets)
    assert found[:3] == (LOGITS, [0, 1, 0], ("cat", 'big "dog" 1'))


def test_comments(tmp_path: Path) -> None:
    table = "# by epoch 7; best\ncat,dog  # as in the paper\n#\n1.5,0\n0.25,2#\n\n-1,1 # the last"
    found = read(tmp_path, table, "0\n# 9\n1\n1", comment="#")
    assert found == (LOGITS, TARGETS, ("cat", "dog"), [NUMBERS])


def test_columns_that_the_user_names(tmp_path: Path) -> None:
    both = "picture,cat,truth,dog\nx,1.5,cat,0\ny,0.25,dog,2\nz,-1,dog,1\n"
    for index, target in (("picture", "truth"), ("0", "2"), ("-4", "-2")):
        found = read(tmp_path, both, index_columns=(index,), targets_key=target)
        assert found == (LOGITS, TARGETS, ("cat", "dog"), [])
    logits = "picture,cat,dog\nx,1.5,0\ny,0.25,2\nz,-1,1\n"
    for targets in ("0\n1\n1\n", "label\ncat\ndog\ndog\n", "picture,t\nx,cat\ny,dog\nz,dog\n"):
        assert read(tmp_path, logits, targets, index_columns=("picture",)).targets == TARGETS
    targets = "hour,truth\n7,cat\n8,dog\n9,dog\n"
    for target in ("truth", "1"):
        found = read(tmp_path, logits, targets, index_columns=("picture",), targets_key=target)
        assert found == (LOGITS, TARGETS, ("cat", "dog"), [])


def test_what_is_said_of_the_logits_alone(tmp_path: Path) -> None:
    logits = "picture,cat,dog\nx,1.5,0\ny,0.25,2\nz,-1,1\n"
    part = Chunk(
        written(tmp_path, "logits", logits),
        "0,1,1",
        options=ReadOptions(header=True, index_columns=("0",)),
    )
    [batch] = part.inputs(LossSettings()).batches
    assert batch.targets.values.tolist() == TARGETS
    for targets in ("0\n1\n1\n", "cat\ndog\ndog\n", "id\n0\n1\n1\n"):
        assert read(tmp_path, logits, targets, index_columns=("0",)).targets == TARGETS


def test_the_marks_of_two_lines_tell_the_delimiter(tmp_path: Path) -> None:
    assert read(tmp_path, "a;b,c,d\n1,2,3\n", "0").names == ("a;b", "c", "d")
    assert read(tmp_path, "a,b;c\n1,5;2\n", "0").logits == [[1.5, 2]]


def test_several_indexes_are_left_out(tmp_path: Path) -> None:
    found = read(tmp_path, ",id,cat,dog\n0,x,1.5,0\n1,y,0.25,2\n2,z,-1,1\n", "0,1,1")
    assert found == (LOGITS, TARGETS, ("cat", "dog"), [INDEX, INDEX, NUMBERS])
    # Further right it is a class: Indonesian.
    assert read(tmp_path, "de,id,label\n1,2,id\n3,4,de\n").targets == [1, 0]


def test_an_index_behind_the_targets_is_left_out(tmp_path: Path) -> None:
    found = read(tmp_path, "label,id,cat,dog\n0,7,1.5,0\n1,8,0.25,2\n1,9,-1,1\n")
    codes = [INDEX, Code.TARGET_COLUMN_CHOSEN, NUMBERS]
    assert found == (LOGITS, TARGETS, ("cat", "dog"), codes)


def test_a_target_column_that_is_not_asked_for(tmp_path: Path) -> None:
    found = read(tmp_path, "cat,dog,label\n1.5,0,dog\n0.25,2,cat\n-1,1,cat\n", "0,1,1")
    assert found == (LOGITS, TARGETS, ("cat", "dog"), [Code.TARGETS_UNUSED, NUMBERS])


def test_probabilities_are_put_in_the_order_of_the_logits(tmp_path: Path) -> None:
    found = read(tmp_path, "cat,dog\n1,2\n3,4\n", "dog,cat\n0,1\n0.25,0.75\n")
    assert found.targets == [[1, 0], [0.75, 0.25]]


def test_what_another_order_means_is_said(tmp_path: Path) -> None:
    part = Chunk(written(tmp_path, "logits", "dog,cat\n1,2\n"), "0")
    [note] = part.inputs(LossSettings()).notes
    assert note.message == "the targets are numbers of columns: 0 is dog, 1 is cat"
    assert note.hint is not None


@pytest.mark.parametrize(
    ("logits", "targets", "place", "message"),
    [
        ("cat,dog\n1,2\n3,4\n", "label\ncat\ncow\n", "targets:3:1", "'cow' is none of the classes"),
        ("cat,dog\n1,2\n3,4\n", "cow\ncow\n", "targets:1:1", "'cow' is none of the classes"),
        ("cat,dog,y\n1,2,cat\n3,4,cow\n", None, "logits:3:5", "'cow' is none of the classes cat"),
        ("cat,dog,y\n1,2,cat\n3,4,1\n", None, "logits:3:5", "'1' is none of the classes cat"),
        ("cat,dog,y\n1,2,cat\n3,4,Cat\n", None, "logits:3:5", "'Cat' is none of the classes"),
        ("cat,dog,y\n1,2,0\n3,4,cat\n", None, "logits:3:5", "'cat' is not a number"),
        ("cat,dog,y\n1,2,NA\n3,4,cat\n", None, "logits:2:5", "'NA' is none of the classes"),
        ("cat,dog,y\n1,NA,dog\n3,4,cat\n", None, "logits:2:3", "'NA' is not a number"),
        ("1,x\n1,2\n", "0,1", "logits:1:3", "'x' is not a number"),
        ("a,x\nb,c\n", "0,1", "logits:1:1", "'a' is not a number"),
        ("cat,\n1,2\n", "0", "logits:1:1", "'cat' is not a number"),
        ("cat,NA\n1,2\n", "0", "logits:1:1", "'cat' is not a number"),
        ("cat,dog\n", "0", "logits:1:1", "'cat' is not a number"),
        ("cat,cat\n1,2\n", "0", "logits:1:1", "several columns have the name 'cat'"),
        ("cat,dog,y,label\n1,2,0,0\n", None, "logits:1:1", "several columns may hold the targets"),
        ("cat,dog\n1,2\n3,4,5\n", "0,1", "logits:3:5", "3 values, the rows above it 2"),
        ('cat,dog\n"1,5",2\n', "0", "logits:2:2", "'1,5' is not a number"),
        ('"a\nb",c\n1,2\n', "0", "logits:1:1", "'\"a' is not a number"),
        ("cat;dog\n1,5;2\n1.5;2\n", "0,1", "logits:3:1", "'1.5' is not a number"),
        ("cat;dog\n1.5;2\n1,5;2\n", "0,1", "logits:3:1", "'1,5' is not a number"),
        ("cat;dog\n1.000,5;2\n", "0", "logits:2:1", "'1.000,5' is not a number"),
    ],
)
def test_refused(
    logits: str,
    targets: str | None,
    place: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    wrong = refused(Path(), logits, targets)
    assert str(wrong.location) == place
    assert message in wrong.message


@pytest.mark.parametrize(
    ("logits", "targets", "hint"),
    [
        ("cat,dog,label\n1,2,0\n3,4,\n", None, "to ignore a row without a target"),
        ("cat,dog,label\n1,2,0\n3,NA,1\n", None, "every row needs a logit"),
        ("cat,dog\n1,2\n3,4\n", "cat,dog\n1,0\n,0\n", "to ignore a row without a target"),
        (
            "cat,dog\n1,2\n3,4\n",
            "pet,Usage\ncat,Public\n",
            "if the targets are the column pet: --target-column pet",
        ),
        ("# cat dog\n1 2\n3 4\n", "0,1", "to skip comments, use --comment '#'"),
        ("1,2\n# epoch 2\n3,4\n", "0,1", "to skip comments, use --comment '#'"),
        ("1,2\n3,4\n", "label\ncat\n", "class names need a header"),
    ],
)
def test_what_to_do(logits: str, targets: str | None, hint: str, tmp_path: Path) -> None:
    found = refused(tmp_path, logits, targets).hint
    assert found
    assert found.startswith(hint)


@pytest.mark.parametrize("cell", ["1_0", "0x1F", "\uff11", "\u0661", "1e400", "", "NA", "1d5"])
def test_what_is_no_number_is_refused_behind_a_header_too(cell: str, tmp_path: Path) -> None:
    wrong = refused(tmp_path, f"cat,dog,label\n1,2,cat\n{cell},4,cat\n")
    assert wrong.location
    assert (wrong.location.line, wrong.location.column) == (3, 1)


def test_nothing_but_targets_or_an_index(tmp_path: Path) -> None:
    assert refused(tmp_path, "label\n0\n1\n", "0,1").code is Code.MISSING_ARRAY
    assert (
        refused(tmp_path, "id,a,b\n1,2,3\n", "id\n0\n", index_columns=("id",)).code
        is Code.EMPTY_INPUT
    )


class Table(NamedTuple):
    """A table as it was written, and where in it everything stands."""

    text: str
    mark: str
    has_header: bool
    has_index: bool
    target: int
    options: dict[str, Any]


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Any header, index, target, delimiter, quoting and line end."""
    mark = draw(st.sampled_from([",", ";", "\t"]))
    style: Any = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]))
    # Without quotes a name must not hold what might stand between cells as well.
    letters = "abC \"'é.-1" + (mark if style == csv.QUOTE_MINIMAL else ",;\t")
    words = st.text(st.sampled_from(letters), max_size=4).map(lambda end: f"w{end}".strip())
    classes = draw(st.integers(2, 4))
    rows = draw(st.integers(1, 5))
    numbers = st.one_of(st.floats(allow_nan=False, width=32).map(repr), st.integers(-9, 9).map(str))
    logits = [[draw(numbers) for _ in range(classes)] for _ in range(rows)]
    names = draw(st.lists(words, min_size=classes, max_size=classes, unique=True))
    has_header = draw(st.booleans())
    by_name = has_header and draw(st.booleans())
    numbered = [draw(st.integers(0, classes - 1)) for _ in range(rows)]
    targets = [names[number] if by_name else str(number) for number in numbered]
    has_index = draw(st.booleans())
    keys = [draw(st.one_of(words, st.integers(0, 99).map(str))) for _ in range(rows)]
    at = draw(st.integers(0, classes))  # where the targets stand among the logits
    header = [*names[:at], "label", *names[at:]]
    body = [[*row[:at], label, *row[at:]] for row, label in zip(logits, targets, strict=True)]
    if has_index:
        header = [draw(st.sampled_from(["", "id", "picture"])), *header]
        body = [[key, *row] for key, row in zip(keys, body, strict=True)]
    file = io.StringIO()
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    lines = csv.writer(file, delimiter=mark, quoting=style, lineterminator=end)
    lines.writerows([header, *body] if has_header else body)
    options: dict[str, Any] = {}
    if not has_header or header[0] == "picture":
        options["index_columns"] = ("0",) if has_index else ()
    if not has_header:
        options |= {"targets_key": str(at + has_index), "header": False}
    data = file.getvalue()
    data = data.removesuffix(end) if draw(st.booleans()) else data
    return Table(data, mark, has_header, has_index, at + has_index, options)


@pytest.mark.parametrize("block_bytes", [1, 1 << 20])
@given(tables())
@hypothesis_settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_tables_are_what_a_slow_reader_reads(
    block_bytes: int, monkeypatch: pytest.MonkeyPatch, table: Table
) -> None:
    monkeypatch.setattr(text, "BLOCK_BYTES", block_bytes)
    with tempfile.TemporaryDirectory() as folder:
        found = read(Path(folder), table.text, **table.options)
    rows = [*csv.reader(io.StringIO(table.text, newline=""), delimiter=table.mark)]
    columns = [x for x in range(table.has_index, len(rows[0])) if x != table.target]
    names = [rows[0][x] for x in columns] if table.has_header else []
    body = rows[table.has_header :]
    assert found.logits == [[float(row[x]) for x in columns] for row in body]
    labels = [row[table.target] for row in body]
    assert found.targets == [names.index(x) if x in names else float(x) for x in labels]
    assert found.names == tuple(names)


def test_a_vocabulary_for_a_header(tmp_path: Path) -> None:
    """Every name is looked at once: 128,000 of them held against each other took minutes."""
    names = [f"token{number}" for number in range(128_000)]
    logits = f"{','.join(names)}\n{','.join(['0'] * len(names))}\n"
    targets = f"{','.join(reversed(names))}\n1{',0' * (len(names) - 1)}\n"
    found = read(tmp_path, logits, targets)
    assert found.names == tuple(names)
    assert found.targets[0][-1] == 1  # type: ignore[index]  # probabilities, in the logits' order
    wrong = refused(tmp_path, logits.replace("token7,", "token8,"), "0")
    assert wrong.message == "several columns have the name 'token8'"


def test_further_columns_of_the_targets_may_hold_anything(tmp_path: Path) -> None:
    logits = "cat,dog\n1.5,0\n0.25,2\n-1,1\n"
    targets = "file,label,Usage\na.png,cat,Public\nb.png,dog,\nc.png,dog,1_0\n"
    assert read(tmp_path, logits, targets) == (LOGITS, TARGETS, ("cat", "dog"), [INDEX])


def test_names_of_rows_are_an_index(tmp_path: Path) -> None:
    logits = "file,split,cat,dog\na.png,val,1.5,0\nb.png,val,0.25,2\nc.png,val,-1,1\n"
    targets = "file,species\na.png,cat\nb.png,dog\nc.png,dog\n"
    found = read(tmp_path, logits, targets)
    assert found == (LOGITS, TARGETS, ("cat", "dog"), [INDEX, INDEX, INDEX])
    first = "species,file\ncat,a.png\ndog,b.png\ndog,c.png\n"
    assert read(tmp_path, logits, first, targets_key="species").targets == TARGETS
    both = "truth,cat,dog\ncat,1.5,0\ndog,0.25,2\ndog,-1,1\n"
    assert read(tmp_path, both, targets_key="truth").targets == TARGETS
    assert read(tmp_path, both).targets == TARGETS
    # Names of other columns are classes, and this one the targets, which nobody said.
    wrong = refused(tmp_path, both.replace("truth", "animal"))
    assert (wrong.code, wrong.hint) == (
        Code.MISSING_TARGETS,
        "if the targets are the column animal: --target-column animal",
    )


@pytest.mark.parametrize("cell", ["O.5", "0x10", "1_0", "NA", "e5", "nan(ind)", "infin", "l0"])
def test_what_may_be_a_broken_number_names_no_row(cell: str, tmp_path: Path) -> None:
    logits = f"a,b,c\n{cell},1,2\n{cell},2,3\n"
    assert refused(tmp_path, logits, "0\n1\n").code is Code.NOT_A_NUMBER
    # Nor does a word in one row alone.
    assert refused(tmp_path, "a,b,c\nsome,1,2\n3,1,2\n", "0\n1\n").code is Code.NOT_A_NUMBER


def test_targets_among_logits_that_are_not_used_may_hold_anything(tmp_path: Path) -> None:
    logits = "cat,dog,label\n1.5,0,bird\n0.25,2,\n-1,1,7\n"
    found = read(tmp_path, logits, "0\n1\n1\n")
    assert found == (LOGITS, TARGETS, ("cat", "dog"), [Code.TARGETS_UNUSED, NUMBERS])


def test_several_columns_may_be_no_classes(tmp_path: Path) -> None:
    logits = "split,cat,dog,when\nval,1.5,0,1:30\nval,0.25,2,\nval,-1,1,x\n"
    found = read(tmp_path, logits, "0\n1\n1\n", index_columns=("split", "-1"))
    assert found == (LOGITS, TARGETS, ("cat", "dog"), [NUMBERS])


def test_a_column_that_the_user_names_makes_a_header(tmp_path: Path) -> None:
    # Numbers that do not count the columns might be data.
    both = "400,500,truth\n1.5,0,400\n0.25,2,500\n-1,1,500\n"
    assert refused(tmp_path, both).location == Location(f"{tmp_path}/logits", 1, 9, both[:13], 5)
    found = read(tmp_path, both, targets_key="truth")
    assert found == (LOGITS, TARGETS, ("400", "500"), [])
    targets = "400\n500\n500\n"
    assert read(tmp_path, both, targets, index_columns=("truth",)).names == ("400", "500")


def _said_of_numbers(folder: Path, names: str, targets: list[int], **settings: Any) -> Diagnostic:
    """What is said of targets that are numbers, where the rows tell cat, dog and bird apart."""
    rows = ["3,1,0", "1,3,0", "0,1,3"]
    logits = f"{names}\n" + "".join(f"{rows[row % 3]}\n" for row in range(len(targets)))
    part = Chunk(written(folder, "logits", logits), ",".join(map(str, targets)))
    [note] = part.inputs(LossSettings(**settings)).notes
    return note


@pytest.mark.parametrize("base", [0, 1])
def test_numbers_of_sorted_names_are_warned_about(base: int, tmp_path: Path) -> None:
    # Sorted they are bird, cat, dog: what stands in columns 0, 1, 2 has the numbers 1, 2, 0.
    by_name = [base + [1, 2, 0][row % 3] for row in range(12)]
    options = {"one_based": bool(base)}
    warning = _said_of_numbers(tmp_path, "cat,dog,bird", by_name, **options)
    assert warning.code is Code.LABELS_PERMUTED
    assert warning.message == (
        "the targets are numbers of columns: "
        f"{base} is cat, {base + 1} is dog, {base + 2} is bird; numbered in "
        "alphabetical order, as scikit-learn does, 12 of the first 12 rows would be predicted "
        "right, not 0"
    )
    by_column = [base + row % 3 for row in range(12)]
    note = _said_of_numbers(tmp_path, "cat,dog,bird", by_column, **options)
    assert (note.code, bool(note.hint)) == (NUMBERS, True)
    note = _said_of_numbers(tmp_path, "bird,cat,dog", by_name, **options)
    assert (note.code, note.hint) == (NUMBERS, None)


def test_names_that_are_the_numbers_need_no_mapping(tmp_path: Path) -> None:
    names = ",".join(map(str, range(12)))
    (tmp_path / "targets.json").write_text("[0, 11]")
    for base, noted in ((0, []), (1, [NUMBERS])):
        text = f",{names}\n0{',1' * 12}\n1{',2' * 12}\n"
        inputs = Chunk(written(tmp_path, "logits", text), str(tmp_path / "targets.json")).inputs(
            LossSettings(one_based=bool(base))
        )
        assert [note.code for note in inputs.notes] == [INDEX, *noted]


def test_few_rows_tell_nothing_of_the_order_of_names(tmp_path: Path) -> None:
    assert _said_of_numbers(tmp_path, "cat,dog,bird", [1, 2]).code is Code.LABELS_PERMUTED
    assert _said_of_numbers(tmp_path, "cat,dog,bird", [1, 1]).code is NUMBERS
    # Nor do those that are ignored, or stand for no class.
    targets = [-100, 7] * 10 + [1]
    assert _said_of_numbers(tmp_path, "cat,dog,bird", targets).code is NUMBERS
