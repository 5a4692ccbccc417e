"""A line of JSON that `xent merge` takes."""

from collections.abc import Iterator

from xent.pipeline import Evaluation
from xent.render.view import View
from xent.report.state import state_line


def render(evaluation: Evaluation, _: View) -> Iterator[str]:
    """The report's sums, its settings and the rows shown, exactly."""
    yield state_line(evaluation.report())
