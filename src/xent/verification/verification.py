"""A verification: the loss by each library, and what makes each number another."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from xent.parallel.threads import usable_cores
from xent.verification.differences import Difference, Explainer
from xent.verification.interpreters import KERAS_BACKENDS, Interpreter, Outcome
from xent.verification.libraries import LIBRARIES
from xent.verification.problem import Problem
from xent.verification.program import Data, Program


@dataclass(frozen=True, slots=True)
class Calculation:
    """The loss by one library.

    Attributes:
        library: The key of the library.
        program: The program.
        version: The version of the library; "" where it is not installed or has none.
        loss: The number that the program printed; None where there is none.
        difference: Why it is not xent's number; None where there is no number.
        problem: Why there is no number; "" where there is one.
        missing: The distributions that are not installed.
    """

    library: str
    program: Program
    version: str = ""
    loss: float | None = None
    difference: Difference | None = None
    problem: str = ""
    missing: tuple[str, ...] = ()

    @property
    def is_explained(self) -> bool:
        """Return whether nothing is left to explain.

        There is nothing where a library is not installed, or refuses this input as it is known to.
        """
        if self.missing or (self.problem and self.program.body.refusal):
            return True
        return self.difference is not None and self.difference.is_explained


@dataclass(frozen=True, slots=True)
class Verification:
    """The loss by all libraries that were asked.

    Attributes:
        problem: The rows, and the loss that xent finds for them.
        calculations: The loss by each library.
    """

    problem: Problem
    calculations: tuple[Calculation, ...]

    @property
    def is_explained(self) -> bool:
        """Return whether each difference is explained."""
        return all(each.is_explained for each in self.calculations)


def programs_of(
    problem: Problem, keys: Iterable[str], data: Callable[[str], Data]
) -> dict[str, Program]:
    """Return the program of each library.

    Args:
        problem: The rows, and the options of the loss.
        keys: The keys of the libraries.
        data: Returns the lines that define the arrays for a library.
    """
    remark = f" {problem.extent}." if problem.extent else ""
    return {key: LIBRARIES[key].program(problem, data(key), remark) for key in keys}


def verify(
    problem: Problem, programs: Mapping[str, Program], interpreters: Sequence[Interpreter]
) -> Verification:
    """Run programs, and explain their numbers."""
    explainer = Explainer(problem)
    with ThreadPoolExecutor(max(1, usable_cores())) as pool:
        tasks = [pool.submit(_calculated, program, interpreters) for program in programs.values()]
        found = [task.result() for task in tasks]
    calculations = tuple(
        _explained(key, program, interpreter, outcome, explainer)
        for (key, program), (interpreter, outcome) in zip(programs.items(), found, strict=True)
    )
    return Verification(problem, calculations)


def distributions(programs: Iterable[Program]) -> tuple[str, ...]:
    """Return all distributions that interpreters are asked about."""
    needed = [name for program in programs for name in program.needs]
    return (*dict.fromkeys((*needed, *KERAS_BACKENDS)),)


def _calculated(
    program: Program, interpreters: Sequence[Interpreter]
) -> tuple[Interpreter | None, Outcome]:
    for interpreter in interpreters:
        if interpreter.has(program.needs):
            return interpreter, interpreter.run(program.text)
    return None, Outcome(None, "")


def _explained(
    key: str,
    program: Program,
    interpreter: Interpreter | None,
    outcome: Outcome,
    explainer: Explainer,
) -> Calculation:
    if interpreter is None:
        return Calculation(key, program, problem="not installed", missing=program.needs)
    version = (
        interpreter.versions.get(program.distributions[0], "") if program.distributions else ""
    )
    if outcome.loss is None:
        problem = program.body.refusal or outcome.error
        return Calculation(key, program, version, problem=problem)
    difference = explainer.difference(outcome.loss, program.precision)
    return Calculation(key, program, version, outcome.loss, difference)
