"""Which first rows are headers: each kind with its near miss."""

from pathlib import Path

import numpy as np
import pytest

from conftest import Call
from xent.errors import Code
from xent.inputs.chunk import Chunk
from xent.settings import LossSettings

Read = tuple[list[list[float]], tuple[str, ...], list[float], list[Code]]


def read(folder: Path, logits: str, targets: str) -> Read:
    """The logits, the names of the classes, the targets, and what is noted."""
    (folder / "z.csv").write_text(logits)
    (folder / "y.csv").write_text(targets)
    inputs = Chunk(str(folder / "z.csv"), str(folder / "y.csv")).inputs(LossSettings())
    [batch] = inputs.batches
    notes = [note.code for note in inputs.notes]
    values, labels = batch.logits.values, batch.targets.values
    return values.tolist(), inputs.class_names, labels.tolist(), notes


BODY = "0.2,0.3,0.5\n0.1,0.1,0.8\n0.6,0.2,0.2\n"
PROBS = [[0.2, 0.3, 0.5], [0.1, 0.1, 0.8], [0.6, 0.2, 0.2]]


def numbered(body: str) -> str:
    """The same rows with their numbers in front."""
    return "".join(f"{row},{line}\n" for row, line in enumerate(body.split()))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (f"0,1,2\n{BODY}", ("0", "1", "2")),
        (f"1,2,3\n{BODY}", ("1", "2", "3")),
        (f"2,0,1\n{BODY}", ("2", "0", "1")),
        (f"x,1,2,3\n{numbered(BODY)}", ("1", "2", "3")),
        (f"id,0,10,2\n{numbered(BODY)}", ("0", "10", "2")),
        (f",1,2,3\n{numbered(BODY)}", ("1", "2", "3")),
        (f'"","1","2","3"\n{numbered(BODY)}', ("1", "2", "3")),
        (f'"1","2","3"\n{BODY}', ("1", "2", "3")),
        (f'"7","5","3"\n{BODY}', ("7", "5", "3")),
        (f"2nd class,Straße,über 3\n{BODY}", ("2nd class", "Straße", "über 3")),
    ],
)
def test_headers(text: str, names: tuple[str, ...], tmp_path: Path) -> None:
    labels = "".join(f"{name}\n" for name in names)
    found = read(tmp_path, text, f"label\n{labels}")
    assert found[:3] == (PROBS, names, [0, 1, 2])


@pytest.mark.parametrize(
    "text",
    [
        "0,1,2\n1,2,0\n0.5,0.25,1\n",  # a row of whole numbers below
        "1,0\n0.5,0\n0.25,0.75\n",  # two columns, of which not all are decimals
        "1,2\n0.5,3\n0.25,0.75\n",
        "0,2,4\n0.5,1.5,2.5\n",  # they do not count
        "0,1,2\n3,4,5\n6,7,8\n",
        "0.0,1.0,2.0\n0.5,1.5,2.5\n",
        "00,01,02\n0.5,1.5,2.5\n",
        '"1","2"\n"3","4"\n',  # every cell is quoted
    ],
)
def test_rows_of_numbers(text: str, tmp_path: Path) -> None:
    rows = text.count("\n")
    found = read(tmp_path, text, "0\n" * rows)
    assert len(found[0]) == rows
    assert Code.HEADER_ASSUMED not in found[3]


@pytest.mark.parametrize("first", ["a,1,2", "1,x,2", "1_0,1,2", "x,3,5"])
def test_a_word_in_a_first_row_of_data_is_refused(first: str, call: Call, tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text(f"{first}\nb,2,1\nc,3,1\n")
    done = call("compute", "-q", tmp_path / "z.csv", "0,1,1")
    assert (done.status, done.out) == (2, "")


def test_numbers_of_an_argument_are_data(call: Call) -> None:
    done = call("compute", "-q", "0,1,2; 0.1,0.2,0.7", "0,1")
    assert (done.status, done.err) == (0, "")


def test_each_file_has_a_header_of_its_own(call: Call, tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text(f"5,6,7\n{BODY}")
    (tmp_path / "y.csv").write_text("2\n1\n0\n")
    options = (tmp_path / "z.csv", tmp_path / "y.csv", "--input-kind", "probs")
    loss = -np.log([0.5, 0.1, 0.6]).mean()
    refused = call("compute", "-q", *options)
    assert refused.err.startswith("error[XE209]")
    assert "hint: if line 1 is a header, use --header yes" in refused.err
    done = call("compute", "-q", *options, "--header", "yes")
    assert done.status == 2  # the targets are numbers of columns that have numbers for names
    (tmp_path / "y.csv").write_text("7\n6\n5\n")
    done = call("compute", "-q", *options, "--header", "yes")
    assert float(done.out) == pytest.approx(loss, rel=1e-12)
    (tmp_path / "y.csv").write_text("9\n7\n6\n5\n")
    assert call("compute", "-q", *options, "--header", "yes").status == 2
    done = call("compute", "-q", *options, "--header", "yes", "--targets-header", "yes")
    assert float(done.out) == pytest.approx(loss, rel=1e-12)


def test_no_label_is_taken_for_a_header(tmp_path: Path) -> None:
    names = '"","1","2","3"\n' + numbered(BODY)
    for labels in ("3\n1\n2\n", "1\n1\n1\n"):
        assert len(read(tmp_path, names, labels)[2]) == 3


def test_rows_that_are_one_too_many_ask_for_a_header(call: Call, tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text("1,2,3\n0.2,0.8,0\n0.5,0,0.5\n1,0,0\n")
    wrong = call("compute", tmp_path / "z.csv", "1,2,0").err
    assert "may be a header; use --header yes" in wrong
