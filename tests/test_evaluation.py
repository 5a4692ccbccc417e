"""What an evaluation leaves behind."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from xent.errors import InputError
from xent.inputs.pairing import read_inputs
from xent.pipeline import evaluate
from xent.settings import LossSettings


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Only what nobody refers to is let go, and at once."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are listed on Linux")
@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("is_read", [False, True])
def test_files_are_closed_with_the_evaluation(tmp_path: Path, is_read: bool) -> None:
    logits, targets = tmp_path / "logits", tmp_path / "targets"
    logits.write_text("1,2\n" * 100_000)
    targets.write_text("0\n" * 50_000 + "7\n" * 50_000)
    settings = LossSettings()
    inputs = read_inputs(str(logits), str(targets), settings)
    if is_read:
        with pytest.raises(InputError):
            evaluate(inputs, settings)
    del inputs
    assert not {str(logits), str(targets)} & {*_open_files()}


def _open_files() -> Iterator[str]:
    for number in Path("/proc/self/fd").iterdir():
        try:
            yield str(number.readlink())
        except FileNotFoundError:  # the listing's own
            continue
