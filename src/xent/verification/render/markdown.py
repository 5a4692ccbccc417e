"""A verification as Markdown, to paste into an issue."""

from collections.abc import Iterator

from xent.render.markdown import escaped
from xent.render.view import View
from xent.verification.render.cells import HEADER, extent, notes, rows, verdict
from xent.verification.verification import Verification


def render(verification: Verification, _: View) -> Iterator[str]:
    """Return a table with a row for each library, then the verdict in bold."""
    yield f"| {' | '.join(HEADER)} |\n| :-- | :-- | --: | :-- |\n"
    for library, call, loss, difference in rows(verification):
        code = f"`{call.replace('|', '∣')}`" if call else ""
        yield f"| {library} | {code} | {loss} | {escaped(difference)} |\n"
    yield "".join(f"\n- {escaped(note)}" for note in notes(verification)) + "\n"
    yield from (f"\n{escaped(line)}\n" for line in extent(verification))
    yield f"\n**{escaped(verdict(verification))}**\n"
