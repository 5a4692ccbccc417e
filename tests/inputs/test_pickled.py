"""A pickle is never opened, and the line that is shown instead converts it."""

import pickle
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import Call

LOGITS = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


class Bomb:
    """Whoever unpickles it leaves a file behind."""

    def __reduce__(self) -> tuple[Any, ...]:
        return open, ("exploded", "w")


def convert(refusal: str, folder: Path) -> None:
    [line] = re.findall(r'convert it once: python -c "(.*)"\n', refusal)
    subprocess.run([sys.executable, "-W", "ignore", "-c", line], check=True, cwd=folder)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("protocol", range(2, 6))
@pytest.mark.parametrize("name", ["x.pkl", "x.pickle", "x.npy", "x.csv", "x"])
def test_a_pickle(name: str, protocol: int, call: Call, folder: Path) -> None:
    Path(name).write_bytes(pickle.dumps(LOGITS, protocol))
    done = call("compute", "-q", name, "0,1,2")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"error[XE105]: {name} is a pickle\n")
    convert(done.err, folder)
    assert call("compute", "-q", "out.npy", "0,1,2").out == "0.5514447139320511\n"


@pytest.mark.parametrize("name", ["x.pt", "x.ckpt", "x.joblib", "x.pkl"])
@pytest.mark.parametrize("archive", [False, True])
def test_nothing_is_run(name: str, archive: bool, call: Call) -> None:
    if archive:
        with zipfile.ZipFile(name, "w") as file:
            file.writestr("archive/data.pkl", pickle.dumps(Bomb()))
    else:
        Path(name).write_bytes(pickle.dumps(Bomb()))
    assert "a pickle can run any code, so it is never opened" in call("compute", name, "0").err
    assert not Path("exploded").exists()


@pytest.mark.parametrize("archive", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_checkpoint(dtype: str, archive: bool, call: Call, folder: Path) -> None:
    torch = pytest.importorskip("torch")
    logits = torch.tensor(LOGITS, dtype=getattr(torch, dtype), requires_grad=True)
    torch.save(logits, "x.pkl", _use_new_zipfile_serialization=archive)
    done = call("compute", "-q", "x.pkl", "0,1,2")
    assert done.err.startswith("error[XE105]: x.pkl is a PyTorch checkpoint, which is a pickle\n")
    assert "weights_only=True" in done.err
    convert(done.err, folder)
    assert call("compute", "-q", "out.npy", "0,1,2").out == "0.5514447139320511\n"


def test_what_joblib_wrote(call: Call, folder: Path) -> None:
    joblib = pytest.importorskip("joblib")
    joblib.dump(np.array(LOGITS), "x.joblib")
    done = call("compute", "-q", "x.joblib", "0,1,2")
    assert done.err.startswith("error[XE105]: x.joblib is a pickle of joblib's\n")
    convert(done.err, folder)
    assert call("compute", "-q", "out.npy", "0,1,2").out == "0.5514447139320511\n"
