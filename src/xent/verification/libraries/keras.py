"""Keras 3, with whatever backend is there."""

from xent.verification.libraries.arrays import Arrays
from xent.verification.libraries.names import shown
from xent.verification.problem import Problem
from xent.verification.program import Body, Precision

_IMPORTS = ("import keras", "import numpy as np")
_DOUBLE = 'keras.config.set_floatx("float64")'


def body(problem: Problem, _: Precision) -> Body:
    """Call the loss object that Keras has for these targets, with its own mean over rows."""
    settings = problem.settings
    arrays = Arrays(problem, "np.asarray({}, dtype=np.float64)", "np.asarray({})")
    lines = [_DOUBLE, *arrays.inputs(leave_out=True), *arrays.scaled()]
    notes = []
    if not problem.counted.all():
        notes.append("ignored rows are left out before")
    options: list[str] = []
    factors = ["s"] if problem.sample_weight is not None else []
    if settings.input_kind == "logits":
        options.append("from_logits=True")
        lines += _softmax(problem)
    elif settings.input_kind == "log-probs":
        options.append("from_logits=True")
        notes.append("log-probabilities are given as logits")
    if settings.binary:
        name, true = "BinaryCrossentropy", "q[:, None]"
        lines += arrays.target_probs(weighted=False)
        if settings.pos_weight is not None:
            lines += ["a = w * q + (1 - q)", "q = np.divide(w * q, a, out=0 * q, where=a != 0)"]
            factors.append("a")
            notes.append("no pos_weight: a weight and a label per row stand for it")
    elif not arrays.is_soft:
        name, true = "SparseCategoricalCrossentropy", "t"
        if settings.weight is not None:
            factors.append("w[t]")
            notes.append("no class weights: sample_weight=w[t]")
    else:
        name, true = "CategoricalCrossentropy", "q"
        lines += arrays.target_probs(weighted=True)
        if settings.weight is not None:
            notes.append("no class weights: the targets are multiplied by them")
    z = "z[:, None]" if settings.binary else "z"
    if problem.is_sum:
        options.append('reduction="sum"')
    weight = f", sample_weight={' * '.join(factors)}" if factors else ""
    each = ", ".join([*(each for each in options if "reduction" not in each), 'reduction="none"'])
    lines += [
        f"Loss = keras.losses.{name}",
        f"nll = Loss({each})({true}, {z}{weight})",
        'print("nll", np.asarray(nll), sep="\\n")',
        f"loss = Loss({', '.join(options)})({true}, {z}{weight})",
        arrays.printed("float(loss)"),
    ]
    weighed = f"sample_weight={' * '.join(factors)}"
    call = f"{name}, {weighed}" if factors else name
    return Body(
        call,
        lines,
        (*_IMPORTS, *arrays.math),
        BACKEND,
        note="; ".join(notes),
        # keras.losses.binary_crossentropy takes the mean over labels in float32.
        precision="single" if settings.binary else None,
        refusal="" if problem.counted.any() else "no row is left, and so no loss",
    )


# A backend that is configured stays; JAX has double precision only where it is told so.
BACKEND = (
    "import os",
    'os.environ.setdefault("KERAS_BACKEND", "jax")',
    'os.environ["JAX_ENABLE_X64"] = "1"',
)


def _softmax(problem: Problem) -> list[str]:
    if problem.settings.binary:
        return ['print("sigmoid", np.asarray(keras.ops.sigmoid(z)), sep="\\n")']
    return [
        "softmax = np.asarray(keras.ops.softmax(z))",
        shown("softmax"),
        "log_softmax = np.asarray(keras.ops.log_softmax(z))",
        shown("log_softmax"),
    ]
