"""Paired comparisons beside those of SciPy and PyTorch."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from xent.comparison.comparison import Pair
from xent.comparison.evaluate import Compared, compare
from xent.comparison.significance import DifferenceCollector, significance
from xent.inputs.arrays import array_batches
from xent.inputs.pairing import Inputs
from xent.inputs.read_options import Keys
from xent.losses.cluster_sums import ClusterSums
from xent.losses.group_sums import sums_by_group
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


def clustered(first: Any, second: Any, clusters: Any) -> Pair:
    names = Keys("doc")
    numbers = np.array([names.number(str(each)) for each in clusters])
    inputs = []
    for logits in (first, second):
        [(_, batch)] = array_batches(logits, TARGETS, None, Layout.of(logits.shape))
        inputs.append(Inputs(iter([replace(batch, groups=numbers)])))
    [pair] = compare([Compared("model", each, LossSettings()) for each in inputs]).pairs
    return pair


def test_clusters_have_the_error_of_statsmodels() -> None:
    api = pytest.importorskip("statsmodels.api")
    clusters = RANDOM.integers(0, 12, 150)
    pair = clustered(FIRST, SECOND, clusters)
    model = api.OLS(losses(SECOND) - losses(FIRST), np.ones(150))
    fitted = model.fit(cov_type="cluster", cov_kwds={"groups": clusters}, use_t=True)
    assert pair.standard_error == pytest.approx(fitted.bse[0], rel=1e-9)
    assert pair.interval == pytest.approx(tuple(fitted.conf_int()[0]), rel=1e-9)


def test_p_values_are_those_of_scipy_and_statsmodels() -> None:
    tables = pytest.importorskip("statsmodels.stats.contingency_tables")
    collector = DifferenceCollector()
    [pair] = compare([compared(FIRST), compared(SECOND)], [collector]).pairs
    found = {each.name: each.value for each in significance(pair, collector.differences(0))}
    test = stats.ttest_rel(losses(SECOND), losses(FIRST))
    assert found["paired t"] == pytest.approx(test.pvalue, rel=1e-9)
    counts = [[0, pair.first_alone], [pair.second_alone, 0]]
    assert found["McNemar"] == pytest.approx(tables.mcnemar(counts, exact=True).pvalue)
    assert found["permutation"] == pytest.approx(test.pvalue, abs=0.02)


def test_groups_are_those_of_pandas() -> None:
    pandas = pytest.importorskip("pandas")
    names = RANDOM.integers(0, 7, 150)
    [(_, batch)] = array_batches(FIRST, TARGETS, None, Layout.of(FIRST.shape))
    found = sums_by_group(names, batch.losses(LossSettings()), even=True)
    expected = pandas.Series(losses(FIRST)).groupby(names).agg(["count", "mean", "sem"])
    for name, row in expected.iterrows():
        sums = found[name]
        assert sums.counted == row["count"]
        assert sums.mean == pytest.approx(row["mean"])
        assert sums.standard_error == pytest.approx(row["sem"])


def test_equal_models_in_clusters_raise_an_alarm_as_often() -> None:
    random = np.random.default_rng(5)
    alarms, naive, runs = 0, 0, 400
    for _ in range(runs):
        clusters = np.repeat(np.arange(40), 5)
        shared = 0.6 * random.normal(size=40).repeat(5)
        first = random.random(200)
        second = np.abs(first + 3 + shared + 0.3 * random.normal(size=200))
        sums = ClusterSums.of(clusters, first + 3, second, np.ones(200))
        mean, error = (second - first - 3).mean(), sums.standard_error
        alarms += abs(mean) > student_t_quantile(0.975, 39) * error
        naive += abs(mean) > 1.97 * (second - first).std(ddof=1) / np.sqrt(200)
    assert 8 <= alarms <= 34  # 20 expected, with a standard deviation of 4.4
    assert naive > 60


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
