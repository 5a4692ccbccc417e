"""Parts evaluated by a Dask cluster, on other machines or on this one."""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Any, Self

from xent.division import PartFailed, attempted
from xent.errors import Code, InputError
from xent.inputs.chunk import Chunk
from xent.parallel.processes import interrupts_held
from xent.report.report import Report
from xent.settings import LossSettings

# The address that stands for workers on this machine.
_LOCAL = "local"
_SECONDS_TO_CONNECT = 10


class Cluster:
    """A Dask scheduler at work as long as the `with` block lasts.

    A part whose worker is lost is evaluated by another; that is Dask's doing. The workers need
    xent, and the files under the same names.
    """

    def __init__(
        self, address: str, number: int, settings: LossSettings, *, head: int, tail: int
    ) -> None:
        """Remember what to do.

        Args:
            address: The scheduler's, or `local` for workers on this machine.
            number: How many workers to start where it is `local`.
            settings: What the user decided about the loss.
            head: How many of the first rows of a part to return.
            tail: How many of the last.
        """
        self._address, self._number = address, number
        self._task = (settings, head, tail)
        self._open = ExitStack()
        self._client: Any = None

    def __enter__(self) -> Self:
        try:
            from distributed import Client, LocalCluster
        except ImportError:
            raise InputError(
                Code.MISSING_LIBRARY,
                "Dask is not installed",
                hint="pip install 'xent-cli[dask]'",
            ) from None
        with self._open:
            try:
                with interrupts_held(spawning=True):
                    if self._address == _LOCAL:
                        cluster = LocalCluster(
                            n_workers=self._number,
                            threads_per_worker=1,
                            dashboard_address=None,
                            silence_logs="CRITICAL",
                        )
                        self._open.enter_context(cluster)
                    else:
                        cluster = self._address
                    client = Client(cluster, timeout=_SECONDS_TO_CONNECT)
                self._client = self._open.enter_context(client)
            except (OSError, ValueError) as error:
                raise self._failed(
                    error, "is a scheduler there? dask scheduler starts one"
                ) from None
            self._open = self._open.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def reports(self, parts: Iterable[Chunk]) -> Iterator[tuple[Chunk, Report]]:
        """Each part with its report, in their order; no more than keep all workers busy.

        Raises:
            PartFailed: One cannot be evaluated.
            InputError: The cluster fails.
        """
        given: deque[tuple[Chunk, Any]] = deque()
        for part in parts:
            given.append(
                (part, self._client.submit(attempted, part.absolute(), *self._task, pure=False))
            )
            if len(given) > 2 * sum(self._client.ncores().values()):
                yield self._taken(*given.popleft())
        while given:
            yield self._taken(*given.popleft())

    def _taken(self, part: Chunk, future: Any) -> tuple[Chunk, Report]:  # noqa: ANN401  Dask has no types
        try:
            report = future.result()
        except Exception as error:  # noqa: BLE001  whatever happened on another machine
            raise self._failed(error, "do its workers have xent, in this version?") from None
        if report is None:
            raise PartFailed
        return part, report

    def _failed(self, error: Exception, hint: str) -> InputError:
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        return InputError(
            Code.NO_CLUSTER, f"the Dask cluster {self._address} failed: {what}", None, hint
        )
