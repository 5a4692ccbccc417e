"""Skill, divergence and normalised entropy beside those of other libraries."""

from typing import Any

import numpy as np
import pytest

from conftest import Call
from xent.inputs.arrays import array_batches
from xent.inputs.pairing import Inputs
from xent.losses.layout import Layout
from xent.pipeline import evaluate
from xent.report.report import Report
from xent.settings import LossSettings

RANDOM = np.random.default_rng(11)
LOGITS = RANDOM.normal(size=(200, 4))
TARGETS = RANDOM.integers(0, 4, 200)
WEIGHTS = RANDOM.random(200)
SOFT = RANDOM.dirichlet([0.3, 1, 1, 2], 200)


def report_of(logits: Any, targets: Any, weights: Any = None, **options: Any) -> Report:
    batches = array_batches(logits, targets, weights, Layout.of(logits.shape))
    return evaluate(Inputs(batch for _, batch in batches), LossSettings(**options))


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_skill_is_d2_log_loss_score(weights: Any) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    special = pytest.importorskip("scipy.special")
    probs = special.softmax(LOGITS, axis=1)
    expected = metrics.d2_log_loss_score(TARGETS, probs, sample_weight=weights)
    assert report_of(LOGITS, TARGETS, weights).skill == pytest.approx(expected, rel=1e-12)


def test_divergence_is_kl_div() -> None:
    torch = pytest.importorskip("torch")
    log_probs = torch.log_softmax(torch.tensor(LOGITS), 1)
    expected = torch.nn.functional.kl_div(log_probs, torch.tensor(SOFT), reduction="batchmean")
    report = report_of(LOGITS, SOFT)
    assert report.divergence == pytest.approx(expected.item(), rel=1e-12)
    entropy = torch.distributions.Categorical(probs=torch.tensor(SOFT)).entropy().mean().item()
    assert report.target_entropy == pytest.approx(entropy, rel=1e-9)


def test_mean_over_prior_is_the_normalised_entropy(call: Call) -> None:
    functional = pytest.importorskip("torcheval.metrics.functional")
    torch = pytest.importorskip("torch")
    logits, labels = LOGITS[:, 0], (TARGETS == 0).astype(float)
    expected = functional.binary_normalized_entropy(
        torch.tensor(logits), torch.tensor(labels), from_logits=True
    )
    texts = ("; ".join(map(repr, each.tolist())) for each in (logits, labels))
    lines = call("compute", "--binary", *texts, "--format", "plain").out.splitlines()
    found = dict(line.split("\t", 1) for line in lines)
    ratio = float(found["loss"]) / float(found["prior_level"])
    assert ratio == pytest.approx(expected.item(), rel=1e-9)
