"""PyTorch: `cross_entropy`, and `nll_loss` of `log_softmax`."""

from collections.abc import Iterator

from xent.verification.libraries.arrays import Arrays
from xent.verification.libraries.names import name_of_log, shown
from xent.verification.problem import Problem
from xent.verification.program import Body, Precision

_IMPORTS = ("import torch", "import torch.nn.functional as F")
_DTYPES = {"double": "torch.float64", "single": "torch.float32"}


def body(problem: Problem, precision: Precision) -> Body:
    """Call the function that PyTorch has for this loss."""
    return _body(problem, precision, two_steps=False)


def two_steps(problem: Problem, precision: Precision) -> Body:
    """Call log_softmax and nll_loss, which `cross_entropy` consists of."""
    return _body(problem, precision, two_steps=True)


def _body(problem: Problem, precision: Precision, *, two_steps: bool) -> Body:
    dtype = _DTYPES[precision]
    arrays = Arrays(
        problem,
        f"torch.tensor({{}}, dtype={dtype})",
        "torch.tensor({}, dtype=torch.int64)",
        f"torch.eye({{}}, dtype={dtype})",
        "torch.where",
        "dim",
    )
    note = ""
    if problem.settings.binary:
        call, lines = _binary(arrays)
    elif problem.settings.input_kind != "logits" and arrays.is_soft:
        call, lines = "-(q * log_probs).sum()", [*_by_hand(arrays)]
        note = "no loss from probabilities with soft targets: written out"
    elif two_steps and arrays.is_soft:
        call, lines = "-(q * log_softmax(z)).sum()", [*_by_hand(arrays)]
    else:
        call, lines = _native(arrays, two_steps=two_steps)
        if problem.sample_weight is not None:
            note = "no sample_weight: reduction='none', then Σ s·l / Σ s·w"
    lines.append(arrays.printed("loss.item()"))
    if precision == "single":
        call = "the same in float32"
    return Body(call, lines, (*_IMPORTS, *arrays.math), note=note)


def _logs(arrays: Arrays) -> Iterator[str]:
    log = name_of_log(arrays.problem)
    match arrays.problem.settings.input_kind:
        case "logits":
            yield 'print("softmax", F.softmax(z, dim=1), sep="\\n")'
            yield f"{log} = F.log_softmax(z, dim=1)"
        case "probs":
            yield f"{log} = torch.log(z)"
        case _:
            yield f"{log} = z"
    yield shown(log)


def _by_hand(arrays: Arrays) -> Iterator[str]:
    yield from arrays.inputs(leave_out=True)
    yield from arrays.scaled()
    yield from _logs(arrays)
    yield from arrays.loss_of_rows()
    yield shown("nll")
    yield f"loss = {arrays.reduced()}"


def _native(arrays: Arrays, *, two_steps: bool) -> tuple[str, list[str]]:
    problem, settings = arrays.problem, arrays.problem.settings
    own = problem.sample_weight is not None
    is_cross_entropy = settings.input_kind == "logits" and not two_steps
    log = name_of_log(problem)
    function, first = ("F.cross_entropy", "z") if is_cross_entropy else ("F.nll_loss", log)
    options = [
        *(["weight=w"] if settings.weight is not None else []),
        *(
            [f"ignore_index={settings.ignore_index}"]
            if settings.ignore_index != -100 and not own and problem.target_probs is None
            else []
        ),
        *([f"label_smoothing={settings.label_smoothing!r}"] if settings.label_smoothing else []),
    ]
    arguments = ", ".join([first, "t", *options])
    each = ", ".join([first, "t", *options, 'reduction="none"'])
    lines = [*arrays.inputs(leave_out=own), *arrays.scaled(), *_logs(arrays)]
    lines.append(f"nll = {'s * ' if own else ''}{function}({each})")
    lines.append(shown("nll"))
    if own:
        loss = arrays.reduced()
    elif problem.is_sum:
        loss = f'{function}({arguments}, reduction="sum")'
    else:
        loss = f"{function}({arguments})"
    lines.append(f"loss = {loss}")
    short = {log: "log_softmax(z)" if settings.input_kind == "logits" else "log(p)"}
    if settings.input_kind == "log-probs":
        short = {}
    name = ", ".join([short.get(first, first), "t", *options])
    return f"{function}({name})", lines


def _binary(arrays: Arrays) -> tuple[str, list[str]]:
    problem, settings = arrays.problem, arrays.problem.settings
    lines = [*arrays.inputs(leave_out=False), *arrays.scaled()]
    lines += arrays.target_probs(weighted=False)
    is_logits = settings.input_kind == "logits"
    own = ["weight=s"] if problem.sample_weight is not None else []
    if is_logits:
        function = "F.binary_cross_entropy_with_logits"
        lines.append('print("sigmoid", torch.sigmoid(z), sep="\\n")')
        options = own + (["pos_weight=w"] if settings.pos_weight is not None else [])
    else:
        function = "F.binary_cross_entropy"
        options = own
        if settings.pos_weight is not None:
            # It has no pos_weight; a weight and a label of each row say the same.
            lines.append("a = w * q + (1 - q)")
            lines.append("q = torch.where(a == 0, 0.0, w * q / a)")
            options = ["weight=s * a" if own else "weight=a"]
    arguments = ", ".join(["z", "q", *options])
    lines.append(f'nll = {function}({arguments}, reduction="none")')
    lines.append(shown("nll"))
    reduction = ', reduction="sum"' if problem.is_sum else ""
    lines.append(f"loss = {function}({arguments}{reduction})")
    return f"{function}({arguments})", lines
