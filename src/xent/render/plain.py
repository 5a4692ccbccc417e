"""Lines of name, TAB and value, for shell scripts."""

from collections.abc import Iterator

from xent.pipeline import Evaluation
from xent.render.fields import fields
from xent.render.records import unreduced
from xent.render.view import View


def render(evaluation: Evaluation, _: View) -> Iterator[str]:
    """Each number of the summary on a line, at full precision; of losses not reduced, each one."""
    if evaluation.settings.reduction == "none":
        yield from (f"loss\t{loss}\n" for loss in unreduced(evaluation))
    for name, value in fields(evaluation.report()).items():
        yield f"{name}\t{value}\n"
