"""The options that decide which loss it is, from the command line to the last digit."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import xent
from conftest import Call

LOGITS = np.random.default_rng(4).normal(size=(6, 3)) * 2
TARGETS = np.array([0, 2, 1, 1, 0, 2])
SHARES = np.array([[0.5, 0.25, 0.25], [1, 0, 0], [0, 0.5, 0.5]] * 2)
WEIGHT = np.array([0.5, 2.0, -0.25])
FACTORS = np.array([1, 2, 0, 0.5, 3, 1.0])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    arrays = {
        "logits": LOGITS, "targets": TARGETS, "shares": SHARES, "weight": WEIGHT,
        "factors": FACTORS, "probs": xent.softmax(LOGITS), "log_probs": xent.log_softmax(LOGITS),
        "cube": LOGITS.reshape(2, 3, 3), "cube_targets": TARGETS.reshape(2, 3),
        "tokens": np.random.default_rng(5).normal(size=(2, 4, 3)),
        "token_targets": np.array([[0, 1, 2, 0], [2, 2, -100, 1]]),
    }  # fmt: skip
    for name, array in arrays.items():
        np.save(f"{name}.npy", array)
        if array.ndim < 3:
            np.savetxt(f"{name}.csv", array, delimiter=",", fmt="%.17g")
    return tmp_path


def vector(values: np.ndarray[Any, Any]) -> str:
    return ",".join(map(str, values.tolist()))


@pytest.mark.parametrize("suffix", ["csv", "npy"])
@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ("logits targets --weight weight", {"weight": WEIGHT}),
        ("logits targets --label-smoothing 0.1", {"label_smoothing": 0.1}),
        ("logits targets --reduction sum", {"reduction": "sum"}),
        ("logits targets --temperature 2.5", {"temperature": 2.5}),
        ("logits targets --unit bits", {"unit": "bits"}),
        ("logits targets --sample-weight factors", {"sample_weight": FACTORS}),
        ("logits targets --ignore-index 1", {"ignore_index": 1}),
        ("probs targets --input-kind probs", {"input_kind": "probs"}),
        ("log_probs targets --input-kind log-probs", {"input_kind": "log-probs"}),
        (
            "logits targets --weight weight --label-smoothing 0.2 --sample-weight factors",
            {"weight": WEIGHT, "label_smoothing": 0.2, "sample_weight": FACTORS},
        ),
        ("logits shares", {}),
        ("logits shares --weight weight --unit bits", {"weight": WEIGHT, "unit": "bits"}),
        ("logits shares --sample-weight factors", {"sample_weight": FACTORS}),
    ],
)
@pytest.mark.usefixtures("folder")
def test_an_option_is_that_of_the_function(
    arguments: str, options: dict[str, Any], suffix: str, call: Call
) -> None:
    names = {"logits", "targets", "shares", "weight", "factors", "probs", "log_probs"}
    words = [
        f"{word}.{suffix}" if word in names and before != "--input-kind" else word
        for before, word in pairwise(["", *arguments.split()])
    ]
    first, second = (np.load(f"{name}.npy") for name in arguments.split()[:2])
    done = call("compute", "-q", *words)
    assert done.status == 0
    assert done.out == f"{xent.cross_entropy(first, second, **options)!r}\n"


@pytest.mark.usefixtures("folder")
def test_weights_may_stand_in_place_or_come_from_a_pipe(call: Call) -> None:
    expected = call("compute", "-q", "logits.csv", "targets.csv", "--weight", "weight.csv").out
    in_place = call("compute", "-q", "logits.csv", "targets.csv", "--weight", vector(WEIGHT))
    assert in_place.out == expected
    piped = call(
        "compute", "-q", "logits.csv", "targets.csv", "--sample-weight", "-",
        stdin="\n".join(map(str, FACTORS)).encode(),
    )  # fmt: skip
    assert float(piped.out) == xent.cross_entropy(LOGITS, TARGETS, sample_weight=FACTORS)


@pytest.mark.usefixtures("folder")
def test_losses_that_are_not_reduced(call: Call) -> None:
    expected = xent.cross_entropy(LOGITS, TARGETS, reduction="none", ignore_index=1).tolist()
    words = ("logits.csv", "targets.csv", "--reduction", "none", "--ignore-index", "1")
    assert [*map(float, call("compute", "-q", *words).out.split())] == expected
    assert json.loads(call("compute", *words, "--format", "json").out)["loss"] == expected
    plain = call("compute", *words, "--format", "plain").out.splitlines()
    assert plain[:6] == [f"loss\t{loss}" for loss in expected]
    assert call("compute", *words).out.splitlines()[-1].startswith("mean loss ")
    assert call("compute", *words, "--fail-above", "1").status == 2


@pytest.mark.usefixtures("folder")
def test_a_sum_says_that_it_is_one(call: Call) -> None:
    done = call("compute", "logits.csv", "targets.csv", "--reduction", "sum", "--signature")
    total = xent.cross_entropy(LOGITS, TARGETS, reduction="sum")
    assert done.out.splitlines()[-1] == f"total loss      {total:.4f}"
    assert "|red:sum|" in done.out


@pytest.mark.usefixtures("folder")
def test_targets_in_the_shape_of_the_logits_are_probabilities(call: Call) -> None:
    done = call("compute", "logits.csv", "shares.csv", "--signature")
    assert done.err == (
        "note[XN303]: shares.csv has the shape of the logits: read as the probability of each "
        "class\n"
    )
    assert "\ntargets  q\n" in done.out
    assert "\nnll  l = -Σ q·log p\n" in done.out
    assert "|targets:probs|" in done.out


def test_a_row_of_class_numbers_is_no_probability(call: Call) -> None:
    done = call("compute", "-q", "1,0,0; 0,1,0; 0,0,1", "0,1,2")
    assert (done.out, done.err) == ("0.5514447139320511\n", "")
    assert call("compute", "-q", "1,2,3", "0,1,2").status == 2


def test_targets_that_do_not_sum_to_1_are_named(call: Call) -> None:
    done = call("compute", "-q", "1,2;3,4;5,6", "0.5,0.5;0.5,0.4;-0.5,1.5")
    assert "warning[XC503]: the targets are probabilities, but do not sum to 1 in rows 1, 2\n" in (
        done.err
    )
    rounded = call("compute", "-q", "1,2,3", "0.3333,0.3333,0.3333")
    assert "warning" not in rounded.err


def test_probabilities_that_do_not_sum_to_1_are_named(call: Call) -> None:
    done = call("compute", "-q", "0.5,0.5;0.5,0.4", "0,0", "--input-kind", "probs")
    assert done.out == "0.6931471805599453\n"
    assert done.err.startswith("warning[XC107]: the probabilities do not sum to 1 in row 1\n")
    logs = call("compute", "-q", "1,2", "0", "--input-kind", "log-probs")
    assert logs.err.startswith("warning[XC107]: the exponentials do not sum to 1 in row 0\n")


def test_a_probability_of_0_at_the_target_is_inf(call: Call) -> None:
    done = call("compute", "-q", "0,1", "0", "--input-kind", "probs")
    assert done.out == "inf\n"
    assert "the target class has probability 0 in row 0: the loss is inf" in done.err


def test_a_matrix_of_one_column_is_squeezed(call: Call) -> None:
    done = call("compute", "-q", "1,2;3,4", "[[0],[1]]")
    assert (
        call("compute", "1,2;3,4", "[[0],[1]]").err
        == "note[XN304]: <targets> has shape (2, 1) and is read as a list\n"
    )
    assert done.out == call("compute", "-q", "1,2;3,4", "0;1").out
    assert not call("compute", "-q", "1,2;3,4", "0;1").err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["1,2", "-100"], "XC605]: no row counts, 1 are ignored"),
        (["1,2", "0", "--weight", "0,1"], "XC701]: the weights of the counted rows add up to 0"),
        (["1,2", "0", "--sample-weight", "0"], "XC701]: the weights of the counted rows"),
        (["1,2", "nan,1"], "XC507]: the targets hold nan in row 0"),
    ],
)
def test_a_mean_that_is_none_has_a_named_reason(words: list[str], why: str, call: Call) -> None:
    done = call("compute", "-q", *words)
    assert (done.status, done.out) == (0, "nan\n")
    assert f"warning[{why}" in done.err


@pytest.mark.usefixtures("folder")
def test_the_axis_of_the_classes_is_seen_where_only_one_fits(call: Call) -> None:
    tokens, targets = np.load("tokens.npy"), np.load("token_targets.npy")
    done = call("compute", "-q", "tokens.npy", "token_targets.npy")
    assert float(done.out) == xent.cross_entropy(tokens, targets, class_axis=-1)
    assert call("compute", "tokens.npy", "token_targets.npy").err == (
        "note[XN305]: logits of shape (2, 4, 3): the classes are taken along axis 2, only there "
        "do targets of shape (2, 4) fit\n"
    )


@pytest.mark.usefixtures("folder")
def test_where_several_axes_fit_it_is_pytorch_s(call: Call) -> None:
    cube, targets = np.load("cube.npy"), np.load("cube_targets.npy")
    done = call("compute", "-q", "cube.npy", "cube_targets.npy")
    assert float(done.out) == xent.cross_entropy(cube, targets)
    noted = call("compute", "cube.npy", "cube_targets.npy").err
    assert "along axis 1, as in PyTorch, for the shapes fit other axes as well" in noted
    named = call("compute", "cube.npy", "cube_targets.npy", "--class-axis", -1, "--format=plain")
    named_loss = xent.cross_entropy(cube, targets, class_axis=-1)
    assert named.out.startswith(f"loss\t{named_loss!r}\n")
    assert not named.err


@pytest.mark.usefixtures("folder")
def test_nested_lists_are_arrays_too(call: Call) -> None:
    logits, targets = np.load("tokens.npy").tolist(), np.load("token_targets.npy").tolist()
    from_json = call("compute", "-q", json.dumps({"logits": logits, "targets": targets}))
    assert from_json.out == call("compute", "-q", "tokens.npy", "token_targets.npy").out
    lines = "\n".join(
        json.dumps({"logits": one, "targets": label})
        for one, label in zip(logits, targets, strict=True)
    )
    assert call("compute", "-q", "-", stdin=lines.encode()).out == from_json.out


@pytest.mark.usefixtures("folder")
def test_classes_along_the_first_axis(call: Call) -> None:
    turned = json.dumps(LOGITS.T.tolist())
    expected = call("compute", "-q", "logits.csv", "targets.csv").out
    assert call("compute", "-q", turned, "targets.csv", "--class-axis", 0).out == expected


@pytest.mark.usefixtures("folder")
def test_a_shift_scores_each_position_against_the_next_target(call: Call) -> None:
    tokens, targets = np.load("tokens.npy"), np.load("token_targets.npy")
    done = call("compute", "-q", "tokens.npy", "token_targets.npy", "--class-axis", -1, "--shift")
    assert float(done.out) == xent.cross_entropy(tokens[:, :-1], targets[:, 1:], class_axis=-1)
    matrix = call("compute", "-q", "logits.csv", "targets.csv", "--shift")
    assert float(matrix.out) == xent.cross_entropy(LOGITS[:-1], TARGETS[1:])
    weighed = call(
        "compute", "-q", "logits.csv", "targets.csv", "--shift", "--sample-weight", "factors.csv"
    )
    assert float(weighed.out) == xent.cross_entropy(
        LOGITS[:-1], TARGETS[1:], sample_weight=FACTORS[1:]
    )


def test_a_shift_across_blocks(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    from xent.inputs.formats import text

    monkeypatch.setattr(text, "BLOCK_BYTES", 40)
    logits = np.random.default_rng(9).normal(size=(50, 2)).round(3)
    targets = np.arange(50) % 2
    lines = "\n".join(f"{one},{two}" for one, two in logits.tolist()).encode()
    done = call("compute", "-q", "-", vector(targets), "--shift", stdin=lines)
    assert float(done.out) == xent.cross_entropy(logits[:-1], targets[1:])


def test_an_error_behind_a_shift_names_the_true_place(call: Call) -> None:
    done = call("compute", "1,2;1,2;1,2", "0;1;7", "--shift")
    assert "--> <targets>:3:1" in done.err
    cube = "[[[1,2],[1,2],[1,2]]]"
    done = call("compute", cube, "[[0,0,9]]", "--shift", "--class-axis", 2)
    assert "target 9 is outside" in done.err
    assert "--> <targets>:1:7" in done.err


@pytest.mark.parametrize(
    ("logits", "targets", "pos_weight"),
    [
        ([[2.0], [-1.0], [0.5]], [[1.0], [0.0], [1.0]], None),
        ([[2.0], [-1.0], [0.5]], [[1.0], [0.0], [0.25]], [3.0]),
        ([[2.0, 1.0], [-1.0, 3.0], [40.0, -40.0]], [[1.0, 0.0], [0.0, 1.0], [1.0, 0.5]], None),
        ([[2.0, 1.0], [-1.0, 3.0]], [[1.0, 0.0], [0.0, 1.0]], [3.0, 0.5]),
    ],
)
def test_binary_labels(
    logits: list[list[float]], targets: list[list[float]], pos_weight: Any, call: Call
) -> None:
    words = ["compute", "-q", "--binary", json.dumps(logits), json.dumps(targets)]
    if pos_weight:
        words += ["--pos-weight", vector(np.array(pos_weight))]
    expected = xent.binary_cross_entropy_with_logits(logits, targets, pos_weight=pos_weight)
    assert float(call(*words).out) == pytest.approx(expected, rel=1e-15)


def test_probabilities_of_binary_labels(call: Call) -> None:
    done = call("compute", "-q", "--binary", "0.25;0.5", "1;0", "--input-kind", "probs")
    assert float(done.out) == pytest.approx(np.log(8) / 2, rel=1e-15)


def test_several_labels_an_example_are_rows(call: Call) -> None:
    done = call("compute", "--binary", "2,1;-1,3", "1,0;0,1", "--signature")
    assert done.err == (
        "note[XN306]: 2 labels per example: row r is label r % 2 of example r // 2\n"
    )
    assert "rows            4           4 counted" in done.out
    assert "|C:2|" in done.out
    assert "|binary:1|" in done.out


def test_the_signature_tells_the_options_that_matter(call: Call) -> None:
    done = call(
        "compute", "1,2,3;4,5,6", "0,1", "--weight", "1,0.5,1e-3", "--sample-weight", "1,2",
        "--temperature", "2", "--label-smoothing", "0.1", "--unit", "bits", "--format", "plain",
    )  # fmt: skip
    assert done.out.splitlines()[-1] == (
        "signature\txent|n:2|C:3|in:logits|s:given|red:mean|w:1,0.5,0.001|ignore:-100|ls:0.1|T:2"
        "|unit:bits|v:0.2.0"
    )
    many = call("compute", "-q", json.dumps([[0] * 11]), "0", "--weight", ",".join("1" * 11))
    assert many.out == "2.3978952727983707\n"


def test_a_row_of_targets_for_logits_of_unknown_length(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two targets for two rows of two classes are no probabilities of a single row."""
    from xent.inputs.formats import text

    whole = call("compute", "-q", "-", "0,1", stdin=b"3,1\n1,2\n").out
    monkeypatch.setattr(text, "BLOCK_BYTES", 4)
    pieces = call("compute", "-q", "-", "0,1", stdin=b"3,1\n1,2\n")
    assert (pieces.out, pieces.err) == (whole, "")
