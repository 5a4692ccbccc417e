"""The functions take arrays by the methods that they have: no library is imported for them."""

from typing import Any

import numpy as np
import pytest

import xent

Z = np.random.default_rng(2).normal(size=(5, 3))
T = np.array([0, 2, 1, 1, 0])
LOSS = xent.cross_entropy(Z, T)


class Tensor:
    """A tensor of the kind of PyTorch's: on a device, with a gradient."""

    def __init__(self, values: Any, *, dtype: str = "torch.float64", place: str = "cuda") -> None:
        self._values, self.dtype, self._place, self._attached = (
            np.asarray(values),
            dtype,
            place,
            True,
        )

    def detach(self) -> "Tensor":
        found = Tensor(self._values, dtype=self.dtype, place=self._place)
        found._attached = False
        return found

    def cpu(self) -> "Tensor":
        assert not self._attached
        found = Tensor(self._values, dtype=self.dtype, place="cpu")
        found._attached = False
        return found

    def float(self) -> "Tensor":
        found = Tensor(self._values, place=self._place)
        found._attached = self._attached
        return found

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        if self._attached or self._place != "cpu" or self.dtype == "torch.bfloat16":
            raise TypeError("can't convert this tensor to NumPy")
        return np.asarray(self._values, dtype=dtype)


class Frame:
    """A data frame whose numbers are Python objects, as pandas' nullable columns are."""

    def __init__(self, values: Any) -> None:
        self._values = np.empty(np.shape(values), dtype=object)
        self._values[...] = values

    def to_numpy(self) -> np.ndarray:
        return self._values

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return self._values


class Exchanged:
    """An array that offers nothing but DLPack."""

    def __init__(self, values: np.ndarray) -> None:
        self._values = values

    def __dlpack__(self, **options: Any) -> Any:
        return self._values.__dlpack__()

    def __dlpack_device__(self) -> Any:
        return self._values.__dlpack_device__()


def test_tensors() -> None:
    assert xent.cross_entropy(Tensor(Z), Tensor(T)) == LOSS
    assert xent.cross_entropy(Tensor(Z, dtype="torch.bfloat16"), Tensor(T)) == LOSS
    assert xent.cross_entropy([Tensor(row) for row in Z], [Tensor(t) for t in T]) == LOSS
    assert xent.nll_loss(Tensor(-Z), Tensor(T)) == xent.nll_loss(-Z, T)
    weight = np.array([1.0, 2, 3])
    assert xent.cross_entropy(Z, T, weight=Tensor(weight)) == xent.cross_entropy(
        Z, T, weight=weight
    )
    np.testing.assert_array_equal(xent.softmax(Tensor(Z)), xent.softmax(Z))


def test_frames() -> None:
    assert xent.cross_entropy(Frame(Z), Frame(T)) == LOSS
    assert xent.cross_entropy(Frame(Z), Frame(T[:, np.newaxis])) == LOSS


def test_dlpack() -> None:
    logits: Any = Exchanged(Z)
    targets: Any = Exchanged(T)
    assert xent.cross_entropy(logits, targets) == LOSS


@pytest.mark.parametrize("values", [[["1", "2"], ["3", "4"]], [[1, None], [3, 4]]])
def test_objects_that_are_not_numbers(values: list[Any]) -> None:
    with pytest.raises(xent.InputError, match="must be real numbers, not object"):
        xent.cross_entropy(Frame(values), [0, 1])


def test_targets_in_a_column() -> None:
    assert xent.cross_entropy(Z, T[:, np.newaxis]) == LOSS
    losses = xent.cross_entropy(Z, T[:, np.newaxis], reduction="none")
    assert losses.shape == (5,)
    labels = np.array([0, 1, 1, 0, 1])
    assert xent.binary_cross_entropy_with_logits(
        Z[:, 0], labels[:, np.newaxis]
    ) == xent.binary_cross_entropy_with_logits(Z[:, 0], labels)


@pytest.mark.parametrize("dtype", [int, bool, np.uint8])
def test_one_hot_targets(dtype: type) -> None:
    one_hot = np.eye(3, dtype=dtype)[T]
    assert xent.cross_entropy(Z, one_hot) == xent.cross_entropy(Z, one_hot.astype(float)) == LOSS


@pytest.mark.parametrize("row", [[1, 1, 0], [0, 0, 0], [2, -1, 0]])
def test_several_labels_or_none_are_not_one_hot(row: list[int]) -> None:
    with pytest.raises(xent.InputError, match="floats, got int64"):
        xent.cross_entropy(Z, [[1, 0, 0]] * 4 + [row])
