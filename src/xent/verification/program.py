"""Programs: the text that calculates a loss with one library, as a teacher would write it."""

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import isfinite
from textwrap import indent
from typing import Any, Literal

import numpy as np

from xent.verification.problem import Problem

Precision = Literal["double", "single"]
# The vectors that options give.
_VECTORS = ("weight", "pos_weight")
_MATH = "from math import "


@dataclass(frozen=True, slots=True)
class Data:
    """The lines that define `logits`, `targets` and all other arrays, for any of the programs.

    Attributes:
        lines: Python, of lists or NumPy arrays.
        imports: The import statements that the lines need.
        needs: The distributions that they need.
        is_literal: Whether the lines hold the rows themselves.
    """

    lines: tuple[str, ...]
    imports: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    is_literal: bool = False

    def definition(self, name: str) -> str:
        """Return the line, or lines, that define one of the arrays."""
        return next(line for line in self.lines if line.startswith(f"{name} = "))


@dataclass(frozen=True, slots=True)
class Body:
    """What a library does with the arrays.

    Attributes:
        call: The calculation in a few words, for a table.
        lines: Python; the last line prints the loss.
        imports: The import statements.
        setup: What must happen before the imports.
        note: The options that the library lacks, and what stands for them.
        precision: The precision of the library's arithmetic, where it takes another than asked for.
        refusal: Why the library raises an error for this input; "" where it should not.
    """

    call: str
    lines: Sequence[str]
    imports: tuple[str, ...]
    setup: tuple[str, ...] = ()
    note: str = ""
    precision: Precision | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    """A program that prints a loss.

    Attributes:
        title: The name of the library, and what else tells this program from others.
        distributions: The distributions that must be installed, the library's own first.
        data: The arrays.
        body: The calculation.
        precision: The precision of its arithmetic.
    """

    title: str
    distributions: tuple[str, ...]
    data: Data
    body: Body
    precision: Precision = "double"
    remark: str = field(default="", kw_only=True)

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the distributions that the whole program needs."""
        return (*dict.fromkeys((*self.distributions, *self.data.needs)),)

    @property
    def text(self) -> str:
        """Return the program, complete."""
        imports = _sorted_imports((*self.data.imports, *self.body.imports))
        heading = f"# The cross-entropy loss: {self.title}.{self.remark}"
        parts = ([heading], self.body.setup, imports, self.data.lines, self.body.lines)
        return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def combined(programs: Sequence[Program]) -> str:
    """Return one program with the calculations of several, over the same data."""
    first = programs[0]
    heading = f"# The cross-entropy loss, calculated in {len(programs)} ways.{first.remark}"
    imports = _sorted_imports(first.data.imports)
    names = [f"with_{_identifier(program.title)}" for program in programs]
    functions = []
    for name, program in zip(names, programs, strict=True):
        setup, body = program.body.setup, program.body
        code = "\n".join([*setup, *_sorted_imports(body.imports), "", *body.lines])
        functions.append(f"def {name}():\n{indent(code, '    ')}\n")
    calls = [
        "for title, calculate in [",
        *(
            f"    ({program.title!r}, {name}),"
            for name, program in zip(names, programs, strict=True)
        ),
        "]:",
        '    print("==", title)',
        "    try:",
        "        calculate()",
        "    except ModuleNotFoundError as missing:",
        '        print(missing.name, "is not installed")',
    ]
    parts = ["\n".join(part) for part in ([heading], imports, first.data.lines) if part]
    return "\n\n".join(parts) + "\n\n\n" + "\n\n".join(functions) + "\n\n" + "\n".join(calls) + "\n"


def literal(values: Any) -> str:  # noqa: ANN401  an array of numbers, or one of them
    """Return numbers as Python source: a matrix with a row per line, whole numbers as integers."""
    array = np.asarray(values)
    if array.ndim == 2:
        rows = "\n".join(f"    {literal(row)}," for row in array)
        return f"[\n{rows}\n]"
    whole = bool(np.isfinite(array).all() and (array == np.round(array)).all())
    written = [_number(float(value), whole=whole) for value in np.atleast_1d(array).tolist()]
    return written[0] if array.ndim == 0 else f"[{', '.join(written)}]"


def literal_imports(arrays: Iterable[Any]) -> tuple[str, ...]:
    """Return the imports that the literals of some arrays need."""
    names = [
        name
        for name, test in (("inf", np.isinf), ("nan", np.isnan))
        if any(test(array).any() for array in arrays)
    ]
    return (f"from math import {', '.join(names)}",) if names else ()


def quoted(text: str) -> str:
    """Return a text as a string literal, in double quotes where these need no escape."""
    return f'"{text}"' if text.isprintable() and not {*text} & {*'"\\'} else repr(text)


def inline_data(problem: Problem) -> Data:
    """Return the rows of a problem, and all vectors of its options, as literals."""
    arrays = {name: values for name, values in arrays_of(problem).items() if values is not None}
    lines = [
        f"{name} = {literal(values)}" for name, values in arrays.items() if name not in _VECTORS
    ]
    vectors = vectors_data(problem).lines
    return Data((*lines, *vectors), literal_imports([*arrays.values()]), is_literal=True)


def vectors_data(problem: Problem) -> Data:
    """Return the vectors of the options as literals; they are short."""
    settings = problem.settings
    return Data(
        (
            *([f"weight = {literal(settings.weight)}"] if settings.weight is not None else []),
            *(
                [f"pos_weight = {_pos_weight_text(problem)}"]
                if settings.pos_weight is not None
                else []
            ),
        )
    )


def arrays_of(problem: Problem) -> dict[str, Any]:
    """Return the arrays of a problem by the names that they have in programs."""
    binary = problem.settings.binary
    inputs = problem.inputs[:, 1] if binary else problem.inputs
    if binary:
        targets: Any = problem.labels
    else:
        targets = problem.targets if problem.target_probs is None else problem.target_probs
    return {
        inputs_name(problem): inputs,
        "targets": targets,
        "weight": problem.settings.weight,
        "pos_weight": _pos_weight(problem),
        "sample_weight": problem.sample_weight,
    }


def inputs_name(problem: Problem) -> str:
    """Return the name of the inputs, which is that of their stage."""
    return problem.settings.input_kind.replace("-", "_")


def _pos_weight(problem: Problem) -> Any:  # noqa: ANN401  a number or an array
    positives = problem.settings.pos_weight
    if positives is None:
        return None
    return positives[0] if len(positives) == 1 else problem.label_weights


def _pos_weight_text(problem: Problem) -> str:
    """Return the factors of all labels as Python, without writing out what repeats."""
    positives = problem.settings.pos_weight
    assert positives is not None  # noqa: S101  whoever asks has seen them
    count = len(positives)
    if count == 1:
        return literal(positives[0])
    cycle = literal(positives[np.arange(count) * problem.stride % count])
    times, rest = divmod(problem.rows, count)
    return f"({cycle} * {times + 1})[:{problem.rows}]" if rest else f"{cycle} * {times}"


def _number(value: float, *, whole: bool) -> str:
    return str(int(value)) if whole and isfinite(value) else repr(value)


def _sorted_imports(imports: Iterable[str]) -> list[str]:
    """Return import statements, each name once: Python's own, then a blank line and the others."""
    names = {
        name
        for line in imports
        if line.startswith(_MATH)
        for name in line.removeprefix(_MATH).split(", ")
    }
    lines = {line for line in imports if not line.startswith(_MATH)}
    lines |= {_MATH + ", ".join(sorted(names))} if names else set()
    own, others = (
        sorted((line for line in lines if _is_standard(line) is standard), key=_order)
        for standard in (True, False)
    )
    return [*own, *([""] if own and others else []), *others]


def _is_standard(line: str) -> bool:
    return line.split()[1].partition(".")[0] in sys.stdlib_module_names


def _order(line: str) -> tuple[bool, str]:
    return line.startswith("from "), line


def _identifier(title: str) -> str:
    return re.sub(r"\W+", "_", title.lower())
