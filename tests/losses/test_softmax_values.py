"""Softmax and its logarithm against 60 digits."""

import numpy as np
import pytest
from mpmath import mp, mpf

import xent
from oracle import ulps


@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_softmax_and_its_logarithm_are_right(scale: float) -> None:
    logits = np.random.default_rng(2).normal(size=(40, 6)) * scale
    for row, probabilities, logs in zip(
        logits.tolist(), xent.softmax(logits), xent.log_softmax(logits), strict=True
    ):
        exponentials = [mp.exp(mpf(value)) for value in row]
        total = mp.fsum(exponentials)
        for exponential, probability, log in zip(exponentials, probabilities, logs, strict=True):
            assert ulps(float(probability), exponential / total) <= 4
            true = mp.log(exponential / total)
            assert abs(float(mpf(float(log)) - true)) <= 4 * np.spacing(max(1.0, -float(true)))


def test_a_log_is_finite_where_the_probability_underflows() -> None:
    assert xent.softmax([[1000, 1]]).tolist() == [[1.0, 0.0]]
    assert xent.log_softmax([[1000, 1]]).tolist() == [[0.0, -999.0]]


def test_integers_and_lists_are_taken() -> None:
    assert xent.softmax([[0, 0, 0, 0]]).tolist() == [[0.25] * 4]


@pytest.mark.parametrize("function", [xent.softmax, xent.log_softmax])
@pytest.mark.parametrize("bad", [1.0, [1.0], [[[1.0]]], [[]], [["a"]], [[1j]]])
def test_no_matrix_of_numbers_is_an_input_error(function: object, bad: object) -> None:
    assert callable(function)
    with pytest.raises(xent.InputError, match="logits must"):
        function(bad)


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf")])
def test_what_is_no_temperature_is_refused(temperature: float) -> None:
    for function in (xent.softmax, xent.log_softmax):
        with pytest.raises(xent.InputError, match="temperature must be positive"):
            function([[1.0, 2.0]], temperature=temperature)
