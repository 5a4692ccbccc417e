"""scikit-learn's `log_loss`, which takes probabilities."""

from collections.abc import Iterator

import numpy as np

from xent.verification.libraries.arrays import Arrays
from xent.verification.libraries.names import shown
from xent.verification.problem import Problem
from xent.verification.program import Body, Precision

_LOG_LOSS = "from sklearn.metrics import log_loss"


def body(problem: Problem, _: Precision) -> Body:
    """Call log_loss with the probabilities that the inputs stand for."""
    settings = problem.settings
    arrays = Arrays(problem, "np.asarray({}, dtype=np.float64)", "np.asarray({})")
    lines = [*arrays.inputs(leave_out=True), *arrays.scaled()]
    imports = ["import numpy as np", _LOG_LOSS, *arrays.math]
    name, probs = _probabilities(problem)
    if name:
        imports.append(f"from scipy.special import {name}")
    lines += [f"probs = {probs}", shown("probs")]
    notes = [] if problem.counted.all() else ["ignored rows are left out before"]
    if not arrays.is_soft:
        lines += _of_classes(arrays)
        short = f"{name}(z)" if name else "p"
        weights = " * ".join(_weights(arrays))
        call = f"log_loss(t, {short}{f', sample_weight={weights}' if weights else ''})"
        if settings.weight is not None:
            notes.append("no class weights: sample_weight=w[t]")
    else:
        lines += _of_soft_targets(arrays)
        call = "log_loss, each class of a row by itself"
        notes.append("no soft targets: each row stands once per class, weighted")
    lines.append(arrays.printed("float(loss)"))
    return Body(
        call, lines, tuple(imports), note="; ".join(notes), refusal=_refusal(problem, arrays)
    )


def _refusal(problem: Problem, arrays: Arrays) -> str:
    """Return why log_loss raises an error for a problem; "" where it does not."""
    counted = problem.inputs[problem.counted]
    if not len(counted):
        return "log_loss takes no empty input"
    largest = counted.max(axis=1)
    undefined = bool(np.isnan(counted).any())
    if problem.settings.input_kind == "logits":
        undefined = undefined or bool(np.isinf(largest).any())
    if undefined:
        return "log_loss takes no nan"
    if problem.settings.input_kind == "log-probs" and largest.max() > 0:
        return "log_loss takes no probability above 1"
    if not (arrays.is_soft or problem.is_sum) and problem.sums.weight.scaled == 0:
        return "log_loss takes no weights that add up to 0"
    return ""


def _probabilities(problem: Problem) -> tuple[str, str]:
    """Return the function of SciPy that is needed, and the expression of the probabilities."""
    settings = problem.settings
    match settings.input_kind, settings.binary:
        case "logits", True:
            return "expit", "np.stack([expit(-z), expit(z)], axis=1)"
        case "logits", _:
            return "softmax", "softmax(z, axis=1)"
        case "log-probs", _:
            return "", "np.exp(z)"
        case _, True:
            return "", "np.stack([1 - z, z], axis=1)"
    return "", "z"


def _weights(arrays: Arrays) -> list[str]:
    problem = arrays.problem
    own = ["s"] if problem.sample_weight is not None else []
    return own + (["w[t]"] if problem.settings.weight is not None else [])


def _of_classes(arrays: Arrays) -> Iterator[str]:
    problem = arrays.problem
    weights = " * ".join(_weights(arrays))
    options = [
        *([f"sample_weight={weights}"] if weights else []),
        f"labels=range({problem.classes})",
        *(["normalize=False"] if problem.is_sum else []),
    ]
    yield f"loss = log_loss(t, probs, {', '.join(options)})"


def _of_soft_targets(arrays: Arrays) -> Iterator[str]:
    problem, settings = arrays.problem, arrays.problem.settings
    yield from arrays.target_probs(weighted=True)
    if settings.binary:
        factor = "w * " if settings.pos_weight is not None else ""
        yield f"q = np.stack([1 - q, {factor}q], axis=1)"
    own = " * s[:, None]" if problem.sample_weight is not None else ""
    classes = problem.classes
    yield "# Each row stands once per class, weighted by what the target asks of the class."
    yield f"each = np.tile(range({classes}), len(probs))"
    yield f"repeated = np.repeat(probs, {classes}, axis=0)"
    yield (
        f"total = log_loss(each, repeated, sample_weight=(q{own}).ravel(), "
        f"labels=range({classes}), normalize=False)"
    )
    if problem.is_sum:
        yield "loss = total"
    else:
        yield f"loss = total / {arrays.denominator or 'len(t)'}"
