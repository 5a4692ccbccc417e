"""The sample inputs that PyTorch tests its own operators with."""

from typing import Any

import numpy as np
import pytest

import xent

torch = pytest.importorskip("torch")
pytest.importorskip("expecttest")  # PyTorch's list of operators loads it

FUNCTIONS = ("cross_entropy", "nll_loss", "binary_cross_entropy_with_logits")


def samples_of(name: str) -> list[Any]:
    from torch.testing._internal.common_methods_invocations import op_db

    [operator] = [operator for operator in op_db if operator.name == f"nn.functional.{name}"]
    return [*operator.sample_inputs("cpu", torch.float64, requires_grad=True)]


def as_numpy(value: Any) -> Any:
    return value.detach().numpy() if isinstance(value, torch.Tensor) else value


@pytest.mark.filterwarnings("ignore")  # PyTorch's own, while it loads its tests
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_samples_give_the_same(name: str) -> None:
    theirs, ours = getattr(torch.nn.functional, name), getattr(xent, name)
    samples = samples_of(name)
    assert len(samples) > 20
    for sample in samples:
        expected = theirs(sample.input, *sample.args, **sample.kwargs)
        arguments = [as_numpy(value) for value in (sample.input, *sample.args)]
        options = {option: as_numpy(value) for option, value in sample.kwargs.items()}
        found = ours(*arguments, **options)
        assert np.asarray(found) == pytest.approx(as_numpy(expected), rel=1e-13, nan_ok=True)
        if name == "cross_entropy":
            (gradient,) = torch.autograd.grad(expected.sum(), sample.input)
            mine = xent.cross_entropy_grad(*arguments, **options)
            assert mine == pytest.approx(gradient.numpy(), rel=1e-12, abs=1e-14, nan_ok=True)
