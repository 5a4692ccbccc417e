"""A JSON document: a matrix, an object of arrays, or a list with an object for each row."""

from functools import partial
from typing import Any

from xent.errors import Code, InputError, Location
from xent.inputs.formats.array import Array
from xent.inputs.formats.array_names import array_names
from xent.inputs.formats.json_rows import JsonRows
from xent.inputs.formats.json_text import JsonPath, located, parsed
from xent.inputs.formats.text import TextBlock, whole_text
from xent.inputs.sources.source import Source


def read(source: Source) -> dict[str, Array]:
    """Read `[[…], …]`, `{"logits": […], "targets": […]}` or `[{"logits": …, "target": …}, …]`."""
    text = whole_text(source)
    document = parsed(text)
    if isinstance(document, dict):
        names = array_names(document, source.sought, text.location(0))
        arrays = {name: _rows(text, document[key], key) for name, key in names.items()}
        keys = source.reading.keys
        if keys and keys.column in document:
            arrays["keys"] = _rows(text, document[keys.column], keys.column).numbered(keys)
            _require_a_key_each(arrays, keys.noun)
    else:
        arrays = _rows(text, document).arrays(source)
    return {name: Array.of_block(source.name, rows.block()) for name, rows in arrays.items()}


def _require_a_key_each(arrays: dict[str, JsonRows], noun: str) -> None:
    keys = arrays["keys"]
    for role, rows in arrays.items():
        if len(rows.rows) != len(keys.rows):
            raise InputError(
                Code.COUNT_MISMATCH,
                f"{noun} has length {len(keys.rows)}, and {role} length {len(rows.rows)}",
                keys.locate(0),
                "to be joined, each row has a key",
            )


def _rows(text: TextBlock, value: Any, *root: str) -> JsonRows:  # noqa: ANN401  any JSON value
    if not isinstance(value, list):  # a single target
        return JsonRows([value], lambda _: located(text, root))
    if not value:
        raise InputError(Code.EMPTY_INPUT, "this list is empty", located(text, root))
    return JsonRows(value, partial(_place, text, root))


def _place(text: TextBlock, root: JsonPath, *steps: int | str) -> Location:
    return located(text, (*root, *steps))
