"""A Dask cluster as an executor, with workers on other machines or on this one."""

from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor
from contextlib import ExitStack, contextmanager
from typing import Any

from xent.errors import Code, InputError
from xent.parallel.processes import interrupts_held

# The address that stands for workers on this machine.
_LOCAL = "local"
_SECONDS_TO_CONNECT = 10


@contextmanager
def dask_executor(address: str, number: int) -> Iterator[Executor]:
    """Connect to a Dask scheduler until the `with` block is left.

    Dask gives the task of a worker that is lost to another. The workers need xent, and the files
    under the same names.

    Args:
        address: The scheduler's, or `local` for workers on this machine.
        number: How many workers to start where the address is `local`.

    Raises:
        InputError: Dask is not installed, or the cluster fails.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise InputError(
            Code.MISSING_LIBRARY,
            "Dask is not installed",
            hint="pip install 'xent-cli[dask]'",
        ) from None
    with ExitStack() as stack:
        try:
            with interrupts_held(spawning=True):
                cluster: Any = address
                if address == _LOCAL:
                    cluster = stack.enter_context(
                        LocalCluster(
                            n_workers=number,
                            threads_per_worker=1,
                            dashboard_address=None,
                            silence_logs="CRITICAL",
                        )
                    )
                client = stack.enter_context(Client(cluster, timeout=_SECONDS_TO_CONNECT))
        except (OSError, ValueError) as error:
            raise _failed(address, error, "start a scheduler with dask scheduler") from None
        try:
            yield client.get_executor(pure=False)
        except (CancelledError, ImportError, OSError, RuntimeError) as error:
            raise _failed(
                address, error, "check that its workers have xent in this version"
            ) from None


def _failed(address: str, error: BaseException, hint: str) -> InputError:
    what = f"{type(error).__name__}: {error}".splitlines()[0]
    return InputError(Code.NO_CLUSTER, f"the Dask cluster {address} failed: {what}", None, hint)
