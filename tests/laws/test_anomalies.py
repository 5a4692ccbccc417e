"""What is remarkable about the numbers does not depend on how the rows come in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from conftest import Call
from xent.inputs.batch import ArrayOrigin, Batch, Block
from xent.report.anomalies import Anomalies
from xent.settings import LossSettings

VALUES = st.sampled_from([0.0, 1.0, 0.5, 0.25, -1.0, np.nan, np.inf, -np.inf, 1e308, -1e308])
ROWS = st.lists(st.lists(VALUES, min_size=3, max_size=3), min_size=1, max_size=9)
KINDS = st.sampled_from(["logits", "log-probs"])


def anomalies_of(rows: NDArray[np.float64], first: int, settings: LossSettings) -> Anomalies:
    targets = np.arange(first, first + len(rows)) % 3
    logits, classes = (Block(values, ArrayOrigin("here")) for values in (rows, targets))
    batch = Batch(logits, classes, first_row=first)
    return Anomalies.of(batch, batch.losses(settings), settings)


@given(ROWS, st.data(), KINDS)
def test_merging_parts_is_looking_at_the_whole(
    rows: list[list[float]], data: st.DataObject, kind: str
) -> None:
    values, settings = np.array(rows), LossSettings(input_kind=kind)  # type: ignore[arg-type]
    cut = data.draw(st.integers(0, len(rows)))
    parts = [
        anomalies_of(some, first, settings)
        for first, some in ((0, values[:cut]), (cut, values[cut:]))
        if len(some)
    ]
    merged = Anomalies()
    for part in data.draw(st.permutations(parts)):
        merged = merged.merge(part)
    assert merged == anomalies_of(values, 0, settings)
    assert Anomalies.of_counts(merged.counts()) == merged


@pytest.mark.parametrize(
    ("logits", "code"),
    [
        ("0.5,0.5; 0.25,0.75", "XC101"),
        ("0.5,0.5; 0.25,0.7", None),
        ("1.5,-0.5; 0.25,0.75", None),
        ("1,0; 0,1", None),  # typed by a learner
        ("0.5,0.5; nan,0.75", "XC601"),
    ],
)
def test_compute_names_probabilities_taken_for_logits(
    logits: str, code: str | None, call: Call
) -> None:
    done = call("compute", "-q", logits, "0,1")
    assert done.err.count("warning") == (code is not None)
    assert (code or "") in done.err


def test_compute_says_where_the_mean_stands(call: Call) -> None:
    targets = ",".join("01" * 30)
    even = call("compute", "-q", "1,1;" * 60, targets)
    assert even.err.startswith(
        "warning[XC401]: the mean loss is that of a uniform guess, ln 2 = 0.6931\n"
    )
    assert "log2 2 = 1.0000" in call("compute", "-q", "1,1;" * 60, targets, "--unit=bits").err
    wrong = call("compute", "-q", "9,0; 0,9;" * 30, ",".join("10" * 30))
    assert wrong.err.startswith("warning[XC402]: the mean loss of 9.0001 is above ln 2 = 0.6931")
    few = call("compute", "-q", "1,1.001;" * 20, ",".join("01" * 10))
    assert not few.err
    # Equal logits have that loss exactly, however few the rows are.
    equal = call("compute", "-q", "1,1;" * 2, "0,1")
    assert equal.err.startswith("warning[XC401]")
