"""Comma-separated values, a line for each row."""

from collections.abc import Iterator

from xent.pipeline import Evaluation
from xent.render.records import COLUMNS, records
from xent.render.view import View


def render(evaluation: Evaluation, _: View) -> Iterator[str]:
    """A header, then each row's record at full precision; empty where there is no value."""
    yield ",".join(COLUMNS) + "\n"
    for record in records(evaluation):
        yield ",".join("" if value is None else repr(value) for value in record) + "\n"
