"""What is shown of a row is what was calculated of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from conftest import batch_of
from xent.evaluate import Evaluation
from xent.losses.stages import STAGES
from xent.settings import LossSettings


@given(
    arrays(
        np.float64,
        array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=9),
        elements=st.floats(-1e4, 1e4) | st.just(-np.inf),
    )
)
def test_the_stages_of_the_trace_are_the_losses_of_the_fast_path(
    logits: NDArray[np.float64],
) -> None:
    targets = np.where(np.arange(len(logits)) % 4 == 3, -100, 0)
    report = Evaluation([batch_of(logits, targets)], LossSettings(), head=99, tail=0).report()
    losses = report.trace.losses
    matrices = {stage.name: report.trace.values(stage) for stage in STAGES}
    counted = losses.counted
    assert matrices["nll"][counted] == pytest.approx(
        losses.nll[counted], rel=1e-14, abs=1e-16, nan_ok=True
    )
    assert matrices["softmax"][counted, 0] == pytest.approx(
        losses.probabilities[counted], rel=1e-11, nan_ok=True
    )
    assert matrices["log_softmax"][counted, 0] == pytest.approx(
        -matrices["nll"][counted], nan_ok=True
    )
    assert np.isnan(matrices["nll"][~counted]).all()
    finite = np.isfinite(losses.nll) & counted
    assert report.loss_sum.counted == counted.sum()
    if finite.all():
        assert report.loss == losses.nll.mean() or abs(report.loss - losses.nll.mean()) < 1e-9
