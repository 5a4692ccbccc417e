"""Renderers of an inspection: one module per format, one line per format here.

A renderer takes an `Inspection` and a `View`, and yields text.
"""

from xent.formats import Format

FORMATS = {
    "table": Format("xent.inspection.render.table:render", (".txt",)),
    "json": Format("xent.inspection.render.json:render", (".json",)),
}
