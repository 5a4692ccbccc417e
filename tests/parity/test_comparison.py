"""Paired comparisons beside those of SciPy and PyTorch."""

import numpy as np
import pytest

from xent.comparison.evaluate import Compared, compare
from xent.inputs.arrays import array_batches
from xent.inputs.pairing import Inputs
from xent.losses.layout import Layout
from xent.report.student_t import student_t_quantile
from xent.settings import LossSettings

stats = pytest.importorskip("scipy.stats")

RANDOM = np.random.default_rng(4)
TARGETS = RANDOM.integers(0, 3, 150)
FIRST = RANDOM.normal(size=(150, 3))
SECOND = FIRST + 0.3 * RANDOM.normal(size=(150, 3))


def compared(logits: np.ndarray, targets: np.ndarray = TARGETS) -> Compared:
    batches = array_batches(logits, targets, None, Layout.of(logits.shape))
    return Compared("model", Inputs(batch for _, batch in batches), LossSettings())


def losses(logits: np.ndarray) -> np.ndarray:
    torch = pytest.importorskip("torch")
    found: np.ndarray = torch.nn.functional.cross_entropy(
        torch.tensor(logits), torch.tensor(TARGETS), reduction="none"
    ).numpy()
    return found


@pytest.mark.parametrize("freedom", [1, 1.5, 2, 3, 7, 42, 150, 199.5, 200, 201, 1e3, 1e5, 1e9])
@pytest.mark.parametrize("share", [0.55, 0.9, 0.975, 0.995, 0.99995])
def test_quantiles_of_student_t(freedom: float, share: float) -> None:
    expected = stats.t.ppf(share, freedom)
    assert student_t_quantile(share, freedom) == pytest.approx(expected, rel=1e-9)


def test_difference_and_interval_are_those_of_a_paired_t_test() -> None:
    [pair] = compare([compared(FIRST), compared(SECOND)]).pairs
    test = stats.ttest_rel(losses(SECOND), losses(FIRST))
    assert pair.difference / pair.standard_error == pytest.approx(test.statistic, rel=1e-9)
    assert pair.interval == pytest.approx(tuple(test.confidence_interval()), rel=1e-9)


def test_divergence_is_kl_div() -> None:
    torch = pytest.importorskip("torch")
    logs = [torch.log_softmax(torch.tensor(each), 1) for each in (FIRST, SECOND)]
    expected = torch.nn.functional.kl_div(
        logs[1], logs[0], reduction="batchmean", log_target=True
    ).item()
    [pair] = compare([compared(FIRST), compared(SECOND)]).pairs
    assert pair.divergence is not None
    assert pair.divergence.mean == pytest.approx(expected, rel=1e-9)


def test_equal_models_raise_an_alarm_as_often_as_five_in_a_hundred() -> None:
    random = np.random.default_rng(0)
    alarms, runs = 0, 600
    for _ in range(runs):
        targets = random.integers(0, 3, 80)
        base = random.normal(size=(80, 3))
        models = [base + 0.5 * random.normal(size=(80, 3)) for _ in range(2)]
        [pair] = compare([compared(each, targets) for each in models], threads=1).pairs
        alarms += pair.verdict != "no difference"
    # 5 % of 600 is 30, with a standard deviation of 5.3.
    assert 14 <= alarms <= 46
