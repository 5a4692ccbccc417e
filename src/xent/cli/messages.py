"""Notes, warnings and errors, on standard error."""

import sys

from xent.cli import screen
from xent.errors import Diagnostic, Severity
from xent.render.diagnostic import diagnostic_text


def show(diagnostic: Diagnostic, severity: Severity | None = None) -> None:
    """Write a diagnostic to standard error, if there is one."""
    if sys.stderr is None:
        return
    text = diagnostic_text(diagnostic, severity=severity, colour=screen.colour(sys.stderr))
    sys.stderr.write(text if screen.unicode(sys.stderr) else text.replace("…", "..."))
