"""JSON Lines, an object for each row."""

from collections.abc import Iterator

from xent.pipeline import Evaluation
from xent.render.json import strict_json
from xent.render.records import COLUMNS, records
from xent.render.view import View


def render(evaluation: Evaluation, _: View) -> Iterator[str]:
    """Each row's record at full precision; null where there is no value."""
    for record in records(evaluation):
        yield strict_json(dict(zip(COLUMNS, record, strict=True))) + "\n"
