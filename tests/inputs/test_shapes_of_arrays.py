"""Shapes that differ from what a loss takes: axes of length 1, flat vectors, weights of rows."""

import json
from pathlib import Path

import numpy as np
import pytest

from conftest import Call, calculated
from xent.functional import softmax
from xent.inputs.batch import ArrayOrigin, Block
from xent.inputs.formats.array import Array
from xent.inputs.shapes import without_unit_axes

RNG = np.random.default_rng(1)
LOGITS = RNG.normal(size=(7, 4)).round(3)
TARGETS = np.array([0, 3, 1, 2, 2, 0, 1])


@pytest.fixture
def loss(call: Call) -> str:
    return call("compute", "-q", json.dumps(LOGITS.tolist()), json.dumps(TARGETS.tolist())).out


@pytest.mark.parametrize("shape", [(7, 1, 4), (7, 4, 1, 1), (1, 7, 4), (7, 1, 1, 4), (1, 7, 1, 4)])
def test_axes_of_length_1(shape: tuple[int, ...], loss: str, call: Call, tmp_path: Path) -> None:
    np.save(tmp_path / "z.npy", LOGITS.reshape(shape))
    np.save(tmp_path / "y.npy", TARGETS)
    done = calculated(call, tmp_path / "z.npy", tmp_path / "y.npy")
    assert done.out == loss
    assert "note[XN322]" in done.err
    assert "read as (7, 4)" in done.err


def test_axes_that_the_targets_have_too(loss: str, call: Call, tmp_path: Path) -> None:
    np.save(tmp_path / "z.npy", LOGITS[:, np.newaxis])
    np.save(tmp_path / "y.npy", TARGETS[:, np.newaxis])
    done = calculated(call, tmp_path / "z.npy", tmp_path / "y.npy")
    assert done.out == loss
    assert "XN322" not in done.err


def test_a_sequence_keeps_its_axes(call: Call, tmp_path: Path) -> None:
    logits, targets = RNG.normal(size=(2, 1, 3, 5)), RNG.integers(5, size=(2, 3))
    np.save(tmp_path / "z.npy", logits)
    np.save(tmp_path / "bare.npy", logits[:, 0])
    np.save(tmp_path / "y.npy", targets)
    bare = call("compute", "-q", tmp_path / "bare.npy", tmp_path / "y.npy").out
    assert call("compute", "-q", tmp_path / "z.npy", tmp_path / "y.npy").out == bare


def test_masks_without_a_channel(call: Call, tmp_path: Path) -> None:
    np.save(tmp_path / "z.npy", logits := RNG.normal(size=(2, 1, 3, 4)))
    np.save(tmp_path / "bare.npy", logits[:, 0])
    np.save(tmp_path / "y.npy", masks := RNG.integers(2, size=(2, 3, 4)))
    np.save(tmp_path / "channel.npy", masks[:, np.newaxis])
    expected = call("compute", "-q", tmp_path / "bare.npy", tmp_path / "y.npy", "--binary").out
    for z, y in (("z", "y"), ("bare", "channel"), ("z", "channel")):
        done = call("compute", "-q", tmp_path / f"{z}.npy", tmp_path / f"{y}.npy", "--binary")
        assert done.out == expected


def test_a_value_is_located_among_all_axes(call: Call, tmp_path: Path) -> None:
    np.save(tmp_path / "z.npy", (LOGITS + 9)[:, np.newaxis])
    done = call(
        "compute", tmp_path / "z.npy", json.dumps(TARGETS.tolist()), "--input-kind", "probs"
    )
    assert "z.npy[0, 0, 0]" in done.err


@pytest.mark.parametrize("shape", [(3, 1, 2), (1, 3, 2), (3, 2, 1), (1, 3, 1, 2, 1), (3, 1, 2, 2)])
@pytest.mark.parametrize("leading", [1, 2])
def test_blocks_without_axes(shape: tuple[int, ...], leading: int) -> None:
    values = np.arange(np.prod(shape)).reshape(shape)
    array = without_unit_axes(Array.of_block("x", Block(values, ArrayOrigin("x"))))
    bare = values.squeeze()
    assert array.shape == bare.shape
    blocks = [block.values for block in array.read(leading)]
    expected = bare.reshape(-1, *bare.shape[leading:])
    np.testing.assert_array_equal(np.concatenate(blocks), expected)


def probabilities() -> np.ndarray:
    return np.asarray(softmax(LOGITS))


def flat_message(call: Call, folder: Path, vector: np.ndarray, targets: np.ndarray) -> str:
    np.save(folder / "flat.npy", vector)
    np.save(folder / "y.npy", targets)
    done = calculated(call, folder / "flat.npy", folder / "y.npy")
    assert (done.status, done.out) == (2, "")
    return done.err


@pytest.mark.parametrize("shape", [(28,), (1, 28), (28, 1)])
def test_rows_that_sum_to_1_tell_the_order(
    shape: tuple[int, ...], call: Call, tmp_path: Path
) -> None:
    by_class = flat_message(call, tmp_path, probabilities().T.reshape(shape), TARGETS)
    assert (
        "7 rows of 4 classes, written class by class: each row sums to 1 only in this order"
        in by_class
    )
    assert f"numpy.load('{tmp_path}/flat.npy').reshape(4, 7).T)" in by_class
    by_row = flat_message(call, tmp_path, probabilities().reshape(shape), TARGETS)
    assert "written row by row: each row sums to 1 only in this order" in by_row
    assert ".reshape(7, 4))" in by_row


def test_targets_tell_the_order(call: Call, tmp_path: Path) -> None:
    targets = RNG.integers(4, size=60)
    logits = 9 * np.eye(4)[targets] + RNG.normal(size=(60, 4))
    message = flat_message(call, tmp_path, logits.T.ravel(), targets)
    assert "60 rows of 4 classes, written class by class: so 60 of 60 targets" in message


def test_nothing_tells_the_order(call: Call) -> None:
    done = calculated(call, "1,2,3,4", "0,1")
    assert "2 rows of 2 classes, written class by class or row by row" in done.err
    assert "x.reshape(2, 2).T if class by class" in done.err


@pytest.mark.parametrize(
    ("logits", "targets"), [("1,2,3", "0,1"), ("1,2", "0,1,1"), ("1,2,3", "2")]
)
def test_a_row_is_not_a_flat_vector(logits: str, targets: str, call: Call) -> None:
    assert "classes, written" not in call("compute", "-q", logits, targets).err


def test_columns_of_text_are_flat_vectors_as_well(call: Call, tmp_path: Path) -> None:
    (tmp_path / "flat.csv").write_text("\n".join(map(str, probabilities().T.ravel())))
    done = calculated(call, tmp_path / "flat.csv", json.dumps(TARGETS.tolist()))
    assert "written class by class: each row sums to 1 only in this order" in done.err
    assert "hint: reshape them: x.reshape(4, 7).T\n" in done.err


WEIGHTS = [3, 1, 0.5]


@pytest.mark.parametrize("weights", ["3,1,0.5", "3;1;0.5", "[3,1,0.5]", "[[3],[1],[0.5]]"])
@pytest.mark.parametrize(
    ("logits", "targets"), [("1;2;-3", "1;0;0"), ("1,2;3,4;5,6", "1,0;0,1;1,1")]
)
def test_one_weight_per_row_of_labels(logits: str, targets: str, weights: str, call: Call) -> None:
    labels = len(logits.split(";", maxsplit=1)[0].split(","))
    each = ";".join(",".join([str(weight)] * labels) for weight in WEIGHTS)
    expected = call("compute", "-q", logits, targets, "--binary", "--sample-weight", each).out
    assert (
        call("compute", "-q", logits, targets, "--binary", "--sample-weight", weights).out
        == expected
    )


def test_the_weights_of_labels_are_those_of_pytorch(call: Call) -> None:
    z, y, w = (
        np.array([[1.0, 2], [3, 4], [5, 6]]),
        np.array([[1, 0], [0, 1], [1, 1]]),
        np.array(WEIGHTS),
    )
    losses = np.logaddexp(0, z) - y * z
    expected = (w[:, np.newaxis] * losses).sum() / (2 * w.sum())
    given = ("1,2;3,4;5,6", "1,0;0,1;1,1", "--binary", "--sample-weight", "3,1,0.5")
    assert float(call("compute", "-q", *given).out) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("weights", ["3,1", "3,1,1,1", "3"])
def test_another_number_of_weights(weights: str, call: Call) -> None:
    given = ("1,2;3,4;5,6", "1,0;0,1;1,1", "--binary", "--sample-weight", weights)
    done = calculated(call, *given)
    assert done.status == 2
    assert "but 3 rows of logits" in done.err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 0; 0 1", "1,0; 0,1"),
        ("1,0; 0,1\n", "1,0; 0,1"),
        ("1, 0; 0, 1;", "1,0; 0,1"),
        ("  1.5 -2 3; 0 1e-3 .5", "1.5,-2,3; 0,1e-3,.5"),
    ],
)
def test_the_inline_notation_in_a_pipe(text: str, expected: str, call: Call) -> None:
    targets = "0,1"
    given = call("compute", "-q", "-", targets, stdin=text.encode())
    assert given.out == call("compute", "-q", expected, targets).out
    assert given.status == 0


@pytest.mark.parametrize("text", ["0,5", "0,5;0,25;3", "1;0", "0,5;0,25\n0,25;1,5", "a;b\n1;2"])
def test_semicolons_between_numbers_stay_columns(text: str, call: Call, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(text)
    plain = text.replace(",", ".").replace(";", ",")
    (tmp_path / "plain.csv").write_text(plain if ";" in text else text)
    targets = "0,1" if "1,5" in text else "0"
    expected = call("compute", "-q", tmp_path / "plain.csv", targets).out
    assert call("compute", "-q", tmp_path / "x.csv", targets).out == expected


def test_decimal_commas_in_a_pipe_are_asked_about(call: Call) -> None:
    done = calculated(call, "-", "0,1", stdin=b"1,0;0,1")
    assert "'1,0;0,1' may be one row with decimal commas" in done.err
    options = ("--input-format", "semicolon")
    assert call("compute", "-q", "-", "0", *options, stdin=b"1,0;0,1").status == 0


@pytest.mark.parametrize(
    ("yes", "no"), [("True", "False"), ("true", "false"), ("yes", "no"), ("YES", "NO")]
)
def test_yes_and_no_are_labels(yes: str, no: str, call: Call, tmp_path: Path) -> None:
    options = ("--binary", "--input-kind", "probs")
    expected = calculated(call, "0.9;0.2", "1;0", *options).out
    for text in (f"{yes}\n{no}\n", f"y\n{yes}\n{no}\n", f'"{yes}"\n"{no}"\n'):
        (tmp_path / "y.csv").write_text(text)
        done = calculated(call, "0.9;0.2", tmp_path / "y.csv", *options)
        assert done.out == expected
        assert f"the target {yes} is 1, and {no} is 0" in done.err
    (tmp_path / "x.csv").write_text(f"p,y_true\n0.9,{yes}\n0.2,{no}\n")
    assert call("compute", "-q", tmp_path / "x.csv", *options).out == expected
    records = json.dumps([{"p": 0.9, "y_true": yes}, {"p": 0.2, "y_true": no}])
    assert call("compute", "-q", records, *options).out == expected


def test_true_and_false_in_json(call: Call) -> None:
    expected = call("compute", "-q", "0.9;0.2", "1;0", "--binary").out
    for text in (
        '{"logits":[0.9,0.2],"targets":[true,false]}',
        '[{"p":0.9,"label":true},{"p":0.2,"label":false}]',
    ):
        assert call("compute", "-q", text, "--binary").out == expected


def test_yes_and_no_may_be_names_of_classes(call: Call, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("yes,no,label\n3,1,yes\n2,5,no\n")
    done = calculated(call, tmp_path / "x.csv")
    assert done.out == call("compute", "-q", "3,1;2,5", "0,1").out
    assert "XN323" not in done.err


def test_a_label_that_is_neither(call: Call, tmp_path: Path) -> None:
    rows = ["p,y_true", *["0.9,True"] * 150, "0.5,maybe"]
    (tmp_path / "x.csv").write_text("\n".join(rows))
    done = calculated(call, tmp_path / "x.csv", "--binary")
    assert "'maybe' is none of the classes False, True" in done.err
