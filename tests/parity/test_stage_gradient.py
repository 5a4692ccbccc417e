"""The gradient that `xent compute --stage gradient` writes, held against PyTorch's autograd."""

from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from conftest import Call

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("soft", [False, True])
def test_the_gradient_is_autograd_s(
    reduction: str, smoothing: float, soft: bool, call: Call, tmp_path: Path
) -> None:
    generator = np.random.default_rng(11)
    logits, weight = generator.normal(size=(50, 5)) * 3, generator.uniform(0.5, 2, size=5)
    targets: NDArray[Any] = generator.integers(5, size=50)
    targets[7] = -100
    if soft:
        targets = generator.dirichlet(np.ones(5), size=50)
    np.save(tmp_path / "z.npy", logits)
    np.save(tmp_path / "t.npy", targets)
    inputs = torch.tensor(logits, requires_grad=True)
    torch.nn.functional.cross_entropy(
        inputs,
        torch.tensor(targets),
        weight=torch.tensor(weight),
        reduction=reduction,
        label_smoothing=smoothing,
    ).backward()
    done = call(
        *("compute", tmp_path / "z.npy", tmp_path / "t.npy", "--stage", "gradient", "-q"),
        *("--weight", ",".join(map(repr, weight.tolist()))),
        *("--reduction", reduction, "--label-smoothing", smoothing),
    )
    found = np.loadtxt(StringIO(done.out), delimiter=",")
    np.testing.assert_allclose(found, inputs.grad.numpy(), rtol=1e-12, atol=1e-15)
