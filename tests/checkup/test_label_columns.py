"""Rows and columns of yes-or-no labels that are not those of the logits."""

import numpy as np
import pytest
from numpy.typing import NDArray

from conftest import Call

RANDOM = np.random.default_rng(6)
LABELS = (RANDOM.random((300, 5)) < [0.5, 0.1, 0.3, 0.6, 0.2]).astype(np.int64)
LOGITS = RANDOM.normal(size=(300, 5)) + 3 * LABELS - 1.5
ORDER = [2, 0, 4, 1, 3]


def names(call: Call, labels: NDArray[np.int64]) -> list[str]:
    np.save("logits.npy", LOGITS)
    np.save("labels.npy", labels)
    done = call("check", "logits.npy", "labels.npy", "--binary", "--format", "github")
    return [line.split("title=")[1].split("::")[0] for line in done.out.splitlines()]


@pytest.fixture(autouse=True)
def _folder(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))


def test_healthy_labels_pass(call: Call) -> None:
    assert not [name for name in names(call, LABELS) if "XC3" in name]


def test_columns_in_another_order_are_found(call: Call) -> None:
    assert names(call, LABELS[:, ORDER])[0] == "XC305 labels-permuted"


def test_labels_some_rows_off_are_found(call: Call) -> None:
    assert names(call, np.roll(LABELS, 3, axis=0))[0] == "XC307 rows-misaligned"


def test_shuffled_labels_are_found(call: Call) -> None:
    shuffled = np.random.default_rng(0).permutation(LABELS)
    assert names(call, shuffled)[0] == "XC308 rows-unrelated"
