"""Workflow commands, which GitHub shows as annotations.

References:
    https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from typing import Literal

Command = Literal["notice", "warning", "error"]


def workflow_command(command: Command, title: str, message: str) -> str:
    """Write one annotation as a line."""
    name = _escaped(title).replace(":", "%3A").replace(",", "%2C")
    return f"::{command} title={name}::{_escaped(message)}\n"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
