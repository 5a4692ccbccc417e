"""Rows that are paired by a key: what a slow join of Python dicts finds, in every format."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from xent.errors import Code, Diagnostic, InputError
from xent.inputs.chunk import Chunk
from xent.inputs.formats import text
from xent.inputs.read_options import Keys, ReadOptions
from xent.inputs.shards import shards_of
from xent.settings import LossSettings

IDS = ["c", "a", "b"]
LOGITS = [[0.0, 2.5], [1.5, 0.5], [-1.0, 3.0]]
# In another order, and with one that nobody asks for.
TRUTH = {"a": 0, "b": 0, "c": 1, "d": 1}


def _csv(path: Path, columns: dict[str, list[Any]]) -> str:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return str(path)


def _logits_and_targets(rows: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The columns of classes as one of lists."""
    classes = [values for name, values in rows.items() if name in ("p", "q")]
    others = {name: values for name, values in rows.items() if name not in ("p", "q")}
    return {**others, **({"logits": [*map(list, zip(*classes, strict=True))]} if classes else {})}


def _json(path: Path, columns: dict[str, list[Any]]) -> str:
    path.write_text(json.dumps(_logits_and_targets(columns)))
    return str(path)


def _records(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    lists = _logits_and_targets(columns)
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def _json_records(path: Path, columns: dict[str, list[Any]]) -> str:
    path.write_text(json.dumps(_records(columns)))
    return str(path)


def _jsonl(path: Path, columns: dict[str, list[Any]]) -> str:
    path.write_text("".join(f"{json.dumps(each)}\n" for each in _records(columns)))
    return str(path)


def _parquet(path: Path, columns: dict[str, list[Any]]) -> str:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table(columns), path)
    return str(path)


def _arrow(path: Path, columns: dict[str, list[Any]]) -> str:
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.table(_logits_and_targets(columns))
    encoded = table.set_column(0, "id", table.column("id").dictionary_encode())
    with pyarrow.ipc.new_file(str(path), encoded.schema) as writer:
        writer.write_table(encoded)
    return str(path)


WRITERS: list[Callable[[Path, dict[str, list[Any]]], str]] = [
    _csv,
    _json,
    _json_records,
    _jsonl,
    _parquet,
    _arrow,
]


def joined(
    logits: str, targets: str | None, *, column: str = "id", sample_weight: str | None = None
) -> tuple[list[list[float]], list[Any], list[float] | None, list[Diagnostic]]:
    """Logits, targets and weights in the order of the logits, and the notes in the end."""
    reading = ReadOptions(keys=Keys(column))
    inputs = Chunk(logits, targets, sample_weight, reading).inputs(LossSettings())
    batches = [*inputs.batches]
    weights = [batch.sample_weight for batch in batches if batch.sample_weight is not None]
    return (
        np.concatenate([batch.logits.values for batch in batches]).tolist(),
        np.concatenate([batch.targets.values for batch in batches]).tolist(),
        np.concatenate(weights).tolist() if weights else None,
        [*inputs.notes],
    )


def refused(logits: str, targets: str | None, column: str = "id") -> Diagnostic:
    """What is said instead."""
    try:
        found = joined(logits, targets, column=column)
    except InputError as error:
        return error.diagnostic
    pytest.fail(f"this was read: {found}")


@pytest.mark.parametrize("other", WRITERS)
@pytest.mark.parametrize("one", WRITERS)
def test_rows_meet_by_their_keys_in_all_formats(one: Any, other: Any, tmp_path: Path) -> None:
    x, y = zip(*LOGITS, strict=True)
    logits = one(tmp_path / "logits", {"id": IDS, "p": [*x], "q": [*y]})
    targets = other(tmp_path / "targets", {"id": [*TRUTH], "target": [*TRUTH.values()]})
    found = joined(logits, targets)
    assert found[:2] == (LOGITS, [TRUTH[key] for key in IDS])
    [left] = [note for note in found[3] if note.code is Code.ROWS_UNMATCHED]
    assert left.message.startswith("1 of 4 rows of ")
    assert "the first is 'd' in " in left.message


@pytest.mark.parametrize("block", [64, 1 << 20])
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_join_is_that_of_dicts(
    block: int, data: st.DataObject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "BLOCK_BYTES", block)
    alphabet = st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp", "Cf"])
    keys = st.text(alphabet, min_size=1, max_size=5) | st.integers(0, 99).map(str)
    names = data.draw(st.lists(keys, min_size=2, max_size=40, unique=True))
    truth = {name: number % 3 for number, name in enumerate(names)}
    order = data.draw(st.permutations(names))[: data.draw(st.integers(2, len(names)))]
    rows = [*map(float, range(len(order)))]
    columns = {"p": rows, "q": rows, "r": rows}
    logits = _csv(tmp_path / "logits", {**columns, "name": order})
    targets = _csv(tmp_path / "targets", {"label": [*truth.values()], "name": names})
    found = joined(logits, targets, column="name")
    assert [row[0] for row in found[0]] == rows
    assert found[1] == [truth[name] for name in order]
    left = [note for note in found[3] if note.code is Code.ROWS_UNMATCHED]
    assert bool(left) == (len(order) < len(names))


def test_sample_weights_are_joined_where_they_have_keys(tmp_path: Path) -> None:
    x, y = zip(*LOGITS, strict=True)
    logits = _csv(tmp_path / "logits", {"id": IDS, "p": [*x], "q": [*y]})
    targets = _csv(tmp_path / "targets", {"id": ["a", "b", "c"], "label": [0, 0, 1]})
    weights = _csv(tmp_path / "weights", {"id": ["a", "b", "c"], "weight": [1.0, 2.0, 3.0]})
    assert joined(logits, targets, sample_weight=weights)[2] == [3.0, 1.0, 2.0]
    assert joined(logits, targets, sample_weight="5,6,7")[2] == [5.0, 6.0, 7.0]


@pytest.mark.parametrize("mark", [";", " "])
def test_keys_are_read_as_they_are_meant(mark: str, tmp_path: Path) -> None:
    ids = [f'a{mark}"{mark}b', "0,5", '"']
    with (tmp_path / "targets").open("w", newline="") as file:
        writer = csv.writer(file, delimiter=mark)
        writer.writerows([["id", "label"], *zip(reversed(ids), [0, 1, 1], strict=True)])
    logits = _csv(tmp_path / "logits", {"id": ids, "p": [0, 1, 2], "q": [1, 0, 0]})
    assert joined(logits, str(tmp_path / "targets"))[1] == [1, 1, 0]


def test_targets_may_be_names_and_probabilities(tmp_path: Path) -> None:
    logits = _csv(tmp_path / "logits", {"id": IDS, "p": [0, 1, 2], "q": [1, 0, 0]})
    named = _csv(tmp_path / "named", {"id": ["a", "b", "c"], "label": ["p", "p", "q"]})
    assert joined(logits, named)[1] == [1.0, 0.0, 0.0]
    q, p = [0.1, 0.2, 0.3], [0.9, 0.8, 0.7]
    shares = _csv(tmp_path / "shares", {"q": [*q], "id": ["a", "b", "c"], "p": [*p]})
    assert joined(logits, shares)[1] == [[0.7, 0.3], [0.9, 0.1], [0.8, 0.2]]


def test_a_key_that_stands_twice_or_nowhere(tmp_path: Path) -> None:
    logits = _csv(tmp_path / "logits", {"id": IDS, "p": [0, 1, 2], "q": [1, 0, 0]})
    targets = _csv(tmp_path / "targets", {"id": ["a", "b"], "label": [0, 1]})
    twice = _csv(tmp_path / "twice", {"label": [0, 1, 1, 0], "id": ["a", "b", "c", "a"]})
    thrice = _csv(tmp_path / "thrice", {"id": ["a", "b", "a"], "p": [0, 1, 2], "q": [1, 0, 0]})
    missing = refused(logits, targets)
    assert missing.code is Code.KEY_NOT_FOUND
    assert (missing.location and missing.location.line, missing.hint) == (2, "there it is 'a', 'b'")
    double = refused(logits, twice)
    assert double.code is Code.DUPLICATE_KEY
    assert double.message == f"the id 'a' occurs again, first in {twice}:2"
    assert double.location
    assert (double.location.line, double.location.column) == (5, 3)
    again = refused(thrice, targets)
    assert again.code is Code.DUPLICATE_KEY
    assert again.message == "the id 'a' occurs again, first in row 0"
    assert again.location
    assert again.location.line == 4


def test_a_key_that_is_wanted_again_in_another_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "BLOCK_BYTES", 8)
    logits = _csv(tmp_path / "logits", {"id": [*"abca"], "p": [0, 1, 2, 3], "q": [1, 0, 0, 1]})
    targets = _csv(tmp_path / "targets", {"id": [*"dabc"], "label": [0, 1, 0, 1]})
    again = refused(logits, targets)
    assert (again.code, again.location and again.location.line) == (Code.DUPLICATE_KEY, 5)
    assert again.message == "the id 'a' occurs again, first in row 0"
    logits = _csv(tmp_path / "logits", {"id": [*"abcx"], "p": [0, 1, 2, 3], "q": [1, 0, 0, 1]})
    unknown = refused(logits, targets)
    assert (unknown.code, unknown.location and unknown.location.line) == (Code.KEY_NOT_FOUND, 5)


def test_what_cannot_be_joined(tmp_path: Path) -> None:
    logits = _csv(tmp_path / "logits", {"id": IDS, "p": [0, 1, 2], "q": [1, 0, 0]})
    np.save(tmp_path / "targets.npy", [0, 1, 1])
    assert refused(logits, "0,1,1").code is Code.BAD_SETTING
    assert refused(logits, str(tmp_path / "targets.npy")).code is Code.BAD_SETTING
    assert refused(logits, logits, column="key").code is Code.INVALID_HEADER
    both = _csv(tmp_path / "both", {"id": IDS, "p": [0, 1, 2], "q": [1, 0, 0], "label": [0, 0, 1]})
    assert refused(both, None).code is Code.BAD_SETTING
    with pytest.raises(InputError, match="is for one file of logits"):
        shards_of(f"{tmp_path}/*", f"{tmp_path}/*", None, ReadOptions(keys=Keys("id")))


@pytest.mark.parametrize("key", ["1.5", "true", "null"])
def test_keys_of_json_are_strings_or_integers(key: str, tmp_path: Path) -> None:
    (tmp_path / "logits.jsonl").write_text(f'{{"id": {key}, "logits": [1, 0]}}\n')
    (tmp_path / "targets.jsonl").write_text('{"id": 1, "target": 0}\n')
    found = refused(str(tmp_path / "logits.jsonl"), str(tmp_path / "targets.jsonl"))
    assert (found.code, found.location and found.location.literal) == (Code.WRONG_SHAPE, key)


@pytest.mark.parametrize("ids", [["a"], ["c", "d", "a", "b"]])
@pytest.mark.parametrize("role", ["logits", "targets"])
def test_each_row_of_json_has_a_key(role: str, ids: list[str], tmp_path: Path) -> None:
    rows: dict[str, dict[str, Any]] = {
        "logits": {"logits": [[1, 0], [0, 1]]},
        "targets": {"targets": [0, 1]},
    }
    paths = {name: tmp_path / name for name in rows}
    for name, columns in rows.items():
        own = ids if name == role else ["a", "b"]
        paths[name].write_text(json.dumps({"id": own, **columns}))
    found = refused(str(paths["logits"]), str(paths["targets"]))
    assert found.code is Code.COUNT_MISMATCH
    assert found.message == f"id has length {len(ids)}, and {role} length 2"
    assert found.location
    assert (found.location.line, found.location.column) == (1, 9)


def test_keys_of_parquet_are_strings_or_integers(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    targets = _parquet(tmp_path / "targets", {"id": [1, 2], "target": [0, 1]})
    floats = _parquet(tmp_path / "floats", {"id": [1.0, 2.0], "p": [0, 1], "q": [1, 0]})
    assert refused(floats, targets).code is Code.UNSUPPORTED_DTYPE
    nulls = _parquet(tmp_path / "nulls", {"id": pyarrow.array([2, None]), "p": [0, 1], "q": [1, 0]})
    assert str(refused(nulls, targets)).endswith("nulls:id[1]: there is no value here, but null")
    numbers = _csv(tmp_path / "numbers", {"id": [2, 1], "p": [0, 1], "q": [1, 0]})
    assert joined(numbers, targets)[1] == [1, 0]


def test_a_bad_target_is_found_where_it_stands(tmp_path: Path) -> None:
    logits = _csv(tmp_path / "logits", {"id": IDS, "p": [0, 1, 2], "q": [1, 0, 0]})
    targets = _csv(tmp_path / "targets", {"label": [0, 7, 1], "id": ["a", "b", "c"]})
    settings = LossSettings()
    [batch] = Chunk(logits, targets, None, ReadOptions(keys=Keys("id"))).inputs(settings).batches
    with pytest.raises(InputError) as caught:
        batch.class_indices(settings)
    assert str(caught.value.diagnostic.location) == f"{targets}:3:1"


def test_joined_rows_are_not_cut_into_parts(tmp_path: Path) -> None:
    logits = _csv(tmp_path / "l.csv", {"id": IDS, "p": [0, 1, 2], "q": [1, 0, 0]})
    targets = _csv(tmp_path / "t.csv", {"id": [*"abc"], "label": [0, 1, 1]})
    for keys, parts in ((None, True), (Keys("id"), False)):
        part = Chunk(logits, targets, None, ReadOptions(keys=keys))
        assert (len([*part.cut(LossSettings(), 8)]) > 1) == parts


def notes_of(logits: str, targets: str, reading: ReadOptions | None = None) -> list[Diagnostic]:
    """What is said of the rows' ids as they are opened."""
    found = Chunk(logits, targets, None, reading or ReadOptions()).inputs(LossSettings()).notes
    return [note for note in found if note.code is Code.IDS_DIFFER]


def test_rows_that_are_paired_by_order_and_have_other_ids_are_warned_about(tmp_path: Path) -> None:
    logits = _csv(tmp_path / "logits", {"id": ["x", *IDS], "p": [0, 1, 2, 3], "q": [1, 0, 0, 4]})
    targets = _csv(tmp_path / "targets", {"id": ["x", *"abc"], "label": [1, 0, 1, 1]})
    [warning] = notes_of(logits, targets)
    assert warning.message == (
        f"rows are paired by their order, but row 1 is 'c' in {logits}, and 'a' in {targets}"
    )
    assert str(warning.location) == f"{logits}:1:1"
    assert warning.hint
    assert warning.hint.startswith("--join id pairs ")
    other = {"id": [7, 8, 9], "key": [*"xyz"], "p": [0, 1, 2], "q": [1, 0, 0]}
    logits = _csv(tmp_path / "logits", other)
    targets = _csv(tmp_path / "targets", {"id": [9, 8, 7], "key": [*"zxy"], "label": [1, 0, 0]})
    assert not notes_of(logits, targets, ReadOptions(keys=Keys("key")))


@pytest.mark.parametrize(
    ("name", "other_name", "ids", "other_ids"),
    [
        ("id", "id", ["a", "b", "c"], ["a", "b", "c"]),
        ("id", "image_id", ["a", "b", "c"], ["b", "c", "a"]),
        # What only counts the rows of one file says nothing of those of the other.
        ("", "", ["0", "1", "2"], ["17", "4", "9"]),
        ("", "", ["b", "c", "a"], ["1", "2", "3"]),
        ("index", "index", ["0", "1", "2"], ["17", "4", "9"]),
        ("id", "id", ["0", "1", "2"], ["1", "2", "3"]),
    ],
)
def test_ids_that_say_nothing_against_the_order(
    name: str, other_name: str, ids: list[str], other_ids: list[str], tmp_path: Path
) -> None:
    logits = _csv(tmp_path / "logits", {name: ids, "p": [0, 1, 2], "q": [1, 0, 0]})
    targets = _csv(tmp_path / "targets", {other_name: other_ids, "label": [0, 1, 1]})
    assert not notes_of(logits, targets)


def test_numbers_that_are_ids_speak_against_the_order(tmp_path: Path) -> None:
    logits = _csv(tmp_path / "logits", {"id": [1, 2, 3], "p": [0, 1, 2], "q": [1, 0, 0]})
    targets = _csv(tmp_path / "targets", {"id": [3, 1, 2], "label": [1, 0, 1]})
    [warning] = notes_of(logits, targets)
    assert "row 0 is '1' in" in warning.message


def test_an_index_without_a_name_is_one_to_join_by(tmp_path: Path) -> None:
    logits = _csv(tmp_path / "logits", {"": ["7", "5", "9"], "p": [0, 1, 2], "q": [1, 0, 0]})
    targets = _csv(tmp_path / "targets", {"": ["9", "7", "5"], "label": [0, 1, 1]})
    [warning] = notes_of(logits, targets)
    assert warning.hint
    assert warning.hint.startswith("--join '' pairs ")
    assert joined(logits, targets, column="")[1] == [1, 1, 0]
    more = _csv(tmp_path / "more", {"": ["9", "7", "5", "6"], "label": [0, 1, 1, 1]})
    with pytest.raises(InputError, match="3 rows of logits") as caught:
        [*Chunk(logits, more).inputs(LossSettings()).batches]
    assert caught.value.diagnostic.hint == warning.hint
