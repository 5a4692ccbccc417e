"""From a checkup to text: one module a format, one line a format here.

A renderer takes a `Checkup` and a `View`, and yields text.
"""

from xent.formats import Format

FORMATS = {
    "table": Format("xent.render.checkup.table:render", (".txt",)),
    "json": Format("xent.render.checkup.json:render", (".json",)),
    "jsonl": Format("xent.render.checkup.jsonl:render", (".jsonl", ".ndjson")),
    "markdown": Format("xent.render.checkup.markdown:render", (".md", ".markdown")),
    "github": Format("xent.render.checkup.github:render"),
}
