"""Records and the other shapes in which people and libraries write tables as JSON.

pandas' orients, the outputs of Hugging Face's text-classification pipelines and the samples that
lm-evaluation-harness logs all become records: rows whose values have names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from xent.errors import Code, InputError
from xent.inputs.formats.cells import NUMBER, listed
from xent.inputs.formats.nested import Place, Rows
from xent.meaning.column_names import is_target_name

_SCALARS = (str, int, float, bool, type(None))
_SCORED = {"label", "score"}
_SCORE_NAMES = ("score", "prob", "probability", "confidence", "logit", "value")
_SAMPLE = {"target", "filtered_resps"}


def frame_records(document: Mapping[str, Any], place: Place) -> Rows | None:
    """Return the records of a table that pandas wrote as an object; None if it is none."""
    columns, data = document.get("columns"), document.get("data")
    if isinstance(data, list) and isinstance(columns, list):  # orient="split"
        names = [*map(str, columns)]
        if not all(isinstance(row, list) and len(row) == len(names) for row in data):
            raise InputError(
                Code.RAGGED_ROW, f"a row has not {len(names)} values", place("data"), _SPLIT
            )
        return Rows(
            [dict(zip(names, row, strict=True)) for row in data],
            lambda row, *steps: place("data", row, *(names.index(step) for step in steps[:1])),
        )
    if isinstance(data, list) and "schema" in document:  # orient="table"
        return Rows(data, lambda *steps: place("data", *steps))
    values = [*document.values()]
    if values and all(isinstance(value, dict) and value for value in values):
        return _nested(document, place)
    if len(values) > 1 and all(isinstance(value, list) for value in values):
        return _columns_of_lists(document, place)
    if len(values) > 1 and all(isinstance(value, _SCALARS) for value in values):
        return Rows([document], lambda _, *steps: place(*steps[:1]))
    return None


@dataclass(frozen=True, slots=True)
class ClassScores:
    """The field of records that holds the score of each class by its name.

    Attributes:
        field: The name of the field.
        classes: The names of the classes.
    """

    field: str
    classes: tuple[str, ...]


def class_scores(record: Any, wanted: str | None = None) -> ClassScores | None:  # noqa: ANN401  any JSON value
    """Find the field of a record that holds the scores of classes: `{"cats": {"A": 0.1, …}}`.

    It is an object of numbers, or a list of objects that each hold a label and a score, as
    BigQuery writes them.

    Args:
        record: The record.
        wanted: The name of the field, where the user gives it.

    Returns:
        The field; None where there is none, several may be meant, or a class is called as another
        field.
    """
    if not isinstance(record, dict):
        return None
    found = {name: scores for name, value in record.items() if len(scores := _scores(value)) > 1}
    if wanted is not None:
        found = {name: scores for name, scores in found.items() if name == wanted}
    if len(found) != 1:
        return None
    [(field, scores)] = found.items()
    return None if {*scores} & ({*record} - {field}) else ClassScores(field, tuple(scores))


def _scores(value: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON value
    """Return the score of each class that a value holds; {} where it is something else."""
    if isinstance(value, list) and all(isinstance(each, dict) for each in value):
        value = {str(each.get("label")): _number(_score_of(each)) for each in value}
    if not isinstance(value, dict) or not all(
        type(each) in (int, float) for each in value.values()
    ):
        return {}
    return value


def _score_of(record: Mapping[str, Any]) -> Any:  # noqa: ANN401  any JSON value
    """Return the score beside a label; None where there is none."""
    others = [name for name in record if name != "label"]
    return record[others[0]] if len(others) == 1 and others[0] in _SCORE_NAMES else None


def _is_vector(value: Any) -> bool:  # noqa: ANN401  any JSON value
    """Whether a value is a dense vector as Spark writes it."""
    return (
        isinstance(value, dict)
        and value.get("type") == 1
        and value.keys() <= {"type", "values", "size", "indices"}
        and isinstance(value.get("values"), list)
    )


def plain_records(rows: Rows, wanted: str | None = None) -> Rows:
    """Return rows as plain records, where they are outputs of a known library.

    Args:
        rows: The rows.
        wanted: The field that the user names as the logits.
    """
    first = rows.rows[0]
    if is_scored(first):
        return _of_scores(rows)
    if isinstance(first, dict) and any(map(_is_vector, first.values())):
        return _of_vectors(rows)
    if found := class_scores(first, wanted):
        return _of_class_scores(rows, found)
    if isinstance(first, dict) and first.keys() >= _SAMPLE and _is_likelihoods(first):
        return _of_samples(rows)
    return rows


def is_scored(row: Any) -> bool:  # noqa: ANN401  any JSON value
    """Return whether a row is a pipeline's output: the labels of a text with their scores."""
    return (
        isinstance(row, list)
        and bool(row)
        and all(isinstance(each, dict) and each.keys() == _SCORED for each in row)
    )


def is_best_label(row: Any) -> bool:  # noqa: ANN401  any JSON value
    """Return whether a row is the output of a pipeline that tells the best label alone."""
    return isinstance(row, dict) and row.keys() == _SCORED and isinstance(row["label"], str)


def scored_labels(rows: Sequence[Any]) -> list[str]:
    """Return the labels of the outputs of a pipeline, in the order of the classes.

    The scores are in descending order, unless all were asked for in the order of the classes. A
    number at the end of each label is that of its class.
    """
    given = [str(each["label"]) for each in rows[0]]
    numbers = {name: int(name.rpartition("_")[2]) for name in given if _is_numbered(name)}
    if sorted(numbers.values()) == [*range(len(given))]:
        return sorted(given, key=numbers.__getitem__)
    in_one_order = all([str(each["label"]) for each in row] == given for row in rows)
    descending = all(one["score"] >= two["score"] for row in rows for one, two in pairwise(row))
    return given if in_one_order and not descending else sorted(given)


def _is_numbered(name: str) -> bool:
    return name.rpartition("_")[2].isdecimal()


def _of_scores(rows: Rows) -> Rows:
    labels = scored_labels([row for row in rows.rows if is_scored(row)])
    records = []
    for at, row in enumerate(rows.rows):
        record = {str(each["label"]): each["score"] for each in row} if is_scored(row) else {}
        if record.keys() != {*labels} or len(row) != len(labels):
            raise InputError(
                Code.RAGGED_ROW, f"this row does not score {', '.join(labels)}", rows.place(at)
            )
        records.append({label: record[label] for label in labels})

    def place(row: int, *steps: Any) -> Any:  # noqa: ANN401  as `Place`
        if not steps:
            return rows.place(row)
        at = next(at for at, each in enumerate(rows.rows[row]) if str(each["label"]) == steps[0])
        return rows.place(row, at, "score")

    return Rows(records, place)


def _of_vectors(rows: Rows) -> Rows:
    """Return records with the list of numbers that each vector holds."""
    records = [
        {name: value["values"] if _is_vector(value) else value for name, value in record.items()}
        if isinstance(record, dict)
        else record
        for record in rows.rows
    ]

    def place(row: int, *steps: Any) -> Any:  # noqa: ANN401  as `Place`
        value = rows.rows[row].get(steps[0]) if steps and isinstance(rows.rows[row], dict) else None
        return (
            rows.place(row, steps[0], "values", *steps[1:])
            if _is_vector(value)
            else (rows.place(row, *steps))
        )

    return Rows(records, place)


def _of_class_scores(rows: Rows, found: ClassScores) -> Rows:
    """Return records with a field for each class."""
    records = []
    for at, record in enumerate(rows.rows):
        scores = _scores(record.get(found.field)) if isinstance(record, dict) else {}
        if scores.keys() != {*found.classes}:
            raise InputError(
                Code.RAGGED_ROW, f"this row does not score {listed(found.classes)}", rows.place(at)
            )
        others = {name: value for name, value in record.items() if name != found.field}
        records.append({**{name: scores[name] for name in found.classes}, **others})

    def place(row: int, *steps: Any) -> Any:  # noqa: ANN401  as `Place`
        if steps[:1] and steps[0] not in found.classes:
            return rows.place(row, *steps)
        value = rows.rows[row][found.field]
        if not steps or isinstance(value, dict):
            return rows.place(row, found.field, *steps)
        at = next(at for at, each in enumerate(value) if str(each["label"]) == steps[0])
        name = next(name for name in value[at] if name != "label")
        return rows.place(row, found.field, at, name)

    return Rows(records, place)


def _is_likelihoods(record: Mapping[str, Any]) -> bool:
    """Return whether a sample holds the log-likelihoods of several choices."""
    pairs = record["filtered_resps"]
    return (
        isinstance(pairs, list)
        and len(pairs) > 1
        and all(isinstance(pair, list) and len(pair) == 2 for pair in pairs)
    )


def _of_samples(rows: Rows) -> Rows:
    """Return the log-likelihood of each choice, and which of them is right."""
    records = []
    for at, sample in enumerate(rows.rows):
        if not isinstance(sample, dict) or not sample.keys() >= _SAMPLE:
            raise InputError(
                Code.MISSING_ARRAY,
                "this sample does not have the form of those above",
                rows.place(at),
            )
        if not _is_likelihoods(sample):
            raise InputError(
                Code.WRONG_SHAPE,
                "this sample does not hold the log-likelihood of each choice",
                rows.place(at, "filtered_resps"),
                "the loss needs a task with choices, such as multiple_choice",
            )
        scores = [_number(pair[0]) for pair in sample["filtered_resps"]]
        target = _gold(sample, len(scores))
        if target is None:
            raise InputError(
                Code.TARGET_OUT_OF_RANGE,
                "this target is neither the number nor the text of a choice",
                rows.place(at, "target"),
            )
        records.append({**sample, "filtered_resps": scores, "target": target})

    def place(row: int, *steps: Any) -> Any:  # noqa: ANN401  as `Place`
        inside = (*steps, 0) if steps[:1] == ("filtered_resps",) and len(steps) == 2 else steps
        return rows.place(row, *inside)

    return Rows(records, place)


def _gold(sample: Mapping[str, Any], choices: int) -> int | None:
    """Return the number of the right choice: the target is it, or is the text of that choice."""
    target = sample["target"]
    number = _number(target)
    if type(number) in (int, float) and number == int(number) and 0 <= number < choices:
        return int(number)
    texts = [str(text).strip() for text in _continuations(sample.get("arguments"))]
    right = str(target).strip()
    return texts.index(right) if len(texts) == choices and texts.count(right) == 1 else None


def _continuations(arguments: Any) -> list[Any]:  # noqa: ANN401  any JSON value
    """Return the texts whose likelihoods were asked for."""
    if isinstance(arguments, dict):
        arguments = [[*each.values()] for each in arguments.values() if isinstance(each, dict)]
    if not isinstance(arguments, list):
        return []
    return [each[1] for each in arguments if isinstance(each, list) and len(each) == 2]


def _number(value: Any) -> Any:  # noqa: ANN401  any JSON value
    """Return the number that a string spells, or the value as it is."""
    if isinstance(value, str) and NUMBER.fullmatch(value):
        return float(value)
    return value


_SPLIT = "pandas writes one list per row under data, with a value for each of columns"


def _nested(document: Mapping[str, Any], place: Place) -> Rows | None:
    """Return the records of an object of objects: columns of rows, or rows of columns."""
    outer, inner = [*document], [*next(iter(document.values()))]
    for value in document.values():
        if [*value] != inner or not all(isinstance(each, _SCALARS) for each in value.values()):
            return None
    by_rows = _are_names(inner) and not _are_names(outer)
    by_rows = by_rows or (_are_numbers(outer) and not _are_numbers(inner))
    if by_rows:
        return Rows([*document.values()], lambda row, *steps: place(outer[row], *steps[:1]))
    if not (_are_names(outer) or _are_numbers(inner)):
        return None
    return Rows(
        [{name: document[name][key] for name in outer} for key in inner],
        lambda row, *steps: place(*(steps[:1] or outer[:1]), inner[row]),
    )


def _are_names(keys: Sequence[str]) -> bool:
    """Return whether keys are the names of columns, and not of rows."""
    return any(is_target_name(key, keys) for key in keys)


def _are_numbers(keys: Sequence[str]) -> bool:
    return all(key.isdecimal() for key in keys)


def _columns_of_lists(document: Mapping[str, Any], place: Place) -> Rows | None:
    """Return the records of an object that holds a list of plain values for each column."""
    lengths = {len(value) for value in document.values()}
    cells = (cell for value in document.values() for cell in value)
    if len(lengths) > 1 or not all(isinstance(cell, _SCALARS) for cell in cells):
        return None
    names = [*document]
    return Rows(
        [dict(zip(names, row, strict=True)) for row in zip(*document.values(), strict=True)],
        lambda row, *steps: place(*(steps[:1] or names[:1]), row),
    )
