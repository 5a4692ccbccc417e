"""Why the loss is what it is: its derivation in the user's own numbers, and the ways to write it.

`derive` makes a `Derivation`, which is data; `blocks` walks over it; each module of `render` writes
the blocks in one format. A renderer takes a `Derivation` and a `View`, and yields text.
"""

from xent.formats import Format

FORMATS = {
    "text": Format("xent.explanation.render.text:render", (".txt",)),
    "html": Format("xent.explanation.render.html:render", (".html", ".htm")),
    "markdown": Format("xent.explanation.render.markdown:render", (".md", ".markdown")),
    "json": Format("xent.explanation.render.json:render", (".json",)),
}
# What --quiet prints.
BRIEF = Format("xent.explanation.render.text:brief")
