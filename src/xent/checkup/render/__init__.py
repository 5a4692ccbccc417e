"""From a checkup to text: one module a format, one line a format here.

A renderer takes a `Checkup` and a `View`, and yields text.
"""

from xent.formats import Format

FORMATS = {
    "table": Format("xent.checkup.render.table:render", (".txt",)),
    "json": Format("xent.checkup.render.json:render", (".json",)),
    "jsonl": Format("xent.checkup.render.jsonl:render", (".jsonl", ".ndjson")),
    "markdown": Format("xent.checkup.render.markdown:render", (".md", ".markdown")),
    "github": Format("xent.checkup.render.github:render"),
}
