"""Student's t against published quantiles; tests/parity holds it to SciPy."""

from math import inf, isnan, pi, sqrt, tan

import pytest

from xent.report.student_t import interval, student_t_quantile, welch_freedom


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    [
        (1, 12.706204736432095),
        (2, 4.302652729911275),
        (5, 2.570581835636314),
        (10, 2.2281388519649385),
        (30, 2.0422724563012373),
        (120, 1.9799304050824413),
        (359, 1.9665939377682302),
        (1_000_000, 1.959966356814107),
    ],
)
def test_quantiles_of_the_tables(freedom: float, quantile: float) -> None:
    assert student_t_quantile(0.975, freedom) == pytest.approx(quantile, rel=1e-7)


@pytest.mark.parametrize("share", [0.6, 0.9, 0.999])
def test_one_and_two_degrees_of_freedom_have_closed_forms(share: float) -> None:
    assert student_t_quantile(share, 1) == pytest.approx(tan(pi * (share - 0.5)), rel=1e-12)
    two = (2 * share - 1) / sqrt(2 * share * (1 - share))
    assert student_t_quantile(share, 2) == pytest.approx(two, rel=1e-12)


def test_the_two_ways_to_calculate_meet() -> None:
    few, many = student_t_quantile(0.975, 199.999999), student_t_quantile(0.975, 200)
    assert few == pytest.approx(many, rel=1e-9)


def test_the_distribution_is_symmetric() -> None:
    assert student_t_quantile(0.025, 7) == -student_t_quantile(0.975, 7)
    assert student_t_quantile(0.5, 7) == 0


def test_no_degree_of_freedom_has_no_quantile() -> None:
    assert isnan(student_t_quantile(0.975, 0))
    assert all(map(isnan, interval(1.0, float("nan"), 3)))


def test_welch_freedom_lies_between_the_smaller_and_the_sum() -> None:
    assert welch_freedom((1.0, 10), (1.0, 10)) == pytest.approx(18)
    assert 9 < welch_freedom((1.0, 10), (0.1, 20)) < 28
    assert welch_freedom((0.0, 5), (0.0, 5)) == inf
