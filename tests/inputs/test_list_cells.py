"""A cell of a text table may hold a list, as pandas writes lists and arrays."""

import json
from pathlib import Path

import pytest

from conftest import Call
from xent.inputs.formats.list_cells import without_brackets

LOGITS = [[0.1, 0.9], [1.5, -0.5], [0.25, 1e-3]]


@pytest.fixture
def loss(call: Call) -> str:
    return call("compute", "-q", json.dumps(LOGITS), "1,0,1").out


def table(mark: str, cell: str, name: str = "logits") -> str:
    rows = [cell.format(*row) for row in LOGITS]
    words = ["foo bar", "[bar]", "x"]
    lines = [mark.join(line) for line in zip(words, ["1", "0", "1"], rows, strict=True)]
    return "\n".join([mark.join(["text", "label", name]), *lines]) + "\n"


@pytest.mark.parametrize(
    ("mark", "cell"),
    [
        (",", '"[{}, {}]"'),
        (",", "[{} {}]"),
        (",", "[ {}   {} ]"),
        ("\t", "[{}, {}]"),
        ("\t", '"[{}, {}]"'),
        (";", "[{}, {}]"),
    ],
)
def test_a_column_of_lists(mark: str, cell: str, loss: str, call: Call, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(table(mark, cell))
    assert call("compute", "-q", path).out == loss
    assert call("compute", "-q", path, "--logits-key", "logits").out == loss
    path.write_text(table(mark, cell, "scores"))
    assert call("compute", "-q", path).out == loss


def test_the_name_of_a_column_tells_the_kind(call: Call, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text('label,probs\n1,"[0.25, 0.75]"\n0,"[0.5, 0.5]"\n')
    expected = call("compute", "-q", "0.25,0.75;0.5,0.5", "1,0", "--input-kind", "probs").out
    assert call("compute", "-q", tmp_path / "x.csv").out == expected


def test_lists_of_labels(call: Call, tmp_path: Path) -> None:
    text = 'id,labels,a,b\n1,"[0, 1]",0.5,0.25\n2,"[1, 1]",0.75,0.125\n'
    (tmp_path / "x.csv").write_text(text)
    options = ("--binary", "--input-kind", "probs")
    expected = call("compute", "-q", "0.5,0.25;0.75,0.125", "0,1;1,1", *options).out
    assert call("compute", "-q", tmp_path / "x.csv", *options).out == expected
    (tmp_path / "x.csv").write_text(text.replace("labels", "Multi"))
    done = call("compute", "-q", tmp_path / "x.csv", *options)
    assert "say which it is: --target-column Multi" in done.err
    assert (
        call("compute", "-q", tmp_path / "x.csv", *options, "--target-column", "Multi").out
        == expected
    )


@pytest.mark.parametrize(
    "cell", ['"[0.1, x]"', '"[0.1]"', '"[0.1, 0.2, 0.3]"', '"[]"', '"[[0.1, 0.2]]"', "0.5"]
)
def test_a_list_unlike_the_others(cell: str, call: Call, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(f'label,logits\n1,"[0.1, 0.9]"\n0,{cell}\n')
    done = call("compute", "-q", tmp_path / "x.csv")
    assert (done.status, done.out) == (2, "")
    assert "x.csv:3:" in done.err


def test_no_number_moves() -> None:
    text = '1,"[0.1, -2]",[1  2],"[bar]",x\n'
    assert without_brackets(text, ",") == '1,  0.1, -2  , 1, 2 ,"[bar]",x\n'
