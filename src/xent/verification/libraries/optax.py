"""optax, which leaves the mean to its caller, on JAX."""

from xent.verification.libraries.arrays import Arrays
from xent.verification.libraries.names import shown
from xent.verification.problem import Problem
from xent.verification.program import Body, Precision

_IMPORTS = ("import jax", "import jax.numpy as jnp", "import optax")
_DOUBLE = 'jax.config.update("jax_enable_x64", True)'


def body(problem: Problem, _: Precision) -> Body:
    """Call the function that optax has for these targets, and take the mean."""
    settings = problem.settings
    arrays = Arrays(
        problem,
        "jnp.asarray({}, dtype=jnp.float64)",
        "jnp.asarray({})",
        "jnp.eye({})",
        "jnp.where",
    )
    lines = [_DOUBLE, *arrays.inputs(leave_out=True), *arrays.scaled()]
    notes = [] if problem.counted.all() else ["ignored rows are left out before"]
    if settings.input_kind == "logits":
        lines += _softmax(problem)
    else:
        notes.append(f"no {settings.input_kind}: given as logits")
        if settings.input_kind == "probs":
            lines.append("z = jnp.log(z) - jnp.log1p(-z)" if settings.binary else "z = jnp.log(z)")
    own = "s * " if problem.sample_weight is not None else ""
    if settings.binary:
        function = "sigmoid_binary_cross_entropy"
        lines += arrays.target_probs(weighted=False)
        if settings.pos_weight is not None:
            lines += ["a = w * q + (1 - q)", "q = jnp.where(a == 0, 0.0, w * q / a)"]
            own += "a * "
            notes.append("no pos_weight: a weight and a label per row stand for it")
        second = "q"
    elif not arrays.is_soft:
        function, second = "softmax_cross_entropy_with_integer_labels", "t"
        if settings.weight is not None:
            own += "w[t] * "
            notes.append("no class weights: multiplied by w[t]")
    else:
        function, second = "softmax_cross_entropy", "q"
        lines += arrays.target_probs(weighted=True)
        if settings.weight is not None:
            notes.append("no class weights: the targets are multiplied by them")
    lines += [
        f"nll = {own}optax.{function}(z, {second})",
        shown("nll"),
        f"loss = {arrays.reduced()}",
        arrays.printed("float(loss)"),
    ]
    call = f"{function}(z, {second})".replace("softmax_cross_entropy_with", "…")
    return Body(call, lines, (*_IMPORTS, *arrays.math), note="; ".join(notes))


def _softmax(problem: Problem) -> list[str]:
    if problem.settings.binary:
        return ['print("sigmoid", jax.nn.sigmoid(z), sep="\\n")']
    return [
        'print("softmax", jax.nn.softmax(z), sep="\\n")',
        'print("log_softmax", jax.nn.log_softmax(z), sep="\\n")',
    ]
