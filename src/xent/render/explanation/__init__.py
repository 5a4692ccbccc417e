"""From a derivation to text: one module a format, one line a format here.

A renderer takes a `Derivation` and a `View`, and yields text.
"""

from xent.formats import Format

FORMATS = {
    "text": Format("xent.render.explanation.text:render", (".txt",)),
    "html": Format("xent.render.explanation.html:render", (".html", ".htm")),
    "markdown": Format("xent.render.explanation.markdown:render", (".md", ".markdown")),
    "latex": Format("xent.render.explanation.latex:render", (".tex",)),
    "json": Format("xent.render.explanation.json:render", (".json",)),
}
