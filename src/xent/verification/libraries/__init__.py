"""The programs of each library: one module per library, and a line in this registry.

A module's function takes a `Problem` and returns the `Body` of a program, in double or in single
precision. Nothing of the library is imported here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pkgutil import resolve_name

from xent.verification.problem import Problem
from xent.verification.program import Body, Data, Precision, Program


@dataclass(frozen=True, slots=True)
class Library:
    """A way to calculate a loss with a library.

    Attributes:
        title: The name of the library, and what else tells this way from others.
        function: The function that returns the body of the program, as `module:name`.
        distributions: The distributions that it needs, the library's own first.
        precision: The precision of its arithmetic.
    """

    title: str
    function: str
    distributions: tuple[str, ...] = ()
    precision: Precision = "double"

    def program(self, problem: Problem, data: Data, remark: str = "") -> Program:
        """Return the program that calculates the loss of a problem from its data."""
        function: Callable[[Problem, Precision], Body] = resolve_name(self.function)
        body = function(problem, self.precision)
        precision = body.precision or self.precision
        return Program(self.title, self.distributions, data, body, precision, remark=remark)


_HOME = "xent.verification.libraries"
LIBRARIES = {
    "pencil": Library("pencil", f"{_HOME}.pencil:body"),
    "numpy": Library("NumPy", f"{_HOME}.numpy:body", ("numpy",)),
    "torch": Library("PyTorch", f"{_HOME}.torch:body", ("torch",)),
    "torch-nll": Library("PyTorch, two steps", f"{_HOME}.torch:two_steps", ("torch",)),
    "torch-float32": Library("PyTorch, float32", f"{_HOME}.torch:body", ("torch",), "single"),
    "keras": Library("Keras", f"{_HOME}.keras:body", ("keras",)),
    "sklearn": Library("scikit-learn", f"{_HOME}.sklearn:body", ("scikit-learn",)),
    "optax": Library("optax", f"{_HOME}.optax:body", ("optax",)),
}


def chosen(words: str | None) -> list[str]:
    """Return the keys of the libraries that a list names, in order; all of them for None.

    Args:
        words: Keys separated by commas; `torch` names all of PyTorch's programs.

    Raises:
        KeyError: One of them is not known.
    """
    if words is None:
        return [*LIBRARIES]
    wanted = [word.strip() for word in words.split(",")]
    for word in wanted:
        if word not in LIBRARIES:
            raise KeyError(word)
    return [key for key in LIBRARIES if key in wanted or key.split("-")[0] in wanted]
