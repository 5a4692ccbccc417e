"""What a run of the benchmarks was asked for, and its scratch data."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.command import Failed, peer


@dataclass(frozen=True)
class Plan:
    """A run of the benchmarks.

    Attributes:
        folder: For scratch data.
        cpus: The numbers of those that may be used.
        alternations: How often each contender is timed.
        threads: How many each may use; None for what the benchmark itself finds fair.
        quick: Whether small sizes will do.
    """

    folder: Path
    cpus: Sequence[int]
    alternations: int
    threads: int | None
    quick: bool

    def confine(self, default: int | None = None) -> int:
        """Give all contenders the same CPUs, as many as threads; and say how many.

        The CPUs bind every library, however it counts them; OMP_NUM_THREADS is for those that
        count those of the machine.
        """
        threads = min(self.threads or default or len(self.cpus), len(self.cpus))
        os.sched_setaffinity(0, self.cpus[:threads])
        os.environ["OMP_NUM_THREADS"] = str(threads)
        return threads

    @contextmanager
    def data(
        self, kind: str, rows: int, classes: int, form: str = "%.6f"
    ) -> Iterator[tuple[Path, Path]]:
        """Logits and targets in two files, as long as they are needed.

        Args:
            kind: `"csv"`; `"npy"`, in float32; `"json"` or `"jsonl"`, in the first file alone.
            rows: How many.
            classes: How many.
            form: The form of each number in CSV.

        Raises:
            Failed: There is no room for them.
        """
        size = rows * (classes * 4 + 8 if kind == "npy" else classes * 25 + 25)
        free = shutil.disk_usage(self.folder).free
        if free < size * 1.1:
            raise Failed(f"needs {size / 1e9:.1f} GB of disk, {free / 1e9:.1f} GB are free")
        paths = [self.folder / f"{role}_{rows}_{classes}.{kind}" for role in ("logits", "targets")]
        try:
            forms = [form] if kind == "csv" else []
            peer("data", "make_data.py", rows, classes, *paths, *forms).run()
            yield paths[0], paths[1]
        finally:
            for path in paths:
                path.unlink(missing_ok=True)
