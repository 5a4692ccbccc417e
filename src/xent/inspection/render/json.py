"""An inspection as one strict JSON object."""

from collections.abc import Iterator
from typing import Any

from xent.inputs.formats.dialect import Dialect
from xent.inspection.inspection import Inspection, Seen
from xent.inspection.render.looks import looks_like
from xent.render.json import SCHEMA, diagnostic_object, strict_json
from xent.render.view import View

_BARS = 10


def render(inspection: Inspection, _: View) -> Iterator[str]:
    """An object with a line for each of its keys, and for each array."""
    facts = {
        "schema": SCHEMA,
        "source": inspection.source,
        "format": inspection.format,
        "compression": inspection.compression,
        "text": _text(inspection.dialect) if inspection.dialect else None,
        "command": inspection.command,
        "diagnostics": [*map(diagnostic_object, inspection.notes)],
    }
    yield "{\n"
    for name, value in facts.items():
        yield f'  "{name}": {strict_json(value)},\n'
    arrays = ",\n".join(f"    {strict_json(_array(each))}" for each in inspection.arrays)
    yield f'  "arrays": [\n{arrays}\n  ]\n}}\n'


def _text(dialect: Dialect) -> dict[str, Any]:
    columns = dialect.columns
    return {
        "delimiter": dialect.delimiter,
        "decimal_comma": dialect.decimal_comma,
        "header": [*columns.names] or None,
        "index_columns": [*columns.indexes],
        "target_column": columns.target,
    }


def _array(seen: Seen) -> dict[str, Any]:
    tally = seen.tally
    return {
        "name": seen.name or None,
        "shape": [*seen.shape],
        "dtype": seen.dtype,
        "class_names": [*seen.class_names] or None,
        "count": tally.count,
        "nan": tally.nans,
        "inf": tally.infinities,
        "min": tally.histogram.low if tally.finite else None,
        "max": tally.histogram.high if tally.finite else None,
        "mean": tally.mean if tally.finite else None,
        "standard_deviation": tally.deviation if tally.finite else None,
        "histogram": tally.histogram.bars(_BARS),
        "integers": tally.is_whole and tally.finite > 0,
        "first_rows": seen.first.astype(float).tolist() if len(seen.shape) <= 2 else None,
        "kind": seen.kind.value,
        "looks_like": looks_like(seen),
    }
