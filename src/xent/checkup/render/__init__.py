"""From a checkup to text: what people read, and what programs read; one line per format here.

A renderer takes a `Checkup` and a `View`, and yields text.
"""

from xent.formats import Format

FORMATS = {
    "table": Format("xent.checkup.render.text:table", (".txt",)),
    "json": Format("xent.checkup.render.json:whole", (".json",)),
    "jsonl": Format("xent.checkup.render.json:lines", (".jsonl", ".ndjson")),
    "markdown": Format("xent.checkup.render.text:markdown", (".md", ".markdown")),
    "github": Format("xent.checkup.render.text:github", commands=True),
}
# What --quiet prints.
BRIEF = Format("xent.checkup.render.text:brief")
