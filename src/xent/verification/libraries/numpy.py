"""NumPy: the textbook's formula on arrays."""

from collections.abc import Iterator

from xent.verification.libraries.arrays import Arrays
from xent.verification.libraries.names import name_of_log, shown
from xent.verification.libraries.pencil import needs_shift
from xent.verification.problem import Problem
from xent.verification.program import Body, Precision

_IMPORT = "import numpy as np"


def body(problem: Problem, _: Precision) -> Body:
    """Write the formula as it stands."""
    arrays = Arrays(problem, "np.asarray({}, dtype=np.float64)", "np.asarray({})")
    lines = [*_binary(arrays)] if problem.settings.binary else [*_classes(arrays)]
    nll = arrays.reduced()
    lines += [shown("nll"), f"loss = {nll}", arrays.printed("float(loss)")]
    return Body(_call(problem), lines, (_IMPORT, *arrays.math))


def _call(problem: Problem) -> str:
    if problem.settings.binary:
        return "-(y·log p + (1 - y)·log(1 - p))"
    soft = problem.target_probs is not None or problem.settings.label_smoothing
    match problem.settings.input_kind:
        case "logits" if needs_shift(problem):
            log = "z - max - log(exp(z - max).sum())"
        case "logits":
            log = "log(exp(z) / exp(z).sum())"
        case "probs":
            log = "log(p)"
        case _:
            log = "log_probs"
    return f"-(q * {log}).sum()" if soft else f"-{f'({log})' if ' - ' in log else log}[t]"


def _classes(arrays: Arrays) -> Iterator[str]:
    problem, log = arrays.problem, name_of_log(arrays.problem)
    yield from arrays.inputs(leave_out=True)
    yield from arrays.scaled()
    match problem.settings.input_kind:
        case "logits" if needs_shift(problem):
            yield "# exp overflows for large logits: only the distance to the row's maximum counts."
            yield "z = z - z.max(axis=1, keepdims=True)"
            yield "exps = np.exp(z)"
            yield "softmax = exps / exps.sum(axis=1, keepdims=True)"
            yield shown("softmax")
            yield f"{log} = z - np.log(exps.sum(axis=1, keepdims=True))"
        case "logits":
            yield "softmax = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)"
            yield shown("softmax")
            yield f"{log} = np.log(softmax)"
        case "probs":
            yield f"{log} = np.log(z)"
        case _:
            yield f"{log} = z"
    yield shown(log)
    yield from arrays.loss_of_rows()


def _binary(arrays: Arrays) -> Iterator[str]:
    problem, settings = arrays.problem, arrays.problem.settings
    yield from arrays.inputs(leave_out=False)
    yield from arrays.scaled()
    if settings.input_kind == "logits":
        yield "# ln(1 / (1 + exp(-z))), in a form that neither overflows nor cancels."
        yield "log_p = np.minimum(z, 0) - np.log1p(np.exp(-abs(z)))"
        yield "log_not_p = np.minimum(-z, 0) - np.log1p(np.exp(-abs(z)))"
        yield 'print("sigmoid", np.exp(log_p), sep="\\n")'
    else:
        yield "log_p, log_not_p = np.log(z), np.log1p(-z)"
    yield from arrays.target_probs(weighted=False)
    own = "s * " if problem.sample_weight is not None else ""
    factor = "w * " if settings.pos_weight is not None else ""
    yes, no = f"{factor}q * log_p", "(1 - q) * log_not_p"
    if settings.input_kind == "probs" and ((problem.inputs == 0) | (problem.inputs == 1)).any():
        yes, no = f"np.where(q == 0, 0, {yes})", f"np.where(q == 1, 0, {no})"
    yield f"nll = -{own}({yes} + {no})"
