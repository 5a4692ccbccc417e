"""From a result to text: one module a format, one line a format here.

A renderer takes the `Evaluation` and a `View`, and yields text: a document calls for the report
and shows that, a stream of records takes each batch as it comes. It asks nothing of the terminal:
all that it may know of it is in the view.
"""

from xent.formats import Format

FORMATS = {
    "table": Format("xent.render.table:render", (".txt",)),
    "plain": Format("xent.render.plain:render"),
    "json": Format("xent.render.json:render", (".json",)),
    "jsonl": Format("xent.render.jsonl:render", (".jsonl", ".ndjson")),
    "csv": Format("xent.render.csv:render", (".csv",)),
    "markdown": Format("xent.render.markdown:render", (".md", ".markdown")),
    "state": Format("xent.render.state:render", (".state",)),
}
