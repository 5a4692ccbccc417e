"""The programs that calculate a loss, for the commands that run or print them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xent.cli.loss_options import LossOptions
from xent.cli.progress import watched

if TYPE_CHECKING:
    from xent.errors import Diagnostic
    from xent.inputs.pairing import Inputs
    from xent.pipeline import Collector
    from xent.report.report import Report
    from xent.verification.problem import Problem
    from xent.verification.program import Program

# The most logits that are verified, unless all are asked for.
SAMPLED_VALUES = 1 << 16
# The most logits that a program holds as numbers.
_LITERAL_VALUES = 1 << 12


@dataclass(frozen=True)
class Task:
    """The rows to verify, and the programs that calculate their loss.

    Attributes:
        problem: The rows.
        programs: The programs, by the keys of their libraries.
        diagnostics: What was found while reading.
    """

    problem: "Problem"
    programs: "Mapping[str, Program]"
    diagnostics: "Iterable[Diagnostic]"

    def text(self, key: str) -> str:
        """Return the program of a library; of all libraries in one for "all"."""
        from xent.verification.program import combined

        return combined([*self.programs.values()]) if key == "all" else self.programs[key].text


def task_of(
    arguments: LossOptions, keys: "Sequence[str]", *, all_rows: bool = False, no_progress: bool
) -> Task:
    """Read the rows, or a sample of a large input, and write the programs.

    Args:
        arguments: The input, and the options of the loss.
        keys: The keys of the libraries.
        all_rows: Whether a large input is taken whole.
        no_progress: Whether the bar is hidden.
    """
    from xent.verification.reading import data_of
    from xent.verification.verification import programs_of

    most_values = None if all_rows else SAMPLED_VALUES
    problem, inputs, report = read_problem(arguments, most_values, no_progress=no_progress)
    has_shards = len(arguments.shards()) > 1
    forms = {key == "pencil" for key in keys}  # the pencil's program takes lists
    data = {lists: data_of(problem, inputs, has_shards=has_shards, lists=lists) for lists in forms}
    is_long = problem.inputs.size > _LITERAL_VALUES and not all_rows
    if is_long and any(each.is_literal for each in data.values()):
        problem = problem.every(-(-problem.inputs.size // _LITERAL_VALUES))
        data = {
            lists: data_of(problem, inputs, has_shards=has_shards, lists=lists) for lists in forms
        }
    programs = programs_of(problem, keys, lambda key: data[key == "pencil"])
    return Task(problem, programs, report.diagnostics)


def read_problem(
    arguments: LossOptions, most_values: int | None, *, no_progress: bool
) -> "tuple[Problem, Inputs, Report]":
    """Read the input, and return its rows, or a sample of them.

    Args:
        arguments: The input, and the options of the loss.
        most_values: The most logits to keep; None for all.
        no_progress: Whether the bar is hidden.
    """
    from xent.pipeline import evaluate
    from xent.verification.problem import RowCollector

    with watched(arguments, no_progress=no_progress) as (inputs, settings):
        collector = RowCollector(settings, most_values)
        report = evaluate(inputs, settings, (collector,))
    return collector.problem(), inputs, report


def read_again(arguments: LossOptions, collector: "Collector", *, no_progress: bool) -> None:
    """Read the input once more, for a collector."""
    from xent.pipeline import evaluate

    with watched(arguments, no_progress=no_progress) as (inputs, settings):
        evaluate(inputs, settings, (collector,))
