"""What programs read: JSON, JSON Lines, CSV and plain lines, at full precision."""

import csv
import io
import json
import math

import pytest

import xent
from conftest import Call

LOGITS, TARGETS = "1,4,1,1; 5,1,2,1; 1,2,5,1", "1,0,2"
ODD_LOGITS, ODD_TARGETS = "1,nan; -inf,0; 3,0; 2,1", "0,0,-100,0"


def strict(text: str) -> object:
    def refuse(literal: str) -> None:
        raise AssertionError(f"{literal} is not JSON")

    return json.loads(text, parse_constant=refuse)


def test_json(call: Call) -> None:
    found = json.loads(call("compute", LOGITS, TARGETS, "--format", "json").out)
    assert list(found) == [
        "schema", "loss", "reduction", "unit", "rows", "classes", "counted", "ignored", "total",
        "weight", "standard_error", "perplexity", "bits", "accuracy", "chance", "prior_level",
        "skill", "signature", "stages", "diagnostics",
    ]  # fmt: skip
    assert found["schema"] == 1
    assert found["loss"] == 0.10165968125955888
    assert found["total"] / found["weight"] == pytest.approx(found["loss"], rel=1e-15)
    assert [stage["name"] for stage in found["stages"]] == [
        "logits", "softmax", "log_softmax", "nll",
    ]  # fmt: skip
    assert found["stages"][0] == {
        "name": "logits",
        "shape": [3, 4],
        "rows": [0, 1, 2],
        "values": [[1, 4, 1, 1], [5, 1, 2, 1], [1, 2, 5, 1]],
    }
    assert found["stages"][1]["values"] == xent.softmax(found["stages"][0]["values"]).tolist()
    assert found["diagnostics"] == []


def test_json_is_strict_where_numbers_are_not(call: Call) -> None:
    done = call("compute", ODD_LOGITS, ODD_TARGETS, "--format", "json")
    found = strict(done.out)
    assert isinstance(found, dict)
    assert found["loss"] == "nan"
    assert found["stages"][0]["values"][0] == [1.0, "nan"]
    assert found["stages"][0]["values"][1] == ["-inf", 0.0]
    assert [each["code"] for each in found["diagnostics"]] == ["XC601", "XC602"]
    assert found["diagnostics"][:1] == [
        {
            "code": "XC601",
            "name": "nonfinite-logits",
            "severity": "warning",
            "message": "1 logit is nan or inf, in row 0: the loss is nan",
            "location": None,
            "hint": found["diagnostics"][0]["hint"],
        }
    ]
    assert done.err.startswith("warning[XC601]: 1 logit is nan or inf, in row 0")


@pytest.mark.parametrize(
    ("flags", "shown"),
    [([], None), (["--rows", "2"], [2, 3]), (["--columns", "2"], [4, 2]), (["--full"], None)],
)
def test_json_says_what_it_leaves_out(
    flags: list[str], shown: list[int] | None, call: Call
) -> None:
    words = ("compute", "1,0,0;0,1,0;0,0,1;1,1,0", "0,1,2,0", "--format", "json")
    found = json.loads(call(*words, *flags).out)
    assert found.get("shown") == shown
    assert found.get("truncated") == (None if shown is None else True)


def test_what_json_writes_it_reads(call: Call) -> None:
    first = json.loads(call("compute", ODD_LOGITS, ODD_TARGETS, "--format", "json").out)
    logits = json.dumps(first["stages"][0]["values"])
    again = json.loads(call("compute", logits, ODD_TARGETS, "--format", "json").out)
    assert again == first


def test_json_shows_the_ends_and_names_them(call: Call) -> None:
    rows = ";".join(f"{row},0,1" for row in range(30))
    targets = ",".join(["0"] * 30)
    found = json.loads(
        call("compute", rows, targets, "--format", "json", "--rows", 3, "--columns", 2).out
    )
    softmax = found["stages"][1]
    assert softmax["shape"] == [30, 3]
    assert softmax["rows"] == [0, 1, 29]
    assert softmax["columns"] == [0, 1]
    assert [len(row) for row in softmax["values"]] == [2, 2, 2]
    assert found["stages"][3]["shape"] == [30]


def test_plain(call: Call) -> None:
    lines = call("compute", LOGITS, TARGETS, "--format", "plain").out.splitlines()
    found = dict(line.split("\t") for line in lines)
    assert found["loss"] == "0.10165968125955888"
    assert found["rows"] == "3"
    assert found["signature"] == (
        "xent|n:3|C:4|in:logits|red:mean|w:none|ignore:-100|ls:0|T:1|unit:nats|v:0.2.0"
    )


def test_csv_and_jsonl_hold_a_record_for_each_row(call: Call) -> None:
    text = call("compute", ODD_LOGITS, ODD_TARGETS, "--format", "csv").out
    assert text.splitlines() == [
        "row,target,prediction,probability,nll",
        "0,0,,nan,nan",
        "1,0,1,0.0,inf",
        "2,-100,0,,",
        "3,0,0,0.7310585786300049,0.31326168751822286",
    ]
    lines = call("compute", ODD_LOGITS, ODD_TARGETS, "--format", "jsonl").out.splitlines()
    assert [strict(line) for line in lines] == [
        {"row": 0, "target": 0, "prediction": None, "probability": "nan", "nll": "nan"},
        {"row": 1, "target": 0, "prediction": 1, "probability": 0.0, "nll": "inf"},
        {"row": 2, "target": -100, "prediction": 0, "probability": None, "nll": None},
        {"row": 3, "target": 0, "prediction": 0, "probability": 0.7310585786300049,
         "nll": 0.31326168751822286},
    ]  # fmt: skip


def test_the_records_of_many_batches_add_up(call: Call) -> None:
    rows = "".join(f"{row % 7},{row % 5},1\n" for row in range(200_000)).encode()
    targets = "[" + ",".join(["2"] * 200_000) + "]"
    text = call("compute", "-", targets, "--format", "csv", stdin=rows).out
    records = list(csv.DictReader(io.StringIO(text)))
    assert [int(record["row"]) for record in records] == list(range(200_000))
    mean = math.fsum(float(record["nll"]) for record in records) / 200_000
    assert call("compute", "-", targets, "-q", stdin=rows).out == f"{mean!r}\n"
