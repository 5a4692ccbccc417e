"""What the README shows is what happens."""

import re
import shutil
from pathlib import Path

import pytest

from conftest import Call
from test_examples import EXAMPLES, shell
from xent.checkup.checkup import all_rules

README = (EXAMPLES.parent / "README.md").read_text()
BLOCKS = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
PYTHON_BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_there_is_something_to_test() -> None:
    assert len(BLOCKS) >= 3
    assert PYTHON_BLOCKS


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0][2:42])
def test_console_block(block: str, tmp_path: Path) -> None:
    """A line `$ command` is run; the lines up to the next one are its output, errors included."""
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        assert shell(f"{command} 2>&1", tmp_path) == expected


@pytest.mark.parametrize("block", PYTHON_BLOCKS)
def test_python_block(block: str) -> None:
    """A comment `# value` behind an expression is its value."""
    names: dict[str, object] = {}
    for line in block.splitlines():
        code, _, expected = line.partition("  # ")
        if expected:
            assert repr(eval(code, names)) == expected  # noqa: S307  the README's own lines
        else:
            exec(code, names)  # noqa: S102  as above


def test_every_option_of_compute_is_described(call: Call) -> None:
    flags = set(re.findall(r"^  .*?(--[a-z-]+)", call("compute", "--help").out, re.MULTILINE))
    assert len(flags) > 10
    assert flags - {"--help"} == set(re.findall(r"`(--[a-z-]+)`", README.split("## Which loss")[1]))


def test_the_table_of_rules_is_that_of_the_program() -> None:
    table = README.split("## The rules of `xent check`")[1].split("##")[0]
    assert [line for line in table.splitlines() if line.startswith("| XC")] == [
        f"| {rule.code} | `{rule.name}` | {rule.severity} | {rule.summary} |"
        for rule in all_rules()
    ]
