"""How the tests call the program: in this process, with its streams in hand."""

import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import ArrayLike

from xent.cli.app import run
from xent.cli.result import RowWriter
from xent.explanation.derivation import Derivation
from xent.explanation.derive import derive
from xent.inputs.arrays import array_batches
from xent.inputs.batch import Batch
from xent.inputs.pairing import Inputs, read_inputs
from xent.losses.layout import Layout
from xent.pipeline import Collector, evaluate
from xent.render import FORMATS
from xent.render.view import View
from xent.report.report import Report
from xent.settings import LossSettings
from xent.verification.problem import Problem, RowCollector

settings.register_profile("default", deadline=None)
settings.register_profile("long", deadline=None, max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# Whatever the tests run in, their output is that of a plain pipe.
for variable in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "GITHUB_ACTIONS", "COLUMNS", "LINES"):
    os.environ.pop(variable, None)


@dataclass(frozen=True)
class Outcome:
    """What a call of the program left behind."""

    status: int
    out: str
    err: str


Call = Callable[..., Outcome]


def batch_of(logits: ArrayLike, targets: ArrayLike) -> Batch:
    """Arrays as one batch."""
    scores, labels = np.asarray(logits), np.asarray(targets)
    [(_, batch)] = array_batches(scores, labels, None, Layout.of(scores.shape))
    return batch


def written(
    name: str,
    view: View,
    settings: LossSettings,
    calculate: Callable[[Sequence[Collector]], Report],
) -> str:
    """What a format makes of a report, and of its rows as they come."""
    pieces: list[str] = []
    format_ = FORMATS[name]
    rows = [RowWriter(pieces.append, format_.load_rows(), settings)] if format_.rows else []
    report = calculate(rows)
    return "".join([*pieces, *format_.load()(report, view)])


def evaluated(name: str, view: View, settings: LossSettings, inputs: Inputs) -> str:
    """What a format makes of an input."""
    ends: dict[str, Any] = {"head": view.head, "tail": view.tail}
    return written(name, view, settings, lambda rows: evaluate(inputs, settings, rows, **ends))


def derivation_of(
    logits: ArrayLike,
    targets: ArrayLike,
    *,
    row: int | None = None,
    rows: int = 10,
    digits: int = 4,
    sample_weight: ArrayLike | None = None,
    class_names: tuple[str, ...] = (),
    **options: Any,
) -> Derivation:
    """The derivation of the loss of arrays."""
    scores, labels = np.asarray(logits), np.asarray(targets)
    batches = array_batches(scores, labels, sample_weight, Layout.of(scores.shape))
    return derive(
        Inputs((batch for _, batch in batches), class_names=class_names),
        LossSettings(**options),
        row=row,
        digits=digits,
        shown_rows=rows,
    )


def problem_of(logits: Any, targets: Any, *, sample_weight: Any = None, **options: Any) -> Problem:
    """The rows of arrays, as they are verified."""
    settings = LossSettings(**options)
    collector = RowCollector(settings)
    if settings.binary:
        inputs = read_inputs(
            json.dumps(np.asarray(logits).tolist()),
            json.dumps(np.asarray(targets).tolist()),
            settings,
            sample_weight=None if sample_weight is None else json.dumps(sample_weight.tolist()),
        )
    else:
        scores, labels = np.asarray(logits, dtype=np.float64), np.asarray(targets)
        batches = array_batches(scores, labels, sample_weight, Layout.of(scores.shape))
        inputs = Inputs(batch for _, batch in batches)
    evaluate(inputs, settings, (collector,))
    return collector.problem()


def calculated(call: Call, *arguments: object, stdin: bytes = b"") -> Outcome:
    """The loss alone, with the notes that --quiet drops."""
    loud = call("compute", *arguments, stdin=stdin)
    quiet = call("compute", "-q", *arguments, stdin=stdin)
    assert quiet.status == loud.status
    return replace(quiet, err=loud.err)


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run `xent` with arguments, and bytes on standard input."""

    def call(*arguments: object, stdin: bytes = b"") -> Outcome:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Outcome(status, captured.out, captured.err)

    return call
