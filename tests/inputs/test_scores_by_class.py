"""Records of which one field holds the score of each class, as libraries write them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import Call, calculated

NAMES = ("cat", "dog", "fox")
ROWS = ((0.7, 0.2, 0.1), (0.1, 0.6, 0.3), (0.25, 0.25, 0.5))
LABELS = ("cat", "dog", "fox")
LOSS = 0.5202159160882228  # -(ln 0.7 + ln 0.6 + ln 0.5) / 3

Write = Callable[[tuple[float, ...]], Any]


def as_map(row: tuple[float, ...]) -> Any:
    return dict(zip(NAMES, row, strict=True))


def as_structs(row: tuple[float, ...]) -> Any:
    """BigQuery writes numbers of JSON as strings, the most probable class first."""
    pairs = sorted(zip(row, NAMES, strict=True), reverse=True)
    return [{"label": name, "prob": str(share)} for share, name in pairs]


def as_vector(row: tuple[float, ...]) -> Any:
    return {"type": 1, "values": [*row]}


def written(tmp_path: Path, records: list[dict[str, Any]], *, lines: bool) -> Path:
    path = tmp_path / ("records.jsonl" if lines else "records.json")
    text = "\n".join(map(json.dumps, records)) if lines else json.dumps(records)
    path.write_text(text)
    return path


@pytest.mark.parametrize("lines", [True, False])
@pytest.mark.parametrize("scores", [as_map, as_structs])
@pytest.mark.parametrize("field", ["cats", "predicted_probs"])
def test_a_field_of_scores_by_class_is_read(
    scores: Write, field: str, lines: bool, call: Call, tmp_path: Path
) -> None:
    records = [
        {"text": "a 5 star b", field: scores(row), "predicted": "cat", "label": label}
        for row, label in zip(ROWS, LABELS, strict=True)
    ]
    path = written(tmp_path, records, lines=lines)
    done = calculated(call, path, "--input-kind", "probs")
    assert float(done.out) == pytest.approx(LOSS, rel=1e-15)
    assert f"the logits are the scores in {field}, of the classes" in done.err
    # The name of the field tells the kind, or leaves logits.
    own = float(call("compute", "-q", path).out)
    assert (own == pytest.approx(LOSS, rel=1e-15)) is (field == "predicted_probs")


def test_vectors_of_spark_are_lists(call: Call, tmp_path: Path) -> None:
    records = [
        {"label": float(number), "probability": as_vector(row), "prediction": 0.0}
        for number, row in enumerate(ROWS)
    ]
    done = call("compute", "-q", written(tmp_path, records, lines=True))
    assert float(done.out) == pytest.approx(LOSS, rel=1e-15)


def test_the_user_chooses_among_several_fields(call: Call, tmp_path: Path) -> None:
    records = [
        {"a": as_map(row), "b": as_map((1 / 3, 1 / 3, 1 / 3)), "label": label}
        for row, label in zip(ROWS, LABELS, strict=True)
    ]
    path = written(tmp_path, records, lines=True)
    assert call("compute", path).status == 2
    done = call("compute", "-q", path, "--logits-key", "a", "--input-kind", "probs")
    assert float(done.out) == pytest.approx(LOSS, rel=1e-15)


def test_a_row_that_scores_other_classes_is_refused_with_its_line(
    call: Call, tmp_path: Path
) -> None:
    records = [{"cats": as_map(row), "label": "cat"} for row in ROWS]
    del records[1]["cats"]["fox"]
    done = call("compute", written(tmp_path, records, lines=True))
    assert (done.status, done.out) == (2, "")
    assert "this row does not score cat, dog, fox\n  --> " in done.err
    assert "records.jsonl:2:1" in done.err


def test_a_number_is_located_inside_its_field(call: Call, tmp_path: Path) -> None:
    records = [{"cats": as_map(row), "label": "cat"} for row in ROWS]
    records[2]["cats"]["dog"] = 7
    done = call("compute", written(tmp_path, records, lines=True), "--input-kind", "probs")
    assert "records.jsonl:3:31" in done.err
    assert "7.0 in column dog is not a probability" in done.err


def test_an_object_of_one_number_is_no_scores(call: Call, tmp_path: Path) -> None:
    records = [{"cat": 0.7, "dog": 0.3, "extra": {"seconds": 2}, "label": "cat"}] * 2
    assert call("compute", written(tmp_path, records, lines=True)).status == 2
