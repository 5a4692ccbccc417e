"""Arrays are read as PyTorch, NumPy, JAX, TensorFlow and Python print them."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from conftest import Call, calculated
from xent.inputs.formats.printed import read
from xent.inputs.inline import is_inline, is_printed
from xent.inputs.named_arrays import NamedArrays

LOGITS = [[1.5, 0.25], [-0.5, 3.0]]
# As they are printed by torch 2.13, NumPy 2.4, JAX 0.10, TensorFlow 2.20, PaddlePaddle 3, MATLAB.
PRINTED = {
    "torch": "tensor([[ 1.5000,  0.2500],\n        [-0.5000,  3.0000]])",
    "torch with a gradient": "tensor([[ 1.5000,  0.2500],\n        [-0.5000,  3.0000]],"
    " device='cuda:0', dtype=torch.float64,\n       grad_fn=<AddmmBackward0>)",
    "torch in scientific notation": "tensor([[ 1.5000e+00,  2.5000e-01],\n"
    "        [-5.0000e-01,  3.0000e+00]], requires_grad=True)",
    "a parameter": "Parameter containing:\ntensor([[ 1.5000,  0.2500],\n"
    "        [-0.5000,  3.0000]], requires_grad=True)",
    "torch.nn.Parameter": "Parameter(tensor([[1.5, 0.25], [-0.5, 3.0]]))",
    "python": "torch.tensor([[1.5, .25], [-.5, 3.]])",
    "numpy, repr": "array([[ 1.5 ,  0.25],\n       [-0.5 ,  3.  ]], dtype=float32)",
    "numpy, str": "[[ 1.5   0.25]\n [-0.5   3.  ]]",
    "numpy, in an assignment": "logits = np.array([[1.5, 0.25], [-0.5, 3.0]], np.float32)",
    "numpy, in IPython": "Out[3]: \narray([[ 1.5 ,  0.25],\n       [-0.5 ,  3.  ]])",
    "numpy, row by row": "[1.5  0.25]\n[-0.5  3.  ]",
    "torch, row by row": "tensor([1.5000, 0.2500])\ntensor([-0.5000,  3.0000])",
    "a list of arrays": "[array([1.5 , 0.25]), array([-0.5,  3. ])]",
    "a list of scalars": "[[np.float64(1.5), np.float64(0.25)], [np.float32(-0.5), np.int64(3)]]",
    "a matrix": "matrix([[ 1.5 ,  0.25],\n        [-0.5 ,  3.  ]])",
    "jax": "Array([[ 1.5 ,  0.25],\n       [-0.5 ,  3.  ]], dtype=float32)",
    "tf, str": "tf.Tensor(\n[[ 1.5   0.25]\n [-0.5   3.  ]], shape=(2, 2), dtype=float32)",
    "tf, repr": "<tf.Tensor: shape=(2, 2), dtype=float32, numpy=\n"
    "array([[ 1.5 ,  0.25],\n       [-0.5 ,  3.  ]], dtype=float32)>",
    "tf.Variable": "<tf.Variable 'Variable:0' shape=(2, 2) dtype=float32, numpy=\n"
    "array([[ 1.5 ,  0.25],\n       [-0.5 ,  3.  ]], dtype=float32)>",
    "paddle": "Tensor(shape=[2, 2], dtype=float32, place=Place(cpu), stop_gradient=True,\n"
    "       [[ 1.50000000,  0.25000000],\n        [-0.50000000,  3.        ]])",
    "tuples": "(1.5, 0.25), (-0.5, 3)",
    "tuples in tuples": "((1.5, 0.25), (-0.5, 3))",
    "a list of tuples": "[(1.5, 0.25), (-0.5, 3)]",
    "matlab": "[1.5 0.25; -0.5 3]",
    "matlab with commas": "[1.5, 0.25; -0.5, 3]",
}
in_every_notation = pytest.mark.parametrize("text", PRINTED.values(), ids=PRINTED)


@pytest.fixture
def loss(call: Call) -> str:
    return call("compute", "-q", json.dumps(LOGITS), "0,1").out


@in_every_notation
def test_as_an_argument_a_file_and_a_pipe(text: str, loss: str, call: Call, tmp_path: Path) -> None:
    (tmp_path / "printed.txt").write_text(text)
    assert call("compute", "-q", text, "0,1").out == loss
    assert call("compute", "-q", tmp_path / "printed.txt", "0,1").out == loss
    assert call("compute", "-q", "-", "0,1", stdin=text.encode()).out == loss
    assert call("compute", "-q", "-", "tensor([0, 1])", stdin=f"\n{text}\n".encode()).out == loss


@pytest.mark.parametrize(
    "text",
    [
        "{'logits': tensor([[1.5, 0.25], [-0.5, 3.0]]), 'labels': tensor([0, 1])}",
        "logits = tensor([[1.5, 0.25], [-0.5, 3.0]])\nlabels = tensor([0, 1])",
        "{'predictions': array([[1.5, 0.25], [-0.5, 3.0]]), 'label_ids': array([0, 1])}",
    ],
)
def test_both_in_one(text: str, loss: str, call: Call) -> None:
    assert call("compute", "-q", text).out == loss


@pytest.mark.parametrize("text", ["tensor([True, False])", "[ True False]", "array([1, 0])"])
def test_targets(text: str, call: Call) -> None:
    assert (
        call("compute", "-q", "1,2; 3,4", text).out == call("compute", "-q", "1,2; 3,4", "1,0").out
    )


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("tensor([[1.5, 0.2,  ..., 3.0],\n [1.5, 0.2,  ..., 3.0]])", "torch.set_printoptions"),
        ("[[1.5 0.2 ... 3.0]\n [1.5 0.2 ... 3.0]]", "numpy.set_printoptions"),
        ("array([[1.5, 0.2, ..., 3.0],\n ...,\n [1.5, 0.2, ..., 3.0]])", "numpy.set_printoptions"),
        ("[[1.5, 0.2, …, 3.0]]", "numpy.set_printoptions"),
    ],
)
def test_an_array_that_was_printed_in_part(text: str, advice: str, call: Call) -> None:
    done = calculated(call, text, "0,1")
    assert done.status == 2
    assert "error[XE123]: this array was printed in part" in done.err
    assert advice in done.err


@pytest.mark.parametrize(
    "text",
    [
        "tensor([[1.0, 0.25], [0.5]])",
        "tensor([[1.0, 0.25], [0.5, x]])",
        "tensor([[1.0, 0.25], [0.5, 1.0]",
        "[[1.0 0.25]\n [0.5, 3.0 4.0]]",
        "[[1.0 0.25]\n [0.5 1e400]]",
        "[[1.+2.j 0.25+0.j]\n [0.5+0.j 1.+0.j]]",
        "tensor(indices=tensor([[0, 1], [0, 1]]),\n values=tensor([1., 2.]), size=(2, 2))",
        "tensor([[1.0, 0.25], [0.5, 1.0]]) + 1",
        "((((((((((((((((((((((((1,0))))))))))))))))))))))))",
    ],
)
def test_what_is_not_an_array_of_numbers(text: str, call: Call) -> None:
    done = calculated(call, text, "0,1")
    assert done.status == 2
    assert done.out == ""
    assert done.err.startswith("error[XE")


def test_the_place_of_a_number(call: Call, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("tensor([[1.0, 0.25],\n        [0.5, 1e999]], device='cpu')")
    done = call("compute", tmp_path / "x.txt", "0,1")
    assert "x.txt:2:15\n" in done.err
    (tmp_path / "y.txt").write_text("tensor([0,\n        7])")
    assert "y.txt:2:9\n" in call("compute", "1,2; 3,4", tmp_path / "y.txt").err


@pytest.mark.parametrize(
    "name", ["tensor.csv", "array(1).csv", "logits=3.npy", "data(2).csv", "cat,dog", "(copy).csv"]
)
def test_names_of_files_are_not_arrays(name: str) -> None:
    assert not is_inline(name)


@pytest.mark.parametrize(
    "text",
    [
        "[[1, 0], [0, 1]]",
        "[[1],\n [0]]",
        "[1, 0]\n[0, 1]",
        "[1, 0]\n\n[0, 1]",
        '{"text": "it is (1, 0) ...", "logits": [1, 0]}',
        '["nan", 1e-3, -0.5E+1]',
        "[null, true, NaN, Infinity]",
    ],
)
def test_json_is_not_a_printed_array(text: str) -> None:
    assert not is_printed(text)


@given(
    arrays(
        np.float64,
        array_shapes(min_dims=1, max_dims=3, min_side=2, max_side=4),
        elements=st.floats(allow_nan=True, allow_infinity=True),
    ),
    st.booleans(),
)
def test_whatever_numpy_prints_is_read_again(values: np.ndarray, as_repr: bool) -> None:
    with np.printoptions(threshold=2000, floatmode="unique"):
        text = repr(values) if as_repr else str(values)
    found = NamedArrays.of(text, ["logits"]).array("logits")
    np.testing.assert_array_equal(found.whole().values, values)


def test_the_reader_is_the_one_that_is_sniffed() -> None:
    assert NamedArrays.of("tensor([1, 0])", ["logits"]).format == "printed"
    assert read.__module__ == "xent.inputs.formats.printed"


@pytest.mark.parametrize(
    ("text", "is_noted"),
    [
        (PRINTED["torch"], True),
        ("[[0.12345678 1.]\n [0.5 2.]]", True),
        (PRINTED["numpy, str"], False),
        ("[(0.123456789012345, 1.0), (0.5, 2.0)]", False),
        ("[[0.1234, 1.0], [0.5, 2.0]]", False),
    ],
)
def test_the_decimals_of_a_printed_array(text: str, is_noted: bool, call: Call) -> None:
    assert ("XN324" in call("compute", text, "0,1").err) is is_noted
