"""Tables that are written as JSON: records, pandas' orients, pipelines' outputs, logged samples."""

import json
from pathlib import Path

import pytest

from conftest import Call, calculated

# -(ln 0.9 + ln 0.3) / 2, as sklearn.metrics.log_loss of both rows has it.
LOSS = "0.6546666599918812\n"
RECORDS = [{"cat": 0.1, "dog": 0.9, "label": "dog"}, {"cat": 0.3, "dog": 0.7, "label": "cat"}]
NAMES = ["cat", "dog", "label"]
ROWS = [[*record.values()] for record in RECORDS]
# As pandas 3.1 writes them, in DataFrame.to_json(orient=...) and DataFrame.to_dict("list").
ORIENTS = {
    "records": RECORDS,
    "split": {"columns": NAMES, "index": [0, 1], "data": ROWS},
    "columns": {name: {"0": one, "1": two} for name, one, two in zip(NAMES, *ROWS, strict=True)},
    "index": {"0": RECORDS[0], "1": RECORDS[1]},
    "index, named": {"a.png": RECORDS[0], "b.png": RECORDS[1]},
    "columns, named": {
        name: {"a.png": one, "b.png": two} for name, one, two in zip(NAMES, *ROWS, strict=True)
    },
    "table": {
        "schema": {"fields": [{"name": "index", "type": "integer"}], "primaryKey": ["index"]},
        "data": [{"index": at, **record} for at, record in enumerate(RECORDS)],
    },
    "list": {name: [one, two] for name, one, two in zip(NAMES, *ROWS, strict=True)},
}
KIND = ("--input-kind", "probs")


@pytest.mark.parametrize("document", ORIENTS.values(), ids=ORIENTS)
def test_the_orients_of_pandas(document: object, call: Call, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps(document))
    assert call("compute", "-q", tmp_path / "x.json", *KIND).out == LOSS
    assert call("compute", "-q", json.dumps(document), *KIND).out == LOSS


@pytest.mark.parametrize("document", ORIENTS.values(), ids=ORIENTS)
def test_a_broken_cell_is_located(document: object, call: Call, tmp_path: Path) -> None:
    text = json.dumps(document).replace("0.7", '"x"').replace("0.3", '"x"')
    (tmp_path / "x.json").write_text(text)
    done = calculated(call, tmp_path / "x.json", *KIND)
    assert done.status == 2
    assert "x.json:1:" in done.err


def test_lines_of_records(call: Call, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text("\n".join(map(json.dumps, RECORDS)))
    assert call("compute", "-q", tmp_path / "x.jsonl", *KIND).out == LOSS


def test_records_and_their_labels_apart(call: Call) -> None:
    bare = [{"cat": record["cat"], "dog": record["dog"]} for record in RECORDS]
    for labels in (["dog", "cat"], [{"label": "dog"}, {"label": "cat"}], [1, 0]):
        assert call("compute", "-q", json.dumps(bare), json.dumps(labels), *KIND).out == LOSS


def test_a_record_that_lacks_a_class(call: Call) -> None:
    done = calculated(call, json.dumps([RECORDS[0], {"cat": 0.3, "label": "cat"}]), *KIND)
    assert 'this record has no "dog"' in done.err


def test_a_label_that_is_no_column(call: Call) -> None:
    done = calculated(call, json.dumps([RECORDS[0], {**RECORDS[1], "label": "cow"}]), *KIND)
    assert "'cow' is none of the classes cat, dog" in done.err


def scored(*rows: dict[str, float]) -> list[list[dict[str, object]]]:
    """The outputs of a pipeline, the largest score first."""
    return [
        [
            {"label": label, "score": score}
            for label, score in sorted(row.items(), key=lambda item: -item[1])
        ]
        for row in rows
    ]


OUTPUT = scored({"NEG": 0.1, "POS": 0.9}, {"NEG": 0.3, "POS": 0.7})


@pytest.mark.parametrize(
    "targets", ['["POS", "NEG"]', "1,0", '[{"label": "POS"}, {"label": "NEG"}]']
)
def test_the_output_of_a_pipeline(targets: str, call: Call, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps(OUTPUT))
    (tmp_path / "x.jsonl").write_text("\n".join(map(json.dumps, OUTPUT)))
    for name in ("x.json", "x.jsonl"):
        done = calculated(call, tmp_path / name, targets)
        assert done.out == LOSS
        assert "--input-kind probs" in done.err


def test_the_number_in_a_label_is_that_of_its_class(call: Call) -> None:
    rows = [{f"LABEL_{at}": (at + 1) / 78 for at in range(12)}] * 2
    done = call("compute", "-q", json.dumps(scored(*rows)), "2,11")
    alone = call("compute", "-q", json.dumps([[*row.values()] for row in rows]), "2,11", *KIND)
    assert done.out == alone.out


def test_the_best_label_alone_is_not_enough(call: Call) -> None:
    output = [{"label": "POS", "score": 0.9}, {"label": "NEG", "score": 0.7}]
    done = calculated(call, json.dumps(output), "1,0")
    assert done.status == 2
    assert "top_k=None" in done.err


def sample(scores: list[float], target: object, **more: object) -> dict[str, object]:
    pairs = [[score, False] for score in scores]
    return {"doc_id": 0, "target": target, "filtered_resps": pairs, "acc": 1.0, **more}


def test_samples_of_lm_evaluation_harness(call: Call, tmp_path: Path) -> None:
    expected = call("compute", "-q", "-8.5,-7.25; -3.5,-9.25", "1,0").out
    texts = [["ctx", " no"], ["ctx", " yes"]]
    for first, second in (
        (sample([-8.5, -7.25], "1"), sample([-3.5, -9.25], "0")),
        (sample([-8.5, -7.25], 1), sample([-3.5, -9.25], 0)),
        (
            sample([-8.5, -7.25], "yes", arguments=texts),
            sample([-3.5, -9.25], " no", arguments=texts),
        ),
    ):
        (tmp_path / "x.jsonl").write_text(f"{json.dumps(first)}\n{json.dumps(second)}\n")
        assert call("compute", "-q", tmp_path / "x.jsonl").out == expected
    quoted = {**sample([], "1"), "filtered_resps": [["-8.5", "False"], ["-7.25", "True"]]}
    (tmp_path / "x.jsonl").write_text(json.dumps(quoted))
    assert (
        call("compute", "-q", tmp_path / "x.jsonl").out
        == call("compute", "-q", "-8.5,-7.25", "1").out
    )


@pytest.mark.parametrize("target", ["maybe", "2", None, 0.5, [1]])
def test_a_sample_without_a_gold_choice(target: object, call: Call, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(json.dumps(sample([-8.5, -7.25], target)))
    done = calculated(call, tmp_path / "x.jsonl")
    assert done.status == 2
    assert "x.jsonl:1:" in done.err


def test_class_names(call: Call) -> None:
    document = {"logits": [[1, 2], [3, 4.5]], "class_names": ["cat", "dog"]}
    expected = calculated(call, "1,2; 3,4.5", "1,0").out
    both = {**document, "targets": ["dog", "cat"]}
    assert call("compute", "-q", json.dumps(both)).out == expected
    assert call("compute", "-q", json.dumps(document), '["dog", "cat"]').out == expected
    assert call("compute", "-q", json.dumps(document), "1,0").out == expected
    twice = {**both, "class_names": ["cat", "cat"]}
    assert call("compute", "-q", json.dumps(twice)).status == 2
    done = calculated(call, json.dumps({**both, "targets": ["dog", "cow"]}))
    assert "'cow' is none of the classes cat, dog" in done.err


@pytest.mark.parametrize(
    "text",
    [
        "[{}]",
        "{}",
        "[[]]",
        "[{}, {}]",
        '{"a": {}}',
        '{"columns": [], "data": []}',
        '{"columns": ["a"], "data": [[1, 2]]}',
        '[[{"label": 1, "score": 2}], 3]',
        '{"a": {"x": 1}, "b": {"y": 2}}',
        '[{"a": 1}, 2]',
        '[1, {"a": 1}]',
    ],
)
def test_other_documents_are_refused(text: str, call: Call) -> None:
    done = calculated(call, text)
    assert done.status == 2
    assert done.err.startswith("error[XE")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_many_records_in_several_processes(
    jobs: str, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names of classes are those of the logits in every process."""
    monkeypatch.setattr("xent.cli.executors._LEAST_BYTES", 0)
    monkeypatch.setattr("xent.pipeline.CHUNK_BYTES", 1 << 15)
    rows = [json.dumps({"no": at % 7, "yes": at % 5, "label": "yes"}) for at in range(20_000)]
    (tmp_path / "x.jsonl").write_text("\n".join(rows))
    bare = "\n".join(f"{at % 7},{at % 5}" for at in range(20_000))
    (tmp_path / "z.csv").write_text(bare)
    (tmp_path / "named.csv").write_text(f"yes,no\n{bare}")
    (tmp_path / "ones.csv").write_text("1\n" * 20_000)
    (tmp_path / "zeros.csv").write_text("0\n" * 20_000)
    (tmp_path / "y.jsonl").write_text('"yes"\n' * 20_000)
    own = call("compute", "-q", tmp_path / "x.jsonl", "--jobs", jobs).out
    assert own == call("compute", "-q", tmp_path / "z.csv", tmp_path / "ones.csv").out
    apart = call("compute", "-q", tmp_path / "named.csv", tmp_path / "y.jsonl", "--jobs", jobs).out
    assert apart == call("compute", "-q", tmp_path / "z.csv", tmp_path / "zeros.csv").out
