"""From a verification to text: one module per format, one line per format here.

A renderer takes a `Verification` and a `View`, and yields text.
"""

from xent.formats import Format

FORMATS = {
    "table": Format("xent.verification.render.table:render", (".txt",)),
    "json": Format("xent.verification.render.json:render", (".json",)),
    "markdown": Format("xent.verification.render.markdown:render", (".md", ".markdown")),
}
# What a search for a number is written as.
SEARCH_FORMATS = {
    "table": Format("xent.verification.render.search:text", (".txt",)),
    "json": Format("xent.verification.render.search:json", (".json",)),
    "markdown": Format("xent.verification.render.search:markdown", (".md", ".markdown")),
}
