"""What programs with arrays have in common, whatever library the arrays are of.

In a program z, t, w and s are the inputs, the targets, the class weights and the sample weights as
arrays of the library; q is the probability of each class that the targets ask for.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xent.verification.libraries.names import name_of_log
from xent.verification.problem import Problem
from xent.verification.program import inputs_name


@dataclass(frozen=True, slots=True)
class Arrays:
    """The arrays of a problem in the words of one library.

    Attributes:
        problem: The problem.
        convert: A call that makes an array of numbers, with `{}` for the numbers.
        convert_integers: A call that makes an array of classes.
        eye: A call that makes the identity matrix, with `{}` for its size.
        where: The function that chooses by a mask.
        axis: The name of the argument that names an axis.
    """

    problem: Problem
    convert: str
    convert_integers: str
    eye: str = "np.eye({})"
    where: str = "np.where"
    axis: str = "axis"

    def inputs(self, *, leave_out: bool) -> Iterator[str]:
        """Define the arrays.

        Args:
            leave_out: Whether the rows that do not count are removed here.
        """
        problem, settings = self.problem, self.problem.settings
        integers = problem.target_probs is None
        yield f"z = {self.convert.format(inputs_name(problem))}"
        yield f"t = {(self.convert_integers if integers else self.convert).format('targets')}"
        names = ["z", "t"]
        if settings.weight is not None:
            yield f"w = {self.convert.format('weight')}"
        if problem.sample_weight is not None:
            yield f"s = {self.convert.format('sample_weight')}"
            names.append("s")
        if settings.pos_weight is not None:
            yield f"w = {self.convert.format('pos_weight')}"
        if leave_out and not problem.counted.all():
            yield f"# Rows with the target {settings.ignore_index} do not count."
            kept = ", ".join(f"{name}[t != {settings.ignore_index}]" for name in names)
            yield f"{', '.join(names)} = {kept}"

    def scaled(self) -> Iterator[str]:
        """Divide logits by the temperature."""
        if self.problem.settings.temperature != 1:
            yield f"z = z / {self.problem.settings.temperature!r}"

    @property
    def is_soft(self) -> bool:
        """Return whether the targets ask for more than one class per row."""
        smoothed = bool(self.problem.settings.label_smoothing)
        return self.problem.target_probs is not None or smoothed

    def target_probs(self, *, weighted: bool) -> Iterator[str]:
        """Define q, the probabilities that are asked for, times the class weights if wanted."""
        problem, settings = self.problem, self.problem.settings
        smoothing, classes = settings.label_smoothing, problem.classes
        yield "q = t" if problem.target_probs is not None else f"q = {self.eye.format(classes)}[t]"
        if smoothing:
            parts = 2 if settings.binary else classes
            yield f"q = {1 - smoothing!r} * q + {smoothing!r} / {parts}"
        if weighted and settings.weight is not None:
            yield "q = w * q"

    def loss_of_rows(self) -> Iterator[str]:
        """Define nll from the log-probabilities of all rows that count."""
        problem, settings, log = self.problem, self.problem.settings, name_of_log(self.problem)
        own = "s * " if problem.sample_weight is not None else ""
        if not self.is_soft:
            weight = "w[t] * " if settings.weight is not None else ""
            index = f"{log}[range(len(t)), t]"
            yield f"nll = -{own}{weight}{index}"
            return
        yield from self.target_probs(weighted=True)
        terms = f"q * {log}"
        if not np.isfinite(problem.inputs).all() or (
            settings.input_kind == "probs" and (problem.inputs == 0).any()
        ):
            yield "# A class that nobody expects adds nothing, even with a probability of 0."
            terms = f"{self.where}(q == 0, 0.0, {terms})"
        else:
            terms = f"({terms})"
        yield f"nll = -{own}{terms}.sum({self.axis}=1)"

    @property
    def denominator(self) -> str:
        """Return the sum of the weights that the mean is divided by; "" where that is the rows."""
        problem = self.problem
        weighted = problem.settings.weight is not None and problem.target_probs is None
        parts = [
            *(["s"] if problem.sample_weight is not None else []),
            *(["w[t]"] if weighted else []),
        ]
        product = " * ".join(parts)
        return f"({product}).sum()" if len(parts) > 1 else f"{product}.sum()" if parts else ""

    def reduced(self, nll: str = "nll") -> str:
        """Return the sum or the mean of the losses of the rows."""
        if self.problem.is_sum:
            return f"{nll}.sum()"
        return f"{nll}.sum() / {self.denominator}" if self.denominator else f"{nll}.mean()"

    def printed(self, loss: str = "loss") -> str:
        """Print the loss in its unit."""
        title = "loss" if self.problem.is_sum else "mean loss"
        unit = " / log(2)" if self.problem.settings.unit == "bits" else ""
        return f'print("{title}", {loss}{unit})'

    @property
    def math(self) -> tuple[str, ...]:
        """Return the import that the unit needs."""
        return ("from math import log",) if self.problem.settings.unit == "bits" else ()
