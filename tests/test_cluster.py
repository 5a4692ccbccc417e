"""A Dask cluster gives the same bits, also where a worker is killed half way."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from conftest import Call
from xent.inputs.part import Part
from xent.inputs.shards import read_shards
from xent.losses.loss_sum import LossSum
from xent.parallel.cluster import dask_executor
from xent.pipeline import evaluate, evaluate_in_parallel
from xent.render.view import View
from xent.report.state import state_line
from xent.settings import LossSettings

VIEW = View()
ENDS: dict[str, Any] = {"head": VIEW.head, "tail": VIEW.tail}


def test_without_dask(call: Call, monkeypatch: pytest.MonkeyPatch, large: Part) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    done = call("compute", large.logits, large.targets, "--dask", "local")
    assert (done.status, done.out) == (2, "")
    assert done.err == "error[XE119]: Dask is not installed\n  hint: pip install 'xent-cli[dask]'\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Part:
    """Files of 100 parts, named as seen from their own directory."""
    monkeypatch.chdir(tmp_path)
    Path("logits").write_text("".join(f"{row % 7},{row % 11 / 10},nan,1\n" for row in range(4000)))
    Path("targets").write_text("".join(f"{row % 4}\n" for row in range(4000)))
    return Part("logits", "targets")


@pytest.fixture
def large(files: Part) -> Part:
    """Enough for two parts of the program's own size."""
    for name in ("logits", "targets"):
        Path(name).write_bytes(Path(name).read_bytes() * 100)
    return files


@pytest.mark.filterwarnings("ignore")  # Dask's own
def test_a_worker_that_is_killed_half_way(files: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr("xent.pipeline.CHUNK_BYTES", 300)
    settings = LossSettings()
    whole = evaluate(read_shards([files], settings), settings, **ENDS)
    killed: list[int] = []

    def on_progress(sums: LossSum, _: int) -> None:
        if not killed and sums.rows > 2000:
            killed.append(workers[0])
            os.kill(workers[0], signal.SIGKILL)

    def merged(address: str) -> str:
        found = evaluate_in_parallel(
            read_shards([files], settings),
            [files],
            settings,
            lambda: dask_executor(address, 2),
            ahead=5,
            on_progress=on_progress,
            **ENDS,
        )
        assert found
        return state_line(found)

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs="CRITICAL"
    ) as cluster:
        with distributed.Client(cluster) as client:
            workers = [*client.run(os.getpid).values()]
        assert len({*workers, os.getpid()}) == 3  # two workers, and neither is this process
        assert merged(cluster.scheduler_address) == state_line(whole)
    assert killed
    assert merged("local") == state_line(whole)


@pytest.mark.filterwarnings("ignore")
def test_no_scheduler(call: Call, large: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("xent.parallel.cluster._SECONDS_TO_CONNECT", 1)
    done = call("compute", large.logits, large.targets, "--dask", "tcp://127.0.0.1:9")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error[XE120]: the Dask cluster tcp://127.0.0.1:9 failed: ")
