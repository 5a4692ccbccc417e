"""What is shown of a row is what was calculated of it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from conftest import batch_of
from xent.inputs.pairing import Inputs
from xent.pipeline import evaluate
from xent.report.report import Report
from xent.settings import LossSettings

Matrix = NDArray[np.float64]


def matrices(elements: st.SearchStrategy[float]) -> st.SearchStrategy[Matrix]:
    shapes = array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=9)
    return arrays(np.float64, shapes, elements=elements)


def reported(logits: Matrix, targets: NDArray[Any], settings: LossSettings) -> Report:
    return evaluate(Inputs(iter([batch_of(logits, targets)])), settings, head=99)


def stage_values(report: Report) -> dict[str, Matrix]:
    return {stage.name: stage.values for stage in report.stages}


@given(matrices(st.floats(-1e4, 1e4) | st.just(-np.inf)))
def test_the_stages_of_the_trace_are_the_losses_of_the_fast_path(logits: Matrix) -> None:
    targets = np.where(np.arange(len(logits)) % 4 == 3, -100, 0)
    report = reported(logits, targets, LossSettings())
    losses, values = report.trace.rows.losses, stage_values(report)
    counted = losses.counted
    assert values["nll"][counted] == pytest.approx(
        -values["log_softmax"][counted, 0], rel=1e-14, abs=1e-16, nan_ok=True
    )
    assert values["softmax"][counted, 0] == pytest.approx(
        losses.probabilities[counted], rel=1e-11, nan_ok=True
    )
    assert np.isnan(values["nll"][~counted]).all()
    assert report.loss_sum.counted == counted.sum()
    if (np.isfinite(losses.nll) & counted).all():
        assert report.loss == losses.nll.mean() or abs(report.loss - losses.nll.mean()) < 1e-9


@pytest.mark.parametrize("unit", ["nats", "bits"])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@given(logits=matrices(st.floats(-50, 50)), temperature=st.sampled_from([1.0, 0.5, 3.0]))
def test_the_shown_formula_gives_the_shown_loss(
    logits: Matrix, temperature: float, smoothing: float, unit: Any
) -> None:
    classes = logits.shape[1]
    weight = np.arange(1, classes + 1) / 2
    settings = LossSettings(
        weight=weight, label_smoothing=smoothing, temperature=temperature, unit=unit
    )
    report = reported(logits, np.arange(len(logits)) % classes, settings)
    values, targets = stage_values(report), report.trace.rows.targets
    log_probs, rows = values["log_softmax"], np.arange(len(logits))
    expected = -(1 - smoothing) * weight[targets] * log_probs[rows, targets]
    expected -= smoothing / classes * (weight * log_probs).sum(axis=1)
    assert values["nll"] == pytest.approx(expected, rel=1e-12)
    assert report.loss == pytest.approx(expected.sum() / weight[targets].sum(), rel=1e-12)


@given(matrices(st.floats(-50, 50)))
def test_so_it_does_for_probabilities(logits: Matrix) -> None:
    shares = np.abs(logits[::-1]) + 1
    shares /= shares.sum(axis=1, keepdims=True)
    values = stage_values(reported(logits, shares, LossSettings()))
    assert np.array_equal(values["targets"], shares)
    assert values["nll"] == pytest.approx(-(shares * values["log_softmax"]).sum(axis=1), rel=1e-12)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("logits", ["logits", "softmax", "log_softmax", "nll"]),
        ("log-probs", ["log_probs", "nll"]),
        ("probs", ["probs", "log_probs", "nll"]),
    ],
)
def test_a_kind_of_input_skips_the_stages_behind_it(kind: Any, names: list[str]) -> None:
    scores = np.log([[0.5, 0.25, 0.25]]) if kind == "log-probs" else np.array([[0.5, 0.25, 0.25]])
    report = reported(scores, np.array([1]), LossSettings(input_kind=kind))
    values = stage_values(report)
    assert [*values] == names
    if kind != "logits":
        assert values["nll"] == pytest.approx(-values["log_probs"][:, 1])
        assert values["nll"] == pytest.approx(np.log(4))
