"""A checkup as JSON Lines, a finding on each."""

from collections.abc import Iterator

from xent.checkup.checkup import Checkup
from xent.checkup.render.findings import finding_object
from xent.render.json import strict_json
from xent.render.view import View


def render(checkup: Checkup, _: View) -> Iterator[str]:
    """Each finding as an object; nothing where nothing looks wrong."""
    for finding in checkup.findings:
        yield strict_json(finding_object(finding)) + "\n"
