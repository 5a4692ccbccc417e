"""What the README shows is what happens."""

import re
import shutil
from pathlib import Path

import pytest

from test_examples import EXAMPLES, shell

README = (EXAMPLES.parent / "README.md").read_text()
REFERENCE = (EXAMPLES / "README.md").read_text()
BLOCKS = re.findall(r"```console\n(.*?)```", README + REFERENCE, re.DOTALL)
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


def test_every_link_leads_to_a_file() -> None:
    for text, folder in ((README, EXAMPLES.parent), (REFERENCE, EXAMPLES)):
        for link in re.findall(r"\]\(([^)#]+)", text):
            assert (folder / link).exists(), link


def test_every_example_is_listed() -> None:
    folders = {path.parent.name for path in EXAMPLES.glob("*/command")}
    assert folders == set(re.findall(r"^\| \[([a-z-]+)\]", REFERENCE, re.MULTILINE))


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 200
