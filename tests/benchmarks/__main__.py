"""Measure xent beside its peers, and print tables in Markdown, with whether each bar holds.

    python tests/benchmarks [kernel] [csv] [json] [npy] [startup] [growth]

All of them without a name. Each ratio is the median over alternations of one contender's time by
another's in the same alternation, with the smallest and the largest. It needs Linux; a peer that
is not installed is left out and named.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import csv_to_loss, growth, json_to_loss, kernel, machine, npy_to_loss, startup
from benchmarks.command import Failed
from benchmarks.plan import Plan

BENCHMARKS: dict[str, Callable[[Plan], Iterator[str]]] = {
    "kernel": kernel.lines,
    "csv": csv_to_loss.lines,
    "json": json_to_loss.lines,
    "npy": npy_to_loss.lines,
    "startup": startup.lines,
    "growth": growth.lines,
}
_ALTERNATIONS, _QUICK_ALTERNATIONS = 5, 3


def main() -> None:
    if sys.platform != "linux":
        sys.exit("the memory of a tree of processes is read from Linux's /proc")
    options = _options()
    sys.stdout.writelines(machine.description())
    with TemporaryDirectory() as folder:
        alternations = _QUICK_ALTERNATIONS if options.quick else _ALTERNATIONS
        plan = Plan(
            Path(folder),
            sorted(os.sched_getaffinity(0)),
            options.alternations or alternations,
            options.threads,
            options.quick,
        )
        # What is installed is compiled, and so is this source, by the run that is not timed.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(folder) / "bytecode")
        for name in options.names or BENCHMARKS:
            sys.stdout.write(f"\n## {name}\n\n")
            try:
                for line in BENCHMARKS[name](plan):
                    sys.stdout.write(line)
                    sys.stdout.flush()
            except Failed as reason:
                sys.exit(f"{name}: {reason}")
            except KeyboardInterrupt:
                sys.exit(130)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", type=_benchmark, metavar="NAME")
    parser.add_argument("--quick", action="store_true", help="small sizes, few alternations")
    parser.add_argument("--alternations", type=_count, help="how often each contender is timed")
    parser.add_argument(
        "--threads",
        type=_count,
        help="how many each contender may use; by default 1 for kernel, all for the others",
    )
    return parser.parse_args()


def _benchmark(text: str) -> str:
    if text not in BENCHMARKS:
        raise argparse.ArgumentTypeError(f"{text} is none of {', '.join(BENCHMARKS)}")
    return text


def _count(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return int(text)


if __name__ == "__main__":
    main()
