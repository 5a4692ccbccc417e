"""As on paper, with pencil and calculator: Python's own lists and `math`."""

from collections.abc import Iterator

import numpy as np

from xent.verification.libraries.names import name_of_log, shown_rows
from xent.verification.problem import Problem
from xent.verification.program import Body, Precision


def body(problem: Problem, _: Precision) -> Body:
    """Write the textbook's formula: exp, sum, divide, ln."""
    lines, names = [*_lines(problem)], ["exp", "log"]
    code = "\n".join(lines)
    used = [name for name in (*names, "inf") if f"{name}(" in code or f" -{name}" in code]
    imports = (f"from math import {', '.join(used)}",) if used else ()
    call = "exp, sum, divide, ln, as on paper"
    if problem.settings.input_kind != "logits":
        call = "ln, as on paper" if problem.settings.input_kind == "probs" else "as on paper"
    divided = not problem.is_sum and problem.sums.weight.scaled == 0
    refusal = "divides by 0: the weights add up to nothing" if divided else ""
    return Body(call, lines, imports, refusal=refusal)


def _lines(problem: Problem) -> Iterator[str]:
    settings = problem.settings
    if settings.binary:
        yield from _binary_steps(problem)
    else:
        yield from _steps_to_logs(problem)
        yield from _nll(problem)
    yield from shown_rows("nll", problem.rows)
    yield from _reduced(problem)


def needs_shift(problem: Problem) -> bool:
    """Return whether exp of the logits overflows, or what it makes of them underflows."""
    inputs = problem.inputs / problem.settings.temperature
    finite = np.abs(inputs[np.isfinite(inputs)])
    return bool(finite.max(initial=0) > 350) or bool(np.isinf(inputs).any())


def _steps_to_logs(problem: Problem) -> Iterator[str]:
    settings = problem.settings
    log = name_of_log(problem)
    if settings.input_kind == "logits":
        z = "logits"
        if settings.temperature != 1:
            z = "scaled"
            yield f"scaled = [[x / {settings.temperature!r} for x in row] for row in logits]"
        if needs_shift(problem):
            yield "# exp overflows for large logits: only the distance to the row's maximum counts."
            yield f"shifted = [[x - max(row) for x in row] for row in {z}]"
            z = "shifted"
        yield f"exps = [[exp(x) for x in row] for row in {z}]"
        yield "softmax = [[e / sum(row) for e in row] for row in exps]"
        yield from shown_rows("softmax", problem.rows)
        if needs_shift(problem):
            yield f"{log} = [[x - log(sum(es)) for x in row] for row, es in zip(shifted, exps)]"
        else:
            yield f"{log} = [[log(p) for p in row] for row in softmax]"
    elif settings.input_kind == "probs":
        yield from shown_rows("probs", problem.rows)
        ln = "log(p) if p else -inf" if (problem.inputs == 0).any() else "log(p)"
        yield f"{log} = [[{ln} for p in row] for row in probs]"
    yield from shown_rows(log, problem.rows)


def _nll(problem: Problem) -> Iterator[str]:
    settings, log = problem.settings, name_of_log(problem)
    weight = "weight[c] * " if settings.weight is not None else ""
    factor = "s * " if problem.sample_weight is not None else ""
    zipped = f"zip({log}, targets{', sample_weight' if factor else ''})"
    row = "row, t, s" if factor else "row, t"
    smoothing, classes = settings.label_smoothing, problem.classes
    counted = "" if problem.counted.all() else f" if t != {settings.ignore_index}"
    if problem.target_probs is None and not smoothing:
        term = f"-{factor}{weight.replace('[c]', '[t]')}row[t]"
        yield f"nll = [{term} for {row} in {zipped}{counted}]"
        return
    # A class that nobody expects adds nothing, not even where its logarithm is infinite.
    if problem.target_probs is None:
        yield "# Label smoothing: the target has the rest, and each class the same share."
        share = f"{1 - smoothing!r} * (c == t) + {smoothing!r} / {classes}"
    else:
        share = "t[c]"
        if smoothing:
            share = f"{1 - smoothing!r} * t[c] + {smoothing!r} / {classes}"
    yield f"def loss_of(row, t{', s' if factor else ''}):"
    yield f"    target = [{share} for c in range({classes})]"
    terms = f"{weight}target[c] * row[c] for c in range({classes}) if target[c]"
    yield f"    return -{factor}sum({terms})"
    yield ""
    yield f"nll = [loss_of({row}) for {row} in {zipped}{counted}]"


def _binary_steps(problem: Problem) -> Iterator[str]:
    settings = problem.settings
    is_logits, stable = settings.input_kind == "logits", needs_shift(problem)
    if not is_logits:
        yield from shown_rows("probs", problem.rows)
    columns = [("y", "targets")]
    if is_logits and stable:
        columns.append(("z", "logits"))
        yes, no = "log_sigmoid(z)", "log_sigmoid(-z)"
        scaled = "" if settings.temperature == 1 else f"    z = z / {settings.temperature!r}\n"
        yield "# exp overflows for large logits: this form of ln(1 / (1 + exp(-z))) does not."
        yield f"def log_sigmoid(z):\n{scaled}    return min(z, 0) - log(1 + exp(-abs(z)))\n"
    elif is_logits:
        z = "z" if settings.temperature == 1 else f"z / {settings.temperature!r}"
        yield f"sigmoid = [1 / (1 + exp(-{z})) for z in logits]"
        yield f"complement = [1 / (1 + exp({z})) for z in logits]"
        yield from shown_rows("sigmoid", problem.rows)
        columns += [("p", "sigmoid"), ("q", "complement")]
        yes, no = "log(p)", "log(q)"
    elif ((problem.inputs == 0) | (problem.inputs == 1)).any():
        columns.append(("p", "probs"))
        yes, no = "ln(p)", "ln(1 - p)"
        yield "def ln(p):\n    return log(p) if p else -inf\n"
    else:
        columns.append(("p", "probs"))
        yes, no = "log(p)", "log(1 - p)"
    if smoothing := settings.label_smoothing:
        yield "# Label smoothing: yes and no get the same share of it."
        yield f"smooth = [{1 - smoothing!r} * y + {smoothing!r} / 2 for y in targets]"
        columns[0] = ("y", "smooth")
    factor = own = ""
    if settings.pos_weight is not None:
        is_scalar = len(settings.pos_weight) == 1
        factor = "pos_weight * " if is_scalar else "w * "
        columns += [] if is_scalar else [("w", "pos_weight")]
    if problem.sample_weight is not None:
        own = "s * "
        columns.append(("s", "sample_weight"))
    names, lists = (", ".join(each) for each in zip(*columns, strict=True))
    yield "nll = ["
    yield f"    -{own}(({factor}y * {yes} if y else 0) + ((1 - y) * {no} if y != 1 else 0))"
    yield f"    for {names} in zip({lists})"
    yield "]"


def _reduced(problem: Problem) -> Iterator[str]:
    settings = problem.settings
    unit = " / log(2)" if settings.unit == "bits" else ""
    weighted = settings.weight is not None and problem.target_probs is None
    own = problem.sample_weight is not None
    if problem.is_sum:
        yield f'print("loss", sum(nll){unit})'
        return
    counted = "" if problem.counted.all() else f" if t != {settings.ignore_index}"
    if weighted and own:
        total = f"sum(s * weight[t] for s, t in zip(sample_weight, targets){counted})"
    elif weighted:
        total = f"sum(weight[t] for t in targets{counted})"
    elif own and counted:
        total = f"sum(s for s, t in zip(sample_weight, targets){counted})"
    else:
        total = "sum(sample_weight)" if own else "len(nll)"
    yield f'print("mean loss", sum(nll) / {total}{unit})'
