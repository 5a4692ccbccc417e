"""From a derivation to text: one module a format, one line a format here.

A renderer takes a `Derivation` and a `View`, and yields text.
"""

from xent.formats import Format

FORMATS = {
    "text": Format("xent.explanation.render.text:render", (".txt",)),
    "html": Format("xent.explanation.render.html:render", (".html", ".htm")),
    "markdown": Format("xent.explanation.render.markdown:render", (".md", ".markdown")),
    "json": Format("xent.explanation.render.json:render", (".json",)),
}
