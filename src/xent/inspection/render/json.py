"""An inspection as one strict JSON object."""

from collections.abc import Iterator
from typing import Any

from xent.inputs.formats.dialect import Dialect
from xent.inspection.inspection import Inspection
from xent.inspection.summary import ArraySummary, describe_kind
from xent.render.json import SCHEMA, diagnostic_object, strict_json
from xent.render.view import View


def render(inspection: Inspection, _: View) -> Iterator[str]:
    """Yield an object with one line per key, and one per array."""
    facts = {
        "schema": SCHEMA,
        "source": inspection.source,
        "format": inspection.format,
        "compression": inspection.compression,
        "text": _text_object(inspection.dialect) if inspection.dialect else None,
        "command": inspection.command,
        "diagnostics": [*map(diagnostic_object, inspection.notes)],
    }
    yield "{\n"
    for name, value in facts.items():
        yield f'  "{name}": {strict_json(value)},\n'
    arrays = ",\n".join(f"    {strict_json(_array_object(each))}" for each in inspection.arrays)
    yield f'  "arrays": [\n{arrays}\n  ]\n}}\n'


def _text_object(dialect: Dialect) -> dict[str, Any]:
    columns = dialect.columns
    return {
        "delimiter": dialect.delimiter,
        "decimal_comma": dialect.decimal_comma,
        "header": [*columns.names] or None,
        "index_columns": [*columns.indexes],
        "target_column": columns.target,
    }


def _array_object(array: ArraySummary) -> dict[str, Any]:
    stats, is_any = array.stats, array.stats.finite > 0
    return {
        "name": array.name or None,
        "shape": [*array.shape],
        "dtype": array.dtype,
        "class_names": [*array.class_names] or None,
        "count": stats.count,
        "nan": stats.nans,
        "inf": stats.infinities,
        "min": stats.low if is_any else None,
        "max": stats.high if is_any else None,
        "mean": stats.mean if is_any else None,
        "standard_deviation": stats.standard_deviation if is_any else None,
        "histogram": stats.histogram(),
        "integers": is_any and stats.are_integers,
        "first_rows": array.first_rows.tolist() if len(array.shape) <= 2 else None,
        "kind": array.kind.value,
        "looks_like": describe_kind(array),
    }
