"""A Dask cluster gives the same bits, also where a worker is killed half way."""

import os
import signal
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import Call
from xent.division import DividedEvaluation
from xent.inputs.chunk import Chunk
from xent.parallel.cluster import Cluster
from xent.render import FORMATS
from xent.render.view import View
from xent.report.report import Report
from xent.settings import LossSettings

VIEW = View()
ENDS: dict[str, Any] = {"head": VIEW.head, "tail": VIEW.tail}


def test_without_dask(call: Call, monkeypatch: pytest.MonkeyPatch, large: Chunk) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    done = call("compute", large.logits, large.targets, "--dask", "local")
    assert (done.status, done.out) == (2, "")
    assert done.err == "error[XE119]: Dask is not installed\n  hint: pip install 'xent-cli[dask]'\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Chunk:
    """Files of 100 parts, named as seen from their own directory."""
    monkeypatch.chdir(tmp_path)
    Path("logits").write_text("".join(f"{row % 7},{row % 11 / 10},nan,1\n" for row in range(4000)))
    Path("targets").write_text("".join(f"{row % 4}\n" for row in range(4000)))
    return Chunk("logits", "targets")


@pytest.fixture
def large(files: Chunk) -> Chunk:
    """Enough for two parts of the program's own size."""
    for name in ("logits", "targets"):
        Path(name).write_bytes(Path(name).read_bytes() * 100)
    return files


class HalfKilled(Cluster):
    """A cluster of which a worker is killed when half of the reports are there."""

    killed = 0

    def reports(self, parts: Iterable[Chunk]) -> Iterator[tuple[Chunk, Report]]:
        pids = [*self._client.run(os.getpid).values()]
        assert len({*pids, os.getpid()}) == 3  # two workers, and neither is this process
        for number, found in enumerate(super().reports(parts)):
            if number == 50:
                os.kill(pids[0], signal.SIGKILL)
                self.killed = pids[0]
            yield found


@pytest.mark.filterwarnings("ignore")  # Dask's own
def test_a_worker_that_is_killed_half_way(files: Chunk) -> None:
    distributed = pytest.importorskip("distributed")
    settings = LossSettings()
    clusters: list[HalfKilled] = []

    def crew(address: str) -> HalfKilled:
        clusters.append(HalfKilled(address, 2, settings, **ENDS))
        return clusters[-1]

    def shown(address: str | None) -> tuple[str, bool]:
        evaluation = DividedEvaluation(
            [files],
            settings,
            None if address is None else lambda: crew(address),
            **ENDS,
            least_bytes=0,
            part_bytes=300,
        )
        return "".join(FORMATS["json"].load()(evaluation, VIEW)), evaluation.begun

    whole, begun = shown(None)
    assert begun
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs="CRITICAL"
    ) as cluster:
        assert shown(cluster.scheduler_address) == (whole, False)
    [found] = clusters
    assert found.killed
    assert shown("local") == (whole, False)


@pytest.mark.filterwarnings("ignore")
def test_no_scheduler(call: Call, large: Chunk, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("xent.parallel.cluster._SECONDS_TO_CONNECT", 1)
    done = call("compute", large.logits, large.targets, "--dask", "tcp://127.0.0.1:9")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error[XE120]: the Dask cluster tcp://127.0.0.1:9 failed: ")
